package io.vit4j.cli;

import io.vit4j.base.InputException;
import io.vit4j.torch.Device;
import io.vit4j.torch.Dtype;
import io.vit4j.torch.TorchRuntime;
import java.util.OptionalInt;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Where and in what type a command that uses a tuned model computes. */
final class ModelOptions implements HelpSection {
    @Override
    public String heading() {
        return "How to compute";
    }

    @Option(
            names = "--dtype",
            paramLabel = "TYPE",
            defaultValue = "float32",
            description = "float32, bfloat16, float16 or auto. auto uses bfloat16 if the processor multiplies in it."
                    + " Default: ${DEFAULT-VALUE}.")
    private String dtype;

    @Mixin
    private DeviceOption device;

    @Option(names = "--threads", paramLabel = "N", description = "Compute threads. Default: one per core.")
    private int threads;

    @Option(
            names = {"--batch-size", "--per-device-eval-batch-size"},
            paramLabel = "N",
            defaultValue = "16",
            description = "Pictures per batch. Default: ${DEFAULT-VALUE}.")
    private int batch;

    @Option(
            names = "--dataloader-num-workers",
            paramLabel = "N",
            description = "Threads that read pictures. Default: one per core.")
    private int workers = Runtime.getRuntime().availableProcessors();

    Device device() {
        return device.device();
    }

    /** Empty where this is left to be chosen. */
    OptionalInt threads() {
        return threads == 0 ? OptionalInt.empty() : OptionalInt.of(threads);
    }

    io.vit4j.infer.Predictor.Settings settings() {
        if (threads < 0 || batch < 1 || workers < 0) {
            throw new InputException(
                    "--threads and --dataloader-num-workers must not be negative, and --batch-size must be 1 or more");
        }
        boolean automatic = dtype.equals("auto");
        Dtype type = automatic
                ? (!device().isCpu() || TorchRuntime.cpuHasBfloat16() ? Dtype.BFLOAT16 : Dtype.FLOAT32)
                : Dtype.parse(dtype);
        return new io.vit4j.infer.Predictor.Settings(
                type, batch, workers, threads == 0 ? TorchRuntime.threads() : threads);
    }
}
