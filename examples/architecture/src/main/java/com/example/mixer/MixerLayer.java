package com.example.mixer;

import io.vit4j.model.Block;
import io.vit4j.model.BlockCost;
import io.vit4j.model.BlockDefinition;
import io.vit4j.model.Context;
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
 * {@code h = h + mix(norm(h)')'; h = h + mlp(norm(h))}: two layers of weights over the patches of each channel, then two over
 * the channels of each patch. The sums are float32; products are in the walk's type.
 */
record MixerLayer(String name, int patches, int hidden, int tokensInner, int channelsInner) implements BlockDefinition {
    private static final double EPS = 1e-6;

    @Override
    public List<ParameterSpec> weights() {
        return Stream.of(
                        LayerNorm.specs(name + ".norm1", hidden),
                        Linear.specs(patches, tokensInner, true, MixerArchitecture.start(), name + ".tokens.fc1"),
                        Linear.specs(tokensInner, patches, true, MixerArchitecture.start(), name + ".tokens.fc2"),
                        LayerNorm.specs(name + ".norm2", hidden),
                        Linear.specs(hidden, channelsInner, true, MixerArchitecture.start(), name + ".channels.fc1"),
                        Linear.specs(channelsInner, hidden, true, MixerArchitecture.start(), name + ".channels.fc2"))
                .flatMap(specs -> specs)
                .toList();
    }

    @Override
    public Shape output(Shape input) {
        return input;
    }

    @Override
    public BlockCost cost(Shape input, Dtype dtype) {
        double products = 4.0 * patches * hidden * (tokensInner + channelsInner);
        long inner = (long) hidden * tokensInner + (long) patches * channelsInner;
        long kept = 4 * Float.BYTES * input.numbers() + dtype.bytes() * (2 * input.numbers() + 2 * inner);
        return BlockCost.byAutograd(products, kept);
    }

    @Override
    public Block over(Parameters parameters) {
        return new Layer(this, parameters);
    }

    private static final class Layer implements Block {
        private final MixerLayer definition;
        private final Parameters parameters;
        private final LayerNorm beforeTokens;
        private final LayerNorm beforeChannels;
        private final Linear tokensIn;
        private final Linear tokensOut;
        private final Linear channelsIn;
        private final Linear channelsOut;

        Layer(MixerLayer definition, Parameters parameters) {
            this.definition = definition;
            this.parameters = parameters;
            String name = definition.name();
            beforeTokens = new LayerNorm(parameters, name + ".norm1", EPS);
            beforeChannels = new LayerNorm(parameters, name + ".norm2", EPS);
            tokensIn = new Linear(parameters, true, name + ".tokens.fc1");
            tokensOut = new Linear(parameters, true, name + ".tokens.fc2");
            channelsIn = new Linear(parameters, true, name + ".channels.fc1");
            channelsOut = new Linear(parameters, true, name + ".channels.fc2");
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
        public Tensor forward(Tensor hidden, Context context) {
            Tensor channels = beforeTokens.forward(hidden).transpose(1, 2); // [batch, hidden, patches]
            Tensor mixed = perceptron(channels, tokensIn, tokensOut, context).transpose(1, 2);
            Tensor between = torch.add(hidden, mixed);
            return torch.add(
                    between, perceptron(beforeChannels.forward(between), channelsIn, channelsOut, context));
        }

        /** The same as an ONNX graph, for {@code vit4j export}. */
        @Override
        public Value write(GraphWriter graph, Value hidden) {
            Value channels = graph.permute(beforeTokens.write(graph, hidden), 0, 2, 1);
            Value mixed = graph.permute(perceptron(graph, channels, tokensIn, tokensOut), 0, 2, 1);
            Value between = graph.add(hidden, mixed);
            return graph.add(
                    between, perceptron(graph, beforeChannels.write(graph, between), channelsIn, channelsOut));
        }

        private static Value perceptron(GraphWriter graph, Value input, Linear first, Linear second) {
            return second.write(graph, graph.gelu(first.write(graph, input)));
        }

        private static Tensor perceptron(Tensor input, Linear first, Linear second, Context context) {
            Tensor bent = torch.gelu(first.forward(context.cast(input), context));
            return Tensors.to(second.forward(bent, context), Dtype.FLOAT32);
        }
    }
}
