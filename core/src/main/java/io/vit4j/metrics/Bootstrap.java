package io.vit4j.metrics;

import io.vit4j.base.InputException;
import io.vit4j.base.RandomKey;
import io.vit4j.data.LabelNames;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BiFunction;
import java.util.stream.IntStream;

/**
 * Confidence intervals of AUROC, average precision and the metrics of a regression by the bootstrap over clusters: patients
 * are drawn with replacement, each with all of their images, since images of one patient are not independent (Efron and Tibshirani 1993, percentile interval; Field
 * and Welsh, JRSS B 2007, for clusters). The same key gives the same intervals on any number of threads.
 *
 * <p>A resample in which a label lacks a class says nothing of it and is left out for that label; the averages of that
 * resample are then those over its other labels.
 */
public final class Bootstrap {
    private static final int MOST_ROUNDS = 1_000_000;
    private static final List<String> AVERAGES = List.of("macro", "findings", "micro", "weighted");

    /** Draws nothing: estimates without intervals. */
    static final Bootstrap NONE = new Bootstrap();

    private final int rounds;
    private final double level;
    private final RandomKey key;

    /**
     * @param rounds resamples; 1,000 is usual
     * @param level confidence level, such as 0.95
     * @param key names the resamples
     */
    public Bootstrap(int rounds, double level, RandomKey key) {
        if (rounds < 2 || rounds > MOST_ROUNDS) {
            throw new InputException(rounds + " bootstrap rounds: use 2 to " + MOST_ROUNDS + "; 1000 is usual");
        }
        this.rounds = rounds;
        this.level = Estimate.checkLevel(level);
        this.key = key;
    }

    private Bootstrap() {
        rounds = 0;
        level = 0.95;
        key = RandomKey.of(0);
    }

    int rounds() {
        return rounds;
    }

    /** Confidence level of the intervals. */
    public double level() {
        return level;
    }

    /**
     * AUROC or average precision with intervals, or differences between two models' AUROC.
     *
     * @param perLabel of every label that has one
     * @param averages {@code macro}, {@code findings}, {@code micro}, {@code weighted}, as {@link RocAuc} defines them;
     * none if no label has an area
     * @param undefinedLabels the labels that have none
     * @param clusters clusters (patients) that were drawn from
     * @param rounds resamples
     */
    public record Intervals(
            Map<String, Estimate> perLabel,
            Map<String, Estimate> averages,
            List<String> undefinedLabels,
            int clusters,
            int rounds) {}

    /** Numbers equal names (patients) 0, 1, ... in the order of their first appearance: the clusters of the samples. */
    public static int[] clusters(List<String> patients) {
        Map<String, Integer> numbers = new HashMap<>();
        return patients.stream()
                .mapToInt(patient -> numbers.computeIfAbsent(patient, p -> numbers.size()))
                .toArray();
    }

    /** Clusters of samples that are all independent. */
    public static int[] eachSampleAlone(int samples) {
        return IntStream.range(0, samples).toArray();
    }

    /**
     * AUROC with intervals.
     *
     * @param clusters of each sample, any numbers, equal ones for what belongs together
     */
    public Intervals rocAuc(EvalPrediction prediction, List<String> labels, int[] clusters) {
        return intervals(labels, replicates(prediction, labels, clusters, ResampledRoc::of, true), count(clusters));
    }

    /** The same without the micro average, which takes as long as all the others. */
    Intervals rocAucWithoutMicro(EvalPrediction prediction, List<String> labels, int[] clusters) {
        return intervals(labels, replicates(prediction, labels, clusters, ResampledRoc::of, false), count(clusters));
    }

    /**
     * Average precision with intervals; a label without positives has none.
     *
     * @param clusters of each sample, any numbers, equal ones for what belongs together
     */
    public Intervals averagePrecision(EvalPrediction prediction, List<String> labels, int[] clusters) {
        return intervals(
                labels, replicates(prediction, labels, clusters, ResampledPrecision::of, true), count(clusters));
    }

    /**
     * The metrics of a regression with intervals.
     *
     * @param clusters of each sample, any numbers, equal ones for what belongs together
     */
    public RegressionScores regression(EvalPrediction prediction, List<String> names, int[] clusters) {
        return RegressionScores.of(prediction, names, clusters, this);
    }

    /** First minus second model's AUROC on the same samples, both counted on the same resamples. */
    public Intervals difference(EvalPrediction first, EvalPrediction second, List<String> labels, int[] clusters) {
        if (!Arrays.equals(first.labelIds(), second.labelIds())) {
            throw new InputException("The two models were not evaluated on the same samples: their truth differs");
        }
        double[][] difference = replicates(first, labels, clusters, ResampledRoc::of, true);
        double[][] subtrahend = replicates(second, labels, clusters, ResampledRoc::of, true);
        for (int statistic = 0; statistic < difference.length; statistic++) {
            for (int round = 0; round <= rounds; round++) {
                difference[statistic][round] -= subtrahend[statistic][round];
            }
        }
        return intervals(labels, difference, count(clusters));
    }

