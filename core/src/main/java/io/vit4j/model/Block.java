package io.vit4j.model;

import io.vit4j.base.InputException;
import io.vit4j.onnx.GraphWriter;
import io.vit4j.onnx.Value;
import org.bytedeco.pytorch.Tensor;

/**
 * One step of the list that a model is: it maps one tensor to one tensor. The first maps pixel values
 * {@code [batch, channels, height, width]} to hidden states, the last hidden states to logits {@code [batch, labels]}. A block that
 * says no more than its forward is taken back by autograd:
 *
 * <pre>{@code
 * record Convolution(BlockDefinition definition, Parameters parameters) implements Block {
 *     @Override
 *     public Tensor forward(Tensor input, Context context) {
 *         Tensor kernel = context.weight(parameters, "stem.weight");
 *         return torch.relu(torch.conv2d(context.cast(input), kernel));
 *     }
 * }
 * }</pre>
 */
public interface Block {
    /** {@return what is known of it without its weights} */
    BlockDefinition definition();

    /** {@return its weights, and maybe others'} */
    Parameters parameters();

    /** {@return its name within the model: {@code embeddings}, {@code layer.0}, ..., {@code head}} */
    default String name() {
        return definition().name();
    }

    /**
     * Maps a tensor to the next.
     *
     * @param input {@code [batch, ...]}, in the shape of a sample that the block before gives
     * @param context how to walk
     * @return {@code [batch, ...]}, in the shape that the definition says
     */
    Tensor forward(Tensor input, Context context);

    /**
     * Writes the same mathematics as {@link #forward} at inference into an ONNX graph, with the block's weights as constants. A block
     * that does not say how cannot be exported.
     *
     * @param input as forward's
     * @return as forward's
     */
    default Value write(GraphWriter graph, Value input) {
        throw new InputException("the block " + name() + " (" + getClass().getName()
                + ") cannot be exported, because it does not write itself as a graph; add Block.write to it");
    }

    /**
     * Forward, keeping what its derivative needs: by autograd, unless the block brings its own derivative.
     *
     * @param inputGradient whether the gradient of the input is needed
     */
    default Recorded record(Tensor input, boolean inputGradient, Context context) {
        return new RecordedByAutograd(this, input, inputGradient, context);
    }
}
