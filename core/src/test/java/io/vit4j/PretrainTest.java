package io.vit4j;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.vit4j.base.DurableFiles;
import io.vit4j.base.InputException;
import io.vit4j.base.JsonObject;
import io.vit4j.base.Progress;
import io.vit4j.data.ArrowDataset;
import io.vit4j.data.ExcludedPatients;
import io.vit4j.data.Split;
import io.vit4j.data.UnlabelledPictures;
import io.vit4j.infer.Reconstruction;
import io.vit4j.model.MaskedAutoencoding;
import io.vit4j.model.ModelDefinition;
import io.vit4j.model.SmallModels;
import io.vit4j.train.TrainerCallback;
import io.vit4j.train.TrainerControl;
import io.vit4j.train.checkpoint.TrainerState;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Pretraining through the facade, from a folder of pictures without labels to a model that is fine-tuned. */
class PretrainTest {
    private static final int PICTURES = 40;

    @TempDir
    Path folder;

    private Path pictures;

    /** Stripes, of which the rest can be told from any part. */
    @BeforeEach
    void draw() throws IOException {
        pictures = Files.createDirectories(folder.resolve("pictures"));
        Random random = new Random(5);
        for (int i = 0; i < PICTURES; i++) {
            BufferedImage image = new BufferedImage(32, 32, BufferedImage.TYPE_BYTE_GRAY);
            int shift = random.nextInt(8);
            int[] pixels = IntStream.range(0, 32 * 32)
                    .map(p -> (p % 32 + shift) % 8 < 4 ? 40 : 200)
                    .toArray();
            image.getRaster().setPixels(0, 0, 32, 32, pixels);
            ImageIO.write(image, "png", pictures.resolve(i + ".png").toFile());
        }
    }

    private PretrainRequest request(Path output) {
        return Vit4j.pretrain(ModelDefinition.of(SmallModels.vit(16, 2, 2, 24, 32, 8)))
                .on(pictures, prepare -> prepare.imageSize(32, 32))
                .masking(MaskedAutoencoding.DEFAULTS.withDecoder(1, 16).withNormPixLoss(false))
                .epochs(2)
                .arguments(more -> more.perDeviceTrainBatchSize(4)
                        .gradientAccumulationSteps(2)
                        .threads(1)
                        .set("dtype", "float32")
                        .set("base_learning_rate", 0.1)
                        .set("augment", "flip"))
                .output(output);
    }

    @Test
    void aFolderOfPicturesBecomesAnAutoencoderAndAnEncoderThatIsFineTuned() throws IOException {
        Path output = folder.resolve("pretrained");
        PretrainedModel pretrained = request(output).epochs(4).run(Progress.NONE);

        assertThat(pretrained.end()).isEqualTo(Tuned.End.COMPLETE);
        assertThat(pretrained.evaluated().get("eval_loss"))
                .isLessThan(pretrained.trained().get("train_loss"));
        assertThat(pretrained.evaluated().get("eval_feature_rank")).isBetween(1.0, 2.0); // of two pictures
        assertThat(JsonObject.read(output.resolve("config.json")).line())
                .contains("\"ViTMAEForPreTraining\"", "\"vit_mae\"", "\"decoder_hidden_size\":16");
        assertThat(JsonObject.read(output.resolve("encoder/config.json")).line())
                .contains("\"vit\"")
                .doesNotContain("decoder");
        try (ArrowDataset prepared = ArrowDataset.open(folder.resolve("pretrained-dataset"))) {
            assertThat(UnlabelledPictures.are(prepared.info())).isTrue();
            assertThat(prepared.rows(Split.VALIDATION)).hasSize(2);
            Reconstruction one = Reconstruction.of(
                            output, prepared.split(Split.VALIDATION), prepared.info(), new int[] {0}, TestDevice.here())
                    .get(0);
            assertThat(one.original().pixels())
                    .isEqualTo(rgb(
                            prepared.split(Split.VALIDATION).get(0).picture().pixels()));
            assertThat(differing(one.masked().pixels(), one.original().pixels()))
                    .as("three quarters of the patches are grey")
                    .isEqualTo(3 * 32 * 32 * 3 / 4);
            assertThat(differing(one.predicted().pixels(), one.original().pixels()))
                    .isLessThanOrEqualTo(3 * 32 * 32 * 3 / 4);
        }

        Path labelled = folder.resolve("labelled");
        for (int i = 0; i < PICTURES; i++) {
            Path of = Files.createDirectories(labelled.resolve(i % 2 == 0 ? "even" : "odd"));
            Files.copy(pictures.resolve(i + ".png"), of.resolve(i + ".png"));
        }
        for (Path start : List.of(output, output.resolve("encoder"))) {
            Tuned tuned = Vit4j.fineTune(start)
                    .on(labelled, prepare -> prepare.split(Split.byFraction(0.2, 0.1, Split.By.IMAGE, 1)))
                    .epochs(1)
                    .arguments(more -> more.threads(1).set("dtype", "float32"))
                    .output(folder.resolve("tuned-" + start.getFileName()))
                    .run(Progress.NONE);
            assertThat(tuned.end()).isEqualTo(Tuned.End.COMPLETE);
        }
    }

