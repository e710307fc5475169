package io.vit4j.spark;

import static org.assertj.core.api.Assertions.assertThat;

import io.vit4j.data.ArrowDataset;
import io.vit4j.data.ProblemType;
import io.vit4j.model.SmallModels;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import org.apache.spark.sql.Row;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The command's words, from pictures to a table of scores. */
class MainTest {
    @TempDir
    Path folder;

    private String run(String... args) {
        StringWriter out = new StringWriter();
        assertThat(Main.run(new PrintWriter(out, true), args)).as("%s", out).isZero();
        return out.toString();
    }

    @Test
    void prepareAndPredict() throws IOException {
        LocalSpark.session();
        String pictures =
                DrawnPictures.draw(folder.resolve("cxr"), 40, Set.of()).folder().toString();
        String model = SmallModels.save(folder.resolve("model"), ProblemType.MULTI_LABEL, "Edema", "Mass", "No Finding")
                .toString();
        String dataset = folder.resolve("prepared").toString();
        String scores = folder.resolve("scores").toString();

        assertThat(run("prepare", "--data", pictures, "--output", dataset, "--model", model, "--split-by=image"))
                .contains("prepared: ", " train, ", " validation, ", " test");
        assertThat(run("predict", "--model", model, "--output", scores, pictures + "/images"))
                .contains("40 pictures");
    }

    @Test
    @Tag("exhaustive")
    void prepareTrainEvaluatePredict() throws IOException {
        LocalSpark.session();
        TrainedOnSpark start = new TrainedOnSpark(folder);
        String pictures = folder.resolve("cxr").toString();
        String dataset = folder.resolve("prepared").toString();
        String tuned = folder.resolve("tuned").toString();
        String scores = folder.resolve("scores").toString();
        String local = folder.resolve("local").toString();

        assertThat(run(
                        "prepare",
                        "--data",
                        pictures,
                        "--output",
                        dataset,
                        "--image-size",
                        "32",
                        "--shard-size",
                        "64KB",
                        "--file_names=digest",
                        "--patient-key",
                        folder.resolve("key").toString()))
                .contains("prepared: ", " train, ", " validation, ", " test");
        try (ArrowDataset prepared = ArrowDataset.open(Path.of(dataset))) {
            assertThat(prepared.fileName(0)).doesNotMatch("\\d{5}\\.png");
        }
        assertThat(run(
                        "train",
                        "--model",
                        start.checkpoint.toString(),
                        "--dataset",
                        dataset,
                        "--output",
                        tuned,
                        "--ranks",
                        "2",
                        "--local-dir",
                        local,
                        "--max-steps",
                        "4",
                        "--per_device_train_batch_size=4",
                        "--use-cpu",
                        "--save-strategy",
                        "no",
                        "--report-images",
                        "none"))
                .contains("Tuned model: file:" + tuned);
        assertThat(run("evaluate", "--model", tuned, "--dataset", dataset, "--split", "test", "--local-dir", local))
                .contains("eval_loss", "Evaluation: file:" + tuned);
        assertThat(run("predict", "--model", tuned, "--output", scores, pictures + "/images"))
                .contains("120 pictures");

        try (var files = Files.list(Path.of(tuned))) {
            assertThat(files.map(file -> file.getFileName().toString()))
                    .contains("model.safetensors", "evaluation-test.json", "eval_results.json");
        }
        List<Row> rows = LocalSpark.session().read().parquet(scores).collectAsList();
        assertThat(rows)
                .hasSize(120)
                .allSatisfy(row -> assertThat(row.getJavaMap(row.fieldIndex("scores")))
                        .containsOnlyKeys("Edema", "Mass", "No Finding"));
    }

    @Test
    void whatTheUserCanMendIsOneLineAndExitCodeTwo() {
        LocalSpark.session();
        assertThat(Main.run(
                        new PrintWriter(new StringWriter()),
                        "prepare",
                        "--data",
                        folder.resolve("none").toString(),
                        "--output",
                        folder.resolve("dataset").toString()))
                .isEqualTo(2);
        assertThat(Main.run(
                        new PrintWriter(new StringWriter()),
                        "train",
                        "--model",
                        "m",
                        "--dataset",
                        "d",
                        "--epochs",
                        "3"))
                .isEqualTo(2);
    }
}
