package io.vit4j.model.transformer;

import io.vit4j.model.Context;
import io.vit4j.model.StepWeights;
import io.vit4j.onnx.GraphWriter;
import io.vit4j.onnx.Value;
import io.vit4j.torch.Dtype;
import java.util.Arrays;
import java.util.function.UnaryOperator;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;

/** Turns queries and keys: of each pair {@code (a, b)} {@code (a cos - b sin, b cos + a sin)}. */
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

    /**
     * The same in a graph.
     *
     * @param x {@code [batch, heads, rows, headSize]}, the first rows of a picture
     * @param tokens of the picture
     */
    Value write(GraphWriter graph, Value x, long tokens) {
        long rows = x.size(2);
        long before = Math.min(positions.before(), rows); // of these rows
        if (before == rows) {
            return x;
        }
        Value turning = graph.narrow(x, 2, before, rows - before);
        Value cos = graph.narrow(table(graph, "cos", torch::cos, tokens), 0, 0, rows - before);
        Value sin = graph.narrow(table(graph, "sin", torch::sin, tokens), 0, 0, rows - before);
        Value turned = graph.toProducts(graph.add(graph.mul(turning, cos), graph.mul(across(graph, turning), sin)));
        return before == 0 ? turned : graph.cat(2, graph.narrow(x, 2, 0, before), turned);
    }

    private Value table(GraphWriter graph, String name, UnaryOperator<Tensor> of, long tokens) {
        long patches = tokens - positions.before();
        return graph.constant("rotary." + name + "." + patches, () -> {
            try (StepWeights none = new StepWeights(Dtype.FLOAT32)) {
                return table(of, patches, Context.inference(none));
            }
        });
    }

    private Value across(GraphWriter graph, Value x) {
        long half = x.size(-1) / 2;
        if (!positions.sideBySide()) {
            return graph.cat(-1, graph.unary("Neg", graph.narrow(x, -1, half, half)), graph.narrow(x, -1, 0, half));
        }
        Value pairs = graph.reshape(x, Value.BATCH, x.size(1), x.size(2), half, 2);
        Value crossed = graph.cat(-1, graph.unary("Neg", graph.narrow(pairs, -1, 1, 1)), graph.narrow(pairs, -1, 0, 1));
        return graph.reshape(crossed, Value.BATCH, x.size(1), x.size(2), 2 * half);
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

    private Tensor turned(Tensor x, Tensor cos, Tensor sin) {
        return torch.add(torch.mul(x, cos), torch.mul(across(x), sin));
    }

    /** Of each pair {@code (a, b)}: {@code (-b, a)}. */
    private Tensor across(Tensor x) {
        long half = x.size(-1) / 2;
        if (!positions.sideBySide()) {
            return torch.cat(new TensorVector(torch.neg(x.narrow(-1, half, half)), x.narrow(-1, 0, half)), -1);
        }
        long[] paired = Arrays.copyOf(x.shape(), Math.toIntExact(x.dim()) + 1);
        paired[paired.length - 2] = half;
        paired[paired.length - 1] = 2;
        Tensor pairs = x.reshape(paired);
        return torch.stack(new TensorVector(torch.neg(pairs.select(-1, 1)), pairs.select(-1, 0)), -1)
                .flatten(-2, -1);
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
        return context.weights().made(key, () -> table(of, patches, context).to(beside.device(), beside.scalar_type()));
    }

    private Tensor table(UnaryOperator<Tensor> of, long patches, Context context) {
        Tensor half = of.apply(positions.angles(patches, context));
        return positions.sideBySide()
                ? torch.stack(new TensorVector(half, half), 2).flatten(1, 2)
                : torch.cat(new TensorVector(half, half), 1);
    }
}
