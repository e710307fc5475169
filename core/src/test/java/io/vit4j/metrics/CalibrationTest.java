package io.vit4j.metrics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import io.vit4j.base.InputException;
import io.vit4j.metrics.Calibration.Edges;
import org.junit.jupiter.api.Test;

class CalibrationTest {
    private static final float[] PROBABILITIES = Oracle.floats(Oracle.PYTHON.at("/calibration/probabilities"));
    private static final float[] TRUTH =
            Oracle.multilabel("first", "complete_truth").truth(0);

    /** Values of scikit-learn's calibration_curve and brier_score_loss. */
    @Test
    void binsAndErrorsAreThoseOfScikitLearn() {
        check(Calibration.of(PROBABILITIES, TRUTH, 10, Edges.UNIFORM), "uniform_10", 1e-12);
        check(Calibration.of(PROBABILITIES, TRUTH, 7, Edges.QUANTILE), "quantile_7", 1e-12);
        check(Calibration.ofTopLabel(Oracle.singleLabel(), 10, Edges.UNIFORM), "top_label_uniform_10", 1e-6);
    }

    private static void check(Calibration calibration, String name, double tolerance) {
        JsonNode expected = Oracle.PYTHON.at("/calibration/" + name);
        assertThat(calibration.bins().stream()
                        .mapToDouble(Calibration.Bin::frequency)
                        .toArray())
                .containsExactly(Oracle.doubles(expected.get("frequency")), within(tolerance));
        assertThat(calibration.bins().stream()
                        .mapToDouble(Calibration.Bin::meanProbability)
                        .toArray())
                .containsExactly(Oracle.doubles(expected.get("mean_probability")), within(tolerance));
        assertThat(calibration.bins().stream()
                        .mapToDouble(Calibration.Bin::samples)
                        .toArray())
                .containsExactly(Oracle.doubles(expected.get("samples")));
        assertThat(calibration.expectedError())
                .isCloseTo(expected.get("expected_error").doubleValue(), within(tolerance));
        assertThat(calibration.maximumError())
                .isCloseTo(expected.get("maximum_error").doubleValue(), within(tolerance));
        assertThat(calibration.brier()).isCloseTo(expected.get("brier").doubleValue(), within(tolerance));
    }

    @Test
    void unknownTruthIsNotCounted() {
        float[] probabilities = {0.2f, 0.9f, 0.4f};
        Calibration all = Calibration.of(probabilities, new float[] {0, 1, Float.NaN}, 5, Edges.UNIFORM);
        assertThat(all.samples()).isEqualTo(2);
        assertThat(all.bins()).hasSize(2);
        assertThatThrownBy(() -> Calibration.of(new float[1], new float[] {Float.NaN}, 5, Edges.UNIFORM))
                .isInstanceOf(InputException.class);
    }

    @Test
    void logitsAreNotProbabilities() {
        assertThatThrownBy(() -> Calibration.of(new float[] {1.5f}, new float[] {1}, 10, Edges.UNIFORM))
                .isInstanceOf(InputException.class)
                .hasMessageContaining("1.5");
        for (int bins : new int[] {0, -3, 100_000}) {
            assertThatThrownBy(() -> Calibration.of(PROBABILITIES, TRUTH, bins, Edges.UNIFORM))
                    .isInstanceOf(InputException.class);
        }
    }

    /** Temperatures found by SciPy's minimize_scalar of the mean log loss. */
    @Test
    void temperatureIsTheOneOfLeastLoss() {
        EvalPrediction first = Oracle.multilabel("first", "truth");
        float[] tripled = first.predictions().clone();
        for (int i = 0; i < tripled.length; i++) {
            tripled[i] *= 3;
        }
        EvalPrediction sure = EvalPrediction.multiLabel(first.samples(), 4, tripled, first.labelIds());
        check(TemperatureScaling.fit(sure), "sigmoid_of_3_times_first", 1e-6);
        check(TemperatureScaling.fit(Oracle.singleLabel()), "softmax", 1e-6);
    }

    private static void check(TemperatureScaling scaling, String name, double tolerance) {
        JsonNode expected = Oracle.PYTHON.at("/temperature/" + name);
        double temperature = expected.get("temperature").doubleValue();
        assertThat(scaling.temperature()).isCloseTo(temperature, within(tolerance * temperature));
        assertThat(scaling.lossBefore()).isCloseTo(expected.get("loss_before").doubleValue(), within(1e-6));
        assertThat(scaling.lossAfter()).isCloseTo(expected.get("loss_after").doubleValue(), within(1e-6));
    }

    @Test
    void fittingOnceIsEnoughAndScalesLogits() {
        TemperatureScaling fitted = TemperatureScaling.fit(Oracle.singleLabel());
        EvalPrediction scaled = fitted.apply(Oracle.singleLabel());
        assertThat(TemperatureScaling.fit(scaled).temperature()).isCloseTo(1, within(1e-6));
        assertThat(scaled.predictions()[5])
                .isEqualTo((float) (Oracle.singleLabel().predictions()[5] / fitted.temperature()));
    }

    @Test
    void aTemperatureStaysWithinBoundsWhereTheLossHasNoMinimum() {
        float[] truth = {0, 1};
        EvalPrediction neverWrong = EvalPrediction.multiLabel(2, 1, new float[] {-3, 3}, truth);
        EvalPrediction alwaysWrong = EvalPrediction.multiLabel(2, 1, new float[] {3, -3}, truth);
        EvalPrediction knowsNothing = EvalPrediction.multiLabel(2, 1, new float[2], truth);
        assertThat(TemperatureScaling.fit(neverWrong).temperature()).isBetween(0.01, 0.02);
        assertThat(TemperatureScaling.fit(alwaysWrong).temperature()).isCloseTo(100, within(1e-6));
        assertThat(TemperatureScaling.fit(knowsNothing).lossAfter()).isCloseTo(Math.log(2), within(1e-12));
        EvalPrediction unknown = EvalPrediction.multiLabel(1, 1, new float[1], new float[] {Float.NaN});
        assertThatThrownBy(() -> TemperatureScaling.fit(unknown)).isInstanceOf(InputException.class);
    }
}
