package io.vit4j;

import io.vit4j.torch.Device;

/** Where tests that can compute anywhere do: on the CPU, or where {@code -Dvit4j.test.device=cuda} says. */
public final class TestDevice {
    private TestDevice() {}

    public static Device here() {
        return Device.parse(System.getProperty("vit4j.test.device", "cpu"));
    }
}
