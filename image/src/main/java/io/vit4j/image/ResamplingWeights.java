package io.vit4j.image;

import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Which source pixels make up each target pixel along one axis, and their weights in Pillow's fixed point
 * ({@code Resample.c}: {@code precompute_coeffs} and {@code normalize_coeffs_8bpc}).
 *
 * @param first first source pixel of each target pixel
 * @param count how many source pixels each target pixel takes
 * @param stride distance between two target pixels' weights
 * @param weights {@code [target, stride]}, with {@link #PRECISION_BITS} bits behind the point
 */
record ResamplingWeights(int[] first, int[] count, int stride, int[] weights) {
    /** 8 bits for the result, 2 against overflow by negative weights, the rest of 32 behind the point. */
    static final int PRECISION_BITS = 32 - 8 - 2;

    private static final int MOST_KEPT = 64;
    private static final int LARGEST_KEPT = 1 << 16;
    private static final Map<Key, ResamplingWeights> KEPT = new LinkedHashMap<>(16, 0.75f, true) {
        @Override
        protected boolean removeEldestEntry(Map.Entry<Key, ResamplingWeights> eldest) {
            return size() > MOST_KEPT;
        }
    };

    private record Key(int source, int target, Filter filter) {}

    /** The weights that bring {@code source} pixels to {@code target} pixels; those last asked for are kept. */
    static ResamplingWeights of(int source, int target, Filter filter) {
        Key key = new Key(source, target, filter);
        synchronized (KEPT) {
            ResamplingWeights kept = KEPT.get(key);
            if (kept != null) {
                return kept;
            }
        }
        ResamplingWeights computed = compute(source, target, filter);
        if (computed.weights.length <= LARGEST_KEPT) {
            synchronized (KEPT) {
                KEPT.put(key, computed);
            }
        }
        return computed;
    }

    private static ResamplingWeights compute(int source, int target, Filter filter) {
        double scale = (double) source / target;
        double filterScale = Math.max(scale, 1);
        double support = filter.support() * filterScale;
        double inverse = 1 / filterScale;
        int longest = (int) Math.ceil(support) * 2 + 1;
        int[] first = new int[target];
        int[] count = new int[target];
        int[] fixed = new int[Math.multiplyExact(target, longest)];
        double[] weights = new double[longest];
        for (int i = 0; i < target; i++) {
            double center = (i + 0.5) * scale;
            int from = Math.max((int) (center - support + 0.5), 0);
            int taps = Math.min((int) (center + support + 0.5), source) - from;
            double sum = 0;
            for (int t = 0; t < taps; t++) {
                weights[t] = filter.weight((t + from - center + 0.5) * inverse);
                sum += weights[t];
            }
            for (int t = 0; t < taps; t++) {
                double weight = (sum == 0 ? weights[t] : weights[t] / sum) * (1 << PRECISION_BITS);
                fixed[i * longest + t] = (int) (weight < 0 ? weight - 0.5 : weight + 0.5);
            }
            first[i] = from;
            count[i] = taps;
        }
        return new ResamplingWeights(first, count, longest, fixed);
    }
}
