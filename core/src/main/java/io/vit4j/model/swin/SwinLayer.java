package io.vit4j.model.swin;

import io.vit4j.base.InputException;
import io.vit4j.model.Block;
import io.vit4j.model.BlockCost;
import io.vit4j.model.BlockDefinition;
import io.vit4j.model.Context;
import io.vit4j.model.Dropouts;
import io.vit4j.model.HiddenAct;
import io.vit4j.model.Initialization;
import io.vit4j.model.LayerNorm;
import io.vit4j.model.Linear;
import io.vit4j.model.ParameterSpec;
import io.vit4j.model.Parameters;
import io.vit4j.model.Recorded;
import io.vit4j.model.Shape;
import io.vit4j.model.WrittenDerivative;
import io.vit4j.model.hierarchical.Stages;
import io.vit4j.onnx.GraphWriter;
import io.vit4j.onnx.Value;
import io.vit4j.torch.Dtype;
import io.vit4j.torch.Tensors;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/**
 * One layer, {@code [rows, columns, channels]} to the same, float32: attention within windows, then an MLP of each place. V1 (Liu et
 * al. 2021, equation 3) normalises what each part is given: {@code h = h + attention(norm(h)); h = h + mlp(norm(h))}; V2 (Liu et al.
 * 2022, section 3.2) what it gives: {@code h = h + norm(attention(h)); h = h + norm(mlp(h))}. The last layer of every stage but the
 * last merges its places two by two.
 */
final class SwinLayer implements Block {
    final WindowAttention attention;
    final LayerNorm normOfAttention;
    final LayerNorm normOfMlp;
    final Linear intermediate;
    final Linear output;
    final Optional<PatchMerging> merging;

    private final Definition definition;
    private final SwinConfig config;
    private final Parameters parameters;

    private SwinLayer(Definition definition, Parameters parameters) {
        this.definition = definition;
        this.config = definition.config();
        this.parameters = parameters;
        attention = definition.attention().over(parameters);
        normOfAttention = new LayerNorm(parameters, definition.weight("layernorm_before"), config.layerNormEps());
        normOfMlp = new LayerNorm(parameters, definition.weight("layernorm_after"), config.layerNormEps());
        intermediate = new Linear(parameters, true, definition.weight("intermediate.dense"));
        output = new Linear(parameters, true, definition.weight("output.dense"));
        merging = definition.merging().map(merges -> merges.over(parameters));
    }

    /** What is known of it without weights. */
    record Definition(SwinConfig config, Stages.Layer place) implements BlockDefinition {
        @Override
        public String name() {
            return place.name();
        }

        private int stage() {
            return place.stage();
        }

        private String stagePrefix() {
            return config.prefix() + "encoder.layers." + stage() + ".";
        }

        private String weight(String name) {
            return stagePrefix() + "blocks." + place.index() + "." + name;
        }

        private int channels() {
            return config.channels(stage());
        }

        private int inner() {
            return config.inner(stage());
        }

        private double dropPath() {
            return config.dropPath(place);
        }

        private WindowAttention.Definition attention() {
            boolean first = config.version() == Version.V1;
            PositionBias positions = new PositionBias(
                    config.version(),
                    weight("attention.self."),
                    config.numHeads().get(stage()),
                    first ? config.windowSize() : config.madeForWindow(stage()),
                    first ? 0 : config.pretrainedWindowSizes().get(stage()));
            return new WindowAttention.Definition(
                    config.version(),
                    weight("attention."),
                    channels(),
                    positions,
                    config.qkvBias(),
                    config.attentionProbsDropoutProb());
        }

        private Optional<PatchMerging.Definition> merging() {
            boolean merges = place.endsStage() && stage() < config.stages().count() - 1;
            return merges
                    ? Optional.of(
                            new PatchMerging.Definition(config.version(), stagePrefix() + "downsample.", channels()))
                    : Optional.empty();
        }

        /**
         * The windows of so many places: those that transformers takes. In V1 a picture with no more rows or columns than a window has
         * is not shifted; in V2 that is said of the pictures that the model is made for.
         */
        Windows windows(long rows, long columns) {
            boolean shifts = place.index() % 2 == 1;
            if (config.version() == Version.V2) {
                int size = config.madeForWindow(stage());
                boolean several = config.rowsMadeFor(stage()) > size;
                return new Windows(rows, columns, size, shifts && several ? config.windowSize() / 2 : 0);
            }
            int size = config.windowSize();
            if (Math.min(rows, columns) < size) {
                throw new InputException("stage " + (stage() + 1) + " has " + rows + "x" + columns
                        + " places of the picture, fewer than a window of " + size + "x" + size
                        + " (window_size) needs; prepare larger pictures");
            }
            boolean several = Math.min(rows, columns) > size;
            return new Windows(rows, columns, size, shifts && several ? size / 2 : 0);
        }

        @Override
        public List<ParameterSpec> weights() {
            Initialization init = config.init();
            List<ParameterSpec> weights = new ArrayList<>();
            LayerNorm.specs(weight("layernorm_before"), channels()).forEach(weights::add);
            weights.addAll(attention().weights(init));
            LayerNorm.specs(weight("layernorm_after"), channels()).forEach(weights::add);
            Linear.specs(channels(), inner(), true, init, weight("intermediate.dense"))
                    .forEach(weights::add);
            Linear.specs(inner(), channels(), true, init, weight("output.dense"))
                    .forEach(weights::add);
            merging().ifPresent(merges -> weights.addAll(merges.weights(init)));
            return weights;
        }

