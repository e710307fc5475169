package io.vit4j.metrics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import io.vit4j.base.InputException;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class MultilabelMetricsTest {
    private static final double EXACT = 1e-12;
    private static final JsonNode EXPECTED = Oracle.PYTHON.at("/multi");
    private final MultilabelMetrics metrics = new MultilabelMetrics(Oracle.names());

    /** Values of scikit-learn's metric functions; where a label has one class only, of the other labels. */
    @Test
    void agreesWithScikitLearn() {
        Map<String, Double> values = metrics.compute(Oracle.multilabel("first", "complete_truth"));
        assertThat(values.get("roc_auc")).isCloseTo(expected("macro_complete"), within(EXACT));
        assertThat(values.get("roc_auc_weighted")).isCloseTo(expected("weighted_complete"), within(EXACT));
        assertThat(values.get("roc_auc_softmax")).isCloseTo(expected("macro_softmax_complete"), within(1e-6));
        assertThat(values.get("average_precision")).isCloseTo(expected("average_precision_complete"), within(EXACT));
        assertThat(values.get("exact_match")).isCloseTo(expected("accuracy_score"), within(EXACT));
        assertThat(values.get("label_accuracy")).isCloseTo(1 - expected("hamming_loss"), within(EXACT));
        assertThat(values.get("f1_macro")).isCloseTo(expected("f1_macro"), within(EXACT));
        assertThat(values.get("f1_micro")).isCloseTo(expected("f1_micro"), within(EXACT));
    }

    @Test
    void whatIsUndefinedHasNoEntry() {
        Map<String, Double> values = metrics.compute(Oracle.multilabel("first", "truth"));
        assertThat(values)
                .containsKeys("roc_auc_Atelectasis", "roc_auc_No Finding", "accuracy_Hernia", "roc_auc_findings")
                .doesNotContainKey("roc_auc_Hernia");
        assertThat(values.values()).allMatch(Double::isFinite);
        EvalPrediction oneClass = EvalPrediction.multiLabel(1, 4, new float[4], new float[4]);
        assertThat(metrics.compute(oneClass))
                .doesNotContainKeys("roc_auc", "roc_auc_softmax", "average_precision")
                .containsEntry("exact_match", 0.0);
    }

    /** Values of scikit-learn's precision_score and recall_score with average=None. */
    @Test
    void aRowTellsOneLabelsNumbers() {
        List<MultilabelMetrics.Row> rows = metrics.rows(Oracle.multilabel("first", "complete_truth"));
        for (int j = 0; j < 4; j++) {
            assertThat(rows.get(j).precision())
                    .isCloseTo(EXPECTED.at("/precision/" + j).doubleValue(), within(EXACT));
            assertThat(rows.get(j).recall())
                    .isCloseTo(EXPECTED.at("/recall/" + j).doubleValue(), within(EXACT));
            assertThat(rows.get(j).positives() + rows.get(j).negatives()).isEqualTo(160);
        }
        assertThat(metrics.rows(Oracle.multilabel("first", "truth")).get(1).unknown())
                .isPositive();
    }

    @Test
    void unknownTruthIsNeitherRightNorWrong() {
        float unknown = Float.NaN;
        EvalPrediction prediction = EvalPrediction.multiLabel(
                3, 2, new float[] {1, -1, 1, 1, -1, -1}, new float[] {1, unknown, 0, 1, unknown, unknown});
        Map<String, Double> values = new MultilabelMetrics(List.of("a", "b")).compute(prediction);
        assertThat(values)
                .containsEntry("exact_match", 0.5)
                .containsEntry("accuracy_a", 0.5)
                .containsEntry("accuracy_b", 1.0)
                .containsEntry("label_accuracy", 2 / 3.0);
    }

    @Test
    void refusesOneClassASample() {
        assertThatThrownBy(() -> metrics.compute(Oracle.singleLabel())).isInstanceOf(InputException.class);
    }

    private static double expected(String name) {
        return EXPECTED.get(name).doubleValue();
    }
}
