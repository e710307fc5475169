package io.vit4j.walk;

import io.vit4j.data.ProblemType;
import io.vit4j.data.Targets;
import org.bytedeco.pytorch.Tensor;

/**
 * What training minimises: the mean over all entries that count of how far predictions are from their targets. A micro-batch
 * gives its sum; the mean is taken over all micro-batches of a step, by what {@link Targets#divisor} counted on the host
 * before. So nothing need be read back from the device between forward and backward.
 *
 * <pre>{@code
 * Objective absoluteError = new Objective() {
 *     public ProblemType problemType() {
 *         return ProblemType.REGRESSION;
 *     }
 *
 *     public Targets targets(float[] labels, int samples, int outputs) {
 *         return new MeanSquaredError().targets(labels, samples, outputs);
 *     }
 *
 *     public Tensor sum(Tensor predictions, TargetTensors targets) {
 *         return targets.sum(torch.abs(torch.sub(predictions, targets.values())));
 *     }
 * };
 * }</pre>
 */
public interface Objective {
    /** What the labels mean. */
    ProblemType problemType();

    /**
     * Dense targets of some samples' labels, made on the host; InputException if there is no such label.
     *
     * @param labels {@code [samples, labels of each]} row by row, as the data has them; NaN is unknown
     * @param samples how many
     * @param outputs numbers that the model predicts of a sample
     */
    Targets targets(float[] labels, int samples, int outputs);

    /**
     * The losses of all entries that count, summed, each times its weight.
     *
     * @param predictions {@code [samples, outputs]} float32
     * @param targets on the same device
     * @return a scalar with a graph to the predictions
     */
    Tensor sum(Tensor predictions, TargetTensors targets);

    /**
     * Whether an evaluation keeps the predictions, for metrics and files; if not, it comes to a loss alone. Predictions of pixels are not
     * kept: those of a few thousand pictures would fill the memory.
     */
    default boolean keepsPredictions() {
        return true;
    }

    /** That of transformers for labels of this kind. */
    static Objective of(ProblemType type) {
        return switch (type) {
            case MULTI_LABEL -> new BinaryCrossEntropy();
            case SINGLE_LABEL -> new CrossEntropy();
            case REGRESSION -> new MeanSquaredError();
        };
    }
}
