package io.vit4j.report;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.vit4j.base.DurableFiles;
import io.vit4j.base.InputException;
import io.vit4j.base.Json;
import io.vit4j.evaluate.Comparison;
import io.vit4j.evaluate.SampleGroups;
import io.vit4j.evaluate.SplitPredictions;
import io.vit4j.metrics.EvalPrediction;
import io.vit4j.metrics.PredictionsFile;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Two models' predictions, as pROC's paired roc.test compares them: delong.json, which oracle.R wrote. */
class ComparisonTest {
    private static final List<String> LABELS = List.of("Atelectasis", "Mass", "No Finding", "Hernia");

    @TempDir
    Path folder;

    private JsonNode oracle;
    private PredictionsFile first;
    private PredictionsFile second;

    @BeforeEach
    void twoModels() throws IOException {
        oracle = read("oracle.json").path("multi");
        first = predictions("first");
        second = predictions("second");
    }

    private PredictionsFile predictions(String scores) {
        float[] logits = floats(oracle.path(scores));
        int samples = logits.length / LABELS.size();
        List<String> files = new ArrayList<>();
        for (int i = 0; i < samples; i++) {
            files.add("picture-" + i + ".png");
        }
        return new PredictionsFile(
                LABELS, files, EvalPrediction.multiLabel(samples, LABELS.size(), logits, floats(oracle.path("truth"))));
    }

    private static float[] floats(JsonNode array) {
        float[] values = new float[array.size()];
        for (int i = 0; i < values.length; i++) {
            values[i] = array.get(i).isNull() ? Float.NaN : (float) array.get(i).doubleValue();
        }
        return values;
    }

    private static JsonNode read(String file) throws IOException {
        try (InputStream in = ComparisonTest.class.getResourceAsStream("/io/vit4j/metrics/" + file)) {
            return new ObjectMapper().readTree(in);
        }
    }

    private Path written(PredictionsFile predictions, String name) {
        Path file = folder.resolve(name);
        predictions.write(DurableFiles.SYSTEM, file);
        return file;
    }

    /** The same pictures in another order, with the labels in another order. */
    private static PredictionsFile shuffled(PredictionsFile file) {
        List<Integer> order = new ArrayList<>();
        for (int i = 0; i < file.files().size(); i++) {
            order.add(i);
        }
        Collections.shuffle(order, new Random(1));
        int width = LABELS.size();
        List<String> labels = new ArrayList<>(LABELS);
        Collections.reverse(labels);
        float[] logits = new float[order.size() * width];
        float[] truth = new float[logits.length];
        List<String> files = new ArrayList<>();
        for (int i = 0; i < order.size(); i++) {
            files.add(file.files().get(order.get(i)));
            for (int j = 0; j < width; j++) {
                int from = order.get(i) * width + width - 1 - j;
                logits[i * width + j] = file.prediction().predictions()[from];
                truth[i * width + j] = file.prediction().labelIds()[from];
            }
        }
        return new PredictionsFile(labels, files, EvalPrediction.multiLabel(order.size(), width, logits, truth));
    }

    @Test
    void theTestsAreThoseOfProcWhateverTheOrderOfPicturesAndLabels() throws IOException {
        Comparison comparison = Comparison.of(
                Comparison.Side.read(written(first, "a.csv"), "test"),
                Comparison.Side.read(written(shuffled(second), "b.csv"), "test"),
                200);
        JsonNode labels = Json.untyped(comparison.toJson()).path("labels");
        JsonNode expected = read("delong.json").path("rows");
        assertThat(labels.size()).isEqualTo(expected.size()).isEqualTo(3);
        for (JsonNode row : expected) {
            JsonNode test = labels.path(row.path("label").asText());
            assertThat(test.path("first").doubleValue())
                    .isCloseTo(row.path("auc").doubleValue(), within(1e-10));
            assertThat(test.path("second").doubleValue())
                    .isCloseTo(row.path("second").doubleValue(), within(1e-10));
            assertThat(test.path("z").doubleValue()).isCloseTo(row.path("z").doubleValue(), within(1e-9));
            assertThat(test.path("p").doubleValue()).isCloseTo(row.path("p").doubleValue(), within(1e-9));
            assertThat(test.at("/delong/0").doubleValue())
                    .isCloseTo(row.path("difference_low").doubleValue(), within(1e-9));
            assertThat(test.at("/delong/1").doubleValue())
                    .isCloseTo(row.path("difference_high").doubleValue(), within(1e-9));
            assertThat(test.path("p_holm").doubleValue())
                    .isGreaterThanOrEqualTo(test.path("p").doubleValue());
        }
        assertThat(Json.untyped(comparison.toJson())
                        .at("/averages/macro/difference")
                        .doubleValue())
                .isCloseTo(
                        (labels.at("/Atelectasis/difference").doubleValue()
                                        + labels.at("/Mass/difference").doubleValue()
                                        + labels.at("/No Finding/difference").doubleValue())
                                / 3,
                        within(1e-12));
        assertThat(Json.untyped(comparison.toJson()).path("averages").fieldNames())
                .toIterable()
                .containsExactly("macro", "findings", "micro");
        assertThat(ComparisonText.of(comparison))
                .contains("A is a.csv, B is b.csv; 160 pictures", "Not compared", "Hernia");
    }

