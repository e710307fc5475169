package io.vit4j;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.vit4j.base.DurableFiles;
import io.vit4j.base.InputException;
import io.vit4j.base.JsonObject;
import io.vit4j.base.Progress;
import io.vit4j.data.ArrowDataset;
import io.vit4j.data.ProblemType;
import io.vit4j.data.Split;
import io.vit4j.hub.CheckpointFiles;
import io.vit4j.image.ImageProcessor;
import io.vit4j.image.Picture;
import io.vit4j.infer.Explanation;
import io.vit4j.model.Context;
import io.vit4j.model.ModelDefinition;
import io.vit4j.model.Pooling;
import io.vit4j.model.Pretrained;
import io.vit4j.model.Sides;
import io.vit4j.model.SmallModels;
import io.vit4j.model.StepWeights;
import io.vit4j.model.VisionModel;
import io.vit4j.torch.Device;
import io.vit4j.torch.Dtype;
import io.vit4j.torch.Scope;
import io.vit4j.torch.Tensors;
import io.vit4j.walk.Walk;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import javax.imageio.ImageIO;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** {@code image_size} and {@code pooling}: what a tuned checkpoint becomes, and that it is the same when it is read again. */
class SizesAndPoolingTest {
    private static final List<String> LABELS = List.of("dark", "light");

    @TempDir
    Path folder;

    private Path photos;

    @BeforeEach
    void draw() throws IOException {
        photos = folder.resolve("photos");
        Random random = new Random(4);
        for (String label : LABELS) {
            Path of = Files.createDirectories(photos.resolve(label));
            for (int i = 0; i < 8; i++) {
                BufferedImage image = new BufferedImage(30, 40, BufferedImage.TYPE_BYTE_GRAY);
                int lightness = label.equals("light") ? 120 : 0;
                image.getRaster()
                        .setPixels(
                                0,
                                0,
                                30,
                                40,
                                random.ints(30 * 40, 0, 120)
                                        .map(p -> p + lightness)
                                        .toArray());
                ImageIO.write(image, "png", of.resolve(i + ".png").toFile());
            }
        }
    }

    private FineTuneRequest tune(Path checkpoint, String output) {
        return Vit4j.fineTune(checkpoint)
                .on(photos, prepare -> prepare.split(Split.byFraction(0.25, 0, Split.By.IMAGE, 1)))
                .epochs(1)
                .arguments(more -> more.perDeviceTrainBatchSize(4).threads(1).set("dtype", "float32"))
                .output(folder.resolve(output));
    }

    private static JsonObject dinov2() {
        return JsonObject.empty()
                .with("model_type", "dinov2")
                .with("hidden_size", 16)
                .with("num_hidden_layers", 2)
                .with("num_attention_heads", 2)
                .with("mlp_ratio", 2)
                .with("image_size", 32)
                .with("patch_size", 8)
                .with("initializer_range", 0.3);
    }

    private static JsonObject config(String family) {
        return switch (family) {
            case "vit" -> SmallModels.vit(16, 2, 2, 24, 32, 8).with("initializer_range", 0.3);
            case "deit" ->
                SmallModels.vit(16, 2, 2, 24, 32, 8)
                        .with("initializer_range", 0.3)
                        .with("model_type", "deit");
            case "dinov2" -> dinov2();
            case "dinov2_with_registers" ->
                dinov2().with("model_type", "dinov2_with_registers").with("num_register_tokens", 2);
            case "dinov3_vit" ->
                SmallModels.vit(16, 2, 2, 24, 32, 8)
                        .with("initializer_range", 0.3)
                        .with("model_type", "dinov3_vit")
                        .with("num_register_tokens", 2);
            case "vit_msn" ->
                SmallModels.vit(16, 2, 2, 24, 32, 8)
                        .with("initializer_range", 0.3)
                        .with("model_type", "vit_msn");
            case "clip", "siglip" ->
                JsonObject.empty()
                        .with("model_type", family)
                        .with(
                                "vision_config",
                                SmallModels.vit(16, 2, 2, 24, 32, 8).without("model_type"));
            case "swin", "swinv2" ->
                JsonObject.empty()
                        .with("model_type", family)
                        .with("embed_dim", 8)
                        .with("depths", List.of(2, 1))
                        .with("num_heads", List.of(2, 2))
                        .with("window_size", 3)
                        .with("image_size", 48)
                        .with("patch_size", 4);
            case "convnext" ->
                JsonObject.empty()
                        .with("model_type", "convnext")
                        .with("hidden_sizes", List.of(4, 6))
                        .with("depths", List.of(1, 1))
                        .with("num_stages", 2)
                        .with("image_size", 32);
            default ->
                JsonObject.empty()
                        .with("model_type", "pyramid")
                        .with("hidden_sizes", List.of(4, 6))
                        .with("image_size", 32);
        };
    }

