package io.vit4j.model.transformer;

import io.vit4j.model.Block;
import io.vit4j.model.BlockCost;
import io.vit4j.model.BlockDefinition;
import io.vit4j.model.Context;
import io.vit4j.model.LayerNorm;
import io.vit4j.model.ParameterSpec;
import io.vit4j.model.Parameters;
import io.vit4j.model.Shape;
import io.vit4j.onnx.GraphWriter;
import io.vit4j.onnx.Value;
import io.vit4j.torch.Dtype;
import java.util.List;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;

/**
 * A picture's features as DINOv2's linear classifiers take them (Oquab et al. 2024): the class token, and beside it the mean of the
 * patches' tokens, all normalised; {@code [tokens, hidden]} to {@code [2 * hidden]}, float32.
 *
 * @param norm of every token
 * @param before tokens before those of the patches, the class token first
 * @param hidden numbers of a token
 */
public record ClassAndPatches(LayerNorm.Named norm, int before, int hidden) implements BlockDefinition {
    @Override
    public String name() {
        return "class_and_patches";
    }

    @Override
    public List<ParameterSpec> weights() {
        return norm.specs(hidden).toList();
    }

    @Override
    public Shape output(Shape input) {
        return Shape.of(2L * hidden);
    }

    @Override
    public BlockCost cost(Shape input, Dtype dtype) {
        return BlockCost.byAutograd(0, Float.BYTES * input.numbers());
    }

    @Override
    public Block over(Parameters parameters) {
        return new OverWeights(this, parameters, norm.over(parameters));
    }

    private record OverWeights(ClassAndPatches definition, Parameters parameters, LayerNorm norm) implements Block {
        @Override
        public Tensor forward(Tensor hidden, Context context) {
            Tensor normed = norm.forward(hidden);
            long before = definition.before();
            Tensor mean = normed.narrow(1, before, normed.size(1) - before).mean(new long[] {1});
            return torch.cat(new TensorVector(normed.select(1, 0), mean), 1);
        }

        @Override
        public Value write(GraphWriter graph, Value hidden) {
            Value normed = norm.write(graph, hidden);
            long before = definition.before();
            Value mean = graph.mean(graph.narrow(normed, 1, before, normed.size(1) - before), 1);
            return graph.cat(1, graph.select(normed, 1, 0), mean);
        }
    }
}
