package io.vit4j.train;

import static org.assertj.core.api.Assertions.assertThat;

import io.vit4j.base.DurableFiles;
import io.vit4j.base.JsonObject;
import io.vit4j.data.ProblemType;
import io.vit4j.infer.Explanation;
import io.vit4j.model.Context;
import io.vit4j.model.Fixture;
import io.vit4j.model.ModelDefinition;
import io.vit4j.model.Pretrained;
import io.vit4j.model.SmallModels;
import io.vit4j.model.StepWeights;
import io.vit4j.model.VisionModel;
import io.vit4j.torch.Device;
import io.vit4j.torch.Dtype;
import io.vit4j.torch.Scope;
import io.vit4j.torch.Tensors;
import io.vit4j.walk.Walk;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Every family has all that a ViT has of training and inference. */
class FamilyTrainingTest {
    private static final List<String> LABELS = List.of("bright", "left", "top");

    /** A family and a small model of it, for pictures of 16x16 and with dropout if the family knows it. */
    record Family(String name, JsonObject config) {
        ModelDefinition definition() {
            return ModelDefinition.of(config).withLabels(LABELS, ProblemType.MULTI_LABEL);
        }

        @Override
        public String toString() {
            return name;
        }
    }

    static Stream<Family> families() {
        JsonObject vit = SmallModels.vit(8, 4, 2, 16, 16, 8)
                .with("hidden_dropout_prob", 0.1)
                .with("attention_probs_dropout_prob", 0.1)
                .with("initializer_range", 0.3);
        JsonObject tower =
                SmallModels.vit(8, 4, 2, 16, 16, 8).without("model_type").with("attention_dropout", 0.1);
        JsonObject staged = JsonObject.empty()
                .with("image_size", 16)
                .with("patch_size", 2)
                .with("depths", List.of(1, 3))
                .with("initializer_range", 0.1)
                .with("drop_path_rate", 0.2);
        JsonObject swin = staged.with("embed_dim", 8)
                .with("num_heads", List.of(1, 2))
                .with("window_size", 3)
                .with("mlp_ratio", 2.0)
                .with("hidden_dropout_prob", 0.1)
                .with("attention_probs_dropout_prob", 0.1);
        JsonObject convNext = staged.with("hidden_sizes", List.of(6, 8)).with("layer_scale_init_value", 0.5);
        return Stream.of(
                new Family("swin", swin.with("model_type", "swin")),
                new Family("swinv2", swin.with("model_type", "swinv2")),
                new Family("convnext", convNext.with("model_type", "convnext")),
                new Family("convnextv2", convNext.with("model_type", "convnextv2")),
                new Family("deit", vit.with("model_type", "deit")),
                new Family(
                        "deit with a teacher",
                        vit.with("model_type", "deit")
                                .with("architectures", List.of("DeiTForImageClassificationWithTeacher"))),
                new Family("vit_msn", vit.with("model_type", "vit_msn")),
                new Family(
                        "dinov2",
                        vit.with("model_type", "dinov2")
                                .with("use_swiglu_ffn", true)
                                .with("drop_path_rate", 0.2)),
                new Family(
                        "dinov2_with_registers",
                        vit.with("model_type", "dinov2_with_registers").with("mlp_ratio", 2)),
                new Family(
                        "dinov3_vit",
                        tower.with("model_type", "dinov3_vit")
                                .with("num_register_tokens", 2)
                                .with("pos_embed_shift", 0.1)
                                .with("pos_embed_jitter", 1.2)),
                new Family("eva02", tower.with("model_type", "eva02").with("mlp_norm", true)),
                new Family("vit_mae", vit.with("model_type", "vit_mae")),
                new Family("clip", JsonObject.empty().with("model_type", "clip").with("vision_config", tower)),
                new Family(
                        "siglip",
                        JsonObject.empty().with("model_type", "siglip").with("vision_config", tower)));
    }

    @TempDir
    Path folder;

    private RankedRun run(Family family, String name) {
        return new RankedRun(folder.resolve(name))
                .model(family.definition())
                .with("max_steps", "12")
                .with("learning_rate", "3e-4"); // by larger steps Adam makes much of rounding where gradients are small
    }

    @ParameterizedTest
    @MethodSource("families")
    void stagesAndReplicasGiveTheResultsOfOneProcessAndResumeToTheBit(Family family) throws IOException {
        int layers = family.definition().layers();
        RankedRun.Result single = run(family, "single").run();
        RankedRun.Result undisturbed = saving(family, "undisturbed", layers).run();
        LayoutsTest.assertSame(undisturbed, single);

        saving(family, "run", layers).run();
        LayoutStateTest.keepOnly(folder.resolve("run"), 6);
        RankedRun.Result resumed = saving(family, "run", layers)
                .with("resume_from_checkpoint", "true")
                .run();
        assertThat(resumed.losses()).isEqualTo(undisturbed.losses());
        undisturbed
                .weights()
                .forEach((name, weight) ->
                        assertThat(resumed.weights().get(name)).as(name).isEqualTo(weight));
    }