    private static byte[] rgb(byte[] grey) {
        byte[] rgb = new byte[3 * grey.length];
        for (int i = 0; i < rgb.length; i++) {
            rgb[i] = grey[i / 3];
        }
        return rgb;
    }

    private static int differing(byte[] a, byte[] b) {
        return (int) IntStream.range(0, a.length).filter(i -> a[i] != b[i]).count();
    }

    @Test
    void aResumedRunRepeatsTheUninterruptedOneToTheBit() throws IOException {
        request(folder.resolve("whole")).run(Progress.NONE);

        PretrainRequest request = request(folder.resolve("halves"));
        PretrainedModel stopped = request.callback(new TrainerCallback() {
                    @Override
                    public void onStepEnd(TrainerState state, TrainerControl control) {
                        if (state.globalStep() == 3) {
                            request.interrupt();
                        }
                    }
                })
                .run(Progress.NONE);
        assertThat(stopped.end()).isEqualTo(Tuned.End.INTERRUPTED);
        assertThat(stopped.step()).isEqualTo(3);
        assertThat(Reconstruction.isOf(folder.resolve("halves")))
                .as("of a run without a model yet")
                .isFalse();
        request(folder.resolve("halves"))
                .arguments(more -> more.set("resume_from_checkpoint", true))
                .run(Progress.NONE);

        for (String file : List.of("model.safetensors", "encoder/model.safetensors")) {
            assertThat(Arrays.equals(
                            Files.readAllBytes(folder.resolve("halves").resolve(file)),
                            Files.readAllBytes(folder.resolve("whole").resolve(file))))
                    .as(file)
                    .isTrue();
        }
    }

    @Test
    void patientsOnAListAreLeftOut() throws IOException {
        Path dataset = folder.resolve("of-patients");
        PatientPictures.prepare(folder.resolve("patients"), dataset, 1);
        Path list = Files.writeString(folder.resolve("list.txt"), "no. 3\nno. 7\nno. 13\n");
        try (ArrowDataset whole = ArrowDataset.open(dataset)) {
            int[] left = ExcludedPatients.read(list).leaveOut(whole, dataset).rows(Split.TRAIN);
            assertThat(left).hasSize(whole.rows(Split.TRAIN).length - 8); // patients 3 and 7 have four pictures each
            assertThat(IntStream.of(left).mapToObj(row -> whole.column("who", row)))
                    .doesNotContain("no. 3", "no. 7");
        }
        Path strangers = Files.writeString(folder.resolve("strangers.txt"), "somebody\n");
        assertThatThrownBy(() -> request(folder.resolve("out2"))
                        .on(dataset)
                        .excludePatients(strangers)
                        .run(Progress.NONE))
                .isInstanceOf(InputException.class)
                .hasMessageContaining("names no patient of");
    }

    @Test
    void checkpointsAreProbedWithLabels() throws IOException {
        Path dataset = folder.resolve("labelled");
        PatientPictures.prepare(folder.resolve("patients"), dataset, 1);
        PretrainedModel pretrained = request(folder.resolve("out"))
                .on(dataset)
                .skipDuplicates(true)
                .probe(dataset, 2)
                .run(Progress.NONE);

        assertThat(pretrained.evaluated().get("eval_knn_roc_auc")).isBetween(0.0, 1.0);
        assertThat(pretrained.evaluated().get("eval_linear_roc_auc")).isBetween(0.5, 1.0); // light pictures are lighter
        assertThat(JsonObject.read(folder.resolve("out/probes.json")).keys()).containsExactly("2");
        assertThat(JsonObject.read(folder.resolve("out/probes.json"))
                        .object("2")
                        .number("eval_knn_roc_auc"))
                .isEqualTo(pretrained.evaluated().get("eval_knn_roc_auc"));
    }

