package io.vit4j.metrics;

import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.function.BiFunction;
import java.util.stream.IntStream;

/**
 * DeLong's variance for averages of AUROC. An area moves with each sample by that sample's part
 * ({@link DeLong.Placements#part}), and an average of areas by the average of its parts in all labels; the sum of their
 * squares is the variance, in which labels that go together on the same samples count as they do. Of one label it is
 * DeLong's own. For the micro average, a sample's (sample, label) pairs are summed first, as Obuchowski (Biometrics 1997)
 * does for what belongs together.
 */
public final class AverageDeLong {
    private AverageDeLong() {}

    /** Which average. */
    public enum Average {
        /** Mean over the labels. */
        MACRO,
        /** Mean over all labels but "No Finding". */
        FINDINGS,
        /** The area over all (sample, label) pairs. */
        MICRO
    }

    /** An average and what each sample moves it by. */
    private record Parts(double area, double[] ofSample) {}

    /**
     * The average with its interval, over the labels that have both classes; the interval is [0, 1] if one of them has only
     * one sample of a class, and empty if none has both.
     */
    public static Optional<Estimate> interval(
            EvalPrediction prediction, List<String> labels, Average average, double level) {
        int[] used = used(prediction, labels, average, 1);
        return used.length == 0
                ? Optional.empty()
                : Optional.of(parts(prediction, used, average))
                        .map(parts -> DeLong.estimate(parts.area, squares(parts.ofSample), level));
    }

    /**
     * Whether two models' averages differ on the same samples, over the labels that have at least two samples of each
     * class; empty if there are none.
     */
    public static Optional<DeLong.PairedTest> compare(
            EvalPrediction first, EvalPrediction second, List<String> labels, Average average, double level) {
        int[] used = used(first, labels, average, 2);
        if (used.length == 0) {
            return Optional.empty();
        }
        Parts a = parts(first, used, average);
        Parts b = parts(second, used, average);
        double[] difference = new double[first.samples()];
        Arrays.setAll(difference, i -> a.ofSample[i] - b.ofSample[i]);
        return Optional.of(DeLong.test(a.area, b.area, squares(difference), level));
    }

    private static int[] used(EvalPrediction prediction, List<String> labels, Average average, int least) {
        IntStream all = IntStream.range(0, labels.size());
        return switch (average) {
            case MACRO ->
                all.filter(j -> DeLong.classesHave(least, prediction.truth(j))).toArray();
            case FINDINGS ->
                all.filter(j -> !RocAuc.isNoFinding(labels.get(j)))
                        .filter(j -> DeLong.classesHave(least, prediction.truth(j)))
                        .toArray();
            case MICRO ->
                DeLong.classesHave(least, pairs(prediction, EvalPrediction::truth)) ? all.toArray() : new int[0];
        };
    }

    private static Parts parts(EvalPrediction given, int[] labels, Average average) {
        EvalPrediction prediction = given.ranked();
        if (average == Average.MICRO) {
            return micro(prediction);
        }
        List<DeLong.Placements> placements = Arrays.stream(labels)
                .parallel()
                .mapToObj(j -> DeLong.placements(prediction.scores(j), prediction.truth(j)))
                .toList();
        double[] ofSample = new double[prediction.samples()];
        double area = 0;
        for (DeLong.Placements label : placements) {
            area += label.area() / labels.length;
            for (int i = 0; i < ofSample.length; i++) {
                ofSample[i] += label.part(i) / labels.length;
            }
        }
        return new Parts(area, ofSample);
    }

    private static Parts micro(EvalPrediction prediction) {
        int samples = prediction.samples();
        float[] scores = pairs(prediction, EvalPrediction::scores);
        float[] truth = pairs(prediction, EvalPrediction::truth);
        DeLong.Placements pairs = DeLong.placements(scores, truth);
        double[] ofSample = new double[samples];
        for (int pair = 0; pair < scores.length; pair++) {
            ofSample[pair % samples] += pairs.part(pair);
        }
        return new Parts(pairs.area(), ofSample);
    }

    /** One column of all labels' columns, one below the other. */
    private static float[] pairs(EvalPrediction prediction, BiFunction<EvalPrediction, Integer, float[]> column) {
        int samples = prediction.samples();
        float[] pairs = new float[Math.multiplyExact(samples, prediction.labels())];
        for (int j = 0; j < prediction.labels(); j++) {
            System.arraycopy(column.apply(prediction, j), 0, pairs, j * samples, samples);
        }
        return pairs;
    }

    private static double squares(double[] parts) {
        return Arrays.stream(parts).map(part -> part * part).sum();
    }
}
