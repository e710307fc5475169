package io.vit4j.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.vit4j.base.InputException;
import io.vit4j.torch.Device;
import io.vit4j.torch.TorchRuntime;
import org.junit.jupiter.api.Test;
import picocli.CommandLine;

class DeviceOptionTest {
    private static DeviceOption given(String... args) {
        DeviceOption option = new DeviceOption();
        new CommandLine(CommandLine.Model.CommandSpec.forAnnotatedObject(option)).parseArgs(args);
        return option;
    }

    @Test
    void useCpuGoesBeforeAutoAndContradictsAGpu() {
        assertThat(given().device(true)).isEqualTo(Device.CPU);
        assertThat(given("--device", "cpu").device(true)).isEqualTo(Device.CPU);
        assertThatThrownBy(() -> given("--device", "cuda:1").device(true))
                .isInstanceOf(InputException.class)
                .hasMessageContaining("--use-cpu true and --device cuda:1");
    }

    @Test
    void autoIsAGpuOnlyWhereOneCanBeUsed() {
        assertThat(given().device(false).isCpu()).isEqualTo(TorchRuntime.gpus() == 0);
    }

    @Test
    void whatIsNotThereIsRefusedWithTheMend() {
        assumeTrue(TorchRuntime.gpus() == 0, "skipped: there is a GPU");
        assertThatThrownBy(() -> given("--device", "cuda").device())
                .isInstanceOf(InputException.class)
                .hasMessageContaining(TorchRuntime.hasCudaBuild() ? "nvidia" : "-Pcuda");
        assertThatThrownBy(() -> given("--device", "gpu").device())
                .isInstanceOf(InputException.class)
                .hasMessageContaining("use auto, cpu, cuda or cuda:N");
    }
}
