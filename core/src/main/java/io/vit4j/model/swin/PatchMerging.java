package io.vit4j.model.swin;

import io.vit4j.model.BlockCost;
import io.vit4j.model.Context;
import io.vit4j.model.Initialization;
import io.vit4j.model.LayerNorm;
import io.vit4j.model.Linear;
import io.vit4j.model.ParameterSpec;
import io.vit4j.model.Parameters;
import io.vit4j.model.Shape;
import io.vit4j.onnx.GraphWriter;
import io.vit4j.onnx.Value;
import io.vit4j.torch.Dtype;
import io.vit4j.torch.Tensors;
import java.util.List;
import java.util.stream.Stream;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/**
 * Every two by two places to one of twice the channels (Liu et al. 2021, section 3.1): their channels side by side, projected linearly; V1
 * normalises them before, V2 the result. A last row or column that is odd is paired with zeros.
 */
final class PatchMerging {
    final Linear reduction;
    final LayerNorm norm;

    private final Definition definition;

    private PatchMerging(Definition definition, Parameters parameters) {
        this.definition = definition;
        reduction = new Linear(parameters, false, definition.reduction());
        norm = new LayerNorm(parameters, definition.norm(), SwinConfig.EPS);
    }

    /**
     * What is known of it without weights.
     *
     * @param prefix of the names of its weights
     * @param channels of the places that are merged
     */
    record Definition(Version version, String prefix, int channels) {
        private String reduction() {
            return prefix + "reduction";
        }

        private String norm() {
            return prefix + "norm";
        }

        List<ParameterSpec> weights(Initialization init) {
            int normed = version == Version.V1 ? 4 * channels : 2 * channels;
            return Stream.concat(
                            Linear.specs(4 * channels, 2 * channels, false, init, reduction()),
                            LayerNorm.specs(norm(), normed))
                    .toList();
        }

        Shape output(Shape input) {
            return Shape.of((input.size(0) + 1) / 2, (input.size(1) + 1) / 2, 2L * channels);
        }

        /** What {@link RecordedSwinLayer} keeps: what the product is given, what the norm is, and the norm's rows. */
        BlockCost cost(Shape input, Dtype dtype) {
            long merged = output(input).numbers();
            boolean first = version == Version.V1;
            boolean keepsProduct = !first || dtype != Dtype.FLOAT32;
            long product = keepsProduct ? 2 * dtype.bytes() * merged : 0;
            long normed = first ? 2 * merged : merged;
            long rows = 2 * merged / (2L * channels);
            double flops = 2.0 * 4 * channels * merged;
            long backward = (dtype.bytes() + 2L * Float.BYTES) * 2 * merged;
            return new BlockCost(flops, 2 * flops, flops, product + Float.BYTES * (normed + rows), backward);
        }

        PatchMerging over(Parameters parameters) {
            return new PatchMerging(this, parameters);
        }
    }

    /** {@code [batch, rows, columns, channels]} to {@code [batch, rows / 2, columns / 2, 2 * channels]}, both rounded up; float32. */
    Tensor forward(Tensor hidden, Context context) {
        Tensor merged = merged(hidden);
        return normsFirst() ? reduced(norm.forward(merged), context) : norm.forward(reduced(merged, context));
    }

    /** The same in a graph. */
    Value write(GraphWriter graph, Value hidden) {
        Value even = graph.padEnd(graph.padEnd(hidden, 1, hidden.size(1) % 2), 2, hidden.size(2) % 2);
        long rows = even.size(1) / 2;
        long columns = even.size(2) / 2;
        long channels = even.size(3);
        Value byPlace = graph.reshape(even, Value.BATCH, rows, 2, columns, 2, channels);
        Value merged =
                graph.reshape(graph.permute(byPlace, 0, 1, 3, 4, 2, 5), Value.BATCH, rows, columns, 4 * channels);
        return normsFirst()
                ? graph.toFloat(reduction.write(graph, norm.write(graph, merged)))
                : norm.write(graph, reduction.write(graph, merged));
    }

    boolean normsFirst() {
        return definition.version() == Version.V1;
    }

    /** To half the numbers, float32. */
    Tensor reduced(Tensor merged, Context context) {
        return Tensors.to(reduction.forward(context.cast(merged), context), Dtype.FLOAT32);
    }

    /** Down a column first, as the weights expect: {@code [batch, rows / 2, columns / 2, 4 * channels]}. */
    Tensor merged(Tensor hidden) {
        long odd = hidden.size(1) % 2 + hidden.size(2) % 2;
        Tensor even = odd == 0
                ? hidden
                : torch.constant_pad_nd(hidden, new long[] {0, 0, 0, hidden.size(2) % 2, 0, hidden.size(1) % 2});
        long rows = even.size(1) / 2;
        long columns = even.size(2) / 2;
        return even.view(even.size(0), rows, 2, columns, 2, even.size(3))
                .permute(0, 1, 3, 4, 2, 5)
                .reshape(even.size(0), rows, columns, 4 * even.size(3));
    }

    /**
     * The derivative of {@link #merged}.
     *
     * @param atMerged with respect to what it gave
     * @param shape of what it was given
     */
    Tensor unmerged(Tensor atMerged, long[] shape) {
        long rows = (shape[1] + 1) / 2;
        long columns = (shape[2] + 1) / 2;
        return atMerged.view(shape[0], rows, columns, 2, 2, shape[3])
                .permute(0, 1, 4, 2, 3, 5)
                .reshape(shape[0], 2 * rows, 2 * columns, shape[3])
                .narrow(1, 0, shape[1])
                .narrow(2, 0, shape[2]);
    }
}
