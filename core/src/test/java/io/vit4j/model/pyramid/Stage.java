package io.vit4j.model.pyramid;

import io.vit4j.model.Block;
import io.vit4j.model.BlockCost;
import io.vit4j.model.BlockDefinition;
import io.vit4j.model.Context;
import io.vit4j.model.Dropouts;
import io.vit4j.model.Initialization;
import io.vit4j.model.ParameterSpec;
import io.vit4j.model.Parameters;
import io.vit4j.model.Shape;
import io.vit4j.torch.Dtype;
import io.vit4j.torch.Tensors;
import java.util.List;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.global.torch;

/** A convolution of stride 2, normalised and bent: {@code [in, height, width]} to {@code [out, height / 2, width / 2]}. */
record Stage(String name, int in, int out, double dropout, boolean first) implements BlockDefinition {
    private static final int KERNEL = 3;

    @Override
    public List<ParameterSpec> weights() {
        return List.of(
                new ParameterSpec(name + ".conv.weight", Initialization.normal(0.2), out, in, KERNEL, KERNEL),
                new ParameterSpec(name + ".norm.weight", Initialization.ones(), out).withoutDecay(),
                new ParameterSpec(name + ".norm.bias", Initialization.zeros(), out).withoutDecay());
    }

    @Override
    public Shape output(Shape input) {
        return Shape.of(out, (input.size(1) + 1) / 2, (input.size(2) + 1) / 2);
    }

    @Override
    public BlockCost cost(Shape input, Dtype dtype) {
        long convolved = output(input).numbers();
        boolean casts = dtype != Dtype.FLOAT32;
        long kept = Float.BYTES * (input.numbers() + 2 * convolved) // the input, and what norm and activation are given
                + (casts ? dtype.bytes() * input.numbers() : 0)
                + (dropout > 0 ? Float.BYTES * convolved : 0);
        BlockCost cost = BlockCost.byAutograd(2.0 * KERNEL * KERNEL * in * convolved, kept);
        return first ? cost.withoutInputGradient() : cost;
    }

    @Override
    public boolean drops() {
        return dropout > 0;
    }

    @Override
    public Block over(Parameters parameters) {
        return new Convolution(this, parameters);
    }

    private record Convolution(Stage definition, Parameters parameters) implements Block {
        @Override
        public Tensor forward(Tensor input, Context context) {
            String name = definition.name();
            Tensor convolved = torch.conv2d(
                    context.cast(input),
                    context.weight(parameters, name + ".conv.weight"),
                    new TensorOptional(),
                    new long[] {2, 2},
                    new long[] {1, 1},
                    new long[] {1, 1},
                    1);
            Tensor normed = torch.group_norm(
                    Tensors.to(convolved, Dtype.FLOAT32),
                    1,
                    new TensorOptional(parameters.get(name + ".norm.weight")),
                    new TensorOptional(parameters.get(name + ".norm.bias")),
                    1e-5,
                    false);
            return Dropouts.drop(torch.gelu(normed), definition.dropout(), name, context);
        }
    }
}
