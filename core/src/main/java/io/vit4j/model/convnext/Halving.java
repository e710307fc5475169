package io.vit4j.model.convnext;

import io.vit4j.model.Context;
import io.vit4j.model.Initialization;
import io.vit4j.model.LayerNorm;
import io.vit4j.model.Linear;
import io.vit4j.model.ParameterSpec;
import io.vit4j.model.Parameters;
import io.vit4j.onnx.GraphWriter;
import io.vit4j.onnx.Value;
import io.vit4j.torch.Dtype;
import io.vit4j.torch.Tensors;
import java.util.ArrayList;
import java.util.List;
import org.bytedeco.pytorch.Tensor;

/**
 * Half of the rows and columns (Liu et al. 2022, section 2.6): places are normalised, and every two by two mapped to one by a convolution
 * whose fields do not overlap, so that it is a linear map of the four. A last row or column that is odd is left out.
 */
final class Halving {
    private static final int SIDE = 2;

    final LayerNorm norm;
    final Linear linear;

    private final Definition definition;

    private Halving(Definition definition, Parameters parameters) {
        this.definition = definition;
        norm = new LayerNorm(parameters, definition.norm(), ConvNextConfig.EPS);
        linear = new Linear(parameters, true, definition.convolution());
    }

    /**
     * What is known of it without weights.
     *
     * @param prefix of the names of its weights
     * @param before channels of the places that are given
     * @param after channels of the others
     */
    record Definition(String prefix, int before, int after) {
        private String norm() {
            return prefix + "0";
        }

        private String convolution() {
            return prefix + "1";
        }

        List<ParameterSpec> weights(Initialization init) {
            List<ParameterSpec> weights =
                    new ArrayList<>(LayerNorm.specs(norm(), before).toList());
            weights.add(new ParameterSpec(convolution() + ".weight", init, after, before, SIDE, SIDE));
            weights.add(new ParameterSpec(convolution() + ".bias", Initialization.zeros(), after).withoutDecay());
            return weights;
        }

        /** Numbers of four places side by side. */
        int merged() {
            return SIDE * SIDE * before;
        }

        Halving over(Parameters parameters) {
            return new Halving(this, parameters);
        }
    }

    /** Half of rows or columns. */
    static long half(long places) {
        return places / SIDE;
    }

    /** {@code [batch, rows, columns, before]} to {@code [batch, rows / 2, columns / 2, after]}, float32. */
    Tensor forward(Tensor input, Context context) {
        return mapped(merged(context.cast(norm.forward(input))), context);
    }

    /** The same in a graph, as the convolution that it is. */
    Value write(GraphWriter graph, Value input) {
        Value channelsFirst = graph.permute(norm.write(graph, input), 0, 3, 1, 2);
        return graph.toFloat(graph.permute(linear.writeConvolution(graph, channelsFirst), 0, 2, 3, 1));
    }

    /** Of what {@link #merged} gave. */
    Tensor mapped(Tensor merged, Context context) {
        return Tensors.to(linear.forward(merged, context), Dtype.FLOAT32);
    }

    /** Every two by two places side by side, {@code [batch, rows / 2, columns / 2, 4 * before]}, in the order of the convolution's weight. */
    Tensor merged(Tensor normed) {
        return fields(normed)
                .permute(0, 1, 3, 5, 2, 4)
                .reshape(normed.size(0), half(normed.size(1)), half(normed.size(2)), definition.merged());
    }

    /** {@code [batch, rows / 2, 2, columns / 2, 2, before]}, a view. */
    private Tensor fields(Tensor places) {
        long rows = half(places.size(1));
        long columns = half(places.size(2));
        return places.narrow(1, 0, SIDE * rows)
                .narrow(2, 0, SIDE * columns)
                .unflatten(1, new long[] {rows, SIDE})
                .unflatten(3, new long[] {columns, SIDE});
    }

    /**
     * The derivative of {@link #merged}.
     *
     * @param atMerged with respect to what it gave
     * @param shape of what it was given
     */
    Tensor unmerged(Tensor atMerged, long[] shape) {
        Tensor places = half(shape[1]) * SIDE == shape[1] && half(shape[2]) * SIDE == shape[2]
                ? atMerged.new_empty(shape)
                : atMerged.new_zeros(shape);
        fields(places)
                .copy_(atMerged.view(shape[0], half(shape[1]), half(shape[2]), definition.before(), SIDE, SIDE)
                        .permute(0, 1, 4, 2, 5, 3));
        return places;
    }
}