        /** What merges places counts as the next stage's first layer, as in timm. */
        @Override
        public int depthOffset(String weight) {
            return weight.startsWith(stagePrefix() + "downsample.") ? 1 : 0;
        }

        @Override
        public Shape output(Shape input) {
            windows(input.size(0), input.size(1)); // refuses too small ones
            return merging().map(merges -> merges.output(input)).orElse(input);
        }

        @Override
        public BlockCost cost(Shape input, Dtype dtype) {
            Windows windows = windows(input.size(0), input.size(1));
            BlockCost layer = new SwinLayerCost(config, stage(), input, windows, dtype).whole();
            return merging()
                    .map(merges -> layer.plus(merges.cost(input, dtype)))
                    .orElse(layer);
        }

        @Override
        public boolean drops() {
            return dropPath() > 0 || config.hiddenDropoutProb() > 0 || config.attentionProbsDropoutProb() > 0;
        }

        @Override
        public Block over(Parameters parameters) {
            return new SwinLayer(this, parameters);
        }
    }

    @Override
    public Definition definition() {
        return definition;
    }

    @Override
    public Parameters parameters() {
        return parameters;
    }

    /** By the derivative that is written out, if that covers what is asked; else by autograd. */
    @Override
    public Recorded record(Tensor input, boolean inputGradient, Context context) {
        return WrittenDerivative.covers(this, inputGradient, context)
                ? new RecordedSwinLayer(this, input, context)
                : Block.super.record(input, inputGradient, context);
    }

    @Override
    public Tensor forward(Tensor input, Context context) {
        Tensor hidden = normsFirst() ? normFirst(input, context) : normLast(input, context);
        hidden = merging.isPresent() ? merging.get().forward(hidden, context) : hidden;
        context.see(name() + ".hidden_states", hidden);
        return hidden;
    }

    @Override
    public Value write(GraphWriter graph, Value input) {
        Value hidden = normsFirst() ? writeNormFirst(graph, input) : writeNormLast(graph, input);
        return merging.isPresent() ? merging.get().write(graph, hidden) : hidden;
    }

    private Value writeNormFirst(GraphWriter graph, Value input) {
        Value hidden = graph.add(input, attended(graph, normOfAttention.write(graph, input)));
        return graph.add(hidden, mlp(graph, normOfMlp.write(graph, hidden)));
    }

    private Value writeNormLast(GraphWriter graph, Value input) {
        Value hidden = graph.add(input, normOfAttention.write(graph, attended(graph, input)));
        return graph.add(hidden, normOfMlp.write(graph, mlp(graph, hidden)));
    }

    private Value attended(GraphWriter graph, Value hidden) {
        Windows windows = definition.windows(hidden.size(1), hidden.size(2));
        Value cut = windows.cut(graph, graph.toProducts(hidden));
        return windows.joined(graph, attention.write(graph, cut, windows));
    }

    private Value mlp(GraphWriter graph, Value hidden) {
        return output.write(graph, act().write(graph, intermediate.write(graph, hidden)));
    }

    boolean normsFirst() {
        return config.version() == Version.V1;
    }

    HiddenAct act() {
        return config.hiddenAct();
    }

    /** V1. */
    private Tensor normFirst(Tensor input, Context context) {
        Tensor attended = Tensors.to(attended(normOfAttention.forward(input), context), Dtype.FLOAT32);
        Tensor hidden = torch.add(input, attentionPath(attended, context));
        return torch.add(hidden, mlp(normOfMlp.forward(hidden), context));
    }

    /** V2. */
    private Tensor normLast(Tensor input, Context context) {
        Tensor normed = normOfAttention.forward(Tensors.to(attended(input, context), Dtype.FLOAT32));
        Tensor hidden = torch.add(input, attentionPath(normed, context));
        Tensor added = normOfMlp.forward(Tensors.to(mlp(hidden, context), Dtype.FLOAT32));
        return torch.add(hidden, mlpPath(added, context));
    }

    /** What attention gives, in the products' type. */
    private Tensor attended(Tensor hidden, Context context) {
        Windows windows = windows(hidden);
        Tensor cut = windows.cut(context.cast(hidden));
        return dropAttended(windows.joined(attention.forward(cut, windows, name(), context)), context);
    }

    Windows windows(Tensor hidden) {
        return definition.windows(hidden.size(1), hidden.size(2));
    }

    /** What the MLP gives, in the products' type. */
    private Tensor mlp(Tensor hidden, Context context) {
        Tensor wide = intermediate.forward(context.cast(hidden), act(), context);
        return dropMlp(output.forward(wide, context), context);
    }

    Tensor dropAttended(Tensor attended, Context context) {
        double probability = normsFirst() ? config.hiddenDropoutProb() : config.attentionProbsDropoutProb();
        return Dropouts.drop(attended, probability, name() + ".attention.output", context);
    }

    Tensor dropMlp(Tensor narrow, Context context) {
        return Dropouts.drop(narrow, config.hiddenDropoutProb(), name() + ".output", context);
    }

    Tensor attentionPath(Tensor added, Context context) {
        return path(added, "attention.path", context);
    }

    /** As in transformers, V1 drops only attention's contribution as a whole. */
    Tensor mlpPath(Tensor added, Context context) {
        return normsFirst() ? added : path(added, "output.path", context);
    }

    private Tensor path(Tensor added, String place, Context context) {
        return Dropouts.dropPath(added, definition.dropPath(), name() + "." + place, context);
    }
}
