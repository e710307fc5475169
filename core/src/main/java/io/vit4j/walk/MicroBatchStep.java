package io.vit4j.walk;

import io.vit4j.model.Context;
import io.vit4j.torch.Scope;
import io.vit4j.torch.Tensors;
import java.util.function.IntConsumer;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/** Forward, loss and backward of one micro-batch on a rank that holds the whole model. */
public final class MicroBatchStep {
    private MicroBatchStep() {}

    /** Nobody listens. */
    public static final IntConsumer SILENT = block -> {};

    /**
     * @param share this micro-batch's entries over the global batch's, times the loss scale: what the gradient of its mean
     *     is multiplied with
     * @return the mean loss of this micro-batch, unscaled
     */
    public static double run(
            Walk walk, Loss loss, Tensor pixels, Tensor labels, double share, Context context, IntConsumer left) {
        return run(walk, loss, pixels, labels, share, context, GradientOrder.ANY, left);
    }

    /** As the other, adding the gradients when it is this walk's turn. */
    public static double run(
            Walk walk,
            Loss loss,
            Tensor pixels,
            Tensor labels,
            double share,
            Context context,
            GradientOrder order,
            IntConsumer left) {
        try (Scope scope = new Scope();
                Walk.Tape tape = walk.forward(pixels, context)) {
            LossAndGradient at = lossAndGradient(loss, tape.output(), labels, share);
            tape.backward(at.gradient(), order, left);
            return at.loss(); // read last: on a GPU it waits for all that was asked for before
        }
    }

    /**
     * A loss and where it leads.
     *
     * @param mean the loss's mean, unscaled; in the caller's scope
     * @param gradient with respect to the logits, times the share; in the caller's scope
     */
    public record LossAndGradient(Tensor mean, Tensor gradient) {
        /** The mean as a number; on a GPU this waits for it. */
        public double loss() {
            return mean.item_double();
        }
    }

    /** The loss at these logits and its gradient with respect to them. */
    public static LossAndGradient lossAndGradient(Loss loss, Tensor logits, Tensor labels, double share) {
        try (Scope scope = new Scope()) {
            Tensor leaf = Tensors.leaf(logits);
            Tensor mean = loss.mean(leaf, labels);
            Backward.run(mean, torch.full_like(mean, new Scalar(share)));
            return new LossAndGradient(scope.keep(mean.detach()), scope.keep(Tensors.gradient(leaf)));
        }
    }
}