    /** {@code [statistic][round]}: the labels' areas, then the averages; last in each row, that of the whole data. */
    private double[][] replicates(
            EvalPrediction prediction,
            List<String> labels,
            int[] clusterOf,
            BiFunction<Ranking, int[], Resampled> layOut,
            boolean withMicro) {
        if (clusterOf.length != prediction.samples()) {
            throw new IllegalArgumentException(clusterOf.length + " clusters for " + prediction.samples() + " samples");
        }
        LabelColumns columns = LabelColumns.of(prediction, labels);
        int[] dense = dense(clusterOf);
        int clusters = count(clusterOf);
        Resampled[] perLabel = Arrays.stream(RocAuc.rank(columns))
                .parallel()
                .map(ranking -> layOut.apply(ranking, dense))
                .toArray(Resampled[]::new);
        Resampled micro =
                withMicro ? layOut.apply(Ranking.of(columns.scores, columns.truth), dense) : Resampled.UNDEFINED;
        boolean[] findings = RocAuc.findings(labels);

        double[][] replicates = new double[labels.size() + AVERAGES.size()][rounds + 1];
        long[] once = new long[clusters];
        Arrays.fill(once, ResampledRoc.lane(0, 1));
        count(perLabel, micro, findings, once, 1, replicates, rounds, rounds + 1);
        int batches = (rounds + ResampledRoc.LANES - 1) / ResampledRoc.LANES;
        IntStream.range(0, batches).parallel().forEach(batch -> {
            int first = batch * ResampledRoc.LANES;
            int end = Math.min(rounds, first + ResampledRoc.LANES);
            long[] weights = new long[clusters];
            int largest = draw(first, end, weights);
            count(perLabel, micro, findings, weights, largest, replicates, first, end);
        });
        return replicates;
    }

    /** Draws as many clusters as there are, with replacement, and counts how often each came. */
    void draw(int round, int[] drawn) {
        RandomKey.Stream random = key.with("bootstrap").with(round).stream();
        for (int i = 0; i < drawn.length; i++) {
            drawn[random.nextInt(drawn.length)]++;
        }
    }

    /** The same for some rounds at once, each in its lane; returns how often one came at most. */
    private int draw(int first, int end, long[] weights) {
        for (int round = first; round < end; round++) {
            RandomKey.Stream random = key.with("bootstrap").with(round).stream();
            long one = ResampledRoc.lane(round - first, 1);
            for (int i = 0; i < weights.length; i++) {
                weights[random.nextInt(weights.length)] += one;
            }
        }
        int largest = 0;
        for (long weight : weights) {
            for (int lane = 0; lane < ResampledRoc.LANES; lane++) {
                largest = Math.max(largest, ResampledRoc.weight(weight, lane));
            }
        }
        return largest;
    }

    private static void count(
            Resampled[] perLabel,
            Resampled micro,
            boolean[] findings,
            long[] weights,
            int largest,
            double[][] replicates,
            int first,
            int end) {
        int labels = perLabel.length;
        double[][] values = new double[labels + 1][ResampledRoc.LANES];
        double[][] positives = new double[labels + 1][ResampledRoc.LANES];
        for (int j = 0; j < labels; j++) {
            perLabel[j].count(weights, largest, values[j], positives[j]);
        }
        micro.count(weights, largest, values[labels], positives[labels]);
        double[] ofRound = new double[labels];
        double[] weightOfRound = new double[labels];
        for (int round = first; round < end; round++) {
            for (int j = 0; j < labels; j++) {
                ofRound[j] = values[j][round - first];
                weightOfRound[j] = positives[j][round - first];
                replicates[j][round] = ofRound[j];
            }
            replicates[labels][round] = RocAuc.mean(ofRound, null, null);
            replicates[labels + 1][round] = RocAuc.mean(ofRound, findings, null);
            replicates[labels + 2][round] = values[labels][round - first];
            replicates[labels + 3][round] = RocAuc.mean(ofRound, null, weightOfRound);
        }
    }

    private Intervals intervals(List<String> names, double[][] replicates, int clusters) {
        List<String> labels = LabelNames.distinct(names);
        Map<String, Estimate> perLabel = new LinkedHashMap<>();
        Map<String, Estimate> averages = new LinkedHashMap<>();
        List<String> undefined = new ArrayList<>();
        for (int statistic = 0; statistic < replicates.length; statistic++) {
            boolean defined = !Double.isNaN(replicates[statistic][rounds]);
            if (statistic >= labels.size()) {
                if (defined) {
                    averages.put(AVERAGES.get(statistic - labels.size()), estimate(replicates[statistic]));
                }
            } else if (defined) {
                perLabel.put(labels.get(statistic), estimate(replicates[statistic]));
            } else {
                undefined.add(labels.get(statistic));
            }
        }
        return new Intervals(perLabel, averages, undefined, clusters, rounds);
    }

    /** @param replicates one per round, and last that of the whole data */
    Estimate estimate(double[] replicates) {
        double value = replicates[rounds];
        double[] sorted = Arrays.stream(replicates, 0, rounds)
                .filter(replicate -> !Double.isNaN(replicate))
                .sorted()
                .toArray();
        if (sorted.length < 2) {
            return new Estimate(value, Double.NaN, Double.NaN, Double.NaN, level);
        }
        double mean = Arrays.stream(sorted).average().orElseThrow();
        double squares = Arrays.stream(sorted).map(r -> (r - mean) * (r - mean)).sum();
        return new Estimate(
                value,
                Math.sqrt(squares / (sorted.length - 1)),
                Quantile.ofSorted(sorted, (1 - level) / 2),
                Quantile.ofSorted(sorted, (1 + level) / 2),
                level);
    }

    static int[] dense(int[] clusters) {
        Map<Integer, Integer> numbers = new HashMap<>();
        return Arrays.stream(clusters)
                .map(cluster -> numbers.computeIfAbsent(cluster, c -> numbers.size()))
                .toArray();
    }

    static int count(int[] clusters) {
        return (int) Arrays.stream(clusters).distinct().count();
    }
}
