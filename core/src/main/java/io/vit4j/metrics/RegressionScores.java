package io.vit4j.metrics;

import io.vit4j.base.InputException;
import io.vit4j.data.LabelNames;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/**
 * How well numbers are predicted, with intervals by the bootstrap over clusters (patients), as {@link Bootstrap} draws them.
 * What is undefined (R² and correlations if all targets are the same) has no entry.
 *
 * @param outputs one an output of the model
 * @param means over the outputs that have the metric
 * @param clusters clusters (patients) that were drawn from
 * @param rounds resamples; 0 for none, and then without intervals
 */
public record RegressionScores(List<Output> outputs, Map<RegressionMetric, Estimate> means, int clusters, int rounds) {

    /**
     * One output.
     *
     * @param name of the output
     * @param known samples whose number is known; the others are not counted
     * @param unknown samples whose number is not
     * @param scores by metric
     */
    public record Output(String name, int known, int unknown, Map<RegressionMetric, Estimate> scores) {}

    /** The scores alone: their intervals are NaN. */
    public static RegressionScores of(EvalPrediction prediction, List<String> names) {
        return of(prediction, names, Bootstrap.eachSampleAlone(prediction.samples()), Bootstrap.NONE);
    }

    static RegressionScores of(EvalPrediction prediction, List<String> names, int[] clusterOf, Bootstrap bootstrap) {
        if (!prediction.regression()) {
            throw new InputException("These predictions are labels, not numbers: use label metrics");
        }
        if (prediction.samples() == 0) {
            throw new InputException("There is nothing to evaluate: no sample in this data set or split");
        }
        List<String> distinct = LabelNames.distinct(names);
        if (distinct.size() != prediction.labels() || clusterOf.length != prediction.samples()) {
            throw new IllegalArgumentException(
                    names.size() + " names and " + clusterOf.length + " clusters for " + prediction);
        }
        int[] dense = Bootstrap.dense(clusterOf);
        int clusters = Bootstrap.count(clusterOf);
        List<NumberColumn> columns = IntStream.range(0, prediction.labels())
                .mapToObj(j -> new NumberColumn(prediction, j, dense))
                .toList();
        int metrics = RegressionMetric.values().length;
        int rounds = bootstrap.rounds();
        double[][][] replicates = new double[columns.size() + 1][metrics][rounds + 1]; // last those of the whole data
        IntStream.rangeClosed(0, rounds).parallel().forEach(round -> {
            int[] drawn = new int[clusters];
            if (round == rounds) {
                Arrays.fill(drawn, 1);
            } else {
                bootstrap.draw(round, drawn);
            }
            double[][] scores =
                    columns.stream().map(column -> column.score(drawn)).toArray(double[][]::new);
            for (int m = 0; m < metrics; m++) {
                int metric = m;
                for (int j = 0; j < scores.length; j++) {
                    replicates[j][m][round] = scores[j][m];
                }
                replicates[scores.length][m][round] = RocAuc.mean(
                        Arrays.stream(scores).mapToDouble(s -> s[metric]).toArray(), null, null);
            }
        });
        List<Output> outputs = new ArrayList<>();
        for (int j = 0; j < columns.size(); j++) {
            int known = columns.get(j).known();
            outputs.add(new Output(
                    distinct.get(j), known, prediction.samples() - known, estimates(replicates[j], bootstrap)));
        }
        return new RegressionScores(outputs, estimates(replicates[columns.size()], bootstrap), clusters, rounds);
    }

    private static Map<RegressionMetric, Estimate> estimates(double[][] replicates, Bootstrap bootstrap) {
        Map<RegressionMetric, Estimate> estimates = new EnumMap<>(RegressionMetric.class);
        for (RegressionMetric metric : RegressionMetric.values()) {
            double[] ofMetric = replicates[metric.ordinal()];
            if (!Double.isNaN(ofMetric[ofMetric.length - 1])) {
                estimates.put(metric, bootstrap.estimate(ofMetric));
            }
        }
        return estimates;
    }
}
