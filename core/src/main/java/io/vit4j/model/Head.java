package io.vit4j.model;

import java.util.stream.Stream;
import org.bytedeco.pytorch.Tensor;

/** The class token, normalised, to one logit a label: {@code [batch, rows, hidden]} to {@code [batch, labels]}, float32. */
final class Head implements Block {
    private final ViTConfig config;
    private final Parameters parameters;
    private final ClassToken classToken;
    private final Classifier classifier;

    Head(ViTConfig config, Parameters parameters) {
        this.config = config;
        this.parameters = parameters;
        classToken = new ClassToken(config, parameters);
        classifier = new Classifier(parameters);
    }

    static Stream<ParameterSpec> specs(ViTConfig config) {
        return Stream.concat(ClassToken.specs(config), Classifier.specs(config));
    }

    @Override
    public String name() {
        return "head";
    }

    @Override
    public Tensor forward(Tensor hidden, Context context) {
        return classifier.forward(classToken.forward(hidden, context), context);
    }

    @Override
    public Recorded record(Tensor input, boolean inputGradient, Context context) {
        return new RecordedByAutograd(
                this, parameters, ParameterSpec.names(specs(config)), input, inputGradient, context);
    }
}
