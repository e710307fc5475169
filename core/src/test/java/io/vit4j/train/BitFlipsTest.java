package io.vit4j.train;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A short run of {@code bench/bit-flips}. */
class BitFlipsTest {
    @Test
    void everyFlippedBitIsRecognisedAtItsFirstReadOrHarmless(@TempDir Path folder) throws IOException {
        BitFlips flips = new BitFlips(folder, 11);
        flips.flip(400);
        assertThat(flips.faults()).isEmpty();
        assertThat(flips.recognised()).isGreaterThan(370); // of checkpoint and model all, of the data set 7 in 8
        assertThat(flips.recognised() + flips.harmless()).isEqualTo(400);
    }
}
