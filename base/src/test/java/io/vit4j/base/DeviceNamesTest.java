package io.vit4j.base;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class DeviceNamesTest {
    @ParameterizedTest
    @ValueSource(
            strings = {
                "CON",
                "nul",
                "NUL.safetensors",
                "com1",
                "COM0.tar.gz",
                "LPT9 ",
                "aux.",
                "Prn .txt",
                "COM\u00B9",
                "CONIN$",
                "nul:x"
            })
    void windowsOpensDevices(String name) {
        assertThat(DeviceNames.is(name)).isTrue();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"CONFIG", "config.json", "model.nul", "COM10", "null", "console.txt", "LPT", ".con", "a con"})
    void theseAreFiles(String name) {
        assertThat(DeviceNames.is(name)).isFalse();
    }
}
