package io.vit4j.model.pyramid;

import io.vit4j.model.Block;
import io.vit4j.model.BlockCost;
import io.vit4j.model.BlockDefinition;
import io.vit4j.model.Context;
import io.vit4j.model.ParameterSpec;
import io.vit4j.model.Parameters;
import io.vit4j.model.Shape;
import io.vit4j.torch.Dtype;
import java.util.List;
import org.bytedeco.pytorch.Tensor;

/** The mean of each channel over all places: {@code [channels, height, width]} to {@code [channels]}. */
record MeanPooling(int channels) implements BlockDefinition {
    @Override
    public String name() {
        return "pooling";
    }

    @Override
    public List<ParameterSpec> weights() {
        return List.of();
    }

    @Override
    public Shape output(Shape input) {
        return Shape.of(channels);
    }

    @Override
    public BlockCost cost(Shape input, Dtype dtype) {
        return BlockCost.byAutograd(0, Float.BYTES * input.numbers());
    }

    @Override
    public Block over(Parameters parameters) {
        return new Mean(this, parameters);
    }

    private record Mean(MeanPooling definition, Parameters parameters) implements Block {
        @Override
        public Tensor forward(Tensor hidden, Context context) {
            return hidden.mean(new long[] {2, 3});
        }
    }
}
