package io.vit4j.walk;

import org.bytedeco.pytorch.Tensor;

/** What training makes small. */
public interface Loss {
    /**
     * The mean over the entries that count.
     *
     * @param logits {@code [batch, labels]} float32
     * @param labels as {@link #counted} takes them, as a float32 tensor on the same device
     * @return a scalar with a graph to the logits
     */
    Tensor mean(Tensor logits, Tensor labels);

    /**
     * Over how many entries {@link #mean} is taken: a micro-batch's share of the global mean.
     *
     * @param labels row by row
     */
    default long counted(float[] labels) {
        return labels.length;
    }
}
