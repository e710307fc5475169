package io.vit4j.train;

import static org.assertj.core.api.Assertions.assertThat;

import io.vit4j.base.DurableFiles;
import io.vit4j.infer.Explanation;
import io.vit4j.model.Context;
import io.vit4j.model.Fixture;
import io.vit4j.model.ModelDefinition;
import io.vit4j.model.Pretrained;
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
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Every family has all that a ViT has of training and inference. */
class FamilyTrainingTest {
    /** One of each kind of blocks: windows, convolutions, two heads, rotary positions, pooling without a class token. */
    private static final Set<String> KINDS = Set.of("swinv2", "convnextv2", "deit with a teacher", "eva02", "timm_vit");

    static Stream<SmallFamily> families() {
        return SmallFamily.all().filter(family -> !family.isTestedElsewhere());
    }

    static Stream<SmallFamily> kinds() {
        return families().filter(family -> KINDS.contains(family.name()));
    }

    static Stream<SmallFamily> others() {
        return families().filter(family -> !KINDS.contains(family.name()));
    }

    @Test
    void eachKindIsThere() {
        assertThat(kinds()).hasSameSizeAs(KINDS);
    }

    @TempDir
    Path folder;

    private RankedRun run(SmallFamily family, String name) {
        return new RankedRun(folder.resolve(name))
                .model(family.definition())
                .training(TinyRun.pictures(20, 1)) // an epoch is three steps, the last of them short
                .with("max_steps", "5")
                .with("learning_rate", "3e-4"); // by larger steps Adam makes much of rounding where gradients are small
    }

    @ParameterizedTest
    @MethodSource("others")
    @Tag("exhaustive")
    void soItIsWithEveryOtherFamily(SmallFamily family) throws IOException {
        stagesAndReplicasGiveTheResultsOfOneProcessAndResumeToTheBit(family);
    }

    @ParameterizedTest
    @MethodSource("kinds")
    void stagesAndReplicasGiveTheResultsOfOneProcessAndResumeToTheBit(SmallFamily family) throws IOException {
        int layers = family.definition().layers();
        RankedRun.Result single = run(family, "single").run();
        RankedRun run = run(family, "run")
                .layout(
                        4,
                        "layers_per_ipu=[1 " + (layers - 1) + "],replication_factor=2,replicated_tensor_sharding=true")
                .with("per_device_train_batch_size", "4")
                .with("save_strategy", "steps")
                .with("save_steps", "2");
        RankedRun.Result undisturbed = run.run();
        LayoutsTest.assertSame(undisturbed, single);

        LayoutStateTest.keepOnly(folder.resolve("run"), 2);
        RankedRun.Result resumed = run.with("resume_from_checkpoint", "true").run();
        assertThat(resumed.losses()).isEqualTo(undisturbed.losses());
        undisturbed
                .weights()
                .forEach((name, weight) ->
                        assertThat(resumed.weights().get(name)).as(name).isEqualTo(weight));
    }

    @ParameterizedTest
    @MethodSource("families")
    void onlyTheClassifierOfAFrozenBackboneMoves(SmallFamily family) throws IOException {
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
    void whatIsSavedLoadsAndPackedWeightsGiveItsLogits(SmallFamily family) throws IOException {
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
    void everyOutputHasTheShapeThatItsBlockDeclares(SmallFamily family) {
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
    void whereItLookedIsShown(SmallFamily family) {
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
            assertThat(explained.logits()).hasSize(family.definition().labels().size());
        }
    }
}
