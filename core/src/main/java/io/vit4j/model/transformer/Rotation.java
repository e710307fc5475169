package io.vit4j.model.transformer;

import io.vit4j.model.Context;
import java.util.function.UnaryOperator;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;

/** Turns queries and keys: {@code x cos(angles) + (-x2, x1) sin(angles)} of {@code x = (x1, x2)}. */
record Rotation(RotaryPositions positions) {
    /**
     * Some rows turned.
     *
     * @param x {@code [batch, heads, rows, headSize]}
     * @param from the first of these rows among the picture's tokens
     * @param tokens of the picture
     */
    Tensor forward(Tensor x, long from, long tokens, Context context) {
        long rows = x.size(2);
        long before = Math.min(Math.max(positions.before() - from, 0), rows); // of these rows
        if (before == rows) {
            return x;
        }
        long patches = tokens - positions.before();
        long first = from + before - positions.before();
        Tensor cos = cos(patches, x, context).narrow(0, first, rows - before);
        Tensor sin = sin(patches, x, context).narrow(0, first, rows - before);
        Tensor turned = turned(x.narrow(2, before, rows - before), cos, sin);
        return before == 0 ? turned : torch.cat(new TensorVector(x.narrow(2, 0, before), turned), 2);
    }

    /** Turns all queries and keys in place, {@code [batch, tokens, 3, heads, headSize]} with values beside them. */
    void turn(Tensor fused, Context context) {
        turnInPlace(fused, false, context);
    }

    /** The derivative, in place: turned by as much the other way. */
    void turnBack(Tensor atFused, Context context) {
        turnInPlace(atFused, true, context);
    }

    private void turnInPlace(Tensor fused, boolean back, Context context) {
        long patches = fused.size(1) - positions.before();
        Tensor x = fused.narrow(1, positions.before(), patches).narrow(2, 0, 2);
        Tensor cos = cos(patches, x, context).view(patches, 1, 1, fused.size(4));
        Tensor sin = sin(patches, x, context).view(patches, 1, 1, fused.size(4));
        x.copy_(turned(x, cos, back ? torch.neg(sin) : sin));
    }

    private static Tensor turned(Tensor x, Tensor cos, Tensor sin) {
        long half = x.size(-1) / 2;
        Tensor across = torch.cat(new TensorVector(torch.neg(x.narrow(-1, half, half)), x.narrow(-1, 0, half)), -1);
        return torch.add(torch.mul(x, cos), torch.mul(across, sin));
    }

    private Tensor cos(long patches, Tensor beside, Context context) {
        return table("cos", torch::cos, patches, beside, context);
    }

    private Tensor sin(long patches, Tensor beside, Context context) {
        return table("sin", torch::sin, patches, beside, context);
    }

    /** {@code [patches, headSize]} in the type and on the device of what is turned. */
    private Tensor table(String name, UnaryOperator<Tensor> of, long patches, Tensor beside, Context context) {
        String key = "rotary." + name + "." + patches + (context.dropout().isPresent() ? ".training" : "");
        return context.weights().made(key, () -> {
            Tensor half = of.apply(positions.angles(patches, context));
            return torch.cat(new TensorVector(half, half), 1).to(beside.device(), beside.scalar_type());
        });
    }
}
