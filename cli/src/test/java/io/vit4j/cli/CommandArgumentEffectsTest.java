package io.vit4j.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.vit4j.JavaProcess;
import io.vit4j.base.Progress;
import io.vit4j.hub.CheckpointFiles;
import io.vit4j.synth.Prevalence;
import io.vit4j.synth.SyntheticRelease;
import io.vit4j.train.arguments.Argument;
import io.vit4j.train.arguments.ArgumentTable;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Effects of the training arguments that a run's surroundings read: pictures, device, progress and reports. */
class CommandArgumentEffectsTest {
    private static final Path CORE_EFFECTS = Path.of("../core/src/test/java/io/vit4j/train/ArgumentEffectsTest.java");

    private static final String MODEL = """
            {"model_type": "vit", "hidden_size": 8, "num_hidden_layers": 2, "num_attention_heads": 2,
             "intermediate_size": 16, "image_size": 224, "patch_size": 32}
            """;

    @TempDir
    static Path shared;

    @TempDir
    Path folder;

    @BeforeAll
    static void dataIsPrepared() throws IOException {
        SyntheticRelease.write(
                new SyntheticRelease.Options(shared.resolve("release"), 24, 3, Prevalence.of("balanced")),
                2,
                Progress.NONE);
        Files.writeString(shared.resolve("model.json"), MODEL);
        CommandRun run = CommandRun.of(strings(
                "prepare",
                "--data",
                shared.resolve("release"),
                "--output",
                shared.resolve("dataset"),
                "--validation",
                "0.3",
                "--test",
                "0"));
        assertThat(run.exitCode()).as(run.err()).isZero();
    }

    private static String[] strings(Object... arguments) {
        return Arrays.stream(arguments).map(Object::toString).toArray(String[]::new);
    }

    private Path output(String name) {
        return folder.resolve(name);
    }

    private String[] line(Path output, String... more) {
        List<String> line = new ArrayList<>(List.of(strings(
                "train",
                "--from-scratch",
                shared.resolve("model.json"),
                "--dataset",
                shared.resolve("dataset"),
                "--output",
                output,
                "--max-steps",
                "3",
                "--per-device-train-batch-size",
                "4",
                "--bf16",
                "false",
                "--save-strategy",
                "no",
                "--logging-steps",
                "1")));
        line.addAll(List.of(more));
        return line.toArray(String[]::new);
    }

    private CommandRun train(String name, String... more) {
        CommandRun run = CommandRun.of(line(output(name), more));
        assertThat(run.exitCode()).as(run.err()).isZero();
        return run;
    }

    private static List<Path> files(Path folder) throws IOException {
        try (Stream<Path> files = Files.walk(folder)) {
            return files.filter(Files::isRegularFile).toList();
        }
    }

    /** Every honoured argument is an {@code effect("...")} of core's tests, or one that is tagged so here. */
    @Test
    void everyHonouredArgumentHasATestThatSeesItsEffect() throws IOException {
        Set<String> seen = new TreeSet<>();
        Pattern.compile("effect\\(\\s*\"(\\w+)\"")
                .matcher(Files.readString(CORE_EFFECTS))
                .results()
                .forEach(result -> seen.add(result.group(1)));
        Arrays.stream(getClass().getDeclaredMethods())
                .filter(method -> method.isAnnotationPresent(Test.class))
                .flatMap(method -> Arrays.stream(method.getAnnotationsByType(Tag.class)))
                .map(Tag::value)
                .filter(tag -> tag.startsWith("effect-of-"))
                .forEach(tag -> seen.add(tag.substring("effect-of-".length())));
        assertThat(seen)
                .isEqualTo(new TreeSet<>(ArgumentTable.all().stream()
                        .filter(Argument::honoured)
                        .map(Argument::name)
                        .toList()));
    }

    @Test
    @Tag("effect-of-augment")
    void augmentationChangesWhatIsLearned() {
        train("plain", "--augment", "none");
        train("augmented", "--augment", "xray");
        assertThat(output("augmented").resolve("report.html")).content().contains("What training sees");
        assertThat(output("plain").resolve("report.html")).content().doesNotContain("What training sees");
        assertThat(output("augmented").resolve("model.safetensors")).isRegularFile();
        assertThat(weights("augmented")).isNotEqualTo(weights("plain"));
    }

