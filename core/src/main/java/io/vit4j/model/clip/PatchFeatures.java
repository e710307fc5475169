package io.vit4j.model.clip;

import io.vit4j.model.Block;
import io.vit4j.model.BlockCost;
import io.vit4j.model.BlockDefinition;
import io.vit4j.model.LayerNorm;
import io.vit4j.model.ParameterSpec;
import io.vit4j.model.Parameters;
import io.vit4j.model.Shape;
import io.vit4j.model.transformer.PatchMean;
import io.vit4j.torch.Dtype;
import java.util.List;
import java.util.Optional;

/**
 * The mean of the patches, without the class token in front. CLIP's last norm is of the class token, which the classifier does not
 * read; it is kept all the same, because transformers' class has it.
 *
 * @param last the norm, which no feature depends on
 */
record PatchFeatures(int hidden, LayerNorm.Named last) implements BlockDefinition {
    private PatchMean mean() {
        return new PatchMean(1, hidden, Optional.empty(), Optional.empty());
    }

    @Override
    public String name() {
        return mean().name();
    }

    @Override
    public List<ParameterSpec> weights() {
        return last.specs(hidden).toList();
    }

    @Override
    public Shape output(Shape input) {
        return mean().output(input);
    }

    @Override
    public BlockCost cost(Shape input, Dtype dtype) {
        return mean().cost(input, dtype);
    }

    @Override
    public Block over(Parameters parameters) {
        return mean().over(parameters);
    }
}
