package io.vit4j.model;

import java.util.List;
import java.util.stream.Stream;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.global.torch;

/** Features to logits: {@code [batch, hidden]}, or {@code [batch, hidden, 1, 1]}, to {@code [batch, labels]}, float32. */
final class Classifier implements Block {
    private static final String CLASSIFIER = "classifier";

    private final Parameters parameters;

    Classifier(Parameters parameters) {
        this.parameters = parameters;
    }

    static Stream<ParameterSpec> specs(ViTConfig config) {
        return Linear.specs(config.hiddenSize(), config.labels().size(), true, CLASSIFIER);
    }

    @Override
    public String name() {
        return CLASSIFIER;
    }

    @Override
    public Tensor forward(Tensor features, Context context) {
        return torch.linear(
                features.flatten(1, -1),
                parameters.get(CLASSIFIER + ".weight"),
                new TensorOptional(parameters.get(CLASSIFIER + ".bias")));
    }

    @Override
    public Recorded record(Tensor input, boolean inputGradient, Context context) {
        return new RecordedByAutograd(
                this, parameters, List.of(CLASSIFIER + ".weight", CLASSIFIER + ".bias"), input, inputGradient, context);
    }
}
