package io.vit4j.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import io.vit4j.base.Json;
import io.vit4j.base.Progress;
import io.vit4j.hub.Safetensors;
import io.vit4j.hub.SafetensorsFile;
import io.vit4j.hub.StoredTensor;
import io.vit4j.metrics.PredictionsFile;
import io.vit4j.synth.Prevalence;
import io.vit4j.synth.SyntheticRelease;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The main job through the command, as a user does it, and what happens when its files are not as they should be. */
class MainJobTest {
    private static final String MODEL =
            "{\"model_type\":\"vit\",\"hidden_size\":32,\"num_hidden_layers\":2,\"num_attention_heads\":2,"
                    + "\"intermediate_size\":64,\"image_size\":224,\"patch_size\":32}";

    @TempDir
    static Path shared;

    private static Path release;
    private static Path dataset;
    private static Path tuned;

    @TempDir
    Path folder;

    @BeforeAll
    static void theMainJobRuns() throws IOException {
        release = shared.resolve("release");
        dataset = shared.resolve("dataset");
        tuned = shared.resolve("tuned");
        SyntheticRelease.write(
                new SyntheticRelease.Options(release, 40, 3, Prevalence.of("balanced")), 2, Progress.NONE);
        Files.writeString(shared.resolve("model.json"), MODEL);
        succeed("prepare", "--data", release, "--output", dataset, "--validation", "0.3", "--test", "0");
        succeed(
                "train",
                "--from-scratch",
                shared.resolve("model.json"),
                "--dataset",
                dataset,
                "--output",
                tuned,
                "--num_train_epochs",
                "2",
                "--per-device-train-batch-size",
                "4",
                "--bf16",
                "false",
                "--save-strategy",
                "epoch",
                "--logging-steps",
                "1");
    }

    private static CommandRun succeed(Object... arguments) {
        CommandRun run = CommandRun.of(strings(arguments));
        assertThat(run.exitCode()).as(run.err()).isZero();
        return run;
    }

    private static CommandRun refuse(Object... arguments) {
        CommandRun run = CommandRun.of(strings(arguments));
        assertThat(run.exitCode()).as(run.err()).isEqualTo(2);
        return run;
    }

    private static String[] strings(Object... arguments) {
        return Arrays.stream(arguments).map(Object::toString).toArray(String[]::new);
    }

    @Test
    void checkReadsDataSetsAndCheckpointsAndNamesWhatHasChanged() throws IOException {
        CommandRun run = succeed("check", dataset, tuned);
        assertThat(run.out())
                .contains(dataset + ": intact")
                .contains(tuned + ": intact (the tuned model)")
                .contains(tuned + "/checkpoint-");
        Path checkpoint =
                Path.of(run.out().lines().skip(2).findFirst().orElseThrow().split(": ")[0]);
        for (Path file : List.of(
                dataset.resolve("data.arrow"),
                checkpoint.resolve("optimizer.safetensors"),
                tuned.resolve("training_args.json"))) {
            assertThat(refuse("check", damagedCopy(file).getParent()).err())
                    .contains(folder.toString(), file.getFileName().toString());
        }
        assertThat(refuse("check", release).err()).contains("contains neither");
    }

    /** A file in a copy of its folder, without those below it, with one bit flipped. */
    private Path damagedCopy(Path file) throws IOException {
        Path copy = Files.createTempDirectory(folder, "damaged");
        try (Stream<Path> files = Files.list(file.getParent())) {
            for (Path original : files.filter(Files::isRegularFile).toList()) {
                Files.copy(original, copy.resolve(original.getFileName()));
            }
        }
        Path changed = copy.resolve(file.getFileName());
        byte[] bytes = Files.readAllBytes(changed);
        bytes[bytes.length / 2] ^= 16;
        return Files.write(changed, bytes);
    }

