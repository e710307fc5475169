package io.vit4j.metrics;

import java.util.Arrays;

/**
 * How many positives and negatives score at least as high as each different score, from the highest score to the
 * lowest: the steps that ROC and precision-recall curves and thresholds are made of.
 */
final class Steps {
    final int size;
    final int[] truePositives;
    final int[] falsePositives;
    final float[] thresholds;

    private Steps(int size, int[] truePositives, int[] falsePositives, float[] thresholds) {
        this.size = size;
        this.truePositives = truePositives;
        this.falsePositives = falsePositives;
        this.thresholds = thresholds;
    }

    static Steps of(Ranking ranking) {
        int[] truePositives = new int[ranking.size()];
        int[] falsePositives = new int[ranking.size()];
        float[] thresholds = new float[ranking.size()];
        int size = 0;
        int above = 0;
        for (int rank = 0; rank < ranking.size(); size++) {
            thresholds[size] = ranking.score(rank);
            int end = ranking.tieEnd(rank);
            for (; rank < end; rank++) {
                above += ranking.positive(rank) ? 1 : 0;
            }
            truePositives[size] = above;
            falsePositives[size] = end - above;
        }
        return new Steps(
                size,
                Arrays.copyOf(truePositives, size),
                Arrays.copyOf(falsePositives, size),
                Arrays.copyOf(thresholds, size));
    }

    /** The steps before and after which the curve bends, with the first and the last. */
    Steps corners() {
        int[] tps = new int[size];
        int[] fps = new int[size];
        float[] kept = new float[size];
        int corners = 0;
        for (int i = 0; i < size; i++) {
            boolean end = i == 0 || i == size - 1;
            if (end || bends(truePositives, i) || bends(falsePositives, i)) {
                tps[corners] = truePositives[i];
                fps[corners] = falsePositives[i];
                kept[corners++] = thresholds[i];
            }
        }
        return new Steps(
                corners, Arrays.copyOf(tps, corners), Arrays.copyOf(fps, corners), Arrays.copyOf(kept, corners));
    }

    private static boolean bends(int[] counts, int i) {
        return counts[i + 1] - counts[i] != counts[i] - counts[i - 1];
    }
}
