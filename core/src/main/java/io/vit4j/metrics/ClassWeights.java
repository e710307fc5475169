package io.vit4j.metrics;

import io.vit4j.base.InputException;

/** Weights that make rare labels count more in the loss. Compute them from the training split. */
public final class ClassWeights {
    private ClassWeights() {}

    /**
     * The weight of each label's positives, as {@code pos_weight} of PyTorch's {@code BCEWithLogitsLoss} takes it:
     * negatives / positives, at most {@code largest}. A label without positives gets 1: there is nothing to weigh.
     */
    public static float[] posWeight(LabelCounts counts, double largest) {
        if (!(largest > 0)) {
            throw new InputException(
                    "The largest positive weight is " + largest + ": give a number above 0, or leave it out");
        }
        float[] weights = new float[counts.labels().size()];
        for (int j = 0; j < weights.length; j++) {
            double ratio = counts.negatives()[j] / (double) counts.positives()[j];
            weights[j] = counts.positives()[j] == 0 ? 1 : (float) Math.min(ratio, largest);
        }
        return weights;
    }

    /**
     * The weight of each class of single-label data, as {@code weight} of PyTorch's cross entropy takes it and as
     * scikit-learn's "balanced" computes it: samples / (classes that occur * samples of this class). A class that does
     * not occur gets 1.
     */
    public static float[] balanced(LabelCounts counts) {
        long known = 0;
        int occurring = 0;
        for (long positives : counts.positives()) {
            known += positives;
            occurring += positives > 0 ? 1 : 0;
        }
        float[] weights = new float[counts.labels().size()];
        for (int j = 0; j < weights.length; j++) {
            double share = (double) occurring * counts.positives()[j];
            weights[j] = share == 0 ? 1 : (float) (known / share);
        }
        return weights;
    }
}