    @Test
    void aDamagedModelIsRefusedByWhoeverReadsIt() throws IOException {
        Path picture = release.resolve("images")
                .resolve(PredictionsFile.read(predictionsOf(tuned)).files().get(0));
        for (String name : List.of("model.safetensors", "config.json", "preprocessor_config.json", "manifest.json")) {
            Path file = damagedCopy(tuned.resolve(name));
            assertThat(refuse("evaluate", "--model", file.getParent(), "--dataset", dataset)
                            .err())
                    .contains(file.toString());
            assertThat(refuse("predict", "--model", file.getParent(), picture).err())
                    .contains(file.toString());
        }
        assertThat(refuse(
                                "train",
                                "--model",
                                tuned,
                                "--dataset",
                                dataset,
                                "--output",
                                folder.resolve("more"),
                                "--resume-from-checkpoint",
                                tuned)
                        .err())
                .contains("is not a training checkpoint");
    }

    private Path predictionsOf(Path model) {
        Path predictions = folder.resolve("predictions.csv");
        succeed("evaluate", "--model", model, "--dataset", dataset, "--predictions", predictions);
        return predictions;
    }

    @Test
    void trainingLeavesAModelItsResultsAndItsLog() {
        for (String file : List.of(
                "config.json",
                "model.safetensors",
                "preprocessor_config.json",
                "training_args.json",
                "manifest.json",
                "trainer_state.json",
                "train_results.json",
                "eval_results.json",
                "all_results.json")) {
            assertThat(tuned.resolve(file)).isRegularFile();
        }
        JsonNode history = Json.read(tuned.resolve("trainer_state.json")).get("log_history");
        assertThat(history.get(0).fieldNames())
                .toIterable()
                .containsExactlyInAnyOrder("loss", "grad_norm", "learning_rate", "epoch", "step");
        assertThat(Json.read(tuned.resolve("all_results.json")).has("eval_roc_auc"))
                .isTrue();
    }

    @Test
    void evaluateFindsWhatTrainingFound() {
        Path predictions = folder.resolve("predictions.csv");
        JsonNode trained = Json.read(tuned.resolve("all_results.json"));
        CommandRun run = succeed("evaluate", "--model", tuned, "--dataset", dataset, "--predictions", predictions);
        assertThat(run.out()).contains("Pneumothorax").contains("eval_roc_auc");
        JsonNode evaluated = Json.read(tuned.resolve("eval_results.json"));
        assertThat(evaluated.get("eval_roc_auc").doubleValue())
                .isEqualTo(trained.get("eval_roc_auc").doubleValue());
        PredictionsFile read = PredictionsFile.read(predictions);
        assertThat(read.files()).hasSize(evaluated.get("eval_samples").intValue());
    }

    @Test
    void predictScoresTheSamePicturesAlike() throws IOException {
        Path predictions = folder.resolve("predictions.csv");
        succeed("evaluate", "--model", tuned, "--dataset", dataset, "--predictions", predictions);
        PredictionsFile read = PredictionsFile.read(predictions);
        Path picture = release.resolve("images").resolve(read.files().get(0));
        CommandRun run = succeed("predict", "--model", tuned, "--json", picture);
        JsonNode line = Json.parse(run.out().strip(), "predict");
        assertThat(line.get("file").textValue()).isEqualTo(picture.toString());
        for (int j = 0; j < read.labels().size(); j++) {
            float logit = (float) line.get("logits").get(read.labels().get(j)).doubleValue();
            // a product of one picture may sum in another order than one of several
            assertThat(logit).isCloseTo(read.prediction().predictions()[j], within(1e-6f));
        }
    }

    @Test
    void aPictureOverTheLimitIsRefusedByEveryCommandThatReadsOne() throws IOException {
        Path picture = firstImage(release);
        for (String[] command : new String[][] {
            {"predict", "--model", tuned.toString(), picture.toString()},
            {"explain", "--model", tuned.toString(), picture.toString()},
            {
                "prepare",
                "--data",
                release.toString(),
                "--output",
                folder.resolve("small").toString()
            }
        }) {
            List<Object> limited = new ArrayList<>(List.of((Object[]) command));
            limited.addAll(List.of("--max-pixels", "100"));
            assertThat(refuse(limited.toArray()).err()).as(command[0]).contains("more than the limit of 100 pixels");
        }
    }

