package io.vit4j.cli;

import io.vit4j.base.InputException;
import io.vit4j.options.HelpSection;
import io.vit4j.torch.Device;
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

    @Mixin
    private ComputeOptions compute;

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
        return compute.device();
    }

    /** Empty where this is left to be chosen. */
    OptionalInt threads() {
        return compute.threads();
    }

    io.vit4j.infer.Predictor.Settings settings() {
        if (batch < 1 || workers < 0) {
            throw new InputException(
                    "--dataloader-num-workers must not be negative, and --batch-size must be 1 or more");
        }
        return new io.vit4j.infer.Predictor.Settings(
                compute.dtype(), batch, workers, threads().orElseGet(TorchRuntime::threads));
    }
}
