package io.vit4j;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.vit4j.base.InputException;
import io.vit4j.base.JsonObject;
import io.vit4j.base.Progress;
import io.vit4j.hub.Safetensors;
import io.vit4j.hub.SafetensorsFile;
import io.vit4j.hub.StoredTensor;
import io.vit4j.model.Fixture;
import io.vit4j.model.ModelDefinition;
import io.vit4j.model.SelfDistillation;
import io.vit4j.model.SmallModels;
import io.vit4j.train.TrainerCallback;
import io.vit4j.train.TrainerControl;
import io.vit4j.train.checkpoint.TrainerState;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.stream.IntStream;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Self-distillation through the facade: from pictures without labels to an encoder that is fine-tuned. */
class SelfDistilledRunTest {
    private static final SelfDistillation METHOD = SelfDistillation.DEFAULTS
            .withHead(12, 16, 8)
            .withLocalViews(2, 16)
            .withTeacherMomentum(0.9)
            .withTeacherTemperature(0.04, 0.07, 2);

    @TempDir
    Path folder;

    private Path pictures;

    @BeforeEach
    void draw() throws IOException {
        pictures = Files.createDirectories(folder.resolve("pictures"));
        Random random = new Random(5);
        for (int i = 0; i < 40; i++) {
            BufferedImage image = new BufferedImage(32, 32, BufferedImage.TYPE_BYTE_GRAY);
            int width = 2 + random.nextInt(8);
            image.getRaster()
                    .setPixels(
                            0,
                            0,
                            32,
                            32,
                            IntStream.range(0, 32 * 32)
                                    .map(p -> p % 32 / width % 2 == 0 ? 40 : 200)
                                    .toArray());
            ImageIO.write(image, "png", pictures.resolve(i + ".png").toFile());
        }
    }

    private PretrainRequest request(Path output) {
        return Vit4j.pretrain(ModelDefinition.of(SmallModels.vit(16, 2, 2, 24, 32, 8)))
                .on(pictures, prepare -> prepare.imageSize(32, 32))
                .method(METHOD)
                .epochs(2)
                .arguments(more -> more.perDeviceTrainBatchSize(4)
                        .gradientAccumulationSteps(2)
                        .threads(1)
                        .set("dtype", "float32")
                        .set("base_learning_rate", 0.05))
                .output(output);
    }

    private static Map<String, float[]> weights(Path file) {
        Map<String, float[]> weights = new TreeMap<>();
        try (SafetensorsFile opened = Safetensors.open(file)) {
            for (StoredTensor tensor : opened.tensors()) {
                weights.put(tensor.name(), Fixture.floats(tensor));
            }
        }
        return weights;
    }

    @Test
    void theTeachersEncoderIsSavedAndFineTuned() {
        Path output = folder.resolve("pretrained");
        PretrainedModel pretrained = request(output).run(Progress.NONE);

        assertThat(pretrained.end()).isEqualTo(Tuned.End.COMPLETE);
        assertThat(pretrained.evaluated().get("eval_loss")).isBetween(0.1, 10.0);
        assertThat(pretrained.evaluated().get("eval_feature_rank")).isBetween(1.0, 2.0); // of two pictures
        assertThat(pretrained.evaluated().has("eval_ema_loss")).isFalse();
        Path encoder = pretrained.encoder().orElseThrow();
        assertThat(JsonObject.read(encoder.resolve("config.json")).line())
                .contains("\"ViTModel\"", "\"vit\"")
                .doesNotContain("self_distillation");
        Map<String, float[]> teacher = weights(output.resolve("ema/model.safetensors"));
        Map<String, float[]> saved = weights(encoder.resolve("model.safetensors"));
        assertThat(saved.keySet()).noneMatch(name -> name.startsWith("dino_") || name.startsWith("classifier"));
        saved.forEach((name, numbers) -> assertThat(numbers).as(name).containsExactly(teacher.get(name)));

        Tuned tuned = Vit4j.fineTune(encoder)
                .on(labelled())
                .epochs(1)
                .output(folder.resolve("tuned"))
                .run(Progress.NONE);
        assertThat(tuned.end()).isEqualTo(Tuned.End.COMPLETE);
    }

