package io.vit4j.metrics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import io.vit4j.base.InputException;
import io.vit4j.base.RandomKey;
import java.util.List;
import org.junit.jupiter.api.Test;

class DeLongTest {
    private static final double EXACT = 1e-10;

    /** Values of pROC's ci.auc, var and paired roc.test, all with method = "delong". */
    @Test
    void agreesWithProcOnIntervalsAndPairedTests() {
        EvalPrediction first = Oracle.multilabel("first", "truth");
        EvalPrediction second = Oracle.multilabel("second", "truth");
        assertThat(Oracle.R.get("rows")).hasSize(3);
        for (JsonNode expected : Oracle.R.get("rows")) {
            int j = Oracle.names().indexOf(expected.get("label").textValue());
            Estimate interval = DeLong.interval(first.scores(j), first.truth(j), 0.95);
            assertThat(interval.value()).isCloseTo(expected.get("auc").doubleValue(), within(EXACT));
            assertThat(interval.standardError())
                    .isCloseTo(Math.sqrt(expected.get("variance").doubleValue()), within(EXACT));
            assertThat(interval.low()).isCloseTo(expected.get("low").doubleValue(), within(EXACT));
            assertThat(interval.high()).isCloseTo(expected.get("high").doubleValue(), within(EXACT));

            DeLong.PairedTest test = DeLong.compare(first.scores(j), second.scores(j), first.truth(j), 0.95);
            assertThat(test.second()).isCloseTo(expected.get("second").doubleValue(), within(EXACT));
            assertThat(test.z()).isCloseTo(expected.get("z").doubleValue(), within(EXACT));
            assertThat(test.p()).isCloseTo(expected.get("p").doubleValue(), within(EXACT));
            assertThat(test.low()).isCloseTo(expected.get("difference_low").doubleValue(), within(EXACT));
            assertThat(test.high()).isCloseTo(expected.get("difference_high").doubleValue(), within(EXACT));
        }
    }

    /** The definition: the covariance of the kernel's means over either class, every pair compared. */
    @Test
    void varianceIsThatOfTheKernelOverAllPairs() {
        RandomKey.Stream random = RandomKey.of(7).stream();
        int positives = 60;
        int negatives = 90;
        float[] scores = new float[positives + negatives];
        float[] truth = new float[positives + negatives];
        for (int i = 0; i < scores.length; i++) {
            truth[i] = i < positives ? 1 : 0;
            scores[i] = Math.round(4 * random.nextGaussian() + truth[i] * 3);
        }
        double[] ofPositive = new double[positives];
        double[] ofNegative = new double[negatives];
        double area = 0;
        for (int i = 0; i < positives; i++) {
            for (int k = 0; k < negatives; k++) {
                double kernel = (1 + Math.signum(scores[i] - scores[positives + k])) / 2;
                ofPositive[i] += kernel / negatives;
                ofNegative[k] += kernel / positives;
                area += kernel / positives / negatives;
            }
        }
        double variance = variance(ofPositive, area) / positives + variance(ofNegative, area) / negatives;
        Estimate interval = DeLong.interval(scores, truth, 0.9);
        assertThat(interval.value()).isCloseTo(area, within(1e-12));
        assertThat(interval.standardError()).isCloseTo(Math.sqrt(variance), within(1e-12));
    }

    @Test
    void aModelDoesNotDifferFromItself() {
        EvalPrediction first = Oracle.multilabel("first", "truth");
        DeLong.PairedTest test = DeLong.compare(first.scores(1), first.scores(1), first.truth(1), 0.95);
        assertThat(test.difference()).isZero();
        assertThat(test.z()).isZero();
        assertThat(test.p()).isCloseTo(1, within(1e-15));
        assertThat(test.low()).isCloseTo(0, within(1e-7));
    }

    @Test
    void withOneSampleOfAClassTheIntervalSaysNothing() {
        Estimate interval = DeLong.interval(new float[] {1, 2, 3}, new float[] {0, 0, 1}, 0.95);
        assertThat(interval.value()).isEqualTo(1);
        assertThat(interval.standardError()).isNaN();
        assertThat(interval.low()).isZero();
        assertThat(interval.high()).isEqualTo(1);
        assertThatThrownBy(() -> DeLong.compare(new float[2], new float[2], new float[] {0, 1}, 0.95))
                .isInstanceOf(InputException.class);
        assertThatThrownBy(() -> DeLong.interval(new float[2], new float[2], 0.95))
                .isInstanceOf(InputException.class)
                .hasMessageContaining("0 and 2");
    }

    @Test
    void aLevelIsBetweenZeroAndOne() {
        for (double level : new double[] {0, 1, 95, Double.NaN}) {
            assertThatThrownBy(() -> DeLong.interval(new float[2], new float[] {0, 1}, level))
                    .isInstanceOf(InputException.class)
                    .hasMessageContaining("0.95 is usual");
        }
    }

    /** Holm's adjustment of three p-values, worked by hand. */
    @Test
    void comparisonAdjustsForTheNumberOfLabels() {
        EvalPrediction first = Oracle.multilabel("first", "truth");
        EvalPrediction second = Oracle.multilabel("second", "truth");
        ModelComparison comparison = ModelComparison.of(
                first,
                second,
                Oracle.names(),
                Bootstrap.eachSampleAlone(first.samples()),
                new Bootstrap(50, 0.95, RandomKey.of(1)));
        assertThat(comparison.perLabel()).containsOnlyKeys("Atelectasis", "Mass", "No Finding");
        List<Double> p = List.of(
                comparison.perLabel().get("Atelectasis").p(),
                comparison.perLabel().get("No Finding").p(),
                comparison.perLabel().get("Mass").p());
        assertThat(p).isSorted();
        assertThat(comparison.adjustedP().get("Atelectasis")).isEqualTo(Math.min(1, 3 * p.get(0)));
        assertThat(comparison.adjustedP().get("No Finding"))
                .isEqualTo(Math.max(Math.min(1, 3 * p.get(0)), Math.min(1, 2 * p.get(1))));
        assertThat(comparison.difference().perLabel().get("Mass").value())
                .isCloseTo(comparison.perLabel().get("Mass").difference(), within(1e-12));
    }

    private static double variance(double[] values, double mean) {
        double squares = 0;
        for (double value : values) {
            squares += (value - mean) * (value - mean);
        }
        return squares / (values.length - 1);
    }
}
