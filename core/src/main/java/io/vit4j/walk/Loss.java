package io.vit4j.walk;

import io.vit4j.data.ProblemType;
import org.bytedeco.pytorch.Tensor;

/** What training makes small. */
public interface Loss {
    /** What the labels mean. */
    ProblemType problemType();

    /**
     * The mean over the entries that count; 0 where none does.
     *
     * @param logits {@code [batch, labels]} float32
     * @param labels as {@link #counted} takes them, as a float32 tensor on the same device
     * @return a scalar with a graph to the logits
     */
    Tensor mean(Tensor logits, Tensor labels);

    /**
     * What {@link #mean} divides by, a micro-batch's share of the global mean: how many entries count, or the sum of their
     * weights where the mean is a weighted one.
     *
     * @param labels row by row
     */
    default double counted(float[] labels) {
        return labels.length;
    }
}
