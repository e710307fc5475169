package io.vit4j.model.vit;

import io.vit4j.model.Block;
import io.vit4j.model.BlockCost;
import io.vit4j.model.BlockDefinition;
import io.vit4j.model.Context;
import io.vit4j.model.LayerNorm;
import io.vit4j.model.ParameterSpec;
import io.vit4j.model.Parameters;
import io.vit4j.model.Shape;
import io.vit4j.model.transformer.EncoderConfig;
import io.vit4j.torch.Dtype;
import java.util.List;
import org.bytedeco.pytorch.Tensor;

/**
 * The tokens of a decoder's patches, normalised: {@code [1 + patches, width]} to {@code [patches, width]}, float32.
 *
 * @param config of the decoder
 */
record DecodedPatches(LayerNorm.Named norm, EncoderConfig config) implements BlockDefinition {
    @Override
    public String name() {
        return "decoded_patches";
    }

    @Override
    public List<ParameterSpec> weights() {
        return norm.specs(config.hiddenSize()).toList();
    }

    @Override
    public Shape output(Shape input) {
        return Shape.of(config.grid(0).tokens(), config.hiddenSize());
    }

    @Override
    public BlockCost cost(Shape input, Dtype dtype) {
        return BlockCost.byAutograd(0, Float.BYTES * input.numbers());
    }

    @Override
    public Block over(Parameters parameters) {
        return new OverWeights(this, parameters, norm.over(parameters));
    }

    private record OverWeights(DecodedPatches definition, Parameters parameters, LayerNorm norm) implements Block {
        @Override
        public Tensor forward(Tensor hidden, Context context) {
            return norm.forward(hidden.narrow(1, 1, hidden.size(1) - 1));
        }
    }
}
