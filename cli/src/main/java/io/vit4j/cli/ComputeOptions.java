package io.vit4j.cli;

import io.vit4j.base.InputException;
import io.vit4j.options.HelpSection;
import io.vit4j.torch.Device;
import io.vit4j.torch.Dtype;
import io.vit4j.torch.TorchRuntime;
import java.util.OptionalInt;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Where and in what type products are computed. */
final class ComputeOptions implements HelpSection {
    @Override
    public String heading() {
        return "How to compute";
    }

    @Option(
            names = "--dtype",
            paramLabel = "TYPE",
            defaultValue = "float32",
            description =
                    "float32, bfloat16, float16, int8 (linear maps over 8-bit integers, on a CPU) or auto. auto uses"
                            + " bfloat16 if the processor multiplies in it. Default: ${DEFAULT-VALUE}.")
    private String dtype;

    @Mixin
    private DeviceOption device;

    @Option(names = "--threads", paramLabel = "N", description = "Compute threads. Default: one per core.")
    private int threads;

    Device device() {
        return device.device();
    }

    Dtype dtype() {
        return dtype.equals("auto")
                ? (!device().isCpu() || TorchRuntime.cpuHasBfloat16() ? Dtype.BFLOAT16 : Dtype.FLOAT32)
                : Dtype.parse(dtype);
    }

    /** Empty if the number is left to vit4j. */
    OptionalInt threads() {
        if (threads < 0) {
            throw new InputException("--threads must not be negative");
        }
        return threads == 0 ? OptionalInt.empty() : OptionalInt.of(threads);
    }
}
