package io.vit4j.metrics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.vit4j.Shared;
import io.vit4j.base.InputException;
import io.vit4j.base.RandomKey;
import java.io.IOException;
import java.io.InputStream;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class RocAucTest {
    private static final double EXACT = 1e-12;

    /** Values of scikit-learn's roc_auc_score, average_precision_score and roc_curve. */
    @Test
    void agreesWithScikitLearnOnTheReferenceCases() throws IOException {
        try (InputStream cases = RocAucTest.class.getResourceAsStream("roc-auc.json")) {
            agreesWithScikitLearn(new ObjectMapper().readTree(cases));
        }
    }

    @Test
    void agreesWithScikitLearnOnTheLargeReferenceCases() throws IOException {
        agreesWithScikitLearn(
                new ObjectMapper().readTree(Shared.path("fixtures/roc-auc.json").toFile()));
    }

    private static void agreesWithScikitLearn(JsonNode cases) {
        for (JsonNode expected : cases) {
            int labels = expected.at("/labels/0").size();
            EvalPrediction prediction = EvalPrediction.multiLabel(
                    expected.get("labels").size(), labels, flat(expected.get("scores")), flat(expected.get("labels")));
            List<String> names = names(labels);
            RocAuc auc = RocAuc.of(prediction, names);
            assertThat(auc.macro()).isCloseTo(expected.at("/roc_auc/macro").doubleValue(), within(EXACT));
            assertThat(RocAuc.micro(prediction, names))
                    .hasValueCloseTo(expected.at("/roc_auc/micro").doubleValue(), within(EXACT));
            assertThat(auc.weighted())
                    .isCloseTo(expected.at("/roc_auc/weighted").doubleValue(), within(EXACT));
            assertThat(RocAuc.of(prediction.softmax(), names).macro())
                    .isCloseTo(expected.get("roc_auc_macro_of_softmax").doubleValue(), within(1e-6));
            for (int j = 0; j < labels; j++) {
                assertThat(auc.perLabel().get(names.get(j)))
                        .isCloseTo(expected.at("/roc_auc_per_label/" + j).doubleValue(), within(EXACT));
                assertThat(PrecisionRecallCurve.averagePrecision(prediction.scores(j), prediction.truth(j)))
                        .hasValueCloseTo(
                                expected.at("/average_precision_per_label/" + j).doubleValue(), within(EXACT));
            }
            RocCurve curve = RocCurve.of(prediction.scores(0), prediction.truth(0), false);
            assertThat(curve.fpr())
                    .containsExactly(Oracle.doubles(expected.at("/roc_curve_label0/fpr")), within(EXACT));
            assertThat(curve.tpr())
                    .containsExactly(Oracle.doubles(expected.at("/roc_curve_label0/tpr")), within(EXACT));
        }
    }

    /** Values of scikit-learn's roc_auc_score on the samples whose truth is known. */
    @Test
    void leavesUnknownTruthOutLabelByLabel() {
        RocAuc auc = RocAuc.of(Oracle.multilabel("first", "truth"), Oracle.names());
        for (String label : List.of("Atelectasis", "Mass", "No Finding")) {
            assertThat(auc.perLabel().get(label))
                    .isCloseTo(
                            Oracle.PYTHON
                                    .at("/multi/per_label/" + label + "/roc_auc")
                                    .doubleValue(),
                            within(EXACT));
        }
        assertThat(RocAuc.micro(Oracle.multilabel("first", "truth"), Oracle.names()))
                .hasValueCloseTo(Oracle.PYTHON.at("/multi/micro").doubleValue(), within(EXACT));
    }

    @Test
    void namesALabelOfOneClassAndCountsItInNoMean() {
        RocAuc auc = RocAuc.of(Oracle.multilabel("first", "complete_truth"), Oracle.names());
        assertThat(auc.undefinedLabels()).containsExactly("Hernia");
        assertThat(auc.perLabel()).containsOnlyKeys("Atelectasis", "Mass", "No Finding");
        assertThat(auc.macro())
                .isCloseTo(Oracle.PYTHON.at("/multi/macro_complete").doubleValue(), within(EXACT));
        assertThat(auc.weighted())
                .isCloseTo(Oracle.PYTHON.at("/multi/weighted_complete").doubleValue(), within(EXACT));
        assertThat(auc.findings())
                .isEqualTo((auc.perLabel().get("Atelectasis") + auc.perLabel().get("Mass")) / 2);
        assertThat(RocAuc.of(new float[] {1, 2}, new float[] {1, 1})).isEmpty();
        assertThat(RocAuc.of(new float[0], new float[0])).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"No Finding", "no finding", "No_Finding", "NO_FINDING"})
    void knowsNoFindingHoweverItIsWritten(String label) {
        assertThat(RocAuc.isNoFinding(label)).isTrue();
        assertThat(RocAuc.isNoFinding("Finding")).isFalse();
    }

    /** Both ways of sorting, against the definition: every pair of a positive and a negative, ties counting half. */
    @ParameterizedTest
    @ValueSource(ints = {2, 3, 17, 400, 1499, 1500, 3000})
    void isTheShareOfPairsInTheRightOrder(int samples) {
        RandomKey.Stream random = RandomKey.of(3).with(samples).stream();
        float[] scores = new float[samples];
        float[] truth = new float[samples];
        for (int i = 0; i < samples; i++) {
            scores[i] = random.nextInt(samples) * (random.nextInt(2) - 0.5f) * 1e-3f; // ties, zeros of both signs
            truth[i] = i < 2 ? i : random.nextInt(2);
        }
        long doubled = 0;
        long pairs = 0;
        for (int p = 0; p < samples; p++) {
            for (int q = 0; q < samples; q++) {
                if (truth[p] == 1 && truth[q] == 0) {
                    pairs++;
                    doubled += scores[p] > scores[q] ? 2 : scores[p] == scores[q] ? 1 : 0;
                }
            }
        }
        assertThat(RocAuc.of(scores, truth)).hasValue(doubled / (2.0 * pairs));
    }

    @Test
    void ordersEveryFiniteFloat() {
        float[] rising = {
            -Float.MAX_VALUE, -1.5f, -Float.MIN_NORMAL, -Float.MIN_VALUE, 0, Float.MIN_VALUE, 1, 1e30f, Float.MAX_VALUE
        };
        float[] truth = new float[rising.length];
        for (int positive = 0; positive < rising.length; positive++) {
            Arrays.fill(truth, 0);
            truth[positive] = 1;
            assertThat(RocAuc.of(rising, truth)).hasValue(positive / (rising.length - 1.0));
        }
        assertThat(RocAuc.of(new float[] {-0f, 0f}, new float[] {0, 1})).hasValue(0.5);
    }

    @Test
    void saysWhichPredictionIsNotANumber() {
        EvalPrediction diverged =
                EvalPrediction.multiLabel(2, 2, new float[] {1, 2, 3, Float.NaN}, new float[] {0, 1, 1, 0});
        assertThatThrownBy(() -> RocAuc.of(diverged, List.of("Mass", "Edema")))
                .isInstanceOf(InputException.class)
                .hasMessageContainingAll("sample 1", "\"Edema\"", "NaN", "diverged");
        assertThatThrownBy(() -> RocAuc.of(new float[] {1, Float.POSITIVE_INFINITY}, new float[] {0, 1}))
                .isInstanceOf(InputException.class)
                .hasMessageContaining("Infinity");
    }

    @Test
    void refusesTruthThatIsNeitherZeroNorOne() {
        assertThatThrownBy(() -> RocAuc.of(new float[] {1, 2}, new float[] {0, 0.5f}))
                .isInstanceOf(InputException.class)
                .hasMessageContainingAll("sample 1", "0.5");
    }

    @Test
    void refusesAnEmptyEvaluation() {
        EvalPrediction nothing = EvalPrediction.multiLabel(0, 2, new float[0], new float[0]);
        assertThatThrownBy(() -> RocAuc.of(nothing, List.of("a", "b"))).isInstanceOf(InputException.class);
    }

    private static List<String> names(int labels) {
        return IntStream.range(0, labels).mapToObj(j -> "label " + j).toList();
    }

    private static float[] flat(JsonNode rows) {
        double[] values = StreamSupport.stream(rows.spliterator(), false)
                .flatMapToDouble(row -> Arrays.stream(Oracle.doubles(row)))
                .toArray();
        float[] flat = new float[values.length];
        for (int i = 0; i < flat.length; i++) {
            flat[i] = (float) values[i];
        }
        return flat;
    }
}
