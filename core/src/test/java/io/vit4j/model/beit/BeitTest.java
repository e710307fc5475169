package io.vit4j.model.beit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.vit4j.TestDevice;
import io.vit4j.base.DurableFiles;
import io.vit4j.base.InputException;
import io.vit4j.base.JsonObject;
import io.vit4j.base.RandomKey;
import io.vit4j.data.ProblemType;
import io.vit4j.hub.CheckpointFiles;
import io.vit4j.hub.StoredDtype;
import io.vit4j.hub.StoredTensor;
import io.vit4j.model.Block;
import io.vit4j.model.Context;
import io.vit4j.model.ModelDefinition;
import io.vit4j.model.ParameterSpec;
import io.vit4j.model.Parameters;
import io.vit4j.model.Pooling;
import io.vit4j.model.Pretrained;
import io.vit4j.model.Sides;
import io.vit4j.model.StepWeights;
import io.vit4j.model.StoredWeights;
import io.vit4j.model.VisionModel;
import io.vit4j.torch.Device;
import io.vit4j.torch.Dtype;
import io.vit4j.torch.Scope;
import io.vit4j.torch.Tensors;
import io.vit4j.walk.Walk;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.UnaryOperator;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What BEiT and data2vec have beside the values that {@code FamilyValuesTest} compares. */
class BeitTest {
    private static final List<String> LABELS = List.of("A", "B", "C");
    private static final String OWN = "use_relative_position_bias";
    private static final String SHARED = "use_shared_relative_position_bias";

    @TempDir
    Path folder;

    private static JsonObject small(String... switches) {
        JsonObject config = JsonObject.empty()
                .with("model_type", "beit")
                .with("hidden_size", 8)
                .with("num_hidden_layers", 3)
                .with("num_attention_heads", 2)
                .with("intermediate_size", 12)
                .with("image_size", 12)
                .with("patch_size", 4)
                .with("initializer_range", 0.3);
        for (String on : switches) {
            config = config.with(on, true);
        }
        return config;
    }

    private static ModelDefinition labelled(JsonObject config) {
        return ModelDefinition.of(config).withLabels(LABELS, ProblemType.MULTI_LABEL);
    }

    /** A model none of whose weights is as it starts, so that nothing is tested on zeros. */
    private static VisionModel stirred(JsonObject config) {
        VisionModel model = VisionModel.fromScratch(labelled(config), TestDevice.here(), 3);
        for (String name : model.parameters().names()) {
            try (Scope scope = new Scope()) {
                Tensor weight = model.parameters().get(name).detach();
                weight.add_(torch.mul(random(weight.shape()), new Scalar(0.3)));
            }
        }
        return model;
    }

    private static Tensor random(long... shape) {
        Tensor numbers = Tensors.empty(Dtype.FLOAT32, Device.CPU, shape);
        Tensors.fillNormal(numbers, 0, 1, Arrays.hashCode(shape));
        return Tensors.to(numbers, TestDevice.here());
    }

    private static float[] logits(List<Block> blocks, Tensor pixels) {
        try (StepWeights weights = new StepWeights(Dtype.FLOAT32);
                Scope scope = new Scope()) {
            return Tensors.toFloats(new Walk(blocks).infer(pixels, Context.inference(weights)));
        }
    }

    private Path saved(VisionModel model) {
        model.save(DurableFiles.SYSTEM, folder);
        return folder;
    }

    /** The checkpoint under other names; a null leaves a tensor out. */
    private Path renamed(VisionModel model, UnaryOperator<String> other, StoredTensor... more) {
        List<StoredTensor> weights = new ArrayList<>();
        for (Parameters.Entry entry : model.parameters().entries()) {
            String called = other.apply(entry.name());
            if (called != null) {
                weights.add(StoredWeights.stored(called, model.parameters().get(entry.name())));
            }
        }
        weights.addAll(List.of(more));
        model.save(DurableFiles.SYSTEM, folder, weights);
        return folder;
    }

    private static Pretrained.Options forNewLabels() {
        return new Pretrained.Options(
                TestDevice.here(), Optional.of(LABELS), Optional.of(ProblemType.MULTI_LABEL), false, 7);
    }

