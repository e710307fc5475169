package io.vit4j.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.vit4j.base.JsonObject;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code crossval} and {@code sweep} as they are typed. */
class StudyCommandsTest {
    @TempDir
    static Path shared;

    @TempDir
    Path folder;

    @BeforeAll
    static void prepare() throws IOException {
        Random random = new Random(4);
        for (String label : List.of("dark", "light")) {
            Path of = Files.createDirectories(shared.resolve("pictures").resolve(label));
            for (int i = 0; i < 12; i++) {
                BufferedImage image = new BufferedImage(32, 32, BufferedImage.TYPE_BYTE_GRAY);
                int lightness = label.equals("light") ? 60 : 0;
                int[] pixels =
                        random.ints(32 * 32, 0, 180).map(p -> p + lightness).toArray();
                image.getRaster().setPixels(0, 0, 32, 32, pixels);
                ImageIO.write(image, "png", of.resolve(i + ".png").toFile());
            }
        }
        Files.writeString(shared.resolve("model.json"), """
                {"model_type": "vit", "hidden_size": 8, "num_hidden_layers": 2, "num_attention_heads": 2,
                 "intermediate_size": 16, "image_size": 32, "patch_size": 16}
                """);
        CommandRun run = CommandRun.of(strings(
                "prepare",
                "--data",
                shared.resolve("pictures"),
                "--output",
                shared.resolve("dataset"),
                "--image-size",
                "32",
                "--validation",
                "0.3",
                "--test",
                "0"));
        assertThat(run.exitCode()).as(run.err()).isZero();
    }

    private static String[] strings(Object... words) {
        return Arrays.stream(words).map(Object::toString).toArray(String[]::new);
    }

    private CommandRun run(Object... words) {
        List<Object> line = new ArrayList<>(Arrays.asList(words));
        line.addAll(List.of(
                "--from-scratch",
                shared.resolve("model.json"),
                "--dataset",
                shared.resolve("dataset"),
                "--output",
                folder,
                "--max-steps",
                "2",
                "--bf16",
                "false",
                "--report-images",
                "none",
                "--save-strategy",
                "no"));
        return CommandRun.of(strings(line.toArray()));
    }

    @Test
    void crossvalPrintsTheSpreadAndIsRepeatedFromItsFiles() throws IOException {
        CommandRun first = run("crossval", "--folds", "2", "--validation", "0");
        assertThat(first.exitCode()).as(first.err()).isZero();
        assertThat(first.out()).contains("Seed 42, 2 folds, 24 pictures", "eval_loss", "crossval.html");
        assertThat(folder.resolve("crossval.html")).isRegularFile();
        CommandRun again = run("crossval", "--folds", "2", "--validation", "0");
        assertThat(again.out()).isEqualTo(first.out());
        CommandRun other = run("crossval", "--folds", "2", "--validation", "0", "--learning-rate", "1");
        assertThat(other.exitCode()).isEqualTo(2);
        assertThat(other.err()).contains("was begun with other settings (learning_rate: 5.0E-5, now 1.0)");
    }

    @Test
    void sweepPrintsTheTrialsAndTheBest() throws IOException {
        Path file = Files.writeString(folder.resolveSibling("sweep.json"), """
                {"method": "grid", "parameters": {"learning_rate": {"values": [1e-6, 0.01]}}}
                """);
        CommandRun run = run("sweep", file, "--keep", "best");
        assertThat(run.exitCode()).as(run.err()).isZero();
        int best = JsonObject.read(folder.resolve("sweep.json")).object("best").integer("trial");
        assertThat(run.out()).contains("trial-001", "trial-002", "Best: ").contains("trial-00" + best);
        assertThat(folder.resolve("trial-00" + best + "/model.safetensors")).isRegularFile();
        assertThat(folder.resolve("trial-00" + (3 - best) + "/model.safetensors"))
                .doesNotExist();
        assertThat(folder.resolve("sweep.html")).isRegularFile();
    }
}