    @Test
    void aResumedRunKeepsWhatWasProbedBefore() throws IOException {
        Path dataset = folder.resolve("labelled");
        PatientPictures.prepare(folder.resolve("patients"), dataset, 1);
        Path output = folder.resolve("out");
        PretrainRequest request = request(output).on(dataset).probe(dataset, 1).epochs(3);
        request.callback(new TrainerCallback() {
                    @Override
                    public void onEpochEnd(TrainerState state, TrainerControl control) {
                        if (state.epoch() == 2) {
                            request.interrupt();
                        }
                    }
                })
                .run(Progress.NONE);
        JsonObject before = JsonObject.read(output.resolve("probes.json"));
        assertThat(before.keys()).containsExactly("1", "2");

        request(output)
                .on(dataset)
                .probe(dataset, 1)
                .epochs(3)
                .arguments(more -> more.set("resume_from_checkpoint", true))
                .run(Progress.NONE);

        JsonObject after = JsonObject.read(output.resolve("probes.json"));
        assertThat(after.keys()).containsExactly("1", "2", "3");
        assertThat(after.object("1")).isEqualTo(before.object("1"));
    }

    /** The data set to probe with is gone when training ends. */
    @Test
    void theLastProbeIsNotRepeatedAndTheEvaluationIsKeptIfOneFails() throws IOException {
        Path dataset = folder.resolve("labelled");
        PatientPictures.prepare(folder.resolve("patients"), dataset, 1);
        TrainerCallback removes = new TrainerCallback() {
            @Override
            public void onTrainEnd(TrainerState state) {
                DurableFiles.SYSTEM.delete(dataset);
            }
        };
        PretrainedModel pretrained = request(folder.resolve("probed"))
                .probe(dataset, 2)
                .callback(removes)
                .run(Progress.NONE);
        assertThat(pretrained.evaluated().has("eval_knn_roc_auc")).isTrue();

        PatientPictures.prepare(folder.resolve("patients"), dataset, 1);
        Path output = folder.resolve("fails");
        assertThatThrownBy(() ->
                        request(output).probe(dataset, 5).callback(removes).run(Progress.NONE))
                .isInstanceOf(InputException.class);
        assertThat(JsonObject.read(output.resolve("eval_results.json")).has("eval_loss"))
                .isTrue();
    }

    @Test
    void aDataSetThatCannotBeProbedWithIsRefusedBeforeTheRun() {
        Path unlabelled = folder.resolve("unlabelled");
        Vit4j.prepare(pictures)
                .unlabelled()
                .imageSize(32, 32)
                .output(unlabelled)
                .run(Progress.NONE);
        for (Path dataset : List.of(unlabelled, folder.resolve("nowhere"))) {
            boolean[] stepped = {false};
            assertThatThrownBy(() -> request(folder.resolve("out"))
                            .probe(dataset, 2)
                            .callback(new TrainerCallback() {
                                @Override
                                public void onStepEnd(TrainerState state, TrainerControl control) {
                                    stepped[0] = true;
                                }
                            })
                            .run(Progress.NONE))
                    .isInstanceOf(InputException.class)
                    .hasMessageContaining(dataset.getFileName().toString());
            assertThat(stepped[0]).isFalse();
        }
    }

    @Test
    void whatNeedsLabelsIsRefused() {
        assertThatThrownBy(() -> request(folder.resolve("out"))
                        .arguments(more -> more.mixup(0.8))
                        .run(Progress.NONE))
                .isInstanceOf(InputException.class)
                .hasMessageStartingWith("mixup is for training with labels");
        assertThatThrownBy(
                        () -> request(folder.resolve("out")).masking(MaskedAutoencoding.DEFAULTS.withDecoder(2, 500)))
                .isInstanceOf(InputException.class)
                .hasMessage(
                        "a decoder of width 500 cannot be divided into heads of 32 numbers; give a multiple, such as 480"
                                + " or 512");
        assertThatThrownBy(() -> Vit4j.pretrain(ModelDefinition.preset("swin-tiny"))
                        .on(pictures)
                        .output(folder.resolve("out"))
                        .run(Progress.NONE))
                .isInstanceOf(InputException.class)
                .hasMessageContaining("cannot be pretrained as masked autoencoders");
        assertThatThrownBy(() -> request(folder.resolve("large"))
                        .arguments(more -> more.set("image_size", "64"))
                        .run(Progress.NONE))
                .isInstanceOf(InputException.class)
                .hasMessageContaining("holds pictures prepared as 32x32, not of image_size 64");
    }

    @Test
    void trainingOnPicturesWithoutLabelsIsRefused() {
        Path dataset = folder.resolve("unlabelled");
        Vit4j.prepare(pictures).unlabelled().imageSize(32, 32).output(dataset).run(Progress.NONE);
        assertThatThrownBy(() -> Vit4j.fromScratch(ModelDefinition.of(SmallModels.vit(16, 2, 2, 24, 32, 8)))
                        .on(dataset)
                        .output(folder.resolve("out"))
                        .run(Progress.NONE))
                .isInstanceOf(InputException.class)
                .hasMessageContaining("was prepared without labels");
    }
}
