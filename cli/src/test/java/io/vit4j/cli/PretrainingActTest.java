package io.vit4j.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.vit4j.Vit4j;
import io.vit4j.base.Progress;
import io.vit4j.data.Split;
import io.vit4j.image.ImageProcessor;
import io.vit4j.model.ModelDefinition;
import io.vit4j.model.SmallModels;
import io.vit4j.synth.Prevalence;
import io.vit4j.synth.SyntheticRelease;
import io.vit4j.torch.Device;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The second act with a model and pictures that are too small to learn anything. */
@Tag("exhaustive")
class PretrainingActTest {
    @TempDir
    Path folder;

    private final StringWriter said = new StringWriter();
    private final List<String> steps = new ArrayList<>();

    private int play() {
        return new PretrainingAct(Progress.NONE, new PrintWriter(said), steps::add, Device.CPU, 7, folder)
                .play(
                        folder.resolve("dataset"),
                        Optional.empty(),
                        ModelDefinition.of(SmallModels.vit(32, 2, 2, 48, 16, 4)));
    }

    @Test
    void twoModelsAreComparedAndNothingIsDoneTwice() throws IOException {
        SyntheticRelease.write(
                new SyntheticRelease.Options(folder.resolve("xrays"), 60, 3, Prevalence.of("balanced")),
                2,
                Progress.NONE);
        Vit4j.prepare(folder.resolve("xrays"))
                .processor(ImageProcessor.defaults().withSize(16, 16))
                .split(Split.byFraction(0.4, 0, Split.By.PATIENT, 1))
                .output(folder.resolve("dataset"))
                .run(Progress.NONE);
        assertThat(play()).isZero();
        assertThat(steps).hasSize(4);
        assertThat(said.toString())
                .contains("A is few-labels-pretrained, B is few-labels; ", " patients; ", "macro")
                .doesNotContain("already exists");
        Path tuned = folder.resolve("few-labels-pretrained/model.safetensors");
        byte[] weights = Files.readAllBytes(tuned);
        assertThat(weights).isNotEqualTo(Files.readAllBytes(folder.resolve("few-labels/model.safetensors")));

        said.getBuffer().setLength(0);
        assertThat(play()).isZero();
        assertThat(said.toString().lines().filter(line -> line.contains("already exists")))
                .hasSize(3);
        assertThat(said.toString()).contains("A is few-labels-pretrained, B is few-labels; ");
        assertThat(tuned).hasBinaryContent(weights);
    }
}