    @Test
    void patientsAreThoseOfTheFolderThatWasEvaluated() throws IOException {
        Path a = Files.createDirectories(folder.resolve("a"));
        Path b = Files.createDirectories(folder.resolve("b"));
        first.write(DurableFiles.SYSTEM, SplitPredictions.file(a, "validation"));
        second.write(DurableFiles.SYSTEM, SplitPredictions.file(b, "validation"));
        int[] patients = new Random(2).ints(160, 0, 40).toArray();
        new SampleGroups(patients, true, Map.of())
                .write(DurableFiles.SYSTEM, SplitPredictions.groupsFile(b, "validation"));
        assertThat(Comparison.sharedSplit(a, b)).isEqualTo("validation");
        Comparison comparison =
                Comparison.of(Comparison.Side.read(a, "validation"), Comparison.Side.read(b, "validation"), 200);
        assertThat(Json.untyped(comparison.toJson()).path("patients").asInt()).isEqualTo(40);
        assertThat(Json.untyped(comparison.toJson())
                        .at("/averages/macro/by_patient")
                        .size())
                .isEqualTo(2);
        assertThatThrownBy(() -> Comparison.Side.read(a, "test"))
                .isInstanceOf(InputException.class)
                .hasMessageContainingAll("no predictions", "evaluate --split test");
    }

    @Test
    void aModelDoesNotDifferFromItself() {
        Path file = written(first, "a.csv");
        Comparison comparison =
                Comparison.of(Comparison.Side.read(file, "test"), Comparison.Side.read(file, "test"), 50);
        Json.untyped(comparison.toJson()).path("labels").forEach(test -> {
            assertThat(test.path("difference").doubleValue()).isZero();
            assertThat(test.path("p").doubleValue()).isCloseTo(1, within(1e-12));
        });
    }

    @Test
    void otherPicturesLabelsOrTruthAreNotCompared() {
        Comparison.Side a = Comparison.Side.read(written(first, "a.csv"), "test");
        int[] fewer = new int[100];
        java.util.Arrays.setAll(fewer, i -> i);
        PredictionsFile part = new PredictionsFile(
                LABELS, second.files().subList(0, 100), second.prediction().rows(fewer));
        refused(a, part, "not evaluated on the same pictures (160 and 100");
        PredictionsFile renamed = new PredictionsFile(
                List.of("Atelectasis", "Mass", "No Finding", "Nodule"), second.files(), second.prediction());
        refused(a, renamed, "same labels");
        float[] other = second.prediction().labelIds().clone();
        other[0] = 1 - other[0];
        PredictionsFile otherTruth = new PredictionsFile(
                LABELS,
                second.files(),
                EvalPrediction.multiLabel(160, 4, second.prediction().predictions(), other));
        refused(a, otherTruth, "truth differs");
    }

    private void refused(Comparison.Side a, PredictionsFile b, String why) {
        Comparison.Side side = Comparison.Side.read(written(b, "b.csv"), "test");
        assertThatThrownBy(() -> Comparison.of(a, side, 50))
                .isInstanceOf(InputException.class)
                .hasMessageContaining(why);
    }
}
