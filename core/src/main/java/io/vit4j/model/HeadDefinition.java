package io.vit4j.model;

import io.vit4j.torch.Dtype;
import java.util.List;
import java.util.stream.Stream;

/**
 * The last block of a model: what makes a picture's features of the last hidden states, and the classifier over them.
 *
 * @param features to {@code [features]}: the class token, normalised, say, or the mean over all rows
 * @param classifier to {@code [labels]}; its weights are the only ones that a checkpoint may lack or have in another shape
 * @param reads which rows of the last hidden states the features are made of
 */
public record HeadDefinition(BlockDefinition features, BlockDefinition classifier, RowsRead reads)
        implements BlockDefinition {
    /**
     * A head with a linear classifier.
     *
     * @param classifier the name of its weights: {@code NAME.weight} and {@code NAME.bias}
     * @param count how many features there are
     * @param init how its weight starts; its bias starts at 0
     */
    public static HeadDefinition linear(
            BlockDefinition features, RowsRead reads, String classifier, int count, int labels, Initialization init) {
        return new HeadDefinition(features, new Classifier.Definition(classifier, count, labels, init), reads);
    }

    @Override
    public String name() {
        return "head";
    }

    @Override
    public List<ParameterSpec> weights() {
        return Stream.concat(features.weights().stream(), classifier.weights().stream())
                .toList();
    }

    @Override
    public Shape output(Shape input) {
        return classifier.output(features.output(input));
    }

    @Override
    public BlockCost cost(Shape input, Dtype dtype) {
        return features.cost(input, dtype).plus(classifier.cost(features.output(input), dtype));
    }

    /** What makes features of the last hidden states counts as the block before, as timm has it of a last norm. */
    @Override
    public int depthOffset(String weight) {
        boolean ofFeatures =
                features.weights().stream().anyMatch(spec -> spec.name().equals(weight));
        return ofFeatures ? features.depthOffset(weight) - 1 : classifier.depthOffset(weight);
    }

    @Override
    public boolean drops() {
        return features.drops() || classifier.drops();
    }

    @Override
    public Block over(Parameters parameters) {
        return new Head(this, parameters, features.over(parameters), classifier.over(parameters));
    }
}
