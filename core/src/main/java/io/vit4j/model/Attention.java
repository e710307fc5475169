package io.vit4j.model;

import io.vit4j.onnx.GraphWriter;
import io.vit4j.onnx.Value;
import io.vit4j.torch.Autograd;
import io.vit4j.torch.Device;
import io.vit4j.torch.Dtype;
import io.vit4j.torch.Operator;
import io.vit4j.torch.Scope;
import io.vit4j.torch.Tensors;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.UnaryOperator;
import org.bytedeco.pytorch.BoolOptional;
import org.bytedeco.pytorch.DoubleOptional;
import org.bytedeco.pytorch.IValue;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.ScalarTypeOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorArrayRefOptional;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.global.torch;

/**
 * Scaled dot-product attention of many heads (Vaswani et al. 2017, equation 1): {@code softmax(q k' / sqrt(headSize)) v}. As
 * libtorch's fused kernel where that is the fast way, as explicit products where their inside is wanted, and in the short
 * types on a CPU, where the fused kernel is some thirty times slower than the products.
 */
public final class Attention {
    private final int heads;
    private final int headSize;
    private final double dropout;

    /**
     * @param heads how many attend side by side
     * @param headSize numbers of each
     * @param dropout probability of dropping an attention in training
     */
    public Attention(int heads, int headSize, double dropout) {
        this.heads = heads;
        this.headSize = headSize;
        this.dropout = dropout;
    }

    /**
     * Whether it keeps its probabilities for backward: the fused attention of float32 keeps one number a row.
     *
     * @param dtype of products
     * @param dropout probability of dropping an attention
     */
    public static boolean keepsProbabilities(Dtype dtype, double dropout) {
        return dtype != Dtype.FLOAT32 || dropout > 0;
    }

    /**
     * Some rows' attention to all.
     *
     * @param query {@code [batch, heads, rows, headSize]}
     * @param key {@code [batch, heads, tokens, headSize]}
     * @param value as the keys
     * @return {@code [batch, heads, rows, headSize]}
     */
    public Tensor forward(Tensor query, Tensor key, Tensor value, String layer, Context context) {
        return forward(query, key, value, Optional.empty(), layer, context);
    }

    /**
     * The same with something added to the scores: {@code softmax(q k' / sqrt(headSize) + bias) v}.
     *
     * @param bias {@code [heads, rows, tokens]}, or of a shape that goes with {@code [batch, heads, rows, tokens]}
     */
    public Tensor forward(
            Tensor query, Tensor key, Tensor value, Optional<Tensor> bias, String layer, Context context) {
        if (!explicit(query, context)) {
            return bias.isEmpty()
                    ? torch.scaled_dot_product_attention(query, key, value)
                    : torch.scaled_dot_product_attention(
                            query,
                            key,
                            value,
                            new TensorOptional(context.cast(bias.get())),
                            0,
                            false,
                            new DoubleOptional(),
                            false);
        }
        Dtype dtype = context.weights().attentionDtype();
        Tensor queries = contiguous(query, dtype); // [batch * heads, rows, headSize]: strided ones multiply slowly
        Tensor keys = contiguous(key, dtype);
        Tensor values = contiguous(value, dtype);
        Tensor scores = torch.bmm(torch.mul(queries, new Scalar(scale())), keys.transpose(1, 2));
        Tensor byPicture =
                scores.view(query.size(0), query.size(1), query.size(2), key.size(2)); // [batch, heads, rows, tokens]
        Tensor probabilities = torch.softmax(
                bias.map(more -> torch.add(byPicture, Tensors.to(more, dtype))).orElse(byPicture), -1);
        context.see(layer + ".attentions", probabilities);
        return torch.bmm(drop(probabilities, layer, context).flatten(0, 1), values)
                .view(query.shape());
    }

    /**
     * The same in a graph.
     *
     * @param query {@code [batch, rows, heads * headSize]}
     * @param key {@code [batch, tokens, heads * headSize]}
     * @param value as the keys
     * @param turned what is done to queries and keys by head, {@code [batch, heads, rows or tokens, headSize]}
     * @param bias goes with {@code [batch, heads, rows, tokens]}
     * @return {@code [batch, rows, heads * headSize]}
     */
    public Value write(
            GraphWriter graph, Value query, Value key, Value value, UnaryOperator<Value> turned, Optional<Value> bias) {
        Value queries = graph.mul(turned.apply(byHead(graph, query)), scale());
        Value keys = graph.permute(turned.apply(byHead(graph, key)), 0, 1, 3, 2);
        Value scores = graph.matmul(queries, keys);
        Value biased = bias.map(more -> graph.add(scores, more)).orElse(scores);
        Value mixed = graph.matmul(graph.toProducts(graph.softmax(biased)), byHead(graph, value));
        return graph.reshape(graph.permute(mixed, 0, 2, 1, 3), Value.BATCH, query.size(1), hidden());
    }

