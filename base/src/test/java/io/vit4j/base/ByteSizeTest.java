package io.vit4j.base;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ByteSizeTest {
    @ParameterizedTest
    @CsvSource({
        "512MB, 512000000",
        "512 mb, 512000000",
        "1.5GiB, 1610612736",
        "4096, 4096",
        "7b, 7",
        "2KiB, 2048",
        "1TB, 1000000000000",
        "0.5KB, 500"
    })
    void unitsOfThousandsAndOf1024(String text, long bytes) {
        assertThat(ByteSize.parse("--shard-size", text)).isEqualTo(bytes);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "MB", "-1MB", "0", "0.1", "512 megabytes", "1e9", "99999999TB"})
    void anythingElseIsRefusedWithAnExample(String text) {
        assertThatThrownBy(() -> ByteSize.parse("--shard-size", text))
                .isInstanceOf(InputException.class)
                .hasMessageStartingWith("--shard-size " + text)
                .hasMessageContaining("512MB");
    }
}
