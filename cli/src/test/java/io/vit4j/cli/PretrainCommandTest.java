package io.vit4j.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.vit4j.model.SmallModels;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Random;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PretrainCommandTest {
    @TempDir
    Path folder;

    @BeforeEach
    void draw() throws IOException {
        Path pictures = Files.createDirectories(folder.resolve("pictures"));
        Random random = new Random(1);
        for (int i = 0; i < 20; i++) {
            BufferedImage image = new BufferedImage(16, 16, BufferedImage.TYPE_BYTE_GRAY);
            image.getRaster()
                    .setPixels(0, 0, 16, 16, random.ints(16 * 16, 0, 256).toArray());
            ImageIO.write(image, "png", pictures.resolve(i + ".png").toFile());
        }
        Files.writeString(
                folder.resolve("config.json"),
                SmallModels.vit(16, 2, 2, 24, 16, 4).pretty());
    }

    private CommandRun pretrain(String... more) {
        String[] line = {
            "pretrain",
            "--data",
            folder.resolve("pictures").toString(),
            "--from-scratch",
            folder.resolve("config.json").toString(),
            "--output",
            folder.resolve("out").toString(),
            "--num-train-epochs",
            "1",
            "--threads",
            "1"
        };
        String[] all = Arrays.copyOf(line, line.length + more.length);
        System.arraycopy(more, 0, all, line.length, more.length);
        return CommandRun.of(all);
    }

    @Test
    void aRunLeavesModelReportAndCard() throws IOException {
        CommandRun run = pretrain("--decoder-layers", "1", "--decoder-hidden-size", "16");
        assertThat(run.exitCode()).as(run.err()).isZero();
        assertThat(run.out()).contains("Pretrained model: ", "Encoder alone:    ", "Report:           ");
        Path out = folder.resolve("out");
        assertThat(out.resolve("encoder/model.safetensors")).exists();
        assertThat(out.resolve("report.html")).exists();
        assertThat(Files.readString(out.resolve("README.md"))).contains("pretrained on pictures without labels");
    }

    @Tag("exhaustive")
    @Test
    void selfDistillationIsTheSecondMethod() throws IOException {
        CommandRun run = pretrain(
                "--method",
                "dino",
                "--prototypes",
                "12",
                "--local-views",
                "1",
                "--local-size",
                "8",
                "--view-flip",
                "0",
                "--logging-steps",
                "1",
                "--gradient-accumulation-steps",
                "1");
        assertThat(run.exitCode()).as(run.err()).isZero();
        Path out = folder.resolve("out");
        assertThat(out.resolve("encoder/model.safetensors")).exists();
        assertThat(Files.readString(out.resolve("report.html"))).contains("Entropy of what the teacher says");
        assertThat(Files.readString(out.resolve("README.md")))
                .contains("pretrained on pictures without labels", "THIS_FOLDER/encoder");
        assertThat(Files.readString(out.resolve("training_args.json"))).contains("\"weight_decay_end\": 0.4");

        run = pretrain("--method", "dino", "--mask-ratio", "0.5");
        assertThat(run.exitCode()).isEqualTo(2);
        assertThat(run.err()).contains("--method dino has no use for the options of the other method");
    }

    @Test
    void whatIsNeverReadIsRefused() {
        CommandRun run = pretrain("--probe-epochs", "3");
        assertThat(run.exitCode()).isEqualTo(2);
        assertThat(run.err()).contains("--probe-epochs says how often --probe-dataset is probed with; give that too");

        run = pretrain("--pos-weight", "balanced", "--label-smoothing-factor", "0.1");
        assertThat(run.exitCode()).isEqualTo(2);
        assertThat(run.err())
                .contains("pos_weight, label_smoothing_factor are for training with labels and have no meaning in"
                        + " pretraining; leave them out");
    }

    @Test
    void theSecondActIsNotPlayedWithShuffledLabels() {
        CommandRun run = CommandRun.of(
                "walkthrough",
                "--pretrain",
                "--shuffle-labels",
                "--output",
                folder.resolve("walkthrough").toString());
        assertThat(run.exitCode()).isEqualTo(2);
        assertThat(run.err()).contains("--pretrain", "--shuffle-labels", "give one of them");
        assertThat(folder.resolve("walkthrough")).doesNotExist();
    }
}
