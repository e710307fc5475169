package io.vit4j.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.vit4j.base.DurableFiles;
import io.vit4j.base.InputException;
import io.vit4j.base.Progress;
import io.vit4j.base.RandomKey;
import io.vit4j.data.Batch;
import io.vit4j.data.Collator;
import io.vit4j.data.DataLoader;
import io.vit4j.data.Dataset;
import io.vit4j.data.ImageTransform;
import io.vit4j.data.ProblemType;
import io.vit4j.image.ImageProcessor;
import io.vit4j.model.ModelDefinition;
import io.vit4j.model.Pretrained;
import io.vit4j.model.SmallModels;
import io.vit4j.model.VisionModel;
import io.vit4j.torch.Device;
import io.vit4j.torch.Dtype;
import io.vit4j.train.arguments.TrainingArguments;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code teacher}: another model's predictions are learned beside the labels. */
class DistillationTest {
    private static final List<String> LABELS = List.of("bright", "left", "top");

    @TempDir
    Path folder;

    private Path teacher;

    /** Of another shape and picture size than the student, its labels in another order. */
    @BeforeEach
    void saveTeacher() throws IOException {
        teacher = save("teacher", 24, List.of("top", "other", "bright", "left"));
    }

    private Path save(String name, int side, List<String> labels) throws IOException {
        ModelDefinition definition = ModelDefinition.of(
                        SmallModels.vit(12, 1, 3, 24, side, 8).with("initializer_range", 0.5))
                .withLabels(labels, ProblemType.MULTI_LABEL);
        ImageProcessor processor = ImageProcessor.of(ImageProcessor.defaults()
                .withSize(side, side)
                .toJson()
                .with("image_mean", List.of(0.2, 0.4, 0.6))
                .with("image_std", List.of(0.3, 0.2, 0.1)));
        Path saved = Files.createDirectories(folder.resolve(name));
        try (VisionModel model = VisionModel.fromScratch(definition, processor, Device.CPU, 3, weight -> true)) {
            model.save(DurableFiles.SYSTEM, saved);
        }
        return saved;
    }

    private RankedRun run(String name) {
        return new RankedRun(folder.resolve(name))
                .with("max_steps", "5")
                .with("teacher", teacher.toString())
                .with("distillation_alpha", "0.6")
                .with("distillation_tau", "2");
    }

    @Test
    void twoStagesOfTwoReplicasGiveTheResultsOfOneProcess() {
        RankedRun.Result single = run("single").run();
        RankedRun.Result laidOut = run("laid-out")
                .layout(
                        4,
                        "layers_per_ipu=[2 2],replication_factor=2,gradient_accumulation_steps=2,replicated_tensor_sharding=true")
                .with("per_device_train_batch_size", "2")
                .run();
        LayoutsTest.assertSame(laidOut, single);
    }

    @Test
    void aResumedRunRepeatsTheUninterruptedOneToTheBit() {
        Map<String, String> arguments = Map.of("teacher", teacher.toString(), "max_steps", "6");
        TinyRun.Result undisturbed =
                new TinyRun(folder.resolve("undisturbed")).with(arguments).run();
        TinyRun disturbed = new TinyRun(folder.resolve("disturbed")).with(arguments);
        disturbed.callback(ExactResumeTest.after(4, disturbed::interrupt));
        assertThat(disturbed.run().interrupted()).isTrue();
        TinyRun.Result resumed = disturbed.callback(new TrainerCallback() {}).resume();
        assertThat(resumed.logs()).isEqualTo(undisturbed.logs());
        assertThat(resumed.weights()).isEqualTo(undisturbed.weights());
    }

