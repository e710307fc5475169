package io.vit4j.cli;

import io.vit4j.base.InputException;
import io.vit4j.model.LoraConfig;
import java.util.Optional;
import picocli.CommandLine.Option;

/** Which adapters a command that reads no training arguments supposes. */
final class AdapterOptions {
    @Option(
            names = "--lora-rank",
            paramLabel = "N",
            defaultValue = "0",
            description =
                    "Train low-rank adapters (LoRA) of this rank beside the frozen model; 0 trains the model's own"
                            + " weights. Default: ${DEFAULT-VALUE}.")
    private int rank;

    @Option(
            names = "--lora-target-modules",
            split = ",",
            paramLabel = "NAME",
            defaultValue = LoraConfig.ALL_LINEAR,
            description = "Linear maps that get an adapter, by the ends of their names. Default: ${DEFAULT-VALUE}.")
    private String[] modules;

    /** Empty where the model itself is trained. */
    Optional<LoraConfig> lora() {
        if (rank < 0) {
            throw new InputException("--lora-rank is " + rank + "; it must be 0 or more");
        }
        return rank == 0
                ? Optional.empty()
                : Optional.of(LoraConfig.ofRank(rank).withTargets(modules));
    }
}
