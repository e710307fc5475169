package io.vit4j.report;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.vit4j.base.DurableFiles;
import io.vit4j.base.InputException;
import io.vit4j.base.JsonObject;
import io.vit4j.evaluate.Evaluation;
import io.vit4j.evaluate.SampleGroups;
import io.vit4j.evaluate.SplitPredictions;
import io.vit4j.fuzz.Fuzz;
import io.vit4j.fuzz.Target;
import io.vit4j.metrics.EvalPrediction;
import io.vit4j.metrics.MetricFunction;
import io.vit4j.metrics.PredictionsFile;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A report's files may be anybody's: they are read or refused in one line, and what they make is bounded. */
class ReportInputsTest {
    @TempDir
    Path folder;

    @Test
    void whateverTheBytesTheyAreReadOrRefused() throws IOException {
        assertThat(Fuzz.run(new String[] {
                    "--inputs", "60", "--target", "report", "--quiet", "true", "--folder", folder.toString()
                }))
                .isZero();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '^',
            value = {
                "0 | report.json | {\"phases\": [1]}",
                "0 | report.json | {\"phases\": {\"a\": \"x\"}}",
                "0 | report.json | {\"cores\": -2}",
                "0 | report.json | {\"cores\": \"two\"}",
                "0 | report.json | {\"throughput\": [3]}",
                "0 | report.json | {\"throughput\": {\"a\": [1, 2]}}",
                "0 | report.json | {\"data\": {\"splits\": {\"train\": {\"pictures\": -1}}}}",
                "0 | report.json | {\"data\": 7}",
                "0 | report.json | {\"data\": {\"patients_in_two_splits\": -1}}",
                "0 | report.json | {\"evaluated_in_training\": []}",
                "1 | trainer_state.json | {\"global_step\": -5}",
                "1 | trainer_state.json | {\"max_steps\": \"x\"}",
                "1 | trainer_state.json | {\"log_history\": [7]}",
                "3 | training_args.json | {\"load_best_model_at_end\": \"perhaps\"}",
                "5 | decision.json | {\"temperature\": -1}",
                "5 | decision.json | {\"thresholds\": [1]}",
                "5 | decision.json | {\"fitted_on\": {\"pictures\": \"x\"}}",
                "6 | groups-validation.csv | ",
                "6 | groups-validation.csv | patient,Sex",
                "6 | groups-validation.csv | x,y",
                "7 | predictions-validation.csv | ",
                "7 | predictions-validation.csv | file,a"
            })
    void aWrongValueIsOneLineThatNamesTheFile(int which, String name, String content) throws IOException {
        Target target = new ReportTargets().in(folder).get(0);
        ByteArrayOutputStream input = new ByteArrayOutputStream();
        input.write(which);
        input.writeBytes((content == null ? "" : content).getBytes(StandardCharsets.UTF_8));
        assertThatThrownBy(() -> target.read(input.toByteArray()))
                .isInstanceOf(InputException.class)
                .hasMessageStartingWith(
                        folder.resolve("report-run").resolve(name).toString())
                .hasMessageContaining("; ");
    }

    @Test
    void namesOfAHundredKilobytesMakeNoLongPage() throws IOException {
        int labels = 20;
        List<String> names = IntStream.range(0, labels)
                .mapToObj(i -> i + "x".repeat(100_000))
                .toList();
        String page = page(names, 40);
        assertThat(page.length()).isLessThan(3 << 20);
        assertThat(page).contains("xxx…").contains("end in … where they were cut");
    }

    @Tag("exhaustive")
    @Test
    void aPageSaysWhatItLeavesOutOfAThousandLabels() throws IOException {
        String page = page(IntStream.range(0, 1010).mapToObj(i -> "l" + i).toList(), 4);
        assertThat(page)
                .contains(
                        "The 1,000 most frequent of 1,010 labels are shown", "evaluation-validation.json has them all")
                .contains("not counted for more than 1,000 labels");
        assertThat(page.split("<tr>").length).isLessThan(2500);
    }

    /** More labels than a table of pairs has room for, and than a CSV reader takes for a row's if it is not told. */
    @Test
    void thousandsOfLabelsAreMeasuredWrittenAndReadBack() throws IOException {
        List<String> names = IntStream.range(0, 6000).mapToObj(i -> "l" + i).toList();
        EvalPrediction single = EvalPrediction.singleLabel(3, 6000, new float[18000], new float[] {0, 5999, 0});
        assertThat(MetricFunction.of(single.problemType(), names).compute(single))
                .containsEntry("accuracy", 2 / 3.0);
        PredictionsFile written = new PredictionsFile(names, List.of("a", "b", "c"), single);
        Path file = folder.resolve("predictions.csv");
        written.write(DurableFiles.SYSTEM, file);
        assertThat(PredictionsFile.read(file)).isEqualTo(written);
        Evaluation numbers = Evaluation.of(new SplitPredictions("validation", written, SampleGroups.none(3)))
                .compute();
        numbers.write(DurableFiles.SYSTEM, folder);
        assertThat(JsonObject.read(Evaluation.file(folder, "validation"))
                        .object("labels")
                        .keys())
                .hasSize(6000);
    }

    private String page(List<String> names, int samples) throws IOException {
        Random random = new Random(3);
        float[] logits = new float[samples * names.size()];
        float[] truth = new float[logits.length];
        for (int i = 0; i < logits.length; i++) {
            truth[i] = random.nextInt(2);
            logits[i] = (float) random.nextGaussian();
        }
        EvalPrediction prediction = EvalPrediction.multiLabel(samples, names.size(), logits, truth);
        List<String> files =
                IntStream.range(0, samples).mapToObj(Integer::toString).toList();
        SplitPredictions made = new SplitPredictions(
                "validation", new PredictionsFile(names, files, prediction), SampleGroups.none(samples));
        made.write(DurableFiles.SYSTEM, folder);
        RunData run = RunData.read(folder);
        assertThat(run.measured().orElseThrow().predictions()).isEqualTo(made.predictions());
        Evaluation numbers = run.evaluations().evaluate(made, 0);
        numbers.write(DurableFiles.SYSTEM, folder);
        assertThat(Files.size(Evaluation.file(folder, "validation"))).isPositive();
        return ReportPage.write(new ReportPage.Content(
                run,
                ReportPage.Status.FINISHED,
                java.util.Optional.of(numbers),
                List.of(),
                "None.",
                java.util.Optional.empty(),
                java.util.Optional.empty()));
    }
}
