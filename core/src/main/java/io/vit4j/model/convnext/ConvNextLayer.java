package io.vit4j.model.convnext;

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
 * One layer (Liu et al. 2022, figure 4): {@code x + scale * project(gelu(expand(norm(depthwise(x)))))}. The depthwise convolution is 7x7, expand
 * and project are linear maps of each place's channels to four times as many and back. Version 2 (Woo et al. 2023) has a global
 * response normalisation before project instead of the scale. The first layer of every stage but the first halves the rows and columns before.
 *
 * <p>{@code [rows, columns, channels]} to the same, float32. That the channels of a place lie together is what norm and linear maps
 * want; the convolution sees the same memory as a picture with its channels last.
 */
final class ConvNextLayer implements Block {
    private static final int EXPANSION = 4;

    final Optional<Halving> halving;
    final DepthwiseConvolution depthwise;
    final LayerNorm norm;
    final Linear expand;
    final Optional<GlobalResponseNorm> responses;
    final Linear project;
    final Optional<String> scale;

    private final Definition definition;
    private final Parameters parameters;

    private ConvNextLayer(Definition definition, Parameters parameters) {
        this.definition = definition;
        this.parameters = parameters;
        halving = definition.halving().map(halves -> halves.over(parameters));
        depthwise = new DepthwiseConvolution(parameters, definition.convolution(), definition.channels());
        norm = new LayerNorm(parameters, definition.weight("layernorm"), ConvNextConfig.EPS);
        expand = new Linear(parameters, true, definition.weight("pwconv1"));
        responses = definition.responds()
                ? Optional.of(new GlobalResponseNorm(parameters, definition.weight("grn")))
                : Optional.empty();
        project = new Linear(parameters, true, definition.weight("pwconv2"));
        scale = definition.scale();
    }

    /** What is known of it without weights. */
    record Definition(ConvNextConfig config, Stages.Layer place) implements BlockDefinition {
        @Override
        public String name() {
            return place.name();
        }

        private String stagePrefix() {
            return config.prefix() + "encoder.stages." + place.stage() + ".";
        }

        private String convolution() {
            return weight("dwconv");
        }

        private Optional<String> scale() {
            return config.layerScale() > 0 ? Optional.of(weight("layer_scale_parameter")) : Optional.empty();
        }

        private String weight(String name) {
            return stagePrefix() + "layers." + place.index() + "." + name;
        }

        private boolean halves() {
            return place.stage() > 0 && place.index() == 0;
        }

        private Optional<Halving.Definition> halving() {
            return halves()
                    ? Optional.of(new Halving.Definition(
                            stagePrefix() + "downsampling_layer.", channels(place.stage() - 1), channels()))
                    : Optional.empty();
        }

        private boolean responds() {
            return config.version() == Version.V2;
        }

        private int channels(int stage) {
            return config.hiddenSizes().get(stage);
        }

        private int channels() {
            return channels(place.stage());
        }

        private double dropPath() {
            return config.dropPath(place);
        }

        @Override
        public List<ParameterSpec> weights() {
            Initialization init = config.init();
            int channels = channels();
            List<ParameterSpec> weights = new ArrayList<>();
            halving().ifPresent(halves -> weights.addAll(halves.weights(init)));
            scale().ifPresent(name ->
                    weights.add(new ParameterSpec(name, Initialization.constant(config.layerScale()), channels)));
            weights.addAll(DepthwiseConvolution.specs(convolution(), channels, init));
            LayerNorm.specs(weight("layernorm"), channels).forEach(weights::add);
            Linear.specs(channels, EXPANSION * channels, true, init, weight("pwconv1"))
                    .forEach(weights::add);
            if (responds()) {
                GlobalResponseNorm.specs(weight("grn"), EXPANSION * channels).forEach(weights::add);
            }
            Linear.specs(EXPANSION * channels, channels, true, init, weight("pwconv2"))
                    .forEach(weights::add);
            return weights;
        }

        @Override
        public Shape output(Shape input) {
            if (!halves()) {
                return input;
            }
            requireRoom(input.size(0), input.size(1));
            return Shape.of(Halving.half(input.size(0)), Halving.half(input.size(1)), channels());
        }

        private void requireRoom(long rows, long columns) {
            if (Halving.half(rows) == 0 || Halving.half(columns) == 0) {
                throw new InputException("stage " + place.stage() + " leaves " + rows + "x" + columns
                        + " places of the picture, which cannot be halved; prepare larger pictures");
            }
        }

