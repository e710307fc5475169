package io.vit4j.model.swin;

import io.vit4j.model.Attention;
import io.vit4j.model.Context;
import io.vit4j.model.Dropouts;
import io.vit4j.model.Initialization;
import io.vit4j.model.Linear;
import io.vit4j.model.ParameterSpec;
import io.vit4j.model.Parameters;
import io.vit4j.model.RecordedAttention;
import io.vit4j.onnx.GraphWriter;
import io.vit4j.onnx.Value;
import io.vit4j.torch.Autograd;
import io.vit4j.torch.Device;
import io.vit4j.torch.Dtype;
import io.vit4j.torch.Scope;
import io.vit4j.torch.Tensors;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.bytedeco.pytorch.BoolOptional;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.ScalarTypeOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorArrayRefOptional;
import org.bytedeco.pytorch.global.torch;

/**
 * Attention of many heads within windows: {@code softmax(q k' / sqrt(headSize) + bias) v} (Liu et al. 2021, equation 4), and in V2
 * {@code softmax(scale cos(q, k) + bias) v} with a learned scale a head, at most 100 (Liu et al. 2022, equation 2).
 */
final class WindowAttention {
    private static final double LARGEST_SCALE = 100;
    private static final double FIRST_SCALE = 10;
    private static final double SMALLEST_NORM = 1e-12;

    final Linear queryKeyValue;
    final Linear output;

    private final Definition definition;
    private final Parameters parameters;
    private final Attention byProducts; // of V1

    private WindowAttention(Definition definition, Parameters parameters) {
        this.definition = definition;
        this.parameters = parameters;
        queryKeyValue = new Linear(parameters, definition.projections());
        output = new Linear(parameters, true, definition.output());
        byProducts = new Attention(definition.heads(), definition.headSize(), definition.dropout());
    }

    /**
     * What is known of it without weights.
     *
     * @param prefix of the names of its weights
     * @param channels of each place
     * @param positions its bias
     * @param qkvBias whether queries and values have a bias, and in V1 keys
     * @param dropout probability of dropping an attention in training
     */
    record Definition(
            Version version, String prefix, int channels, PositionBias positions, boolean qkvBias, double dropout) {
        private String within() {
            return prefix + "self.";
        }

        private String output() {
            return prefix + "output.dense";
        }

        private String scale() {
            return within() + "logit_scale";
        }

        private int heads() {
            return positions.heads();
        }

        private int headSize() {
            return channels / heads();
        }

        List<ParameterSpec> weights(Initialization init) {
            List<ParameterSpec> weights = new ArrayList<>();
            if (version == Version.V2) {
                weights.add(new ParameterSpec(scale(), Initialization.constant(Math.log(FIRST_SCALE)), heads(), 1, 1));
            }
            weights.addAll(positions.weights(init));
            Linear.specs(channels, channels, init, projections()).forEach(weights::add);
            Linear.specs(channels, channels, true, init, output()).forEach(weights::add);
            return weights;
        }

        private List<Linear.Named> projections() {
            return Stream.of("query", "key", "value")
                    .map(part -> new Linear.Named(within() + part, hasBias(part)))
                    .toList();
        }

        private boolean hasBias(String part) {
            return qkvBias && (version == Version.V1 || !part.equals("key"));
        }

        WindowAttention over(Parameters parameters) {
            return new WindowAttention(this, parameters);
        }
    }

    /**
     * Every place's attention to those of its window.
     *
     * @param x {@code [batch * count, places, channels]} in the products' type
     * @param layer whose attention it is
     * @return {@code [batch * count, places, channels]} in the products' type
     */
    Tensor forward(Tensor x, Windows windows, String layer, Context context) {
        Tensor parts = byHead(queryKeyValue.forward(x, context));
        return output.forward(mixed(parts, bias(windows, context), windows, layer, context), context);
    }

