package io.vit4j.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.vit4j.base.Json;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code run}: three commands from one file. */
class RunCommandTest {
    private static final String JOB = """
            {"prepare": {"data": "%s", "validation": 0.3, "test": 0.3, "image_size": 32},
             "train": {"from-scratch": "%s", "max_steps": 3, "bf16": false, "save_steps": 1, "logging_steps": 1},
             "evaluate": [{"calibrate": true, "json": false}, {"split": "test"}]}
            """;

    @TempDir
    Path folder;

    private Path output;
    private Path job;

    @BeforeEach
    void pictures() throws IOException {
        Random random = new Random(4);
        for (String label : new String[] {"dark", "light"}) {
            Path of = Files.createDirectories(folder.resolve("pictures").resolve(label));
            for (int i = 0; i < 12; i++) {
                BufferedImage image = new BufferedImage(32, 32, BufferedImage.TYPE_BYTE_GRAY);
                int lightness = label.equals("light") ? 60 : 0;
                image.getRaster()
                        .setPixels(
                                0,
                                0,
                                32,
                                32,
                                random.ints(32 * 32, 0, 180)
                                        .map(p -> p + lightness)
                                        .toArray());
                ImageIO.write(image, "png", of.resolve(i + ".png").toFile());
            }
        }
        Path model = Files.writeString(folder.resolve("model.json"), """
                {"model_type": "vit", "hidden_size": 8, "num_hidden_layers": 2, "num_attention_heads": 2,
                 "intermediate_size": 16, "image_size": 32, "patch_size": 16}
                """);
        output = folder.resolve("out");
        job = Files.writeString(folder.resolve("job.json"), JOB.formatted(folder.resolve("pictures"), model));
    }

    private CommandRun run(String... more) {
        String[] words = {"run", job.toString(), "--output", output.toString()};
        String[] all = new String[words.length + more.length];
        System.arraycopy(words, 0, all, 0, words.length);
        System.arraycopy(more, 0, all, words.length, more.length);
        return CommandRun.of(all);
    }

    private void edit(String from, String to) throws IOException {
        String text = Files.readString(job);
        assertThat(text).contains(from);
        Files.writeString(job, text.replace(from, to));
    }

    @Test
    void writesWhatTheThreeCommandsWriteOneByOne() throws IOException {
        CommandRun whole = run();
        assertThat(whole.exitCode()).as(whole.err()).isZero();

        String dataset = folder.resolve("by-hand").toString();
        String model = folder.resolve("by-hand-model").toString();
        for (String[] words : new String[][] {
            {
                "prepare",
                "--data",
                folder.resolve("pictures").toString(),
                "--validation",
                "0.3",
                "--test",
                "0.3",
                "--image-size",
                "32",
                "--output",
                dataset
            },
            {
                "train",
                "--from-scratch",
                folder.resolve("model.json").toString(),
                "--max-steps",
                "3",
                "--bf16",
                "false",
                "--dataset",
                dataset,
                "--output",
                model,
                "--report-images",
                "none"
            },
            {"evaluate", "--model", model, "--dataset", dataset, "--calibrate"},
            {"evaluate", "--model", model, "--dataset", dataset, "--split", "test"}
        }) {
            CommandRun one = CommandRun.of(words);
            assertThat(one.exitCode()).as(one.err()).isZero();
        }
        for (String file : new String[] {"model.safetensors", "decision.json", "predictions-test.csv"}) {
            assertThat(output.resolve("model").resolve(file)).hasSameBinaryContentAs(Path.of(model, file));
        }
        assertThat(output.resolve("model/report.html")).exists();
    }

    @Test
    void whatIsDoneIsNotDoneAgain() throws IOException {
        assertThat(run().exitCode()).isZero();
        Path weights = output.resolve("model/model.safetensors");
        Files.delete(weights); // nobody looks at it, if nothing is done
        CommandRun again = run();
        assertThat(again.exitCode()).as(again.err()).isZero();
        assertThat(weights).doesNotExist();
        assertThat(again.out()).contains("dataset").doesNotContain("Tuned model", "roc_auc");
    }

