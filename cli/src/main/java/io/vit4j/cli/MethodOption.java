package io.vit4j.cli;

import io.vit4j.model.MaskedAutoencoding;
import io.vit4j.model.ModelDefinition;
import io.vit4j.model.SelfDistillation;
import picocli.CommandLine.Option;

/** How a model is trained whose cost is asked for: with labels, or pretrained without. */
final class MethodOption {
    /** What can be asked for. */
    enum Method {
        SUPERVISED,
        MAE,
        DINO
    }

    @Option(
            names = "--method",
            paramLabel = "supervised|mae|dino",
            defaultValue = "supervised",
            description = "Count training with labels, or pretraining as a masked autoencoder or by self-distillation."
                    + " Default: ${DEFAULT-VALUE}.")
    private Method method;

    /** The model as it is trained. */
    ModelDefinition trained(ModelDefinition model) {
        return switch (method) {
            case SUPERVISED -> model;
            case MAE -> MaskedAutoencoding.DEFAULTS.around(model);
            case DINO -> SelfDistillation.DEFAULTS.around(model);
        };
    }
}
