package io.vit4j.cli;

import io.vit4j.model.MaskedAutoencoding;
import io.vit4j.model.ModelDefinition;
import picocli.CommandLine.Option;

/** How a model is trained whose cost is asked for: with labels, or pretrained without. */
final class MethodOption {
    /** What can be asked for. */
    enum Method {
        SUPERVISED,
        MAE
    }

    @Option(
            names = "--method",
            paramLabel = "supervised|mae",
            defaultValue = "supervised",
            description =
                    "Count training with labels, or pretraining as a masked autoencoder. Default: ${DEFAULT-VALUE}.")
    private Method method;

    /** The model as it is trained. */
    ModelDefinition trained(ModelDefinition model) {
        return method == Method.MAE ? model.asMaskedAutoencoder(MaskedAutoencoding.DEFAULTS) : model;
    }
}