    @Test
    void picturesThatCameSinceAreNotLeftOutInSilence() throws IOException {
        assertThat(run().exitCode()).isZero();
        Path pictures = folder.resolve("pictures/dark");
        Files.copy(pictures.resolve("0.png"), pictures.resolve("new.png"));
        CommandRun again = run();
        assertThat(again.exitCode()).isEqualTo(2);
        assertThat(again.err()).contains("dataset");
    }

    @Test
    void anEvaluationThatIsAddedIsMadeAlone() throws IOException {
        edit(", {\"split\": \"test\"}", "");
        assertThat(run().exitCode()).isZero();
        Path weights = output.resolve("model/model.safetensors");
        Object trained = Files.getLastModifiedTime(weights);
        edit("{\"calibrate\": true, \"json\": false}", "{\"calibrate\": true, \"json\": false}, {\"split\": \"test\"}");
        CommandRun again = run();
        assertThat(again.exitCode()).as(again.err()).isZero();
        assertThat(Files.getLastModifiedTime(weights)).isEqualTo(trained);
        assertThat(output.resolve("model/evaluation-test.json")).exists();
    }

    @Test
    void continuesFromACheckpointToTheSameWeights() throws IOException {
        assertThat(run().exitCode()).isZero();
        Path weights = output.resolve("model/model.safetensors");
        byte[] whole = Files.readAllBytes(weights);

        Path state = output.resolve("run.json"); // as a process that was killed after the second step leaves it
        Files.writeString(state, Json.pretty(Json.readObject(state).set("done", Json.object())));
        Files.delete(weights);
        try (var files = Files.walk(output.resolve("model/checkpoint-3"))) {
            for (Path path : files.sorted(java.util.Comparator.reverseOrder()).toList()) {
                Files.delete(path);
            }
        }
        CommandRun again = run();
        assertThat(again.exitCode()).as(again.err()).isZero();
        assertThat(weights).hasBinaryContent(whole);
    }

    @Test
    void otherSettingsAreRefusedUntilOneStartsAgain() throws IOException {
        assertThat(run().exitCode()).isZero();
        byte[] before = Files.readAllBytes(output.resolve("model/model.safetensors"));
        edit("\"max_steps\": 3", "\"max_steps\": 2");
        CommandRun refused = run();
        assertThat(refused.exitCode()).isEqualTo(2);
        assertThat(refused.err())
                .contains(
                        "run.json",
                        "train was begun with other settings",
                        "max-steps: 3, now 2",
                        "--overwrite-output-dir");
        CommandRun replaced = run("--overwrite-output-dir");
        assertThat(replaced.exitCode()).as(replaced.err()).isZero();
        assertThat(Files.readAllBytes(output.resolve("model/model.safetensors")))
                .isNotEqualTo(before);
    }

    @Test
    void aMistakeInTheLastStepShowsBeforeTheFirst() throws IOException {
        edit("\"split\"", "\"spilt\"");
        CommandRun run = run();
        assertThat(run.exitCode()).isEqualTo(2);
        assertThat(run.err())
                .contains(
                        "job.json", "evaluate 2", "--spilt is not an option of vit4j evaluate; did you mean --split?");
        assertThat(output).doesNotExist();
    }

    @Test
    void filesThatAreNoJobsSayWhy() throws IOException {
        String[][] cases = {
            {"{}", "has no step"},
            {"{\"trian\": {}}", "\"trian\" is no step", "did you mean train?"},
            {"{\"train\": 3}", "train is", "write an object"},
            {"{\"train\": [{}, {}]}", "only evaluate can be a list"},
            {"{\"train\": {\"max_steps\": 1, \"max-steps\": 2}}", "train gives max-steps twice"},
            {"[]", "job.json"},
        };
        for (String[] each : cases) {
            Files.writeString(job, each[0]);
            CommandRun run = run();
            assertThat(run.exitCode()).as(each[0]).isEqualTo(2);
            for (int i = 1; i < each.length; i++) {
                assertThat(run.err()).contains(each[i]);
            }
        }
    }
}