    private Value byHead(GraphWriter graph, Value rows) { // [batch, heads, rows, headSize]
        return graph.permute(graph.reshape(rows, Value.BATCH, rows.size(1), heads, headSize), 0, 2, 1, 3);
    }

    private boolean explicit(Tensor query, Context context) {
        boolean fusedIsSlow = query.is_cpu() && context.weights().attentionDtype() != Dtype.FLOAT32;
        return drops(context) || context.tap().isPresent() || fusedIsSlow;
    }

    /** Pictures and heads as one dimension, in that type, in one pass over memory. */
    private static Tensor contiguous(Tensor byHead, Dtype dtype) {
        if (Tensors.type(byHead) == dtype.scalarType()) {
            return byHead.flatten(0, 1).contiguous();
        }
        Tensor copied = Tensors.empty(dtype, Device.CPU, byHead.shape());
        copied.copy_(byHead);
        return copied.flatten(0, 1);
    }

    private boolean drops(Context context) {
        return dropout > 0 && context.dropout().isPresent();
    }

    private Tensor drop(Tensor probabilities, String layer, Context context) {
        return Dropouts.drop(probabilities, dropout, layer + ".attentions", context);
    }

    private double scale() {
        return 1 / Math.sqrt(headSize);
    }

    /**
     * Attention of all tokens to all, recorded. With a bias by explicit products: the fused kernel has no derivative for it.
     *
     * @param fused queries, keys and values side by side, {@code [batch, tokens, 3 * hidden]}
     * @param bias added to the scores, {@code [heads, tokens, tokens]}; or {@code [parts, heads, tokens, tokens]}, if a picture is in so
     *     many parts, one after the other in the batch, that attend each to itself
     */
    public RecordedAttention record(Tensor fused, Optional<Tensor> bias, String layer, Context context) {
        return bias.isPresent() || explicit(fused, context)
                ? new Products(fused, bias, layer, context)
                : new Fused(fused);
    }

    private long hidden() {
        return (long) heads * headSize;
    }

    private Tensor[] parts(Tensor fused) { // [batch, heads, tokens, headSize], three of them
        Tensor byPart =
                fused.view(fused.size(0), fused.size(1), 3, heads, headSize).permute(2, 0, 3, 1, 4);
        return new Tensor[] {byPart.select(0, 0), byPart.select(0, 1), byPart.select(0, 2)};
    }

    private Tensor sideBySide(Tensor byHead) { // [batch, heads, tokens, headSize] to [batch, tokens, hidden]
        return byHead.transpose(1, 2).reshape(byHead.size(0), byHead.size(2), hidden());
    }

    private Tensor byHead(Tensor rows) { // and back
        return rows.view(rows.size(0), rows.size(1), heads, headSize).transpose(1, 2);
    }

    /** By libtorch's fused kernel and its derivative. */
    private final class Fused implements RecordedAttention {
        private final List<Tensor> leaves = new ArrayList<>(); // query, key, value
        private final Tensor mixed; // with its graph
        private final Tensor output;

        Fused(Tensor fused) {
            try (Scope scope = new Scope();
                    Autograd on = Autograd.on()) {
                for (Tensor part : parts(fused)) {
                    leaves.add(scope.own(Tensors.leaf(part)));
                }
                mixed = scope.own(torch.scaled_dot_product_attention(leaves.get(0), leaves.get(1), leaves.get(2)));
                output = scope.keep(sideBySide(mixed.detach()));
            }
        }

        @Override
        public Tensor output() {
            return output;
        }

        @Override
        public Gradient backward(Tensor atOutput) {
            try (Scope scope = new Scope()) {
                try (Autograd on = Autograd.on()) {
                    mixed.backward(byHead(atOutput), new BoolOptional(), false, new TensorArrayRefOptional());
                }
                Tensor atFused = torch.empty_like(leaves.get(0))
                        .new_empty(new long[] {atOutput.size(0), atOutput.size(1), 3, heads, headSize});
                for (int i = 0; i < leaves.size(); i++) {
                    atFused.select(2, i)
                            .copy_(Tensors.takeGradient(leaves.get(i)).transpose(1, 2));
                }
                return new Gradient(
                        scope.keep(atFused.view(atOutput.size(0), atOutput.size(1), 3 * hidden())), Optional.empty());
            }
        }

        @Override
        public void close() {
            leaves.forEach(Tensor::close);
            mixed.close();
        }
    }