    /** The same in a graph, {@code [batch * count, places, channels]} to the same. */
    Value write(GraphWriter graph, Value x, Windows windows) {
        int places = windows.places();
        Value fused = graph.reshape(
                queryKeyValue.write(graph, x), Value.BATCH, places, 3, definition.heads(), definition.headSize());
        Value parts = graph.permute(fused, 2, 0, 3, 1, 4); // [3, batch * count, heads, places, headSize]
        Value products = products(graph, graph.select(parts, 0, 0), graph.select(parts, 0, 1));
        Value scores = graph.reshape(
                products, Value.BATCH, windows.count(), definition.heads(), places, places); // as the bias
        Value probabilities = graph.toProducts(graph.softmax(graph.add(
                scores, graph.constant(definition.prefix() + "bias", () -> bias(windows, parameters.device())))));
        Value byWindow = graph.reshape(probabilities, Value.BATCH, definition.heads(), places, places);
        Value mixed = graph.permute(graph.matmul(byWindow, graph.select(parts, 0, 2)), 0, 2, 1, 3);
        return output.write(graph, graph.reshape(mixed, Value.BATCH, places, definition.channels()));
    }

    /** Before the bias, {@code [batch * count, heads, places, places]}; of V2 in float32. */
    private Value products(GraphWriter graph, Value query, Value key) {
        if (definition.version() == Version.V1) {
            Value queries = graph.mul(query, 1 / Math.sqrt(definition.headSize()));
            return graph.matmul(queries, graph.permute(key, 0, 1, 3, 2));
        }
        Value scale = graph.constant(definition.scale() + ".exp", () -> torch.exp(scaleLogarithm()));
        return graph.matmul(graph.mul(normed(graph, query), scale), graph.permute(normed(graph, key), 0, 1, 3, 2));
    }

    private static Value normed(GraphWriter graph, Value vectors) {
        Value x = graph.toFloat(vectors);
        return graph.div(x, graph.max(graph.norm(x, -1), SMALLEST_NORM));
    }

    /**
     * Between the two linear maps.
     *
     * @param parts queries, keys and values, {@code [3, batch * count, heads, places, headSize]}
     * @return {@code [batch * count, places, channels]}
     */
    private Tensor mixed(Tensor parts, Tensor bias, Windows windows, String layer, Context context) {
        Tensor value = parts.select(0, 2).contiguous().flatten(0, 1);
        Tensor scores = torch.add(scores(parts.select(0, 0), parts.select(0, 1), windows), bias);
        Tensor probabilities = torch.softmax(scores, -1); // [batch, count, heads, places, places]
        context.see(layer + ".attentions", probabilities.flatten(0, 1));
        Tensor kept = Dropouts.drop(probabilities, definition.dropout(), layer + ".attentions", context);
        Tensor mixed = torch.bmm(context.cast(kept.flatten(0, 2)), value); // [batch * count * heads, places, headSize]
        return mixed.view(-1, definition.heads(), windows.places(), definition.headSize())
                .transpose(1, 2)
                .reshape(-1, windows.places(), definition.channels());
    }

    /**
     * What is between the two linear maps, recorded.
     *
     * @param fused queries, keys and values side by side, {@code [batch * count, places, 3 * channels]}
     */
    RecordedAttention record(Tensor fused, Windows windows, String layer, Context context) {
        Tensor bias = bias(windows, context);
        if (definition.version() == Version.V1) {
            Tensor ofEach = bias.expand(windows.count(), -1, -1, -1); // a view
            return byProducts.record(fused, Optional.of(ofEach), layer, context);
        }
        return new ByAutograd(fused, bias, windows, layer, context);
    }

    /** V2's, whose vectors are made as long as they shall be: by autograd. */
    private final class ByAutograd implements RecordedAttention {
        private final Tensor parts;
        private final Tensor bias;
        private final Tensor mixed; // with its graph
        private final Tensor output;

