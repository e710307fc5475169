package io.vit4j;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.vit4j.base.InputException;
import io.vit4j.base.Progress;
import io.vit4j.data.ArrowDataset;
import io.vit4j.data.ProblemType;
import io.vit4j.data.Split;
import io.vit4j.evaluate.Evaluation;
import io.vit4j.evaluate.SplitPredictions;
import io.vit4j.image.ImageProcessor;
import io.vit4j.infer.Decision;
import io.vit4j.model.ModelDefinition;
import io.vit4j.model.SmallModels;
import io.vit4j.train.TrainerCallback;
import io.vit4j.train.TrainerControl;
import io.vit4j.train.checkpoint.TrainerState;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The whole job through the facade, from a folder of pictures to a tuned model, its numbers and its predictions. */
class Vit4jTest {
    @TempDir
    Path folder;

    private Path photos;

    /** Dark and light squares, which even a small model tells apart. */
    @BeforeEach
    void draw() throws IOException {
        photos = folder.resolve("photos");
        Random random = new Random(4);
        for (String label : List.of("dark", "light")) {
            Path of = Files.createDirectories(photos.resolve(label));
            for (int i = 0; i < 30; i++) {
                BufferedImage image = new BufferedImage(40, 40, BufferedImage.TYPE_BYTE_GRAY);
                int lightness = label.equals("light") ? 120 : 0;
                int[] pixels =
                        random.ints(40 * 40, 0, 120).map(p -> p + lightness).toArray();
                image.getRaster().setPixels(0, 0, 40, 40, pixels);
                ImageIO.write(image, "png", of.resolve(i + ".png").toFile());
            }
        }
    }

    private FineTuneRequest request(Path output) {
        return Vit4j.fromScratch(
                        ModelDefinition.of(SmallModels.vit(32, 2, 2, 48, 32, 8).with("initializer_range", 0.1)))
                .on(photos, prepare -> prepare.split(Split.byFraction(0.3, 0.2, Split.By.IMAGE, 1)))
                .epochs(4)
                .learningRate(2e-3)
                .arguments(more -> more.perDeviceTrainBatchSize(8).threads(1).set("dtype", "float32"))
                .output(output);
    }

    @Test
    void aFolderOfPicturesBecomesATunedModelAndItsAuroc() {
        Path output = folder.resolve("tuned");
        Tuned tuned = request(output).run(Progress.NONE);

        assertThat(tuned.end()).isEqualTo(Tuned.End.COMPLETE);
        assertThat(tuned.trained().get("train_loss")).isPositive();
        Evaluation evaluation = tuned.evaluation().orElseThrow();
        assertThat(evaluation.rocAuc().macro()).isGreaterThan(0.9);
        assertThat(evaluation.rocAuc().macro()).isEqualTo(tuned.evaluated().get("eval_roc_auc"));
        assertThat(evaluation.intervals()).isPresent();
        for (String file : List.of("model.safetensors", Decision.FILE, "eval_results.json", "train_results.json")) {
            assertThat(output.resolve(file)).isRegularFile();
        }
        assertThat(Evaluation.file(output, Split.VALIDATION)).isRegularFile();
        assertThat(SplitPredictions.read(output, Split.VALIDATION)).isPresent();

        Evaluated again = Vit4j.evaluate(output)
                .on(folder.resolve("tuned-dataset"))
                .run(Progress.NONE)
                .orElseThrow();
        assertThat(again.evaluation().rocAuc()).isEqualTo(evaluation.rocAuc());
        Evaluated test = Vit4j.evaluate(output)
                .on(folder.resolve("tuned-dataset"))
                .split(Split.TEST)
                .run(Progress.NONE)
                .orElseThrow();
        assertThat(test.evaluation().choices().chosenOn()).contains(Split.VALIDATION);

        PredictRequest.Scored scored = Vit4j.predict(output)
                .run(List.of(photos.resolve("light/0.png"), folder.resolve("absent.png")), Progress.NONE)
                .get(0);
        assertThat(scored.scores().get(0).label()).isEqualTo("light");
    }

    @Test
    void theSameRequestRepeatsTheRunOnTheDataSetThatIsThere() throws IOException {
        Tuned first = request(folder.resolve("a")).run(Progress.NONE);
        Path prepared = folder.resolve("a-dataset").resolve(ArrowDataset.FILE);
        Object written = Files.getLastModifiedTime(prepared);
        Tuned again = request(folder.resolve("a"))
                .arguments(more -> more.overwriteOutputDir(true))
                .run(Progress.NONE);
        assertThat(Files.getLastModifiedTime(prepared)).isEqualTo(written);
        assertThat(again.evaluated().get("eval_loss"))
                .isEqualTo(first.evaluated().get("eval_loss"));
        Tuned prepareds =
                request(folder.resolve("b")).on(folder.resolve("a-dataset")).run(Progress.NONE);
        assertThat(prepareds.evaluated().get("eval_loss"))
                .isEqualTo(first.evaluated().get("eval_loss"));
    }

    @Test
    void anInterruptedRunLeavesACheckpointAndSaysSo() {
        FineTuneRequest request = request(folder.resolve("tuned"));
        List<Boolean> heeded = new ArrayList<>();
        Tuned tuned = request.callback(new TrainerCallback() {
                    @Override
                    public void onStepEnd(TrainerState state, TrainerControl control) {
                        heeded.add(request.interrupt());
                    }
                })
                .run(Progress.NONE);
        assertThat(heeded).containsExactly(true);
        assertThat(tuned.end()).isEqualTo(Tuned.End.INTERRUPTED);
        assertThat(tuned.step()).isEqualTo(1);
        assertThat(folder.resolve("tuned/checkpoint-1")).isDirectory();
        assertThat(folder.resolve("tuned/model.safetensors")).doesNotExist();
    }

    @Test
    void picturesPreparedForAnotherModelAreRefusedWithTheMend() {
        Path checkpoint = SmallModels.save(folder.resolve("model"), ProblemType.SINGLE_LABEL, "dark", "light");
        Path dataset = folder.resolve("dataset");
        Vit4j.prepare(photos)
                .processor(ImageProcessor.defaults().withSize(40, 40))
                .split(Split.byFraction(0.3, 0, Split.By.IMAGE, 1))
                .output(dataset)
                .run(Progress.NONE);
        String mend =
                "prepared as 40x40 (bilinear), but the model takes 32x32 (bilinear); prepare the data set with --model";
        assertThatThrownBy(() -> Vit4j.fineTune(checkpoint)
                        .on(dataset)
                        .output(folder.resolve("tuned"))
                        .run(Progress.NONE))
                .isInstanceOf(InputException.class)
                .hasMessageContaining(mend);
        assertThatThrownBy(() -> Vit4j.evaluate(checkpoint).on(dataset).run(Progress.NONE))
                .isInstanceOf(InputException.class)
                .hasMessageContaining(mend);
        Path fitting = folder.resolve("fitting");
        Vit4j.prepare(photos)
                .forModel(checkpoint.toString())
                .split(Split.byFraction(0.3, 0, Split.By.IMAGE, 1))
                .output(fitting)
                .run(Progress.NONE);
        assertThat(Vit4j.evaluate(checkpoint).on(fitting).run(Progress.NONE)).isPresent();
    }
}
