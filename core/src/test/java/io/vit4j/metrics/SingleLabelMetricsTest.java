package io.vit4j.metrics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import io.vit4j.base.InputException;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class SingleLabelMetricsTest {
    private static final JsonNode EXPECTED = Oracle.PYTHON.at("/single");
    private static final List<String> NAMES = List.of("a", "b", "c", "never");

    /** Values of scikit-learn's metric functions; AUROC of each class against the rest. */
    @Test
    void agreesWithScikitLearn() {
        Map<String, Double> values = new SingleLabelMetrics(NAMES).compute(Oracle.singleLabel());
        for (String name : List.of("accuracy", "f1_macro", "precision_macro", "recall_macro")) {
            assertThat(values.get(name)).as(name).isCloseTo(EXPECTED.get(name).doubleValue(), within(1e-12));
        }
        double[] areas = Oracle.doubles(EXPECTED.get("roc_auc_ovr"));
        for (int c = 0; c < 3; c++) {
            assertThat(values.get("roc_auc_" + NAMES.get(c))).isCloseTo(areas[c], within(1e-6));
        }
        assertThat(values.get("roc_auc")).isCloseTo((areas[0] + areas[1] + areas[2]) / 3, within(1e-6));
        assertThat(values).doesNotContainKey("roc_auc_never");
    }

    @Test
    void confusionMatrixIsThatOfScikitLearn() {
        ConfusionMatrix confusion = ConfusionMatrix.of(Oracle.singleLabel(), NAMES);
        for (int truth = 0; truth < 4; truth++) {
            for (int predicted = 0; predicted < 4; predicted++) {
                assertThat(confusion.counts()[truth][predicted])
                        .isEqualTo(EXPECTED.at("/confusion_matrix/" + truth + "/" + predicted)
                                .longValue());
            }
        }
        assertThat(confusion.total()).isEqualTo(150);
    }

    @Test
    void unknownClassesAreNotCounted() {
        EvalPrediction prediction = EvalPrediction.singleLabel(
                4, 2, new float[] {1, 0, 1, 0, 0, 1, 0, 1}, new float[] {0, Float.NaN, -100, 0});
        Map<String, Double> values = new SingleLabelMetrics(List.of("a", "b")).compute(prediction);
        assertThat(values).containsEntry("accuracy", 0.5).doesNotContainKey("roc_auc");
    }

    @Test
    void refusesAClassThatDoesNotExist() {
        for (float wrong : new float[] {2, -1, 0.5f}) {
            EvalPrediction prediction = EvalPrediction.singleLabel(2, 2, new float[4], new float[] {0, wrong});
            assertThatThrownBy(() -> new SingleLabelMetrics(List.of("a", "b")).compute(prediction))
                    .isInstanceOf(InputException.class)
                    .hasMessageContainingAll("sample 1", String.valueOf(wrong), "from 0 to 1");
        }
    }

    @Test
    void refusesSeveralLabelsASample() {
        EvalPrediction prediction = EvalPrediction.multiLabel(1, 2, new float[2], new float[2]);
        assertThatThrownBy(() -> new SingleLabelMetrics(List.of("a", "b")).compute(prediction))
                .isInstanceOf(InputException.class);
    }

    /** Two classes of one name keep a number each. */
    @Test
    void classesThatShareANameHaveEachTheirOwnArea() {
        float[] logits = {3, 0, 1, 0, 2, 0, 0, 0, 1, 2, 0, 0};
        EvalPrediction prediction = EvalPrediction.singleLabel(4, 3, logits, new float[] {0, 1, 2, 1});
        Map<String, Double> values = new SingleLabelMetrics(List.of("crane", "drake", "crane")).compute(prediction);
        assertThat(values).containsKeys("roc_auc_crane (0)", "roc_auc_drake", "roc_auc_crane (2)");
        Map<String, Double> named = new SingleLabelMetrics(List.of("a", "b", "c")).compute(prediction);
        assertThat(values.get("roc_auc_crane (0)")).isEqualTo(named.get("roc_auc_a"));
        assertThat(values.get("roc_auc_crane (2)")).isEqualTo(named.get("roc_auc_c"));
    }
}
