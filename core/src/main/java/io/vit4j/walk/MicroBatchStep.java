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
     * @param targets of the same samples
     * @param scale what gradients are multiplied with: 1 over what the global mean is divided by, times the loss scale
     * @return the losses of all entries that count, summed and unscaled
     */
    public static double run(
            Walk walk,
            Objective objective,
            Tensor pixels,
            TargetTensors targets,
            double scale,
            Context context,
            IntConsumer left) {
        return run(walk, objective, pixels, targets, scale, context, GradientOrder.ANY, left);
    }

    /** As the other, adding the gradients when it is this walk's turn. */
    public static double run(
            Walk walk,
            Objective objective,
            Tensor pixels,
            TargetTensors targets,
            double scale,
            Context context,
            GradientOrder order,
            IntConsumer left) {
        try (Scope scope = new Scope();
                Walk.Tape tape = walk.forward(pixels, context)) {
            LossAndGradient at = lossAndGradient(objective, tape.output(), targets, scale);
            tape.backward(at.gradient(), order, left);
            return at.loss(); // read last: on a GPU it waits for all that was asked for before
        }
    }

    /**
     * A loss and where it leads.
     *
     * @param sum the losses of all entries that count, unscaled; in the caller's scope
     * @param gradient of it with respect to the predictions, times the scale; in the caller's scope
     */
    public record LossAndGradient(Tensor sum, Tensor gradient) {
        /** The sum as a number; on a GPU this waits for it. */
        public double loss() {
            return Tensors.item(sum);
        }
    }

    /** The loss at these predictions and its gradient with respect to them; nothing is read back from the device. */
    public static LossAndGradient lossAndGradient(
            Objective objective, Tensor predictions, TargetTensors targets, double scale) {
        try (Scope scope = new Scope()) {
            Tensor leaf = Tensors.leaf(predictions);
            Tensor sum = objective.sum(leaf, targets);
            Backward.run(sum, torch.full_like(sum, new Scalar(scale)));
            return new LossAndGradient(scope.keep(sum.detach()), scope.keep(Tensors.gradient(leaf)));
        }
    }
}
