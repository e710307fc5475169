package io.vit4j.metrics;

import io.vit4j.base.InputException;
import io.vit4j.data.LabelNames;
import java.util.List;
import java.util.stream.IntStream;

/** Predictions and truth, checked, with one array a label: what every metric over labels starts from. */
final class LabelColumns {
    /** Truth of a sample whose label is not known: it is not counted. */
    static final byte UNKNOWN = -1;

    final List<String> names;
    final int samples;
    /** {@code [labels][samples]}: what ranks the samples, every value finite. */
    final float[][] scores;
    /** {@code [labels][samples]}: 1, 0 or {@link #UNKNOWN}. */
    final byte[][] truth;

    /** More labels than anybody tells apart; a table of all pairs of them takes 128 MiB. */
    private static final int MOST_PAIRED = 4096;

    private LabelColumns(List<String> names, int samples, float[][] scores, byte[][] truth) {
        this.names = names;
        this.samples = samples;
        this.scores = scores;
        this.truth = truth;
    }

    /** Single-label truth becomes one column a class: this class against the rest. */
    static LabelColumns of(EvalPrediction prediction, List<String> givenNames) {
        int samples = prediction.samples();
        int labels = prediction.labels();
        List<String> names = LabelNames.distinct(givenNames);
        if (prediction.regression()) {
            throw new InputException("These predictions are numbers, not labels: use regression metrics");
        }
        if (names.size() != labels) {
            throw new IllegalArgumentException(names.size() + " label names for " + labels + " columns of predictions");
        }
        if (samples == 0) {
            throw new InputException("There is nothing to evaluate: no sample in this data set or split");
        }
        float[][] scores = new float[labels][samples];
        byte[][] truth = new byte[labels][samples];
        float[] ranked = prediction.ranked().predictions();
        RowChunks.forEach(samples, (from, to) -> fill(prediction, ranked, names, from, to, scores, truth));
        return new LabelColumns(names, samples, scores, truth);
    }

    private static void fill(
            EvalPrediction prediction,
            float[] ranked,
            List<String> names,
            int from,
            int to,
            float[][] scores,
            byte[][] truth) {
        int labels = names.size();
        boolean singleLabel = prediction.singleLabel();
        float[] flatScores = prediction.predictions();
        float[] flatTruth = prediction.labelIds();
        for (int j = 0; j < labels; j++) {
            float[] scoresOfLabel = scores[j];
            byte[] truthOfLabel = truth[j];
            String name = names.get(j);
            for (int i = from; i < to; i++) {
                finite(flatScores[i * labels + j], i, name);
                scoresOfLabel[i] = ranked[i * labels + j];
                if (!singleLabel) {
                    truthOfLabel[i] = zeroOrOne(flatTruth[i * labels + j], i, name);
                } else {
                    int known = classNumber(flatTruth[i], labels, i);
                    truthOfLabel[i] = known < 0 ? UNKNOWN : (byte) (known == j ? 1 : 0);
                }
            }
        }
    }

    /** An empty table with a row and a column a label. */
    static long[][] pairTable(List<String> names) {
        if (names.size() > MOST_PAIRED) {
            throw new InputException(names.size() + " labels are too many to count in pairs (the limit is "
                    + MOST_PAIRED + "); is the right column of the label file read as labels?");
        }
        return new long[names.size()][names.size()];
    }

    /** One column, given as the public functions take it: truth 0, 1 or NaN. */
    static LabelColumns of(float[] scores, float[] truth) {
        if (scores.length != truth.length) {
            throw new IllegalArgumentException(scores.length + " scores for " + truth.length + " labels");
        }
        float[] checked = new float[scores.length];
        byte[] bytes = new byte[scores.length];
        for (int i = 0; i < scores.length; i++) {
            checked[i] = finite(scores[i], i, "");
            bytes[i] = zeroOrOne(truth[i], i, "");
        }
        return new LabelColumns(List.of(""), scores.length, new float[][] {checked}, new byte[][] {bytes});
    }

    /** How many truths are known: samples of single-label data, else (sample, label) pairs. Checks all as {@link #of}. */
    static long countKnown(EvalPrediction prediction) {
        List<String> numbers = IntStream.range(0, prediction.labels())
                .mapToObj(Integer::toString)
                .toList();
        long known = 0;
        for (byte[] column : of(prediction, numbers).truth) {
            for (byte truth : column) {
                known += truth == UNKNOWN ? 0 : 1;
            }
        }
        return prediction.singleLabel() ? known / prediction.labels() : known;
    }

    int labels() {
        return names.size();
    }

    /** The number of the class, or -1 where it is unknown. */
    static int classNumber(float labelId, int classes, int sample) {
        if (EvalPrediction.unknownClass(labelId)) {
            return -1;
        }
        if (labelId >= 0 && labelId < classes && labelId == (int) labelId) {
            return (int) labelId;
        }
        throw new InputException("The class of sample " + sample + " is " + labelId
                + ", but must be a whole number from 0 to " + (classes - 1) + "; check the label file");
    }

    static float finite(float score, int sample, String label) {
        if (Math.abs(score) <= Float.MAX_VALUE) {
            return score;
        }
        throw new InputException("The prediction for sample " + sample + of(label) + " is " + score
                + ": the model has diverged; train with a lower learning rate, more warm-up or float32");
    }

    private static byte zeroOrOne(float labelId, int sample, String label) {
        if (labelId == 0) {
            return 0;
        }
        if (labelId == 1) {
            return 1;
        }
        if (Float.isNaN(labelId)) {
            return UNKNOWN;
        }
        throw new InputException("The truth of sample " + sample + of(label) + " is " + labelId
                + ", but must be 0, 1 or unknown; check the label file");
    }

    private static String of(String label) {
        return label.isEmpty() ? "" : " and label \"" + label + "\"";
    }
}
