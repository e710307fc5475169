package io.vit4j.model.deit;

import io.vit4j.model.Block;
import io.vit4j.model.BlockCost;
import io.vit4j.model.BlockDefinition;
import io.vit4j.model.Context;
import io.vit4j.model.Initialization;
import io.vit4j.model.Linear;
import io.vit4j.model.ParameterSpec;
import io.vit4j.model.Parameters;
import io.vit4j.model.Shape;
import io.vit4j.onnx.GraphWriter;
import io.vit4j.onnx.Value;
import io.vit4j.torch.Dtype;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;

/**
 * The mean of the logits of two linear classifiers, one on the class token and one on the distillation token:
 * {@code [2 * hidden]} to {@code [labels]}, float32.
 *
 * @param apart whether training is given both, {@code [2 * labels]}, the class token's first
 */
record TwoClassifiers(int hidden, int labels, Initialization init, boolean apart) implements BlockDefinition {
    private static final String OF_CLASS = "cls_classifier";
    private static final String OF_DISTILLATION = "distillation_classifier";

    @Override
    public String name() {
        return "classifiers";
    }

    @Override
    public List<ParameterSpec> weights() {
        return Stream.of(OF_CLASS, OF_DISTILLATION)
                .flatMap(name -> Linear.specs(hidden, labels, true, init, name))
                .toList();
    }

    @Override
    public Shape output(Shape input) {
        return Shape.of(labels);
    }

    @Override
    public BlockCost cost(Shape input, Dtype dtype) {
        return BlockCost.byAutograd(2.0 * 2 * hidden * labels, Float.BYTES * input.numbers());
    }

    @Override
    public Optional<BlockDefinition> apartInTraining() {
        return Optional.of(new TwoClassifiers(hidden, labels, init, true));
    }

    @Override
    public Block over(Parameters parameters) {
        return new OverWeights(this, parameters);
    }

    private record OverWeights(TwoClassifiers definition, Parameters parameters) implements Block {
        @Override
        public Tensor forward(Tensor features, Context context) {
            Tensor ofClass = logits(OF_CLASS, 0, features);
            Tensor ofDistillation = logits(OF_DISTILLATION, 1, features);
            boolean trains = context.dropout().isPresent();
            return definition.apart() && trains
                    ? torch.cat(new TensorVector(ofClass, ofDistillation), 1)
                    : torch.div(torch.add(ofClass, ofDistillation), new Scalar(2));
        }

        @Override
        public Value write(GraphWriter graph, Value features) {
            return graph.div(
                    graph.add(logits(graph, OF_CLASS, 0, features), logits(graph, OF_DISTILLATION, 1, features)), 2);
        }

        private Value logits(GraphWriter graph, String classifier, int token, Value features) {
            int hidden = definition.hidden();
            return graph.linearInFloat32(
                    classifier,
                    graph.narrow(features, 1, (long) token * hidden, hidden),
                    parameters.get(classifier + ".weight"),
                    Optional.of(parameters.get(classifier + ".bias")));
        }

        private Tensor logits(String classifier, int token, Tensor features) {
            int hidden = definition.hidden();
            return torch.linear(
                    features.flatten(1, -1).narrow(1, (long) token * hidden, hidden),
                    parameters.get(classifier + ".weight"),
                    new TensorOptional(parameters.get(classifier + ".bias")));
        }
    }
}
