package io.vit4j.model.beit;

import io.vit4j.model.Initialization;
import io.vit4j.model.ParameterSpec;
import io.vit4j.model.Shape;
import io.vit4j.model.Sides;
import io.vit4j.model.transformer.AttentionBias;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import org.bytedeco.pytorch.Tensor;

/**
 * A layer's own table of relative positions, all 0 at first.
 *
 * @param name of the table
 * @param patch sides of a patch
 */
record OwnTable(String name, RelativePositions positions, Sides patch) implements AttentionBias {
    /** The table before it has numbers; like all biases it does not decay. */
    static ParameterSpec spec(String name, RelativePositions positions) {
        return new ParameterSpec(name, Initialization.zeros(), positions.distances(), positions.heads()).withoutDecay();
    }

    @Override
    public OwnTable forPictures(Shape picture) {
        return new OwnTable(name, positions.seenIn(picture, patch), patch);
    }

    @Override
    public List<ParameterSpec> weights() {
        return List.of(spec(name, positions));
    }

    @Override
    public Tensor of(Function<String, Tensor> weights, long tokens) {
        return positions.bias(weights.apply(name), tokens);
    }

    @Override
    public Optional<UnaryOperator<Tensor>> resizing(String weight, AttentionBias before) {
        return weight.equals(name)
                        && before instanceof OwnTable other
                        && !other.positions.grid().equals(positions.grid())
                ? Optional.of(table -> other.positions.resized(table, positions))
                : Optional.empty();
    }
}
