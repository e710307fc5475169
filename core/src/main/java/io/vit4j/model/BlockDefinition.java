package io.vit4j.model;

import io.vit4j.base.InputException;
import io.vit4j.torch.Dtype;
import java.util.List;
import java.util.Optional;
import java.util.function.UnaryOperator;
import org.bytedeco.pytorch.Tensor;

/**
 * What is known of a block without its weights: enough to plan a run, to check its memory, to load a share of a checkpoint, and
 * to make the {@link Block} itself.
 */
public interface BlockDefinition {
    /** {@return its name within the model, such as {@code layer.0}} */
    String name();

    /** {@return its weights, in the order of the hub's files} */
    List<ParameterSpec> weights();

    /**
     * The shape of its output.
     *
     * @param input of one sample
     */
    Shape output(Shape input);

    /**
     * What it takes to walk one sample.
     *
     * @param input of one sample
     * @param dtype of products
     */
    BlockCost cost(Shape input, Dtype dtype);

    /**
     * The block itself.
     *
     * @param parameters that contain its weights, and maybe those of other blocks
     */
    Block over(Parameters parameters);

    /** The same block of a model that is walked with pictures {@code [channels, height, width]}; for one whose work depends on these. */
    default BlockDefinition forPictures(Shape picture) {
        return this;
    }

    /**
     * The same block with what it adds to its input dropped for some pictures in training, and scaled for the others
     * ({@link Dropouts#dropPath}).
     *
     * @throws InputException if it has no such parts
     */
    default BlockDefinition withDropPath(double probability) {
        throw new InputException(
                "drop_path: " + name() + " adds nothing to its input that could be dropped; leave drop_path out");
    }

    /**
     * The same classifier, whose logits in training are {@code [2 * labels]}: of the classifier that learns from labels, then of the one
     * that learns from a teacher. Empty for a classifier that is not two.
     */
    default Optional<BlockDefinition> apartInTraining() {
        return Optional.empty();
    }

    /** Whether its forward draws random numbers in training, as dropout does: then its output differs each time. */
    default boolean drops() {
        return false;
    }

    /**
     * How one of its weights is made out of that of the same block of a model for pictures of another size; empty if it stays as it is.
     *
     * @param weight its name
     * @param before the same block of the other model
     * @return from a weight as the other model has it, float32, to this block's
     */
    default Optional<UnaryOperator<Tensor>> resizing(String weight, BlockDefinition before) {
        return Optional.empty();
    }

    /**
     * How many blocks later than its own a weight counts for layer-wise decay of the learning rate ({@link ModelDefinition#depths}): 1 for what
     * ends a stage but belongs to the next one.
     *
     * @param weight its name
     */
    default int depthOffset(String weight) {
        return 0;
    }

    /**
     * How many of a sample's label values its work depends on, from the first: those that say which patches are masked, say. It then
     * finds them in {@link Context#labels}.
     */
    default int labelsRead() {
        return 0;
    }

    /**
     * Whether a pretrained checkpoint may lack its weights, as it lacks a classifier: they are then initialised. Of a head's
     * features only.
     */
    default boolean mayBeNew() {
        return false;
    }

    /**
     * Whether lanes may share out the rows of one sample, {@code [rows, n]}, among them: it then honours
     * {@link Context#sharing}, and all that it needs of other lanes' rows goes through it.
     */
    default boolean sharesRows() {
        return false;
    }
}
