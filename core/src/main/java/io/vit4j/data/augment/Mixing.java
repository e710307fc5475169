package io.vit4j.data.augment;

import io.vit4j.base.RandomKey;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * mixup (Zhang et al. 2018) and CutMix (Yun et al. 2019) with timm's settings: every sample of a global batch of {@code n} is
 * mixed with its partner, sample {@code i} with sample {@code n - 1 - i}. Partner and ratio depend on seed, step and the place
 * within the global batch, not on how that is divided.
 *
 * @param mixup alpha of mixup's ratio, drawn from Beta(alpha, alpha); 0 for none
 * @param cutmix alpha of CutMix's; 0 for none
 * @param probability of mixing at all
 * @param switchProbability of CutMix rather than mixup, if both are asked for
 */
public record Mixing(double mixup, double cutmix, double probability, double switchProbability, Mode mode) {
    /** What shares one draw of kind and ratio. */
    public enum Mode {
        /** All samples of a global batch. */
        BATCH,
        /** A sample and its partner. */
        PAIR,
        /** Nothing: every sample has its own. */
        ELEM
    }

    /**
     * How one sample is mixed.
     *
     * @param partner row of the other sample
     * @param ratio of the sample itself, before a rectangle is cut at the picture's edges
     * @param cut whether a rectangle of the partner is pasted (CutMix), instead of all of it being blended in (mixup)
     * @param centreX of the rectangle, 0 to 1 of the width
     * @param centreY of the rectangle, 0 to 1 of the height
     */
    record Mixture(int partner, double ratio, boolean cut, double centreX, double centreY) {}

    /** Mixtures of the samples of an epoch, by row; a row that has none stays as it is. */
    public static final class Epoch {
        private final Map<Integer, Mixture> mixtures = new HashMap<>();

        void put(int row, Mixture mixture) {
            mixtures.put(row, mixture);
        }

        boolean has(int row) {
            return mixtures.containsKey(row);
        }

        Mixture of(int row) {
            return mixtures.get(row);
        }
    }

    /**
     * Draws the mixtures of some steps, in which each row occurs once at most.
     *
     * @param steps rows of each global batch
     * @param firstStep number of the first of them since training began
     */
    public Epoch epoch(List<int[]> steps, long firstStep, long seed) {
        Epoch epoch = new Epoch();
        for (int s = 0; s < steps.size(); s++) {
            step(
                    steps.get(s),
                    RandomKey.of(seed).with("step").with(firstStep + s).with("mix"),
                    epoch);
        }
        return epoch;
    }

    private void step(int[] rows, RandomKey key, Epoch epoch) {
        for (int i = 0; i < rows.length; i++) {
            int other = rows.length - 1 - i;
            RandomKey drawn = switch (mode) {
                case BATCH -> key;
                case PAIR -> key.with(Math.min(i, other));
                case ELEM -> key.with(i);
            };
            RandomKey.Stream random = drawn.stream();
            boolean mixes = random.nextDouble() < probability;
            boolean cuts = random.nextDouble() < switchProbability;
            boolean cut = cutmix > 0 && (mixup == 0 || cuts);
            double centreX = random.nextDouble();
            double centreY = random.nextDouble();
            double ratio = BetaDistribution.symmetric(cut ? cutmix : mixup, random);
            if (mixes && other != i) {
                epoch.put(rows[i], new Mixture(rows[other], ratio, cut, centreX, centreY));
            }
        }
    }
}
