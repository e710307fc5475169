package io.vit4j.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.vit4j.base.Progress;
import io.vit4j.synth.Prevalence;
import io.vit4j.synth.SyntheticRelease;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** inspect, evaluate, report and explain, as a user calls them after a run. */
class ReportCommandsTest {
    private static final String MODEL =
            "{\"model_type\":\"vit\",\"hidden_size\":16,\"num_hidden_layers\":2,\"num_attention_heads\":2,"
                    + "\"intermediate_size\":32,\"image_size\":224,\"patch_size\":32}";

    @TempDir
    static Path folder;

    private static Path dataset;
    private static Path tuned;

    @BeforeAll
    static void aRun() throws IOException {
        Path release = folder.resolve("release");
        dataset = folder.resolve("dataset");
        tuned = folder.resolve("tuned");
        SyntheticRelease.write(
                new SyntheticRelease.Options(release, 30, 5, Prevalence.of("balanced")), 2, Progress.NONE);
        Files.writeString(folder.resolve("model.json"), MODEL);
        succeed("prepare", "--data", release, "--output", dataset, "--validation", "0.3", "--test", "0.2");
        succeed(
                "train",
                "--from-scratch",
                folder.resolve("model.json"),
                "--dataset",
                dataset,
                "--output",
                tuned,
                "--num-train-epochs",
                "1",
                "--logging-steps",
                "1",
                "--report-to",
                "csv",
                "tensorboard");
    }

    private static String succeed(Object... args) {
        CommandRun run = new CommandRun();
        int exitCode = run.run(Arrays.stream(args).map(Object::toString).toArray(String[]::new));
        assertThat(exitCode).as(run.err()).isZero();
        return run.out();
    }

    @Test
    void aRunLeavesReportCardAndLogs() throws IOException {
        assertThat(Files.readString(tuned.resolve("report.html"))).contains("AUROC on validation", "image/jpeg");
        assertThat(Files.readString(tuned.resolve("README.md")))
                .startsWith("---\n")
                .contains("# tuned");
        assertThat(Files.readAllLines(tuned.resolve("log.csv")).get(0)).isEqualTo("step,epoch,name,value");
        assertThat(tuned.resolve("runs")).isNotEmptyDirectory();
    }

    @Test
    void theTestSplitJoinsTheReportWithValidationsThresholds() throws IOException {
        succeed("evaluate", "--model", tuned, "--dataset", dataset, "--split", "test", "--report-images", "none");
        String page = Files.readString(tuned.resolve("report.html"));
        assertThat(page).contains("AUROC on test", "chosen on validation and measured on test");
        assertThat(page).doesNotContain("image/jpeg");
        assertThat(succeed("report", tuned, "--dataset", dataset)).contains("report.html");
        assertThat(Files.readString(tuned.resolve("report.html"))).contains("image/jpeg");
    }

    @Test
    void inspectShowsRowsCountsAndPictures() throws IOException {
        String out = succeed("inspect", "--dataset", dataset, "--output", folder.resolve("twelve.png"));
        assertThat(out).contains("Patient Gender", "validation", "Effusion", "Warnings");
        assertThat(ImageIO.read(folder.resolve("twelve.png").toFile()).getWidth())
                .isGreaterThan(1000);
    }

    @Test
    void explainDrawsOverTheOriginalAtItsFullSize() throws IOException {
        Path image;
        try (var files = Files.list(folder.resolve("release/images"))) {
            image = files.sorted().findFirst().orElseThrow();
        }
        Path boxes = Files.writeString(
                folder.resolve("BBox_List_2017.csv"),
                "Image Index,Finding Label,Bbox [x,y,w,h],,,\n" + image.getFileName() + ",Effusion,0,0,1024,1024,,,\n");
        for (String method : new String[] {"attention-rollout", "gradient-rollout", "gradient-x-input"}) {
            Path png = folder.resolve(method + ".png");
            String out = succeed(
                    "explain",
                    "--model",
                    tuned,
                    image,
                    "--label",
                    "effusion",
                    "--output",
                    png,
                    "--method",
                    method,
                    "--boxes",
                    boxes);
            BufferedImage drawn = ImageIO.read(png.toFile());
            assertThat(drawn.getWidth()).isEqualTo(1024);
            assertThat(out).contains("Effusion: ", "peak is inside");
        }
        CommandRun wrong = new CommandRun();
        assertThat(wrong.run("explain", "--model", tuned.toString(), image.toString(), "--label", "Efusion"))
                .isEqualTo(2);
        assertThat(wrong.err()).contains("Efusion");
    }
}
