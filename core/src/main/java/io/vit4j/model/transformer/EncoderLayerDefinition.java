package io.vit4j.model.transformer;

import io.vit4j.model.Block;
import io.vit4j.model.BlockCost;
import io.vit4j.model.BlockDefinition;
import io.vit4j.model.LayerNorm;
import io.vit4j.model.ParameterSpec;
import io.vit4j.model.Parameters;
import io.vit4j.model.RowsRead;
import io.vit4j.model.Shape;
import io.vit4j.torch.Dtype;
import java.util.List;
import java.util.Optional;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.bytedeco.pytorch.Tensor;

/**
 * One transformer layer, normalised before each part, as a family has it: {@code h = h + attention(norm(h)); h = h + mlp(norm(h))}
 * over {@code [tokens, hidden]} (Dosovitskiy et al. 2021, equations 2 and 3).
 *
 * <pre>{@code
 * new EncoderLayerDefinition("layer.0", before, attention, after, mlp)
 *         .withScales(new LayerScale("layer.0.gamma1", 1e-5), new LayerScale("layer.0.gamma2", 1e-5))
 *         .reading(RowsRead.first(1));
 * }</pre>
 *
 * @param name of the block, such as {@code layer.0}
 * @param before the norm before attention
 * @param after the norm after it, before the MLP
 * @param attentionScale of what attention adds; empty if it is added as it is
 * @param mlpScale of what the MLP adds; empty if it is added as it is
 * @param dropout probability of dropping a number of what either part adds, in training
 * @param dropPath probability of dropping all of what either part adds to a picture, in training
 * @param reads the rows of its output that are read
 */
public record EncoderLayerDefinition(
        String name,
        LayerNorm.Named before,
        SelfAttention attention,
        Optional<LayerScale> attentionScale,
        LayerNorm.Named after,
        Mlp mlp,
        Optional<LayerScale> mlpScale,
        double dropout,
        double dropPath,
        RowsRead reads)
        implements BlockDefinition {

    /** A layer that drops nothing, whose whole output is read. */
    public EncoderLayerDefinition(
            String name, LayerNorm.Named before, SelfAttention attention, LayerNorm.Named after, Mlp mlp) {
        this(name, before, attention, Optional.empty(), after, mlp, Optional.empty(), 0, 0, RowsRead.ALL);
    }

    /** The same with what each part adds scaled. */
    public EncoderLayerDefinition withScales(LayerScale ofAttention, LayerScale ofMlp) {
        return new EncoderLayerDefinition(
                name,
                before,
                attention,
                Optional.of(ofAttention),
                after,
                mlp,
                Optional.of(ofMlp),
                dropout,
                dropPath,
                reads);
    }

    /** The same with something added to the scores of its attention. */
    public EncoderLayerDefinition with(AttentionBias added) {
        return new EncoderLayerDefinition(
                name, before, attention.with(added), attentionScale, after, mlp, mlpScale, dropout, dropPath, reads);
    }

    /** The same with dropout of single numbers. */
    public EncoderLayerDefinition withDropout(double probability) {
        return new EncoderLayerDefinition(
                name, before, attention, attentionScale, after, mlp, mlpScale, probability, dropPath, reads);
    }

    @Override
    public EncoderLayerDefinition withDropPath(double probability) {
        return new EncoderLayerDefinition(
                name, before, attention, attentionScale, after, mlp, mlpScale, dropout, probability, reads);
    }

    /** The same where only these rows of its output are read, so that the others need not be computed. */
    public EncoderLayerDefinition reading(RowsRead rows) {
        return new EncoderLayerDefinition(
                name, before, attention, attentionScale, after, mlp, mlpScale, dropout, dropPath, rows);
    }

    int hidden() {
        return attention.hidden();
    }

    @Override
    public List<ParameterSpec> weights() {
        return Stream.of(
                        before.specs(hidden()),
                        attention.weights(),
                        attentionScale.stream().flatMap(scale -> scale.weights(hidden())),
                        after.specs(hidden()),
                        mlp.weights(),
                        mlpScale.stream().flatMap(scale -> scale.weights(hidden())))
                .flatMap(specs -> specs)
                .toList();
    }

    @Override
    public Shape output(Shape input) {
        return Shape.of(reads.of(input.size(0)), hidden());
    }

    @Override
    public BlockCost cost(Shape input, Dtype dtype) {
        return new EncoderLayerCost(this, input.size(0), dtype).of(reads);
    }

    /** The same of a layer that autograd takes back, because it is part of another block. */
    public BlockCost costByAutograd(Shape input, Dtype dtype) {
        return new EncoderLayerCost(this, input.size(0), dtype).byAutograd();
    }

    @Override
    public Optional<UnaryOperator<Tensor>> resizing(String weight, BlockDefinition before) {
        return before instanceof EncoderLayerDefinition other
                ? attention.bias().flatMap(now -> other.attention().bias().flatMap(then -> now.resizing(weight, then)))
                : Optional.empty();
    }

    @Override
    public EncoderLayerDefinition forPictures(Shape picture) {
        return new EncoderLayerDefinition(
                name,
                before,
                attention.forPictures(picture),
                attentionScale,
                after,
                mlp,
                mlpScale,
                dropout,
                dropPath,
                reads);
    }

    @Override
    public boolean drops() {
        return dropout > 0 || dropPath > 0 || attention.draws();
    }

    @Override
    public boolean sharesRows() {
        return true;
    }

    @Override
    public Block over(Parameters parameters) {
        return new EncoderLayer(this, parameters);
    }
}
