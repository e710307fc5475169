package io.vit4j.train.optimizer;

import io.vit4j.model.ParameterSpec;
import io.vit4j.model.Parameters;
import io.vit4j.model.WeightLayout;
import java.util.Arrays;
import java.util.Optional;
import java.util.stream.Stream;

/** Which numbers one kind of an optimizer's state has for each weight. */
@FunctionalInterface
public interface StateShape {
    /** As many as the weight has, laid out like it. */
    StateShape OF_WEIGHTS = weight -> Optional.of(weight.shape());

    /** For a matrix, or a stack of them, one number a row. */
    StateShape OF_ROWS = weight ->
            isMatrix(weight) ? Optional.of(Arrays.copyOf(weight.shape(), weight.shape().length - 1)) : Optional.empty();

    /** For a matrix, or a stack of them, one number a column. */
    StateShape OF_COLUMNS = weight -> {
        long[] shape = weight.shape();
        return isMatrix(weight)
                ? Optional.of(Stream.of(Arrays.copyOf(shape, shape.length - 2), new long[] {shape[shape.length - 1]})
                        .flatMapToLong(Arrays::stream)
                        .toArray())
                : Optional.empty();
    };

    /** For what is no matrix, as many as it has. */
    StateShape OF_VECTORS = weight -> isMatrix(weight) ? Optional.empty() : Optional.of(weight.shape());

    /** The shape of a weight's numbers; empty if it has none of this kind. */
    Optional<long[]> of(ParameterSpec weight);

    /** Whether a weight has rows and columns. */
    static boolean isMatrix(ParameterSpec weight) {
        return weight.shape().length > 1;
    }

    /** Where the numbers of the weights that are trained lie in the one flat buffer of this kind. */
    default WeightLayout layout(Parameters weights) {
        return this == OF_WEIGHTS
                ? weights.trainedLayout()
                : WeightLayout.of(weights.trained().stream()
                        .map(Parameters.Entry::spec)
                        .flatMap(spec -> of(spec).map(spec::withShape).stream())
                        .toList());
    }
}
