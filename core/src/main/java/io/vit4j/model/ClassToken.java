package io.vit4j.model;

import java.util.List;
import java.util.stream.Stream;
import org.bytedeco.pytorch.Tensor;

/** A picture's features: the class token, normalised, {@code [batch, rows, hidden]} to {@code [batch, hidden]}, float32. */
final class ClassToken implements Block {
    private static final String NORM = "vit.layernorm";

    private final Parameters parameters;
    private final LayerNorm norm;

    ClassToken(ViTConfig config, Parameters parameters) {
        this.parameters = parameters;
        norm = new LayerNorm(parameters, NORM, config.layerNormEps());
    }

    static Stream<ParameterSpec> specs(ViTConfig config) {
        return LayerNorm.specs(NORM, config.hiddenSize());
    }

    @Override
    public String name() {
        return "class_token";
    }

    @Override
    public Tensor forward(Tensor hidden, Context context) {
        return norm.forward(hidden.select(1, 0));
    }

    @Override
    public Recorded record(Tensor input, boolean inputGradient, Context context) {
        return new RecordedByAutograd(
                this, parameters, List.of(NORM + ".weight", NORM + ".bias"), input, inputGradient, context);
    }
}
