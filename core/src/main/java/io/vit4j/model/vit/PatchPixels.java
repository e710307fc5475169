package io.vit4j.model.vit;

import io.vit4j.model.Block;
import io.vit4j.model.BlockCost;
import io.vit4j.model.BlockDefinition;
import io.vit4j.model.Context;
import io.vit4j.model.Initialization;
import io.vit4j.model.Linear;
import io.vit4j.model.ParameterSpec;
import io.vit4j.model.Parameters;
import io.vit4j.model.Shape;
import io.vit4j.model.transformer.EncoderConfig;
import io.vit4j.torch.Dtype;
import io.vit4j.torch.Tensors;
import java.util.List;
import org.bytedeco.pytorch.Tensor;

/**
 * A decoder's tokens to the pixels of their patches: {@code [patches, width]} to {@code [patches * patchSize * patchSize * channels]},
 * float32, patch by patch and row by row, the channels of a pixel together.
 *
 * @param config of the decoder
 */
record PatchPixels(EncoderConfig config) implements BlockDefinition {
    private static final Linear.Named PREDICTION = Linear.Named.biased("decoder.decoder_pred");

    private int values() {
        return config.patchHeight() * config.patchWidth() * config.numChannels();
    }

    @Override
    public String name() {
        return "decoder_pred";
    }

    @Override
    public List<ParameterSpec> weights() {
        return Linear.specs(
                        config.hiddenSize(),
                        values(),
                        Initialization.normal(config.initializerRange()),
                        List.of(PREDICTION))
                .toList();
    }

    @Override
    public Shape output(Shape input) {
        return Shape.of(input.size(0) * values());
    }

    @Override
    public BlockCost cost(Shape input, Dtype dtype) {
        return BlockCost.byAutograd(2.0 * input.numbers() * values(), (Float.BYTES + dtype.bytes()) * input.numbers());
    }

    @Override
    public Block over(Parameters parameters) {
        return new OverWeights(this, parameters, new Linear(parameters, List.of(PREDICTION)));
    }

    private record OverWeights(PatchPixels definition, Parameters parameters, Linear prediction) implements Block {
        @Override
        public Tensor forward(Tensor features, Context context) {
            Tensor pixels = prediction.forward(context.cast(features), context); // [batch, patches, values]
            return Tensors.to(pixels, Dtype.FLOAT32).flatten(1, 2);
        }
    }
}
