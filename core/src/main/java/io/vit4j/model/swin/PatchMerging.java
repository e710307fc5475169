package io.vit4j.model.swin;

import io.vit4j.model.BlockCost;
import io.vit4j.model.Context;
import io.vit4j.model.Initialization;
import io.vit4j.model.LayerNorm;
import io.vit4j.model.Linear;
import io.vit4j.model.ParameterSpec;
import io.vit4j.model.Parameters;
import io.vit4j.model.Shape;
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
    private final Definition definition;
    private final Linear reduction;
    private final LayerNorm norm;

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

        /** What it keeps: what the product is given, and what the norm is. */
        BlockCost cost(Shape input, Dtype dtype) {
            long merged = output(input).numbers();
            long normed = version == Version.V1 ? 2 * merged : merged;
            long kept = dtype.bytes() * 2 * merged + Float.BYTES * normed;
            return BlockCost.byAutograd(2.0 * 4 * channels * merged, kept);
        }

        PatchMerging over(Parameters parameters) {
            return new PatchMerging(this, parameters);
        }
    }

    /** {@code [batch, rows, columns, channels]} to {@code [batch, rows / 2, columns / 2, 2 * channels]}, both rounded up; float32. */
    Tensor forward(Tensor hidden, Context context) {
        long odd = hidden.size(1) % 2 + hidden.size(2) % 2;
        Tensor even = odd == 0
                ? hidden
                : torch.constant_pad_nd(hidden, new long[] {0, 0, 0, hidden.size(2) % 2, 0, hidden.size(1) % 2});
        Tensor merged = merged(even);
        if (definition.version() == Version.V1) {
            return Tensors.to(reduction.forward(context.cast(norm.forward(merged)), context), Dtype.FLOAT32);
        }
        return norm.forward(Tensors.to(reduction.forward(context.cast(merged), context), Dtype.FLOAT32));
    }

    /** Down a column first, as the weights expect. */
    private static Tensor merged(Tensor even) {
        long rows = even.size(1) / 2;
        long columns = even.size(2) / 2;
        return even.view(even.size(0), rows, 2, columns, 2, even.size(3))
                .permute(0, 1, 3, 4, 2, 5)
                .reshape(even.size(0), rows, columns, 4 * even.size(3));
    }
}
