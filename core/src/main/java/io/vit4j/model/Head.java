package io.vit4j.model;

import java.util.stream.Stream;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.global.torch;

/** The class token, normalised, to one logit a label: {@code [batch, rows, hidden]} to {@code [batch, labels]}, float32. */
final class Head implements Block {
    private static final String NORM = "vit.layernorm";
    private static final String CLASSIFIER = "classifier";

    private final Parameters parameters;
    private final LayerNorm norm;

    Head(ViTConfig config, Parameters parameters) {
        this.parameters = parameters;
        norm = new LayerNorm(parameters, NORM, config.layerNormEps());
    }

    static Stream<ParameterSpec> specs(ViTConfig config) {
        return Stream.concat(
                LayerNorm.specs(NORM, config.hiddenSize()),
                Linear.specs(CLASSIFIER, config.hiddenSize(), config.labels().size(), true));
    }

    @Override
    public String name() {
        return "head";
    }

    @Override
    public Tensor forward(Tensor hidden, Context context) {
        Tensor classToken = norm.forward(hidden.select(1, 0)); // [batch, hidden]
        return torch.linear(
                classToken,
                parameters.get(CLASSIFIER + ".weight"),
                new TensorOptional(parameters.get(CLASSIFIER + ".bias")));
    }
}