        @Override
        public BlockCost cost(Shape input, Dtype dtype) {
            long places = output(input).numbers() / channels();
            double products = 2.0 * 2 * EXPANSION * places * channels() * channels();
            double flops = DepthwiseConvolution.flops(places, channels())
                    + products
                    + halving()
                            .map(halves -> 2.0 * places * halves.merged() * channels())
                            .orElse(0.0);
            return new BlockCost(flops, 2 * flops, flops, kept(input, places, dtype), backward(input, places, dtype));
        }

        /** Tensor by tensor of what {@link RecordedConvNextLayer} keeps. */
        private long kept(Shape input, long places, Dtype dtype) {
            boolean isShort = dtype != Dtype.FLOAT32;
            long hidden = places * channels();
            long floats =
                    input.numbers() + hidden + 2 * places; // the input, what the convolution gives, and the norm's rows
            long products =
                    EXPANSION * hidden + (scale().isPresent() ? hidden : 0); // before the activation and the scale
            products += isShort ? (1 + EXPANSION) * hidden : 0; // after the norm and the activation
            if (halves()) {
                floats += 2 * input.numbers() / channels(place.stage() - 1) + hidden; // the norm's rows, what it gives
                products += isShort ? EXPANSION * places * channels(place.stage() - 1) : 0;
            }
            return Float.BYTES * floats + dtype.bytes() * products;
        }

        /** Tensor by tensor of what its backward has at once. */
        private long backward(Shape input, long places, Dtype dtype) {
            long hidden = places * channels();
            int wide = responds() ? 6 : 4; // the activation, the gradients before and after it, and of the responses
            long products = (wide * EXPANSION + 2) * hidden;
            return Float.BYTES * (3 * hidden + (halves() ? 2 * input.numbers() : 0)) + dtype.bytes() * products;
        }

        @Override
        public boolean drops() {
            return dropPath() > 0;
        }

        @Override
        public Block over(Parameters parameters) {
            return new ConvNextLayer(this, parameters);
        }
    }

    @Override
    public BlockDefinition definition() {
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
                ? new RecordedConvNextLayer(this, input, context)
                : Block.super.record(input, inputGradient, context);
    }

    @Override
    public Tensor forward(Tensor input, Context context) {
        Tensor hidden = halving.map(halves -> {
                    definition.requireRoom(input.size(1), input.size(2));
                    return halves.forward(input, context);
                })
                .orElse(input);
        Tensor normed = context.cast(norm.forward(depthwise.forward(hidden, context)));
        Tensor bent = expand.forward(normed, act(), context);
        Tensor wide = responses.map(same -> same.forward(bent)).orElse(bent);
        Tensor output = torch.add(hidden, added(project.forward(wide, context), context));
        context.see(name() + ".hidden_states", output);
        return output;
    }

    @Override
    public Value write(GraphWriter graph, Value input) {
        Value hidden = halving.map(halves -> {
                    definition.requireRoom(input.size(1), input.size(2));
                    return halves.write(graph, input);
                })
                .orElse(input);
        Value normed = norm.write(graph, depthwise.write(graph, hidden));
        Value bent = act().write(graph, expand.write(graph, normed));
        Value wide = responses.map(same -> same.write(graph, bent)).orElse(bent);
        Value projected = project.write(graph, wide);
        Value scaled = scale.map(factor -> graph.mul(projected, graph.constant(factor, () -> parameters.get(factor))))
                .orElse(projected);
        return graph.add(hidden, scaled);
    }

    HiddenAct act() {
        return definition.config().hiddenAct();
    }

    /** What the linear maps add to the input: scaled, and dropped for some pictures; float32. */
    Tensor added(Tensor projected, Context context) {
        Tensor scaled = scale.map(name -> torch.mul(projected, parameters.get(name))) // to float32
                .orElseGet(() -> Tensors.to(projected, Dtype.FLOAT32));
        return dropPath(scaled, context);
    }

    /** The gradient of what is added, with respect to it before some of it was dropped. */
    Tensor addedBackward(Tensor gradient, Context context) {
        return dropPath(gradient, context);
    }

    private Tensor dropPath(Tensor x, Context context) {
        return Dropouts.dropPath(x, definition.dropPath(), name(), context);
    }
}
