package io.vit4j.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.vit4j.base.InputException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class Grey16Test {
    @ParameterizedTest
    @ValueSource(strings = {"full", "bits:12", "bits:1", "percentile:0.5,99.5"})
    void whatIsWrittenIsRead(String text) {
        assertThat(Grey16.parse(text)).hasToString(text);
        assertThat(Grey16.parse(" " + text + " ")).isEqualTo(Grey16.parse(text));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "Full",
                "full:1",
                "bits",
                "bits:",
                "bits:0",
                "bits:17",
                "bits:x",
                "bits:99999999999",
                "percentile",
                "percentile:1",
                "percentile:5,5",
                "percentile:9,5",
                "percentile:-1,5",
                "percentile:1,101",
                "percentile:NaN,5",
                "percentile:1,2,3"
            })
    void anythingElseIsRefusedWithWhatWouldBeRight(String text) {
        assertThatThrownBy(() -> Grey16.parse(text))
                .isInstanceOf(InputException.class)
                .hasMessageContaining("grey16");
    }

    /** numpy.percentile([100, 200, ..., 1000], [10, 90]) is [190, 910]. */
    @Test
    void percentilesLieBetweenValuesAsNumpyHasThem() {
        char[] pixels = new char[10];
        for (int i = 0; i < 10; i++) {
            pixels[i] = (char) (100 * (10 - i));
        }
        byte[] levels = Grey16.levels(Grey16.parse("percentile:10,90"), pixels);
        assertThat(levels[190] & 0xFF).isZero();
        assertThat(levels[0] & 0xFF).isZero();
        assertThat(levels[910] & 0xFF).isEqualTo(255);
        assertThat(levels[65535] & 0xFF).isEqualTo(255);
        assertThat(levels[909] & 0xFF).isEqualTo(255); // 254.6
        assertThat(levels[550] & 0xFF).isEqualTo(128); // 127.5
        assertThat(levels[370] & 0xFF).isEqualTo(64); // 63.75
    }

    @Test
    void aPictureOfOneValueIsNotDividedByZero() {
        byte[] levels = Grey16.levels(Grey16.parse("percentile:1,99"), new char[] {500, 500, 500});
        assertThat(levels[500] & 0xFF).isZero();
        assertThat(levels[501] & 0xFF).isEqualTo(255);
    }
}
