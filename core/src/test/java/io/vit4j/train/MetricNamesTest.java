package io.vit4j.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.vit4j.base.InputException;
import io.vit4j.data.Dataset;
import io.vit4j.data.ProblemType;
import io.vit4j.data.Sample;
import io.vit4j.metrics.MetricFunction;
import io.vit4j.metrics.Metrics;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class MetricNamesTest {
    private static final List<String> LABELS = List.of("a", "b");

    /** What scikit-learn calls undefined: AUROC and R² of one class or one value, average precision without positives. */
    @ParameterizedTest
    @CsvSource({
        "MULTI_LABEL, eval_roc_auc, 0 0|0 0|0 0, false",
        "MULTI_LABEL, eval_roc_auc, 0 0|0 1|0 0, true",
        "MULTI_LABEL, eval_roc_auc_a, 0 0|0 1|0 0, false",
        "MULTI_LABEL, eval_roc_auc_b, 0 0|0 1|0 0, true",
        "MULTI_LABEL, eval_roc_auc_b, 0 NaN|0 1|0 NaN, false",
        "MULTI_LABEL, eval_average_precision, 0 0|0 0, false",
        "MULTI_LABEL, eval_f1_macro, 0 0|0 0, true",
        "MULTI_LABEL, eval_loss, 0 0, true",
        "SINGLE_LABEL, eval_roc_auc, 1|1|1, false",
        "SINGLE_LABEL, eval_roc_auc, 1|1|0, true",
        "SINGLE_LABEL, eval_accuracy, 1|1|1, true",
        "REGRESSION, eval_r2, 2 2|2 2|2 2, false",
        "REGRESSION, eval_mse, 2 2|2 2, true"
    })
    void aMetricThatIsUndefinedOnTheDataIsSaidToBe(ProblemType type, String metric, String truths, boolean defined) {
        MetricNames names = names(type, false);
        if (defined) {
            assertThatCode(() -> names.require(metric, dataset(truths))).doesNotThrowAnyException();
        } else {
            assertThatThrownBy(() -> names.require(metric, dataset(truths)))
                    .isInstanceOf(InputException.class)
                    .hasMessageContaining("'" + metric + "' is undefined on the validation split: it needs images");
        }
    }

    @Test
    void aMisspeltMetricIsAnsweredWithTheNearest() {
        assertThatThrownBy(() -> names(ProblemType.MULTI_LABEL, false).require("eval_roc_acu", dataset("0 0")))
                .isInstanceOf(InputException.class)
                .hasMessageContaining("did you mean eval_roc_auc?");
        assertThatThrownBy(() -> names(ProblemType.MULTI_LABEL, true).require("eval_roc_auc", dataset("0 0|1 1")))
                .hasMessageContaining("Available are eval_loss, ");
    }

    @Test
    void aFunctionOfTheUsersIsNotAskedBeforeTheFirstEvaluation() {
        MetricFunction own = prediction -> {
            throw new AssertionError("asked");
        };
        MetricNames names = new MetricNames(own, ProblemType.SINGLE_LABEL, 2, false, false);
        assertThatCode(() -> names.require("eval_own", dataset("1"))).doesNotThrowAnyException();
        assertThat(names.missingFrom(Metrics.NONE)).isEmpty();
    }

    /** A sample of each class would be 900 million numbers. */
    @Test
    void ofThirtyThousandClassesNothingIsMadeUp() {
        List<String> labels =
                IntStream.range(0, 30_000).mapToObj(i -> "class " + i).toList();
        MetricNames names = new MetricNames(
                MetricFunction.of(ProblemType.SINGLE_LABEL, labels),
                ProblemType.SINGLE_LABEL,
                labels.size(),
                false,
                false);
        assertThatCode(() -> names.require("eval_accuracy", dataset("1|2"))).doesNotThrowAnyException();
        assertThat(names.missingFrom(Metrics.NONE)).isEmpty();
    }

    @Test
    void whatAnEvaluationLacksIsFound() {
        Metrics evaluated =
                Metrics.ofEvaluation(1, Map.of("accuracy", 1.0), 3, 1).with("eval_steps_per_second", 1);
        assertThat(names(ProblemType.SINGLE_LABEL, false).missingFrom(evaluated))
                .contains("eval_roc_auc", "eval_roc_auc_a")
                .doesNotContain("eval_accuracy", "eval_loss");
    }

    private static MetricNames names(ProblemType type, boolean lossOnly) {
        return new MetricNames(MetricFunction.of(type, LABELS), type, LABELS.size(), lossOnly, false);
    }

    private static Dataset dataset(String truths) {
        String[] rows = truths.split("\\|");
        return new Dataset() {
            @Override
            public int size() {
                return rows.length;
            }

            @Override
            public Sample get(int index) {
                throw new AssertionError("no picture is needed");
            }

            @Override
            public float[] labels(int index) {
                String[] values = rows[index].split(" ");
                float[] labels = new float[values.length];
                for (int i = 0; i < values.length; i++) {
                    labels[i] = Float.parseFloat(values[i]);
                }
                return labels;
            }
        };
    }
}
