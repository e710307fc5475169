package io.vit4j.fuzz;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** A short run of {@code bench/fuzz}, and once more every input that was worth keeping from long ones. */
@Timeout(300)
class FuzzTest {
    @TempDir
    static Path unused;

    @TempDir
    Path folder;

    @Test
    void whateverTheBytesTheyAreReadOrRefusedInTimeAndMemory() throws Exception {
        assertThat(Fuzz.instrumented("--inputs", "100", "--quiet", "true", "--folder", folder.toString()))
                .isZero();
    }

    @ParameterizedTest
    @MethodSource("targets")
    void everyInputKeptIsReadOrRefused(String name) throws IOException {
        Target target = Targets.in(folder).stream()
                .filter(one -> one.name().equals(name))
                .findFirst()
                .orElseThrow();
        List<byte[]> kept = Corpus.kept(name);
        assertThat(kept).hasSizeGreaterThan(5);
        for (int i = 0; i < kept.size(); i++) {
            assertThat(Trial.of(target, kept.get(i)).fault())
                    .as("%s, input %d", name, i)
                    .isEmpty();
        }
    }

    static Stream<String> targets() throws IOException {
        return Targets.in(unused).stream().map(Target::name);
    }
}
