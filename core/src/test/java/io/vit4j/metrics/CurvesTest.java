package io.vit4j.metrics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import io.vit4j.base.InputException;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class CurvesTest {
    private static final double EXACT = 1e-12;
    private final EvalPrediction prediction = Oracle.multilabel("first", "truth");

    /** Values of scikit-learn's roc_curve, with drop_intermediate and without. */
    @ParameterizedTest
    @ValueSource(strings = {"Atelectasis", "Mass", "No Finding"})
    void rocCurveIsThatOfScikitLearn(String label) {
        int j = Oracle.names().indexOf(label);
        for (boolean drop : new boolean[] {false, true}) {
            JsonNode expected =
                    Oracle.PYTHON.at("/multi/per_label/" + label + (drop ? "/roc_curve_dropped" : "/roc_curve"));
            RocCurve curve = RocCurve.of(prediction.scores(j), prediction.truth(j), drop);
            assertThat(curve.fpr()).containsExactly(Oracle.doubles(expected.get("fpr")), within(EXACT));
            assertThat(curve.tpr()).containsExactly(Oracle.doubles(expected.get("tpr")), within(EXACT));
            assertThat(curve.thresholds()[0]).isInfinite();
            assertThat(Arrays.copyOfRange(curve.thresholds(), 1, curve.thresholds().length))
                    .containsExactly(Oracle.doubles(expected.get("thresholds")), within(EXACT));
        }
    }

    /** Values of scikit-learn's precision_recall_curve and average_precision_score. */
    @ParameterizedTest
    @ValueSource(strings = {"Atelectasis", "Mass", "No Finding"})
    void precisionRecallCurveIsThatOfScikitLearn(String label) {
        int j = Oracle.names().indexOf(label);
        JsonNode expected = Oracle.PYTHON.at("/multi/per_label/" + label + "/precision_recall_curve");
        PrecisionRecallCurve curve = PrecisionRecallCurve.of(prediction.scores(j), prediction.truth(j));
        assertThat(curve.precision()).containsExactly(Oracle.doubles(expected.get("precision")), within(EXACT));
        assertThat(curve.recall()).containsExactly(Oracle.doubles(expected.get("recall")), within(EXACT));
        assertThat(curve.thresholds()).containsExactly(Oracle.doubles(expected.get("thresholds")), within(EXACT));
        assertThat(PrecisionRecallCurve.averagePrecision(prediction.scores(j), prediction.truth(j)))
                .hasValueCloseTo(
                        Oracle.PYTHON
                                .at("/multi/per_label/" + label + "/average_precision")
                                .doubleValue(),
                        within(EXACT));
    }

    @ParameterizedTest
    @ValueSource(ints = {2, 3, 10, 40, 1000})
    void aThinnedCurveKeepsItsEndsAndStaysNearTheWholeOne(int points) {
        RocCurve curve = RocCurve.of(prediction.scores(2), prediction.truth(2), false);
        RocCurve thin = curve.thinned(points);
        assertThat(thin.fpr()).hasSize(Math.min(points, curve.fpr().length)).hasSameSizeAs(thin.thresholds());
        assertThat(thin.fpr()[0]).isZero();
        assertThat(thin.tpr()[0]).isZero();
        assertThat(thin.fpr()[thin.fpr().length - 1]).isEqualTo(1);
        assertThat(thin.tpr()[thin.tpr().length - 1]).isEqualTo(1);
        assertThat(thin.fpr()).isSorted();
        assertThat(area(thin)).isCloseTo(area(curve), within(2.0 / (points - 1)));

        PrecisionRecallCurve recall = PrecisionRecallCurve.of(prediction.scores(2), prediction.truth(2));
        PrecisionRecallCurve thinRecall = recall.thinned(points);
        assertThat(thinRecall.precision())
                .hasSize(thinRecall.thresholds().length + 1)
                .endsWith(1.0);
        assertThat(thinRecall.recall()).startsWith(1.0).endsWith(0.0);
    }

    @Test
    void aCurveNeedsItsClasses() {
        float[] scores = {1, 2};
        assertThatThrownBy(() -> RocCurve.of(scores, new float[] {1, Float.NaN}, true))
                .isInstanceOf(InputException.class)
                .hasMessageContaining("1 and 0");
        assertThatThrownBy(() -> PrecisionRecallCurve.of(scores, new float[] {0, 0}))
                .isInstanceOf(InputException.class);
        assertThat(PrecisionRecallCurve.averagePrecision(scores, new float[] {0, 0}))
                .isEmpty();
        assertThat(PrecisionRecallCurve.averagePrecision(scores, new float[] {1, 1}))
                .hasValue(1);
    }

    private static double area(RocCurve curve) {
        double area = 0;
        for (int i = 1; i < curve.fpr().length; i++) {
            area += (curve.fpr()[i] - curve.fpr()[i - 1]) * (curve.tpr()[i] + curve.tpr()[i - 1]) / 2;
        }
        return area;
    }
}