        ByAutograd(Tensor fused, Tensor bias, Windows windows, String layer, Context context) {
            try (Scope scope = new Scope();
                    Autograd on = Autograd.on()) {
                parts = scope.own(Tensors.leaf(byHead(fused).contiguous()));
                this.bias = scope.own(Tensors.leaf(bias));
                mixed = scope.own(mixed(parts, this.bias, windows, layer, context));
                output = scope.keep(mixed.detach());
            }
        }

        @Override
        public Tensor output() {
            return output;
        }

        @Override
        public Gradient backward(Tensor atOutput) {
            try (Scope scope = new Scope();
                    Autograd on = Autograd.on()) {
                mixed.backward(atOutput, new BoolOptional(), false, new TensorArrayRefOptional());
                Tensor atFused = Tensors.takeGradient(parts)
                        .permute(1, 3, 0, 2, 4)
                        .reshape(atOutput.size(0), atOutput.size(1), 3L * definition.channels());
                Tensor atBias = Tensors.takeGradient(bias).sum(new long[] {0}); // of all windows
                return new Gradient(scope.keep(atFused), Optional.of(scope.keep(atBias)));
            }
        }

        @Override
        public void close() {
            parts.close();
            bias.close();
            mixed.close();
        }
    }

    /** Weights that {@link #record}'s backward gives a gradient by autograd, from which it is taken. */
    List<String> recordedByAutograd() {
        return definition.version() == Version.V1 ? List.of() : List.of(definition.scale());
    }

    PositionBias positions() {
        return definition.positions();
    }

    /** Queries, keys and values that lie side by side to {@code [3, batch * count, heads, places, headSize]}, a view. */
    private Tensor byHead(Tensor fused) {
        return fused.view(fused.size(0), fused.size(1), 3, definition.heads(), definition.headSize())
                .permute(2, 0, 3, 1, 4);
    }

    /** Before the bias, {@code [batch, count, heads, places, places]}; of V2 in float32, as its scale would make much of rounding. */
    private Tensor scores(Tensor query, Tensor key, Windows windows) {
        Tensor queries;
        Tensor keys;
        if (definition.version() == Version.V1) {
            queries = torch.mul(query.contiguous(), new Scalar(1 / Math.sqrt(definition.headSize())));
            keys = key.contiguous();
        } else {
            Tensor logarithm = scaleLogarithm();
            queries = perNorm(query, torch.exp(logarithm));
            keys = perNorm(key, torch.ones_like(logarithm));
        }
        Tensor products = torch.bmm(queries.flatten(0, 1), keys.flatten(0, 1).transpose(1, 2));
        return products.view(-1, windows.count(), definition.heads(), windows.places(), windows.places());
    }

    private Tensor scaleLogarithm() {
        return parameters.get(definition.scale()).clamp_max(new Scalar(Math.log(LARGEST_SCALE)));
    }

    /** Of that length each, float32. */
    private static Tensor perNorm(Tensor vectors, Tensor length) {
        Tensor x = Tensors.to(vectors.contiguous(), Dtype.FLOAT32);
        Tensor norm = torch.linalg_vector_norm(x, new Scalar(2.0), new long[] {-1}, true, new ScalarTypeOptional());
        return torch.mul(x, torch.div(length, norm.clamp_min(new Scalar(SMALLEST_NORM))));
    }

    /** {@code [1 or count, heads, places, places]}, in the scores' type; kept as long as the weights do not move. */
    private Tensor bias(Windows windows, Context context) {
        return context.weights().made(definition.prefix() + "bias of " + windows, () -> {
            Tensor all = bias(windows, parameters.device());
            return definition.version() == Version.V1 ? context.cast(all) : all;
        });
    }

    private Tensor bias(Windows windows, Device device) {
        Tensor positions = definition.positions().of(parameters::get, device).unsqueeze(0);
        return windows.mask(definition.version().apart(), device)
                .map(apart -> torch.add(positions, apart.unsqueeze(1)))
                .orElse(positions);
    }
}