    private static ModelDefinition definition(String family) {
        return ModelDefinition.of(config(family)).withLabels(LABELS, ProblemType.SINGLE_LABEL);
    }

    private static Path saved(Path folder, ModelDefinition definition) {
        try (VisionModel model = VisionModel.fromScratch(definition, Device.CPU, 5)) {
            Files.createDirectories(folder);
            model.save(DurableFiles.SYSTEM, folder);
            return folder;
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    private static float[] logits(VisionModel model, int height, int width) {
        try (StepWeights weights = new StepWeights(Dtype.FLOAT32);
                Scope scope = new Scope()) {
            Tensor pixels = Tensors.empty(Dtype.FLOAT32, Device.CPU, 2, 3, height, width);
            Tensors.fillNormal(pixels, 0, 1, 9);
            return Tensors.toFloats(new Walk(model.blocks()).infer(pixels, Context.inference(weights)));
        }
    }

    private static VisionModel load(Path checkpoint) {
        return Pretrained.load(checkpoint, Pretrained.Options.asItIs(Device.CPU))
                .model();
    }

    /** Positions that are made over once give what those give that are interpolated in every walk. */
    @ParameterizedTest
    @CsvSource({
        "vit,56,56",
        "vit,36,70",
        "vit,20,20",
        "deit,64,40",
        "dinov2,48,48",
        "dinov2,40,64",
        "dinov2_with_registers,16,16",
        "dinov2_with_registers,16,40",
        "dinov3_vit,48,48",
        "vit_msn,40,48",
        "clip,48,48",
        "clip,24,70",
        "siglip,24,24",
        "siglip,40,24",
        "swin,48,48",
        "swinv2,40,48",
        "convnext,64,48",
        "pyramid,48,48"
    })
    void aModelForPicturesOfAnotherSizeSeesThemAsBefore(String family, int height, int width) {
        Path checkpoint = saved(folder.resolve("checkpoint"), definition(family));
        Pretrained.Options options =
                Pretrained.Options.asItIs(Device.CPU).withImageSize(Optional.of(new Sides(height, width)));
        try (VisionModel before = load(checkpoint);
                VisionModel after = Pretrained.load(checkpoint, options).model()) {
            assertThat(logits(after, height, width)).containsExactly(logits(before, height, width), within(1e-5f));
            assertThat(after.definition().imageHeight()).isEqualTo(height);
            assertThat(after.definition().imageWidth()).isEqualTo(width);
            assertThat(after.processor().height()).isEqualTo(height);
            assertThat(after.processor().width()).isEqualTo(width);
        }
    }

    @Test
    void aTunedCheckpointHasTheSizeThatWasAskedFor() {
        Path checkpoint = saved(folder.resolve("checkpoint"), definition("vit"));
        tune(checkpoint, "tuned")
                .imageSize(40, 56)
                .arguments(more -> more.learningRate(0))
                .run(Progress.NONE);
        Path tuned = folder.resolve("tuned");
        assertThat(CheckpointFiles.config(tuned).integers("image_size")).containsExactly(40, 56);
        ImageProcessor processor = CheckpointFiles.imageProcessor(tuned);
        assertThat(processor.height()).isEqualTo(40);
        assertThat(processor.width()).isEqualTo(56);
        try (ArrowDataset prepared = ArrowDataset.open(folder.resolve("tuned-dataset"))) {
            assertThat(prepared.info().cropHeight()).isEqualTo(40);
            assertThat(prepared.info().cropWidth()).isEqualTo(56);
        }
        try (VisionModel before = load(checkpoint);
                VisionModel after = load(tuned)) { // nothing was learned: only the positions are others
            assertThat(after.parameters()
                            .get("vit.embeddings.position_embeddings")
                            .shape())
                    .containsExactly(1, 1 + 5 * 7, 16);
            assertThat(logits(after, 40, 56)).containsExactly(logits(before, 40, 56), within(1e-5f));
        }
        assertThat(Vit4j.evaluate(tuned).on(folder.resolve("tuned-dataset")).run(Progress.NONE))
                .isPresent();
    }

    @Test
    void aDataSetOfAnotherSizeIsRefusedWithTheMend() {
        Path checkpoint = saved(folder.resolve("checkpoint"), definition("vit"));
        Path dataset = folder.resolve("dataset");
        Vit4j.prepare(photos).forModel(checkpoint.toString()).output(dataset).run(Progress.NONE);
        assertThatThrownBy(() ->
                        tune(checkpoint, "tuned").on(dataset).imageSize(48, 48).run(Progress.NONE))
                .isInstanceOf(InputException.class)
                .hasMessageContaining("holds pictures prepared as 32x32")
                .hasMessageEndingWith("prepare the data set with --model " + checkpoint + " --image-size 48");
        assertThatThrownBy(() -> Vit4j.fromScratch(definition("vit"))
                        .on(dataset)
                        .imageSize(48, 40)
                        .output(folder.resolve("scratch"))
                        .run(Progress.NONE))
                .isInstanceOf(InputException.class)
                .hasMessageContaining("prepare the data set with --image-size 48x40");
        Path fitting = folder.resolve("fitting");
        Vit4j.prepare(photos)
                .forModel(checkpoint.toString())
                .imageSize(48, 48)
                .split(Split.byFraction(0.25, 0, Split.By.IMAGE, 1))
                .output(fitting)
                .run(Progress.NONE);
        assertThat(tune(checkpoint, "tuned")
                        .on(fitting)
                        .imageSize(48, 48)
                        .run(Progress.NONE)
                        .end())
                .isEqualTo(Tuned.End.COMPLETE);
    }

    /** Features as they are pooled, out of the whole class: what a family pools by itself, too. */
    @ParameterizedTest
    @CsvSource({
        "vit,1,CLS,vit.layernorm",
        "deit,2,CLS,deit.layernorm",
        "dinov2,1,CLS_MEAN,dinov2.layernorm",
        "dinov2_with_registers,3,CLS_MEAN,dinov2_with_registers.layernorm",
        "dinov3_vit,3,CLS_MEAN,norm"
    })
    void featuresAreTheClassTokenTheMeanOfThePatchesOrBoth(String family, int before, Pooling usual, String norm) {
        ModelDefinition plain = definition(family);
        assertThat(plain.config().has("pooling")).isFalse();
        float[][] features = new float[Pooling.values().length][];
        for (Pooling pooling : Pooling.values()) {
            ModelDefinition pooled = plain.withPooling(pooling);
            assertThat(pooled.config().has("pooling")).isEqualTo(pooling != usual);
            Path checkpoint = saved(folder.resolve(pooling.toString()), pooled);
            try (VisionModel model = load(checkpoint);
                    StepWeights weights = new StepWeights(Dtype.FLOAT32);
                    Scope scope = new Scope()) { // as it is read again
                assertThat(model.definition().config().pretty())
                        .isEqualTo(pooled.config().pretty());
                Tensor pixels = Tensors.empty(Dtype.FLOAT32, Device.CPU, 1, 3, 32, 32);
                Tensors.fillNormal(pixels, 0, 1, 9);
                features[pooling.ordinal()] =
                        Tensors.toFloats(new Walk(model.definition().featuresOver(model.parameters()))
                                .infer(pixels, Context.inference(weights)));
            }
        }
        assertThat(features[Pooling.CLS.ordinal()]).hasSize(16).isNotEqualTo(features[Pooling.MEAN.ordinal()]);
        float[] both = features[Pooling.CLS_MEAN.ordinal()];
        assertThat(Arrays.copyOfRange(both, 0, 16)).containsExactly(features[Pooling.CLS.ordinal()], within(1e-5f));
        assertThat(Arrays.copyOfRange(both, 16, 32)).containsExactly(features[Pooling.MEAN.ordinal()], within(1e-5f));
        float[] mean = meanOfPatches(plain, before, norm);
        assertThat(features[Pooling.MEAN.ordinal()]).containsExactly(mean, within(1e-5f));
    }

    /** By hand: the last layer's tokens, each normalised (weights 1, biases 0), averaged over the patches. */
    private static float[] meanOfPatches(ModelDefinition plain, int before, String norm) {
        ModelDefinition all = plain.withPooling(Pooling.MEAN); // whose layers give every row
        try (VisionModel model = VisionModel.fromScratch(all, Device.CPU, 5);
                StepWeights weights = new StepWeights(Dtype.FLOAT32);
                Scope scope = new Scope()) {
            assertThat(Tensors.toFloats(model.parameters().get(norm + ".weight")))
                    .containsOnly(1f);
            Tensor pixels = Tensors.empty(Dtype.FLOAT32, Device.CPU, 1, 3, 32, 32);
            Tensors.fillNormal(pixels, 0, 1, 9);
            Tensor hidden =
                    new Walk(model.blocks().subList(0, all.blockCount() - 1)).infer(pixels, Context.inference(weights));
            float[] tokens = Tensors.toFloats(hidden);
            float[] mean = new float[16];
            int patches = tokens.length / 16 - before;
            for (int token = before; token < before + patches; token++) {
                double sum = 0;
                double square = 0;
                for (int i = 0; i < 16; i++) {
                    sum += tokens[token * 16 + i];
                    square += (double) tokens[token * 16 + i] * tokens[token * 16 + i];
                }
                double deviation = Math.sqrt(square / 16 - sum * sum / 256);
                for (int i = 0; i < 16; i++) {
                    mean[i] += (float) ((tokens[token * 16 + i] - sum / 16) / deviation / patches);
                }
            }
            return mean;
        }
    }

    @Test
    void aTunedCheckpointPoolsAsWasAskedFor() {
        Path checkpoint = saved(folder.resolve("checkpoint"), definition("vit"));
        tune(checkpoint, "tuned").pooling(Pooling.MEAN).run(Progress.NONE);
        assertThat(CheckpointFiles.config(folder.resolve("tuned")).text("pooling"))
                .isEqualTo("mean");
        assertThat(CheckpointFiles.config(folder.resolve("tuned")).texts("architectures"))
                .containsExactly("ViTForImageClassification");
        assertThatThrownBy(
                        () -> tune(checkpoint, "both").pooling(Pooling.CLS_MEAN).run(Progress.NONE))
                .isInstanceOf(InputException.class)
                .hasMessageContaining("classifier is for other labels or features; use --ignore-mismatched-sizes");
        assertThat(tune(checkpoint, "both")
                        .pooling(Pooling.CLS_MEAN)
                        .replaceClassifier(true)
                        .run(Progress.NONE)
                        .end())
                .isEqualTo(Tuned.End.COMPLETE);
        try (VisionModel both = load(folder.resolve("both"))) {
            assertThat(both.parameters().get("classifier.weight").shape()).containsExactly(2, 32);
        }
    }

    @Test
    void aFamilyThatLeavesNoChoiceOfPoolingSaysSo() {
        Path pyramid = saved(folder.resolve("pyramid"), definition("pyramid"));
        assertThatThrownBy(() -> tune(pyramid, "tuned").pooling(Pooling.MEAN).run(Progress.NONE))
                .isInstanceOf(InputException.class)
                .hasMessageContaining("models of type 'pyramid' leave no choice of pooling");
        ModelDefinition two = ModelDefinition.of(
                config("deit").with("architectures", List.of("DeiTForImageClassificationWithTeacher")));
        assertThatThrownBy(() -> two.withPooling(Pooling.MEAN))
                .isInstanceOf(InputException.class)
                .hasMessageContaining("classifies its two tokens");
    }

    /** CLIP and SigLIP fix their pooling. */
    @ParameterizedTest
    @ValueSource(strings = {"clip", "siglip"})
    void whatTheFamilyFixesIsRefused(String family) {
        ModelDefinition definition = definition(family);
        assertThatThrownBy(() -> definition.withPooling(Pooling.CLS))
                .isInstanceOf(InputException.class)
                .hasMessageContaining("leave no choice of pooling");
    }

    /** Every family has a way to be explained that shows places, and all ways agree on the logits. */
    @ParameterizedTest
    @CsvSource({
        "vit,GRADIENT_ROLLOUT,4",
        "deit,GRADIENT_ROLLOUT,4",
        "dinov2_with_registers,GRADIENT_ROLLOUT,4",
        "dinov3_vit,GRADIENT_ROLLOUT,4",
        "clip,GRADIENT_ROLLOUT,4",
        "siglip,GRADIENT_ROLLOUT,4",
        "swin,GRAD_CAM,4",
        "swinv2,GRAD_CAM,4",
        "convnext,GRAD_CAM,4",
        "pyramid,GRAD_CAM,8"
    })
    void everyFamilyIsExplained(String family, Explanation.Method usual, int rows) {
        ModelDefinition definition = definition(family).withImageSize(32, 32);
        assertThat(Explanation.Method.usual(definition)).isEqualTo(usual);
        try (VisionModel model = VisionModel.fromScratch(definition, Device.CPU, 5);
                Explanation explanation = new Explanation(model)) {
            byte[] pixels = new byte[32 * 32 * 3];
            new Random(1).nextBytes(pixels);
            Picture picture = new Picture(32, 32, 3, pixels);
            float[] logits = explanation.logits(picture);
            for (Explanation.Method method : List.of(usual, Explanation.Method.GRAD_CAM)) {
                Explanation.Explained explained = explanation.of(picture, 1, method);
                assertThat(explained.heatmap().rows()).isEqualTo(rows);
                assertThat(explained.heatmap().columns()).isEqualTo(rows);
                assertThat(explained.logits()).containsExactly(logits, within(1e-5f));
            }
            assertThat(explanation
                            .of(picture, 1, Explanation.Method.GRADIENT_X_INPUT)
                            .heatmap()
                            .rows())
                    .isEqualTo(32);
        }
    }

    @Test
    void sizesAreSaidInTwoWays() {
        assertThat(Sides.parse("--image-size", "384")).isEqualTo(new Sides(384, 384));
        assertThat(Sides.parse("--image-size", "384x512")).isEqualTo(new Sides(384, 512));
        for (String wrong : List.of("0", "12x", "x12", "384x0", "1e3", "384 x 512", "99999")) {
            assertThatThrownBy(() -> Sides.parse("--image-size", wrong))
                    .isInstanceOf(InputException.class)
                    .hasMessageStartingWith("--image-size '" + wrong + "' is no size");
        }
    }
}