    /** By explicit products, one head of one picture after the other in each. */
    private final class Products implements RecordedAttention {
        private final String layer;
        private final Context context;
        private final boolean biased;
        private final long inPicture; // rows of the batch
        private final Tensor parts; // [3, batch * heads, tokens, headSize], contiguous
        private final Tensor probabilities; // [batch * heads, tokens, tokens]
        private final Tensor output;

        Products(Tensor fused, Optional<Tensor> bias, String layer, Context context) {
            this.layer = layer;
            this.context = context;
            biased = bias.isPresent();
            long batch = fused.size(0);
            long tokens = fused.size(1);
            inPicture = bias.filter(more -> more.dim() == 4)
                    .map(more -> more.size(0))
                    .orElse(1L);
            try (Scope scope = new Scope()) {
                Tensor byPart = fused.view(batch, tokens, 3, heads, headSize);
                parts = scope.own(byPart.permute(2, 0, 3, 1, 4).reshape(3, batch * heads, tokens, headSize));
                Tensor scores = scaled(part(0), part(1).transpose(1, 2), emptyScores());
                bias.ifPresent(more -> byPicture(scores).add_(context.cast(more)));
                probabilities = scope.own(torch.softmax(scores, -1));
                Tensor mixed = torch.bmm(dropped(probabilities), part(2));
                output = scope.keep(sideBySide(mixed.view(batch, heads, tokens, headSize)));
            }
        }

        private Tensor part(int part) {
            return parts.select(0, part);
        }

        private Tensor emptyScores() {
            return parts.new_empty(new long[] {parts.size(1), parts.size(2), parts.size(2)});
        }

        /** The batch of products times 1 / sqrt(headSize), written into {@code out}. */
        private Tensor scaled(Tensor left, Tensor right, Tensor out) {
            return torch.baddbmm_out(out, out, left, right, new Scalar(0.0), new Scalar(scale()));
        }

        private Tensor dropped(Tensor perHead) { // [batch * heads, tokens, tokens]
            if (!drops(context)) {
                return perHead;
            }
            return drop(byPicture(perHead), layer, context).view(perHead.shape());
        }

        /** {@code [pictures, heads, tokens, tokens]}, or {@code [pictures, parts, heads, tokens, tokens]}. */
        private Tensor byPicture(Tensor perHead) {
            long rows = perHead.size(1);
            return inPicture == 1
                    ? perHead.view(-1, heads, rows, rows)
                    : perHead.view(-1, inPicture, heads, rows, rows);
        }

        @Override
        public Tensor output() {
            return output;
        }

        @Override
        public Gradient backward(Tensor atOutput) {
            long batch = atOutput.size(0);
            long tokens = atOutput.size(1);
            try (Scope scope = new Scope()) {
                Tensor atMixed = byHead(atOutput).reshape(parts.size(1), tokens, headSize);
                Tensor atHeads = torch.empty_like(parts);
                torch.bmm_out(atHeads.select(0, 2), dropped(probabilities).transpose(1, 2), atMixed);
                Tensor atProbabilities = dropped(torch.bmm(atMixed, part(2).transpose(1, 2)));
                Tensor atScores = softmaxBackward(atProbabilities, probabilities);
                scaled(atScores, part(1), atHeads.select(0, 0));
                scaled(atScores.transpose(1, 2), part(0), atHeads.select(0, 1));
                Tensor atFused = atHeads.view(3, batch, heads, tokens, headSize)
                        .permute(1, 3, 0, 2, 4)
                        .reshape(batch, tokens, 3 * hidden());
                return new Gradient(
                        scope.keep(atFused),
                        biased ? Optional.of(scope.keep(sumOfPictures(atScores, batch))) : Optional.empty());
            }
        }

        private Tensor sumOfPictures(Tensor perHead, long batch) { // to [heads, tokens, tokens], summed in float32
            return perHead.view(batch, heads, perHead.size(1), perHead.size(2))
                    .sum(new long[] {0}, false, new ScalarTypeOptional(Dtype.FLOAT32.scalarType()));
        }

        @Override
        public void close() {
            parts.close();
            probabilities.close();
        }
    }

    private static Tensor softmaxBackward(Tensor atProbabilities, Tensor probabilities) {
        return new Tensor(SoftmaxBackward.OPERATOR
                .call(new IValue(atProbabilities), new IValue(probabilities), new IValue(-1L), new IValue((long)
                        Tensors.type(probabilities).value))
                .get(0)
                .toTensor());
    }

    private static final class SoftmaxBackward {
        static final Operator OPERATOR = Operator.named("aten::_softmax_backward_data", "");
    }
}
