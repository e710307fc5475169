package io.vit4j.metrics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import io.vit4j.base.InputException;
import io.vit4j.base.RandomKey;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

class RegressionScoresTest {
    private static final List<String> NAMES = List.of("age", "dose");
    private static final double CLOSE = 1e-9;

    private static EvalPrediction oracle() {
        float[] predictions = Oracle.floats(Oracle.REGRESSION.get("predictions"));
        return EvalPrediction.regression(
                predictions.length / 2, 2, predictions, Oracle.floats(Oracle.REGRESSION.get("targets")));
    }

    /** With ties in the first output and unknown targets in the second. */
    @Test
    void agreesWithSciPyAndScikitLearnsDefinitions() {
        RegressionScores scores = RegressionScores.of(oracle(), NAMES);
        for (RegressionMetric metric : RegressionMetric.values()) {
            double mean = 0;
            for (int j = 0; j < 2; j++) {
                double expected = Oracle.REGRESSION
                        .at("/per_output/" + j + "/" + metric.key())
                        .doubleValue();
                assertThat(scores.outputs().get(j).scores().get(metric).value())
                        .as("%s of %s", metric, NAMES.get(j))
                        .isCloseTo(expected, within(CLOSE * Math.max(1, Math.abs(expected))));
                mean += expected / 2;
            }
            assertThat(scores.means().get(metric).value()).isCloseTo(mean, within(CLOSE * Math.max(1, Math.abs(mean))));
        }
        assertThat(scores.outputs().get(0).unknown()).isZero();
        assertThat(scores.outputs().get(1).unknown()).isPositive();
        assertThat(scores.outputs().get(1).known() + scores.outputs().get(1).unknown())
                .isEqualTo(120);
    }

    /** A resample is scored by weights; SciPy scored it with its samples written out. */
    @Test
    void aResampleCountsAsIfItsSamplesWereWrittenOut() {
        JsonNode drawn = Oracle.REGRESSION.get("drawn");
        int[] weights = new int[drawn.size()];
        Arrays.setAll(weights, i -> drawn.get(i).intValue());
        double[] scores = new NumberColumn(oracle(), 0, Bootstrap.eachSampleAlone(weights.length)).score(weights);
        for (RegressionMetric metric : RegressionMetric.values()) {
            double expected =
                    Oracle.REGRESSION.at("/resample_of_first/" + metric.key()).doubleValue();
            assertThat(scores[metric.ordinal()])
                    .as(metric.toString())
                    .isCloseTo(expected, within(CLOSE * Math.max(1, Math.abs(expected))));
        }
    }

    /** The mean of squares of n normal errors has the standard error variance * sqrt(2 / n). */
    @Test
    void theIntervalOfTheSquaredErrorIsThatOfNormalErrors() {
        int n = 3000;
        Random random = new Random(3);
        float[] targets = new float[n];
        float[] predictions = new float[n];
        for (int i = 0; i < n; i++) {
            targets[i] = random.nextInt(50);
            predictions[i] = (float) (targets[i] + 2 * random.nextGaussian());
        }
        EvalPrediction prediction = EvalPrediction.regression(n, 1, predictions, targets);
        Estimate mse = new Bootstrap(1000, 0.95, RandomKey.of(1))
                .regression(prediction, List.of("age"), Bootstrap.eachSampleAlone(n))
                .means()
                .get(RegressionMetric.MSE);
        double expected = 4 * Math.sqrt(2.0 / n);
        assertThat(mse.standardError()).isCloseTo(expected, within(0.1 * expected));
        assertThat(mse.low()).isCloseTo(mse.value() - 1.96 * expected, within(0.3 * expected));
        assertThat(mse.high()).isCloseTo(mse.value() + 1.96 * expected, within(0.3 * expected));
    }

    @Test
    void copiesOfAPatientsPicturesDoNotNarrowTheInterval() {
        EvalPrediction once = oracle();
        int[] four = new int[4 * once.samples()];
        Arrays.setAll(four, i -> i / 4);
        Bootstrap bootstrap = new Bootstrap(200, 0.95, RandomKey.of(3));
        RegressionScores alone = bootstrap.regression(once, NAMES, Bootstrap.eachSampleAlone(once.samples()));
        RegressionScores copied = bootstrap.regression(once.rows(four), NAMES, four);
        for (RegressionMetric metric : RegressionMetric.values()) {
            Estimate one = alone.means().get(metric);
            Estimate many = copied.means().get(metric);
            assertThat(many.low()).as(metric.toString()).isCloseTo(one.low(), within(1e-9 * (1 + Math.abs(one.low()))));
            assertThat(many.high())
                    .as(metric.toString())
                    .isCloseTo(one.high(), within(1e-9 * (1 + Math.abs(one.high()))));
        }
        assertThat(copied.clusters()).isEqualTo(once.samples());
    }

    /** R2 of y = a x is 1 at a perfect fit; correlations see past scale and shift, Spearman past any rise. */
    @Test
    void whatIsPerfectAndWhatIsUndefined() {
        float[] rising = {1, 2, 3, 4};
        float[] cubes = {1, 8, 27, 64};
        Map<String, Double> perfect = metrics(rising, rising);
        assertThat(perfect)
                .containsEntry("mse", 0.0)
                .containsEntry("mae", 0.0)
                .containsEntry("r2", 1.0)
                .containsEntry("spearman", 1.0);
        assertThat(metrics(cubes, rising).get("spearman")).isEqualTo(1);
        assertThat(metrics(cubes, rising).get("pearson")).isLessThan(0.99);
        assertThat(metrics(new float[] {-1, -2, -3, -4}, rising).get("pearson")).isCloseTo(-1, within(1e-12));
        assertThat(metrics(rising, new float[] {5.1f, 5.1f, 5.1f, 5.1f})).containsOnlyKeys("mse", "mae");
        assertThat(metrics(new float[] {0.1f, 0.1f, 0.1f, 0.1f}, rising)).containsOnlyKeys("mse", "mae", "r2");
        float nan = Float.NaN;
        assertThat(metrics(rising, new float[] {nan, nan, nan, nan})).isEmpty();
    }

    private static Map<String, Double> metrics(float[] predictions, float[] targets) {
        return new RegressionMetrics(List.of("age"))
                .compute(EvalPrediction.regression(predictions.length, 1, predictions, targets));
    }

    @Test
    void ofSeveralOutputsEachHasItsOwn() {
        Map<String, Double> metrics = new RegressionMetrics(NAMES).compute(oracle());
        assertThat(metrics)
                .containsKeys("mse", "mse_age", "mse_dose", "spearman_dose")
                .hasSize(15);
        assertThat(metrics.get("r2")).isCloseTo((metrics.get("r2_age") + metrics.get("r2_dose")) / 2, within(1e-12));
    }

    @Test
    void refusesLabelsAndWhatIsNotFinite() {
        assertThatThrownBy(() -> RegressionScores.of(Oracle.singleLabel(), List.of("a", "b", "c", "d")))
                .isInstanceOf(InputException.class);
        assertThatThrownBy(() -> RocAuc.of(oracle(), NAMES)).isInstanceOf(InputException.class);
        assertThatThrownBy(() -> metrics(new float[] {1, Float.NaN}, new float[2]))
                .isInstanceOf(InputException.class)
                .hasMessageContainingAll("sample 1", "diverged");
        assertThatThrownBy(() -> metrics(new float[2], new float[] {1, Float.POSITIVE_INFINITY}))
                .isInstanceOf(InputException.class)
                .hasMessageContainingAll("sample 1", "Infinity");
    }
}
