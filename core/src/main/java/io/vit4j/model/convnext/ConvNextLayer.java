package io.vit4j.model.convnext;

import io.vit4j.base.InputException;
import io.vit4j.model.Block;
import io.vit4j.model.BlockCost;
import io.vit4j.model.BlockDefinition;
import io.vit4j.model.Context;
import io.vit4j.model.Dropouts;
import io.vit4j.model.Initialization;
import io.vit4j.model.LayerNorm;
import io.vit4j.model.Linear;
import io.vit4j.model.ParameterSpec;
import io.vit4j.model.Parameters;
import io.vit4j.model.Shape;
import io.vit4j.model.hierarchical.Stages;
import io.vit4j.torch.Dtype;
import io.vit4j.torch.Tensors;
import java.util.ArrayList;
import java.util.List;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptional;
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
    private static final int KERNEL = 7;
    private static final int HALVES = 2;
    private static final int EXPANSION = 4;

    private final Definition definition;
    private final Parameters parameters;
    private final LayerNorm normBetween;
    private final LayerNorm norm;
    private final Linear expand;
    private final GlobalResponseNorm responses;
    private final Linear project;

    private ConvNextLayer(Definition definition, Parameters parameters) {
        this.definition = definition;
        this.parameters = parameters;
        normBetween = new LayerNorm(parameters, definition.between(0), ConvNextConfig.EPS);
        norm = new LayerNorm(parameters, definition.weight("layernorm"), ConvNextConfig.EPS);
        expand = new Linear(parameters, true, definition.weight("pwconv1"));
        responses = new GlobalResponseNorm(parameters, definition.weight("grn"));
        project = new Linear(parameters, true, definition.weight("pwconv2"));
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

        /** Of the norm (0) and the convolution (1) between the stage before and this one. */
        private String between(int part) {
            return stagePrefix() + "downsampling_layer." + part;
        }

        private String weight(String name) {
            return stagePrefix() + "layers." + place.index() + "." + name;
        }

        private boolean halves() {
            return place.stage() > 0 && place.index() == 0;
        }

        private boolean scales() {
            return config.layerScale() > 0;
        }

        private int channelsBefore() {
            return config.hiddenSizes().get(halves() ? place.stage() - 1 : place.stage());
        }

        private int channels() {
            return config.hiddenSizes().get(place.stage());
        }

        private double dropPath() {
            return config.dropPath(place);
        }

        @Override
        public List<ParameterSpec> weights() {
            Initialization init = config.init();
            int channels = channels();
            List<ParameterSpec> weights = new ArrayList<>();
            if (halves()) {
                LayerNorm.specs(between(0), channelsBefore()).forEach(weights::add);
                weights.add(
                        new ParameterSpec(between(1) + ".weight", init, channels, channelsBefore(), HALVES, HALVES));
                weights.add(bias(between(1), channels));
            }
            if (scales()) {
                weights.add(new ParameterSpec(
                        weight("layer_scale_parameter"), Initialization.constant(config.layerScale()), channels));
            }
            weights.add(new ParameterSpec(weight("dwconv.weight"), init, channels, 1, KERNEL, KERNEL));
            weights.add(bias(weight("dwconv"), channels));
            LayerNorm.specs(weight("layernorm"), channels).forEach(weights::add);
            Linear.specs(channels, EXPANSION * channels, true, init, weight("pwconv1"))
                    .forEach(weights::add);
            if (config.version() == Version.V2) {
                GlobalResponseNorm.specs(weight("grn"), EXPANSION * channels).forEach(weights::add);
            }
            Linear.specs(EXPANSION * channels, channels, true, init, weight("pwconv2"))
                    .forEach(weights::add);
            return weights;
        }

        private static ParameterSpec bias(String of, int channels) {
            return new ParameterSpec(of + ".bias", Initialization.zeros(), channels).withoutDecay();
        }

        @Override
        public Shape output(Shape input) {
            if (!halves()) {
                return input;
            }
            requireRoom(input.size(0), input.size(1));
            return Shape.of(input.size(0) / HALVES, input.size(1) / HALVES, channels());
        }

        private void requireRoom(long rows, long columns) {
            if (rows < HALVES || columns < HALVES) {
                throw new InputException("stage " + place.stage() + " leaves " + rows + "x" + columns
                        + " places of the picture, which cannot be halved; prepare larger pictures");
            }
        }

        @Override
        public BlockCost cost(Shape input, Dtype dtype) {
            long places = output(input).numbers() / channels();
            double convolutions = 2.0 * KERNEL * KERNEL * places * channels();
            if (halves()) {
                convolutions += 2.0 * HALVES * HALVES * channelsBefore() * places * channels();
            }
            double products = 2.0 * 2 * EXPANSION * places * channels() * channels();
            return BlockCost.byAutograd(convolutions + products, kept(input, places, dtype));
        }

        /** Tensor by tensor of what {@link #forward} gives to operations that keep it. */
        private long kept(Shape input, long places, Dtype dtype) {
            long e = dtype.bytes();
            boolean casts = dtype != Dtype.FLOAT32;
            long hidden = places * channels();
            long kept = Float.BYTES * input.numbers();
            if (halves()) {
                kept += e * input.numbers(); // what the convolution between stages is given
                kept += Float.BYTES * hidden; // and what it gives
            }
            kept += casts ? e * hidden : 0; // what the depthwise convolution is given
            kept += (Float.BYTES + e) * hidden; // before and after the norm
            int wide = config.version() == Version.V2
                    ? 3
                    : 2; // before and after the activation function, and the responses
            kept += wide * e * EXPANSION * hidden;
            return kept + (scales() ? e * hidden : 0);
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

    @Override
    public Tensor forward(Tensor input, Context context) {
        Tensor hidden = definition.halves() ? halved(input, context) : input;
        Tensor mixed = convolved(hidden, definition.weight("dwconv"), 1, KERNEL / 2, definition.channels(), context);
        Tensor normed = context.cast(norm.forward(mixed));
        Tensor wide = expand.forward(normed, definition.config().hiddenAct(), context);
        if (definition.config().version() == Version.V2) {
            wide = responses.forward(wide);
        }
        Tensor projected = project.forward(wide, context);
        Tensor added = definition.scales()
                ? torch.mul(projected, parameters.get(definition.weight("layer_scale_parameter"))) // to float32
                : Tensors.to(projected, Dtype.FLOAT32);
        Tensor output = torch.add(hidden, Dropouts.dropPath(added, definition.dropPath(), name(), context));
        context.see(name() + ".hidden_states", output);
        return output;
    }

    /** Normalised, and every two by two places mapped to one, {@code [batch, rows / 2, columns / 2, channels]} float32. */
    private Tensor halved(Tensor input, Context context) {
        definition.requireRoom(input.size(1), input.size(2));
        return convolved(normBetween.forward(input), definition.between(1), HALVES, 0, 1, context);
    }

    /** A convolution of {@code [batch, rows, columns, channels]}, to float32. */
    private Tensor convolved(Tensor x, String name, int stride, int padding, int groups, Context context) {
        Tensor channelsFirst = context.cast(x).permute(0, 3, 1, 2); // a view
        Tensor convolved = torch.conv2d(
                channelsFirst,
                context.weight(parameters, name + ".weight"),
                new TensorOptional(context.weight(parameters, name + ".bias")),
                new long[] {stride, stride},
                new long[] {padding, padding},
                new long[] {1, 1},
                groups);
        return Tensors.to(convolved.permute(0, 2, 3, 1), Dtype.FLOAT32).contiguous();
    }
}