    /** The logits behind a batch's labels are those that the teacher has of the pictures by its own processor. */
    @Test
    void theTeacherSeesPicturesAsItsOwnProcessorNormalisesThem() throws IOException {
        Path alike = save("alike", 16, List.of("top", "other", "bright", "left"));
        Dataset pictures = TinyRun.pictures(5, 1);
        float[] expected;
        TrainingArguments alone = TrainingArguments.builder()
                .outputDir(folder.resolve("other"))
                .set("dtype", "float32")
                .build();
        TrainingArguments arguments = alone.withOverrides(Map.of("teacher", alike.toString()));
        try (VisionModel model = Pretrained.load(alike, Pretrained.Options.asItIs(Device.CPU))
                        .model();
                Trainer trainer = Trainer.builder(model, alone)
                        .evalDataset(TinyRun.labelled(pictures, i -> new float[4]))
                        .build()) {
            expected = trainer.predict(TinyRun.labelled(pictures, i -> new float[4]))
                    .prediction()
                    .predictions();
        }
        try (VisionModel student = VisionModel.fromScratch(TinyRun.CONFIG, Device.CPU, 7);
                Teacher taught = Teacher.open(arguments, student, Dtype.FLOAT32, 1, Progress.NONE);
                DataLoader loader = new DataLoader(
                        pictures,
                        List.of(new int[] {0, 1, 2}, new int[] {3, 4}),
                        Collator.normalising(student.processor()::normalise, 3),
                        ImageTransform.none(),
                        RandomKey.of(0),
                        new DataLoader.Workers(0, 2))) {
            Iterator<Batch> batches = taught.step(loader, 2, null, 0);
            for (int first : new int[] {0, 3}) {
                try (Batch batch = batches.next()) {
                    for (int i = 0; i < batch.size(); i++) {
                        float[] row = Arrays.copyOfRange(batch.labels(), i * 6, i * 6 + 6);
                        float[] logits = Arrays.copyOfRange(expected, (first + i) * 4, (first + i) * 4 + 4);
                        assertThat(Arrays.copyOf(row, 3)).containsExactly(pictures.labels(first + i));
                        assertThat(Arrays.copyOfRange(row, 3, 6))
                                .usingComparatorWithPrecision(1e-4f)
                                .containsExactly(logits[2], logits[3], logits[0]);
                    }
                }
            }
        }
    }

    /** Each of DeiT's two classifiers learns from its own teacher: the labels, or the other model. */
    @Test
    void deitsTwoClassifiersLearnApart() {
        ModelDefinition student = ModelDefinition.of(SmallModels.vit(8, 2, 2, 16, 16, 8)
                        .with("model_type", "deit")
                        .with("architectures", List.of("DeiTForImageClassificationWithTeacher")))
                .withLabels(LABELS, ProblemType.MULTI_LABEL);
        float[] unmoved = {0, 0, 0};
        for (String alpha : List.of("0", "1")) {
            Path output = folder.resolve("alpha-" + alpha);
            new TinyRun(output)
                    .model(student)
                    .with(Map.of("max_steps", "2", "teacher", teacher.toString(), "distillation_alpha", alpha))
                    .with(Map.of("distillation_type", "hard", "eval_strategy", "no", "save_strategy", "no"))
                    .with("load_best_model_at_end", "false")
                    .run();
            Map<String, float[]> weights = RankedRun.weights(output.resolve("model.safetensors"));
            boolean ofLabels = alpha.equals("0");
            assertThat(Arrays.equals(weights.get("cls_classifier.bias"), unmoved))
                    .isEqualTo(!ofLabels);
            assertThat(Arrays.equals(weights.get("distillation_classifier.bias"), unmoved))
                    .isEqualTo(ofLabels);
        }
    }

    @Test
    void aTeacherThatDoesNotFitIsRefused() throws IOException {
        Path others = save("others", 16, List.of("bright", "left"));
        assertThatThrownBy(() -> new TinyRun(folder.resolve("run"))
                        .with("teacher", others.toString())
                        .run())
                .isInstanceOf(InputException.class)
                .hasMessage("teacher " + others + " does not predict top; use a teacher that was tuned for the same"
                        + " labels");
    }
}