    private static void assertSameFeatures(VisionModel expected, VisionModel actual) {
        try (Scope scope = new Scope()) {
            Tensor pixels = random(2, 3, 12, 12);
            assertThat(logits(actual.definition().featuresOver(actual.parameters()), pixels))
                    .containsExactly(
                            logits(expected.definition().featuresOver(expected.parameters()), pixels), within(1e-6f));
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {OWN, SHARED})
    void aConfigurationIsKeptWholeAndReadAgain(String kind) {
        JsonObject config =
                small(kind, "use_mask_token").with("pool_scales", List.of(1, 2)).with("drop_path_rate", 0.25);
        try (VisionModel model = stirred(config)) {
            Path checkpoint = saved(model);
            JsonObject written = CheckpointFiles.config(checkpoint);
            assertThat(written.integers("pool_scales")).containsExactly(1, 2);
            assertThat(written.number("drop_path_rate")).isEqualTo(0.25);
            assertThat(written.texts("architectures")).containsExactly("BeitForImageClassification");
            assertThat(written.bool("use_mean_pooling", false)).isTrue();
            try (VisionModel again = Pretrained.load(checkpoint, Pretrained.Options.asItIs(TestDevice.here()))
                            .model();
                    Scope scope = new Scope()) {
                Tensor pixels = random(2, 3, 12, 12);
                assertThat(logits(again.blocks(), pixels)).isEqualTo(logits(model.blocks(), pixels));
                assertThat(again.definition().config().pretty())
                        .isEqualTo(model.definition().config().pretty());
            }
        }
    }

    /** As microsoft/beit-base-patch16-224-pt22k is published: a shared table, a token for masked patches, another head. */
    @Test
    void aModelPretrainedOnMaskedPatchesGetsANewHead() {
        try (VisionModel model =
                VisionModel.fromScratch(labelled(small(SHARED, "use_mask_token")), TestDevice.here(), 3)) {
            Path checkpoint = renamed(
                    model,
                    name -> name.startsWith("classifier") || name.startsWith("beit.pooler") ? null : name,
                    StoredWeights.stored("layernorm.weight", random(8)),
                    StoredWeights.stored("layernorm.bias", random(8)),
                    StoredWeights.stored("lm_head.weight", random(20, 8)),
                    index("beit.encoder.relative_position_bias.relative_position_index"));
            Pretrained.Loaded loaded = Pretrained.load(checkpoint, forNewLabels());
            try (VisionModel fresh = loaded.model()) {
                assertSameFeatures(model, fresh); // the norm is as it starts in both
                assertThat(loaded.report().missing())
                        .containsExactlyInAnyOrder(
                                "beit.pooler.layernorm.weight",
                                "beit.pooler.layernorm.bias",
                                "classifier.weight",
                                "classifier.bias");
                assertThat(loaded.report().unused())
                        .containsExactlyInAnyOrder("layernorm.weight", "layernorm.bias", "lm_head.weight");
            }
            assertThatThrownBy(() -> Pretrained.load(checkpoint, Pretrained.Options.asItIs(TestDevice.here())))
                    .isInstanceOf(InputException.class)
                    .hasMessageContaining("fine-tune it first");
        }
    }

    /** A whole-number tensor, as PyTorch's modules keep indices. */
    private static StoredTensor index(String name) {
        Tensor numbers = Tensors.of(new long[] {0, 1, 2, 3}, 2, 2);
        return new StoredTensor() {
            @Override
            public String name() {
                return name;
            }

            @Override
            public StoredDtype dtype() {
                return StoredDtype.I64;
            }

            @Override
            public long[] shape() {
                return new long[] {2, 2};
            }

            @Override
            public void read(long offset, ByteBuffer destination) {
                destination.put(Tensors.bytes(numbers, offset, destination.remaining()));
            }
        };
    }

    /** A headless file lacks the prefix; files of transformers 5 that were saved past its renaming have other names. */
    @ParameterizedTest
    @CsvSource({
        "use_relative_position_bias,headless",
        "use_relative_position_bias,memory",
        "use_shared_relative_position_bias,headless",
        "use_shared_relative_position_bias,memory"
    })
    void weightsAreFoundUnderTheNamesThatFilesHave(String kind, String how) {
        Map<String, String> inMemory = new HashMap<>();
        inMemory.put("attention.attention.relative_position_bias.", "relative_position_bias.");
        inMemory.put("attention.attention.query.", "attention.q_proj.");
        inMemory.put("attention.attention.key.", "attention.k_proj.");
        inMemory.put("attention.attention.value.", "attention.v_proj.");
        inMemory.put("attention.output.dense.", "attention.o_proj.");
        UnaryOperator<String> other = name -> {
            if (how.equals("headless")) {
                return name.startsWith("classifier") ? null : name.replaceFirst("^beit\\.", "");
            }
            String called = name.replace("encoder.layer.", "layers.")
                    .replace("encoder.relative_position_bias.", "shared_position_bias.");
            for (Map.Entry<String, String> part : inMemory.entrySet()) {
                called = called.replace(part.getKey(), part.getValue());
            }
            return called.replace("intermediate.dense.", "mlp.fc1.")
                    .replaceFirst("(\\d)\\.output\\.dense\\.", "$1.mlp.fc2.");
        };
        try (VisionModel model = stirred(small(kind).with("use_mean_pooling", false))) {
            Pretrained.Loaded loaded = Pretrained.load(renamed(model, other), forNewLabels());
            try (VisionModel again = loaded.model()) {
                assertSameFeatures(model, again);
                assertThat(loaded.report().unused()).isEmpty();
            }
        }
    }

    @Test
    void aTableOfALayerThatIsMissingIsAnError() {
        try (VisionModel model = stirred(small(OWN))) {
            Path checkpoint =
                    renamed(model, name -> name.contains("layer.1.attention.attention.relative") ? null : name);
            assertThatThrownBy(() -> Pretrained.load(checkpoint, forNewLabels()))
                    .isInstanceOf(InputException.class)
                    .hasMessageContaining("layer.1.attention.attention.relative_position_bias");
        }
    }

    @Test
    void weightsStartAsTransformersStartsThem() {
        try (VisionModel model = VisionModel.fromScratch(
                labelled(small(OWN, "use_absolute_position_embeddings", "use_mask_token")), Device.CPU, 3)) {
            for (ParameterSpec spec : model.definition().weights()) {
                float[] numbers = Tensors.toFloats(model.parameters().get(spec.name()));
                String name = spec.name();
                if (name.endsWith("token") || name.contains("position") || name.endsWith("bias")) {
                    assertThat(numbers).as(name).containsOnly(0f);
                } else if (name.contains("lambda")) {
                    assertThat(numbers).as(name).containsOnly(0.1f);
                } else if (name.contains("layernorm")) {
                    assertThat(numbers).as(name).containsOnly(1f);
                } else {
                    double square = 0;
                    for (float number : numbers) {
                        square += number * number / numbers.length;
                    }
                    assertThat(Math.sqrt(square)).as(name).isBetween(0.2, 0.4);
                }
            }
        }
        assertThat(ModelDefinition.of(small(OWN)).weights().stream()
                        .filter(ParameterSpec::decays)
                        .map(ParameterSpec::name))
                .contains("beit.encoder.layer.0.lambda_1", "beit.embeddings.cls_token")
                .noneMatch(name -> name.contains("relative_position_bias") || name.contains("norm"));
    }

    /** A layer that is always dropped for a picture leaves it as it was; what is not dropped is scaled up. */
    @Test
    void contributionsAreDroppedByStepLayerAndSample() {
        ModelDefinition definition = labelled(small(OWN).with("drop_path_rate", 0.5));
        assertThat(definition.blocks().get(1).drops()).isFalse();
        assertThat(definition.blocks().get(3).drops()).isTrue();
        try (VisionModel model = stirred(definition.config());
                Scope scope = new Scope();
                StepWeights weights = new StepWeights(Dtype.FLOAT32)) {
            Block last = model.blocks().get(3);
            int samples = 64;
            Tensor hidden = random(1, 10, 8).expand(samples, 10, 8).contiguous();
            long[] numbers = new long[samples];
            Arrays.setAll(numbers, i -> i);
            float[] dropped = Tensors.toFloats(
                    new Walk(List.of(last)).infer(hidden, Context.training(weights, RandomKey.of(5), numbers)));
            Set<List<Float>> kinds = new HashSet<>();
            int kept = 0;
            float[] input = Tensors.toFloats(hidden);
            for (int sample = 0; sample < samples; sample++) {
                float[] one = Arrays.copyOfRange(dropped, sample * 80, (sample + 1) * 80);
                List<Float> rounded = new ArrayList<>();
                for (float number : one) {
                    rounded.add(Math.round(number * 1e3f) / 1e3f);
                }
                kinds.add(rounded);
                kept += Arrays.equals(one, Arrays.copyOfRange(input, sample * 80, (sample + 1) * 80)) ? 1 : 0;
            }
            assertThat(kinds).hasSize(4); // attention dropped or not, MLP dropped or not
            assertThat(kept).isBetween(4, 32); // both dropped: a quarter
            long[] reversed = new long[samples];
            Arrays.setAll(reversed, i -> samples - 1 - i);
            float[] otherOrder = Tensors.toFloats(
                    new Walk(List.of(last)).infer(hidden, Context.training(weights, RandomKey.of(5), reversed)));
            for (int sample = 0; sample < samples; sample++) {
                assertThat(Arrays.copyOfRange(otherOrder, sample * 80, (sample + 1) * 80))
                        .containsExactly(
                                Arrays.copyOfRange(dropped, (samples - 1 - sample) * 80, (samples - sample) * 80),
                                within(1e-5f));
            }
            assertThat(Tensors.toFloats(
                            new Walk(List.of(last)).infer(hidden, Context.training(weights, RandomKey.of(6), numbers))))
                    .isNotEqualTo(dropped);
        }
    }

    /** Tables that are made over once give what tables that are interpolated in every walk give. */
    @ParameterizedTest
    @CsvSource({
        "use_relative_position_bias,20",
        "use_shared_relative_position_bias,20",
        "use_relative_position_bias,9",
        "use_absolute_position_embeddings,22"
    })
    void aCheckpointIsMadeForPicturesOfAnotherSize(String kind, int side) {
        try (VisionModel model = stirred(small(kind))) {
            Path checkpoint = saved(model);
            Pretrained.Options options =
                    Pretrained.Options.asItIs(TestDevice.here()).withImageSize(Optional.of(new Sides(side, side)));
            try (VisionModel resized = Pretrained.load(checkpoint, options).model();
                    Scope scope = new Scope()) {
                Tensor pixels = random(2, 3, side, side);
                assertThat(logits(resized.blocks(), pixels))
                        .containsExactly(logits(model.blocks(), pixels), within(1e-6f));
                assertThat(resized.definition().config().integer("image_size")).isEqualTo(side);
                assertThat(resized.processor().height()).isEqualTo(side);
            }
        }
    }

    @Test
    void tablesStayThoseOfSquaresWhereTransformersWouldMixOthersUp() {
        ModelDefinition wide = labelled(small(OWN)).withImageSize(12, 16);
        assertThat(wide.imageWidth()).isEqualTo(16);
        assertThat(wide.weights().stream().map(ParameterSpec::count).toList())
                .isEqualTo(labelled(small(OWN)).weights().stream()
                        .map(ParameterSpec::count)
                        .toList());
        assertThat(labelled(small()).withImageSize(12, 16).config().integers("image_size"))
                .containsExactly(12, 16);
    }

    @Test
    void poolingIsTheFamilysOwnSwitch() {
        ModelDefinition mean = labelled(small(OWN));
        ModelDefinition cls = mean.withPooling(Pooling.CLS);
        assertThat(cls.config().bool("use_mean_pooling", true)).isFalse();
        assertThat(cls.weights().stream().map(ParameterSpec::name)).contains("beit.layernorm.weight");
        assertThat(cls.withPooling(Pooling.MEAN).config().pretty())
                .isEqualTo(mean.config().pretty());
        assertThatThrownBy(() -> mean.withPooling(Pooling.CLS_MEAN))
                .isInstanceOf(InputException.class)
                .hasMessageContaining("use pooling cls or mean");
    }

    @Test
    void modelsAreDescribedInAFewWords() {
        assertThat(ModelDefinition.describe(small(OWN))).startsWith("BEiT, 3 layers of 8 (2 heads)");
        assertThat(ModelDefinition.describe(small().with("model_type", "data2vec-vision")))
                .startsWith("data2vec for pictures, 3 layers");
        assertThat(ModelDefinition.preset("beit-base").weights().stream()
                        .mapToLong(ParameterSpec::count)
                        .sum())
                .isBetween(85_000_000L, 87_000_000L);
    }

    @Test
    void valuesThatCannotBeAreNamed() {
        assertThatThrownBy(() -> ModelDefinition.of(small().with("drop_path_rate", 1.0)))
                .isInstanceOf(InputException.class)
                .hasMessageContaining("drop_path_rate");
        assertThatThrownBy(() -> ModelDefinition.of(small().with("layer_scale_init_value", -1)))
                .isInstanceOf(InputException.class)
                .hasMessageContaining("layer_scale_init_value");
    }
}
