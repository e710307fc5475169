package io.vit4j.metrics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import io.vit4j.base.InputException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ThresholdsTest {
    private final EvalPrediction prediction = Oracle.multilabel("first", "truth");

    /** Points chosen from scikit-learn's roc_curve. */
    @ParameterizedTest
    @ValueSource(strings = {"Atelectasis", "Mass", "No Finding"})
    void choicesAreThoseOfTheRocCurve(String label) {
        int j = Oracle.names().indexOf(label);
        Thresholds thresholds = new Thresholds(prediction.scores(j), prediction.truth(j), 0.95);
        JsonNode expected = Oracle.PYTHON.at("/multi/per_label/" + label);
        check(thresholds.youden(), expected.get("youden"));
        check(thresholds.atSensitivity(0.9), expected.get("sensitivity_0.9"));
        check(thresholds.atSpecificity(0.8), expected.get("specificity_0.8"));
    }

    private static void check(OperatingPoint point, JsonNode expected) {
        assertThat(point.threshold()).isEqualTo(expected.get("threshold").doubleValue());
        assertThat(point.sensitivity().value())
                .isCloseTo(expected.get("sensitivity").doubleValue(), within(1e-12));
        assertThat(point.specificity().value())
                .isCloseTo(expected.get("specificity").doubleValue(), within(1e-12));
    }

    @Test
    void aPointIsTheTableOfItsCalls() {
        float[] scores = {0.9f, 0.8f, 0.7f, 0.6f, 0.5f, 0.4f};
        float[] truth = {1, 0, 1, 1, 0, Float.NaN};
        OperatingPoint point = new Thresholds(scores, truth, 0.95).at("chosen elsewhere", 0.65);
        assertThat(point.sensitivity()).isEqualTo(Proportion.of(2, 3, 0.95));
        assertThat(point.specificity()).isEqualTo(Proportion.of(1, 2, 0.95));
        assertThat(point.ppv()).isEqualTo(Proportion.of(2, 3, 0.95));
        assertThat(point.npv()).isEqualTo(Proportion.of(1, 2, 0.95));
        assertThat(point.accuracy()).isEqualTo(Proportion.of(3, 5, 0.95));
        assertThat(point.f1()).isEqualTo(4 / 6.0);
        assertThat(new Thresholds(scores, truth, 0.95).largestF1().threshold()).isEqualTo(0.6f);
    }

    @Test
    void extremeWishesAreMet() {
        float[] scores = {3, 2, 1};
        Thresholds thresholds = new Thresholds(scores, new float[] {0, 1, 0}, 0.95);
        OperatingPoint none = thresholds.atSpecificity(1);
        assertThat(none.threshold()).isGreaterThan(3).isCloseTo(3, within(1e-6));
        assertThat(none.ppv().value()).isNaN();
        assertThat(none.ppv().high()).isEqualTo(1);
        assertThat(thresholds.atSensitivity(1).threshold()).isEqualTo(2);
        assertThat(thresholds.atSpecificity(0).sensitivity().value()).isEqualTo(1);
        assertThat(thresholds.atSensitivity(0).specificity().value()).isEqualTo(1);
        assertThat(thresholds.at("all", -9).npv().trials()).isZero();
        for (double wrong : new double[] {-0.1, 1.1, Double.NaN}) {
            assertThatThrownBy(() -> thresholds.atSensitivity(wrong)).isInstanceOf(InputException.class);
            assertThatThrownBy(() -> thresholds.atSpecificity(wrong)).isInstanceOf(InputException.class);
        }
        assertThatThrownBy(() -> new Thresholds(scores, new float[3], 0.95)).isInstanceOf(InputException.class);
    }

    /** Values of SciPy's binomtest(...).proportion_ci(method="wilson"). */
    @Test
    void intervalsOfSharesAreWilsons() {
        for (JsonNode row : Oracle.PYTHON.get("wilson")) {
            Proportion share = Proportion.of(
                    row.get(0).longValue(), row.get(1).longValue(), row.get(2).doubleValue());
            assertThat(share.low()).isCloseTo(row.get(3).doubleValue(), within(1e-12));
            assertThat(share.high()).isCloseTo(row.get(4).doubleValue(), within(1e-12));
        }
    }

    /** Values of SciPy's norm.sf and norm.isf. */
    @Test
    void normalTailsHaveThirteenDigits() {
        for (JsonNode row : Oracle.PYTHON.get("normal_upper_tail")) {
            double expected = row.get(1).doubleValue();
            assertThat(Normal.upperTail(row.get(0).doubleValue())).isCloseTo(expected, within(1e-13 * expected));
        }
        for (JsonNode row : Oracle.PYTHON.get("normal_half_width")) {
            assertThat(Normal.halfWidth(row.get(0).doubleValue()))
                    .isCloseTo(row.get(1).doubleValue(), within(1e-12));
        }
    }
}
