package io.vit4j.model;

import io.vit4j.torch.Dtype;
import java.util.List;
import java.util.Optional;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.bytedeco.pytorch.Tensor;

/**
 * A block with low-rank adapters beside some of its linear maps, which find them by name ({@link Linear}).
 *
 * @param alone the block without them
 * @param adapters their weights; none if only other blocks have adapters
 * @param walkedBack whether backward comes here: to it, or to one before it
 */
record AdaptedBlock(BlockDefinition alone, List<ParameterSpec> adapters, boolean walkedBack)
        implements BlockDefinition {
    @Override
    public String name() {
        return alone.name();
    }

    /** Those of the block, then those of its adapters. */
    @Override
    public List<ParameterSpec> weights() {
        return Stream.concat(alone.weights().stream(), adapters.stream()).toList();
    }

    @Override
    public Shape output(Shape input) {
        return alone.output(input);
    }

    /** Every row that comes in is counted for every adapter. */
    @Override
    public BlockCost cost(Shape input, Dtype dtype) {
        double rows = (double) input.numbers() / input.size(input.sizes().size() - 1);
        double numbers = adapters.stream().mapToDouble(ParameterSpec::count).sum();
        BlockCost cost = alone.cost(input, dtype);
        return walkedBack ? cost.adapted(2 * rows * numbers) : cost.forwardOnly();
    }

    @Override
    public Block over(Parameters parameters) {
        return alone.over(parameters);
    }

    @Override
    public BlockDefinition forPictures(Shape picture) {
        return new AdaptedBlock(alone.forPictures(picture), adapters, walkedBack);
    }

    @Override
    public BlockDefinition withDropPath(double probability) {
        return new AdaptedBlock(alone.withDropPath(probability), adapters, walkedBack);
    }

    @Override
    public int depthOffset(String weight) {
        return alone.depthOffset(weight);
    }

    @Override
    public boolean drops() {
        return alone.drops()
                || adapters.stream()
                        .anyMatch(
                                weight -> weight.role() instanceof LowRank.Settings settings && settings.dropout() > 0);
    }

    @Override
    public Optional<UnaryOperator<Tensor>> resizing(String weight, BlockDefinition before) {
        return alone.resizing(weight, before instanceof AdaptedBlock other ? other.alone() : before);
    }

    @Override
    public boolean mayBeNew() {
        return alone.mayBeNew();
    }

    @Override
    public boolean sharesRows() {
        return alone.sharesRows();
    }
}
