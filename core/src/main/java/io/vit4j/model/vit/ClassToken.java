package io.vit4j.model.vit;

import io.vit4j.model.Block;
import io.vit4j.model.BlockCost;
import io.vit4j.model.BlockDefinition;
import io.vit4j.model.Context;
import io.vit4j.model.LayerNorm;
import io.vit4j.model.ParameterSpec;
import io.vit4j.model.Parameters;
import io.vit4j.model.Shape;
import io.vit4j.torch.Dtype;
import java.util.List;
import org.bytedeco.pytorch.Tensor;

/** A picture's features: the class token, normalised, {@code [batch, rows, hidden]} to {@code [batch, hidden]}, float32. */
record ClassToken(Definition definition, Parameters parameters, LayerNorm norm) implements Block {
    private static final String NORM = "vit.layernorm";

    @Override
    public Tensor forward(Tensor hidden, Context context) {
        return norm.forward(hidden.select(1, 0));
    }

    record Definition(ViTConfig config) implements BlockDefinition {
        @Override
        public String name() {
            return "class_token";
        }

        @Override
        public List<ParameterSpec> weights() {
            return LayerNorm.specs(NORM, config.hiddenSize()).toList();
        }

        @Override
        public Shape output(Shape input) {
            return Shape.of(config.hiddenSize());
        }

        @Override
        public BlockCost cost(Shape input, Dtype dtype) {
            return BlockCost.byAutograd(0, Float.BYTES * input.numbers());
        }

        @Override
        public Block over(Parameters parameters) {
            return new ClassToken(this, parameters, new LayerNorm(parameters, NORM, config.layerNormEps()));
        }
    }
}