    private RankedRun saving(Family family, String name, int layers) {
        return run(family, name)
                .layout(4, "layers_per_ipu=[1 " + (layers - 1) + "],replication_factor=2")
                .with("per_device_train_batch_size", "4")
                .with("save_strategy", "steps")
                .with("save_steps", "6");
    }

    @ParameterizedTest
    @MethodSource("families")
    void onlyTheClassifierOfAFrozenBackboneMoves(Family family) throws IOException {
        Map<String, float[]> before;
        try (VisionModel fresh = VisionModel.fromScratch(family.definition(), Device.CPU, 7)) {
            before = RankedRun.weights(saved(fresh, "fresh").resolve("model.safetensors"));
        }
        Map<String, float[]> after =
                run(family, "frozen").with("freeze_backbone", "true").run().weights();
        assertThat(after).containsOnlyKeys(before.keySet());
        after.forEach((name, weight) -> {
            boolean same = Arrays.equals(weight, before.get(name));
            assertThat(same)
                    .as(name)
                    .isEqualTo(!family.definition().classifierWeights().contains(name));
        });
    }

    private Path saved(VisionModel model, String name) throws IOException {
        Path place = folder.resolve(name);
        Files.createDirectories(place);
        model.save(DurableFiles.SYSTEM, place);
        return place;
    }

    @ParameterizedTest
    @MethodSource("families")
    void whatIsSavedLoadsAndPackedWeightsGiveItsLogits(Family family) throws IOException {
        ModelDefinition definition = family.definition();
        try (VisionModel model = VisionModel.fromScratch(definition, Device.CPU, 7);
                VisionModel loaded = Pretrained.load(saved(model, "saved"), Pretrained.Options.asItIs(Device.CPU))
                        .model();
                StepWeights weights = new StepWeights(Dtype.FLOAT32);
                StepWeights packed = StepWeights.forInference(Dtype.FLOAT32, Device.CPU);
                Scope scope = new Scope()) {
            assertThat(loaded.definition().config()).isEqualTo(definition.config());
            Tensor pixels = random(definition.shapes().get(0).batch(3));
            float[] logits = Tensors.toFloats(new Walk(model.blocks()).infer(pixels, Context.inference(weights)));
            float[] again = Tensors.toFloats(new Walk(loaded.blocks()).infer(pixels, Context.inference(packed)));
            assertThat(Fixture.largestDifference(again, logits)).isLessThan(1e-5);
        }
    }

    private static Tensor random(long... shape) {
        Tensor numbers = Tensors.empty(Dtype.FLOAT32, Device.CPU, shape);
        Tensors.fillNormal(numbers, 0, 1, Arrays.hashCode(shape));
        return numbers;
    }

    @ParameterizedTest
    @MethodSource("families")
    void everyOutputHasTheShapeThatItsBlockDeclares(Family family) {
        ModelDefinition definition = family.definition();
        try (VisionModel model = VisionModel.fromScratch(definition, Device.CPU, 7);
                StepWeights weights = new StepWeights(Dtype.FLOAT32);
                Scope scope = new Scope()) {
            Tensor hidden = random(definition.shapes().get(0).batch(2));
            for (int block = 0; block < definition.blockCount(); block++) {
                hidden = new Walk(model.blocks().subList(block, block + 1)).infer(hidden, Context.inference(weights));
                assertThat(hidden.shape())
                        .containsExactly(definition.shapes().get(block + 1).batch(2));
            }
        }
    }

    @ParameterizedTest
    @MethodSource("families")
    void whereItLookedIsShown(Family family) {
        ModelDefinition definition = family.definition();
        try (VisionModel model = VisionModel.fromScratch(definition, Device.CPU, 7);
                Explanation explanation = new Explanation(model)) {
            Explanation.Explained explained =
                    explanation.of(TinyRun.pictures(1, 3).get(0).picture(), 0, Explanation.Method.usual(definition));
            float[] shares = explained.heatmap().values();
            assertThat(shares)
                    .hasSize(explained.heatmap().rows() * explained.heatmap().columns());
            for (float share : shares) {
                assertThat(share).isNotNegative().isFinite();
            }
            assertThat(explained.logits()).hasSize(LABELS.size());
        }
    }
}