    private byte[] weights(String name) {
        try {
            return Files.readAllBytes(output(name).resolve("model.safetensors"));
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    /** One that was made for 224x224 is tuned at 96x128: its positions and both of its files then say so. */
    @Test
    @Tag("effect-of-image_size")
    void aCheckpointIsMadeForPicturesOfAnotherSize() {
        train("start");
        Path dataset = folder.resolve("smaller");
        CommandRun prepared = CommandRun.of(strings(
                "prepare",
                "--data",
                shared.resolve("release"),
                "--output",
                dataset,
                "--model",
                output("start"),
                "--image-size",
                "96x128",
                "--validation",
                "0.3",
                "--test",
                "0"));
        assertThat(prepared.exitCode()).as(prepared.err()).isZero();
        CommandRun run = CommandRun.of(tune("resized", dataset, "--image-size", "96x128"));
        assertThat(run.exitCode()).as(run.err()).isZero();
        assertThat(CheckpointFiles.config(output("resized")).integers("image_size"))
                .containsExactly(96, 128);
        assertThat(CheckpointFiles.imageProcessor(output("resized")).height()).isEqualTo(96);
        CommandRun other = CommandRun.of(tune("refused", dataset));
        assertThat(other.exitCode()).isEqualTo(2);
        assertThat(other.err()).contains("prepare the data set with --model");
        CommandRun wrong = CommandRun.of(tune("refused", dataset, "--image-size", "96by128"));
        assertThat(wrong.exitCode()).isEqualTo(2);
        assertThat(wrong.err().lines()).hasSize(1).anyMatch(line -> line.contains("is no size; give N, or HxW"));
    }

    @Test
    @Tag("effect-of-pooling")
    void theClassifierReadsWhatItIsAskedTo() {
        train("start");
        CommandRun run = CommandRun.of(tune("pooled", shared.resolve("dataset"), "--pooling", "mean"));
        assertThat(run.exitCode()).as(run.err()).isZero();
        assertThat(CheckpointFiles.config(output("pooled")).text("pooling")).isEqualTo("mean");
        CommandRun plain = CommandRun.of(tune("plain", shared.resolve("dataset")));
        assertThat(plain.exitCode()).as(plain.err()).isZero();
        assertThat(weights("pooled")).isNotEqualTo(weights("plain"));
    }

    private String[] tune(String name, Path dataset, String... more) {
        List<String> line = new ArrayList<>(List.of(line(output(name), more)));
        int start = line.indexOf("--from-scratch");
        line.set(start, "--model");
        line.set(start + 1, output("start").toString());
        line.set(line.indexOf("--dataset") + 1, dataset.toString());
        return line.toArray(String[]::new);
    }

    @Test
    @Tag("effect-of-compile_only")
    void compileOnlyTellsWhatTheRanksHoldAndLeavesNoModel() {
        assertThat(train("compiled", "--compile-only", "true").out()).contains("Rank 0: weights");
        assertThat(output("compiled").resolve("model.safetensors")).doesNotExist();
    }

    @Test
    @Tag("effect-of-report_to")
    @Tag("effect-of-logging_dir")
    void logsGoWhereTheyAreAskedTo() throws IOException {
        train(
                "logged",
                "--report-to",
                "tensorboard",
                "--logging-dir",
                folder.resolve("events").toString());
        assertThat(files(folder.resolve("events"))).isNotEmpty();
        train("unlogged", "--logging-dir", folder.resolve("none").toString());
        assertThat(folder.resolve("none")).doesNotExist();
    }

    @Test
    @Tag("effect-of-report_images")
    @Tag("effect-of-run_name")
    void theReportHasTheNameAndThePicturesThatWereAskedFor() throws IOException {
        String[] evaluated = {"--eval-strategy", "epoch", "--max-steps", "-1", "--num-train-epochs", "1"};
        train("pictured", concat(evaluated, "--report-images", "all", "--run-name", "a-name-of-its-own"));
        train("bare", concat(evaluated, "--report-images", "none"));
        String pictured = Files.readString(output("pictured").resolve("report.html"));
        String bare = Files.readString(output("bare").resolve("report.html"));
        assertThat(pictured).contains("a-name-of-its-own", "data:image/jpeg");
        assertThat(bare).doesNotContain("a-name-of-its-own", "data:image/jpeg");
    }

    private static String[] concat(String[] some, String... more) {
        return Stream.concat(Arrays.stream(some), Arrays.stream(more)).toArray(String[]::new);
    }

    @Test
    @Tag("effect-of-use_cpu")
    void useCpuContradictsAGpu() {
        CommandRun run = CommandRun.of(line(output("contradicted"), "--use-cpu", "true", "--device", "cuda"));
        assertThat(run.exitCode()).isEqualTo(2);
        assertThat(run.err()).contains("--use-cpu true and --device cuda");
    }

    @Tag("exhaustive")
    @Test
    @Tag("effect-of-disable_tqdm")
    void progressIsShownUnlessItIsDisabled() throws Exception {
        assertThat(saidByAProcess("shown", "--disable-tqdm", "false")).contains("Training: 3 of 3");
        assertThat(saidByAProcess("silent", "--disable-tqdm", "true")).doesNotContain("Training: 3 of 3");
    }

    /** What the command prints of its progress: the console is that of the process. */
    private String saidByAProcess(String name, String... more) throws Exception {
        Path said = folder.resolve(name + ".txt");
        Process process = JavaProcess.of(Main.class, List.of(), line(output(name), more))
                .redirectErrorStream(true)
                .redirectOutput(said.toFile())
                .start();
        assertThat(process.waitFor(5, TimeUnit.MINUTES)).isTrue();
        assertThat(process.exitValue()).as(Files.readString(said)).isZero();
        return Files.readString(said);
    }
}
