package io.vit4j.train.optimizer;

import io.vit4j.model.Parameters;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;

/** The weights that are trained, by where they begin: for an optimizer that steps whole weights in their shape. */
final class WholeWeights {
    private final Map<Long, Parameters.Entry> byOffset;

    WholeWeights(Parameters parameters) {
        byOffset =
                parameters.trained().stream().collect(Collectors.toMap(Parameters.Entry::offset, Function.identity()));
    }

    /** The weight that a part is the whole of. */
    Parameters.Entry of(Optimizer.ParameterRange part) {
        Parameters.Entry entry = byOffset.get(part.from());
        if (entry == null || entry.count() != part.length()) {
            throw new IllegalArgumentException(
                    "numbers " + part.from() + " to " + part.to() + " are not one whole weight");
        }
        return entry;
    }
}