    @Test
    void aCheckpointIsContinuedAtAnotherSize() {
        Path encoder = request(folder.resolve("first"))
                .arguments(more -> more.set("max_steps", 1))
                .run(Progress.NONE)
                .encoder()
                .orElseThrow();
        PretrainedModel continued = Vit4j.pretrain(encoder.toString())
                .on(pictures)
                .method(METHOD.withLocalViews(1, 0))
                .arguments(more -> more.perDeviceTrainBatchSize(4)
                        .gradientAccumulationSteps(1)
                        .threads(1)
                        .set("image_size", "48")
                        .set("max_steps", 2))
                .output(folder.resolve("second"))
                .run(Progress.NONE);
        Path larger = continued.encoder().orElseThrow();
        assertThat(JsonObject.read(larger.resolve("config.json")).integer("image_size"))
                .isEqualTo(48);
        assertThat(weights(larger.resolve("model.safetensors")).get("vit.embeddings.position_embeddings"))
                .hasSize((1 + 36) * 16);
    }

    private Path labelled() {
        Path dataset = folder.resolve("labelled");
        try {
            PatientPictures.prepare(folder.resolve("patients"), dataset, 1);
        } catch (IOException e) {
            throw new AssertionError(e);
        }
        return dataset;
    }

    @Test
    void aResumedRunRepeatsTheUninterruptedOneToTheBit() throws IOException {
        request(folder.resolve("whole")).run(Progress.NONE);
        PretrainRequest request = request(folder.resolve("halves"));
        PretrainedModel stopped = request.callback(new TrainerCallback() {
                    @Override
                    public void onStepEnd(TrainerState state, TrainerControl control) {
                        if (state.globalStep() == 7) {
                            request.interrupt();
                        }
                    }
                })
                .run(Progress.NONE);
        assertThat(stopped.step()).isEqualTo(7);
        request(folder.resolve("halves"))
                .arguments(more -> more.set("resume_from_checkpoint", true))
                .run(Progress.NONE);
        for (String file : List.of("model.safetensors", "ema/model.safetensors", "encoder/model.safetensors")) {
            assertThat(folder.resolve("halves").resolve(file))
                    .hasSameBinaryContentAs(folder.resolve("whole").resolve(file));
        }
    }

    /** Step by step: the teacher by its formula, the centre, and the last layer, which waits for an epoch. */
    @Test
    void theTeacherFollowsTheStudent() {
        Path output = folder.resolve("steps");
        request(output)
                .arguments(more -> more.set("save_strategy", "steps")
                        .set("save_steps", 1)
                        .set("save_total_limit", 0)
                        .set("weight_decay_end", 0)
                        .set("weight_decay", 0))
                .run(Progress.NONE);
        int steps = 10;
        for (int step = 2; step <= steps; step++) {
            double momentum = 1 + 0.5 * (0.9 - 1) * (1 + Math.cos(Math.PI * (step - 1) / steps));
            Map<String, float[]> before =
                    weights(output.resolve("checkpoint-" + (step - 1) + "/ema/model.safetensors"));
            Map<String, float[]> student = weights(output.resolve("checkpoint-" + step + "/model.safetensors"));
            Map<String, float[]> teacher = weights(output.resolve("checkpoint-" + step + "/ema/model.safetensors"));
            for (String name : List.of("vit.encoder.layer.1.output.dense.weight", "dino_head.mlp.0.weight")) {
                for (int i = 0; i < teacher.get(name).length; i++) {
                    assertThat((double) teacher.get(name)[i])
                            .isCloseTo(
                                    momentum * before.get(name)[i] + (1 - momentum) * student.get(name)[i],
                                    within(1e-6));
                }
            }
            String last = "dino_head.last_layer.weight_v";
            Map<String, float[]> earlier = weights(output.resolve("checkpoint-" + (step - 1) + "/model.safetensors"));
            if (step <= 5) {
                assertThat(student.get(last)).containsExactly(earlier.get(last));
            } else {
                assertThat(student.get(last)).isNotEqualTo(earlier.get(last));
            }
            assertThat(student.get("dino_loss.center")).isNotEqualTo(earlier.get("dino_loss.center"));
        }
    }

    @Test
    void whatDoesNotFitIsRefused() {
        assertThatThrownBy(() -> request(folder.resolve("out"))
                        .arguments(more -> more.set("augment", "flip"))
                        .run(Progress.NONE))
                .isInstanceOf(InputException.class)
                .hasMessageContaining("draws views of its own");
        assertThatThrownBy(() -> request(folder.resolve("out"))
                        .arguments(more -> more.set("model_ema_decay", 0.99))
                        .run(Progress.NONE))
                .isInstanceOf(InputException.class)
                .hasMessageContaining("the average of the weights is the teacher");
        assertThatThrownBy(() ->
                        METHOD.withLocalViews(2, 4).around(ModelDefinition.of(SmallModels.vit(16, 2, 2, 24, 32, 8))))
                .isInstanceOf(InputException.class)
                .hasMessageContaining("local views of 4 pixels");
    }
}