    @Test
    void aRunIsNotOverwrittenUnasked() {
        CommandRun run = refuse(
                "train", "--from-scratch", shared.resolve("model.json"), "--dataset", dataset, "--output", tuned);
        assertThat(run.err()).contains("--resume-from-checkpoint true").contains("--overwrite-output-dir true");
    }

    @Test
    void aMissingImageIsNamedAndNothingIsLeftBehind() throws IOException {
        Path copy = copy(release);
        Path gone = firstImage(copy);
        Files.delete(gone);
        CommandRun run = refuse("prepare", "--data", copy, "--output", folder.resolve("ds"));
        assertThat(run.err().strip().lines()).hasSize(1);
        assertThat(run.err()).contains(gone.getFileName().toString());
        assertThat(folder.resolve("ds").resolve("data.arrow")).doesNotExist();
    }

    @Test
    void aTruncatedPictureIsNamedAndNothingIsLeftBehind() throws IOException {
        Path copy = copy(release);
        Path cut = firstImage(copy);
        byte[] bytes = Files.readAllBytes(cut);
        Files.write(cut, Arrays.copyOf(bytes, bytes.length / 2));
        CommandRun run = refuse("prepare", "--data", copy, "--output", folder.resolve("ds"));
        assertThat(run.err()).contains(cut.getFileName().toString());
        assertThat(folder.resolve("ds").resolve("data.arrow")).doesNotExist();
    }

    @Test
    void aLabelFileWithoutItsColumnsAndAnEmptyFolderAreNamed() throws IOException {
        Path copy = copy(release);
        Path labels = copy.resolve("Data_Entry_2017_v2020.csv");
        Files.writeString(labels, Files.readString(labels).replace("Finding Labels", "Something"));
        assertThat(refuse("prepare", "--data", copy, "--output", folder.resolve("ds"))
                        .err())
                .contains("Data_Entry_2017_v2020.csv");
        Path empty = Files.createDirectory(folder.resolve("empty"));
        assertThat(refuse("prepare", "--data", empty, "--output", folder.resolve("ds"))
                        .err())
                .contains(empty.toString());
    }

    @Test
    void aCheckpointThatLacksATensorIsNamed() throws IOException {
        Path broken = Files.createDirectory(folder.resolve("broken"));
        Files.copy(tuned.resolve("config.json"), broken.resolve("config.json"));
        String lost = "vit.encoder.layer.1.output.dense.weight";
        try (SafetensorsFile whole = Safetensors.open(tuned.resolve("model.safetensors"))) {
            List<StoredTensor> kept = new ArrayList<>(whole.tensors());
            kept.removeIf(tensor -> tensor.name().equals(lost));
            Safetensors.write(
                    io.vit4j.base.DurableFiles.SYSTEM,
                    broken.resolve("model.safetensors"),
                    Safetensors.PYTORCH_FORMAT,
                    kept);
        }
        CommandRun run = refuse("evaluate", "--model", broken, "--dataset", dataset);
        assertThat(run.err()).contains(lost);
        assertThat(run.err().strip().lines()).hasSize(1);
    }

    @Test
    void anOutputThatCannotBeMadeIsNamed() throws IOException {
        Path file = Files.writeString(folder.resolve("file"), "not a folder");
        CommandRun run = refuse(
                "train",
                "--from-scratch",
                shared.resolve("model.json"),
                "--dataset",
                dataset,
                "--output",
                file.resolve("run"));
        assertThat(run.err()).contains(file.toString());
    }

    private Path copy(Path from) throws IOException {
        Path to = folder.resolve("copy");
        try (Stream<Path> files = Files.walk(from)) {
            for (Path file : files.toList()) {
                Files.copy(file, to.resolve(from.relativize(file).toString()));
            }
        }
        return to;
    }

    private static Path firstImage(Path release) throws IOException {
        try (Stream<Path> images = Files.list(release.resolve("images"))) {
            return images.sorted().findFirst().orElseThrow();
        }
    }
}
