package io.vit4j.metrics;

import java.util.Arrays;
import java.util.List;

/**
 * How often each label is present, absent and unknown, and how often two of them come together.
 *
 * @param labels label names
 * @param samples number of samples
 * @param positives per label
 * @param negatives per label
 * @param unknown per label
 * @param together {@code together[a][b]}: samples that have both a and b; on the diagonal, those that have a. Without rows for
 *     more than {@value #MOST_PAIRED} labels, whose pairs nobody reads
 */
public record LabelCounts(
        List<String> labels, long samples, long[] positives, long[] negatives, long[] unknown, long[][] together) {
    /** Pairs of more labels are not counted. */
    public static final int MOST_PAIRED = 1000;

    /** {@return whether pairs of labels were counted} */
    public boolean countsPairs() {
        return together.length == labels.size();
    }

    /** The truth of an evaluation, multi-label or single-label. */
    public static LabelCounts of(List<String> labels, EvalPrediction prediction) {
        Builder counts = new Builder(labels);
        float[] row = new float[labels.size()];
        float[][] truth = new float[labels.size()][];
        Arrays.setAll(truth, prediction::truth);
        for (int i = 0; i < prediction.samples(); i++) {
            for (int j = 0; j < row.length; j++) {
                row[j] = truth[j][i];
            }
            counts.add(row);
        }
        return counts.build();
    }

    /** Counts samples one by one. Not for several threads. */
    public static final class Builder {
        private final List<String> labels;
        private final long[] positives;
        private final long[] negatives;
        private final long[] unknown;
        private final long[][] together;
        private final int[] present;
        private long samples;

        /** @param labels label names, in the order of the rows' values */
        public Builder(List<String> labels) {
            this.labels = List.copyOf(labels);
            positives = new long[labels.size()];
            negatives = new long[labels.size()];
            unknown = new long[labels.size()];
            together = labels.size() <= MOST_PAIRED ? LabelColumns.pairTable(labels) : new long[0][];
            present = new int[labels.size()];
        }

        /** @param row one sample's labels: 0, 1 or NaN for unknown */
        public void add(float[] row) {
            if (row.length != negatives.length) {
                throw new IllegalArgumentException(row.length + " values for " + negatives.length + " labels");
            }
            int found = 0;
            for (int j = 0; j < row.length; j++) {
                if (Float.isNaN(row[j])) {
                    unknown[j]++;
                } else if (row[j] > 0) {
                    positives[j]++;
                    present[found++] = j;
                } else {
                    negatives[j]++;
                }
            }
            for (int a = 0; a < found && together.length > 0; a++) {
                for (int b = 0; b < found; b++) {
                    together[present[a]][present[b]]++;
                }
            }
            samples++;
        }

        /** {@return the counts of all rows that were added} */
        public LabelCounts build() {
            long[][] copy = Arrays.stream(together).map(long[]::clone).toArray(long[][]::new);
            return new LabelCounts(labels, samples, positives.clone(), negatives.clone(), unknown.clone(), copy);
        }
    }
}
