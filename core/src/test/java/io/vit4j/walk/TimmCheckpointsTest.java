package io.vit4j.walk;

import static io.vit4j.model.Fixture.floats;
import static io.vit4j.model.Fixture.largestDifference;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.vit4j.Shared;
import io.vit4j.TestDevice;
import io.vit4j.base.DurableFiles;
import io.vit4j.base.InputException;
import io.vit4j.base.JsonObject;
import io.vit4j.base.RandomKey;
import io.vit4j.data.ProblemType;
import io.vit4j.data.Targets;
import io.vit4j.hub.CheckpointFiles;
import io.vit4j.hub.Safetensors;
import io.vit4j.hub.SafetensorsFile;
import io.vit4j.hub.StoredTensor;
import io.vit4j.image.ImageProcessor;
import io.vit4j.model.Context;
import io.vit4j.model.Fixture;
import io.vit4j.model.ModelDefinition;
import io.vit4j.model.Parameters;
import io.vit4j.model.Pretrained;
import io.vit4j.model.StepWeights;
import io.vit4j.model.VisionModel;
import io.vit4j.torch.Device;
import io.vit4j.torch.Dtype;
import io.vit4j.torch.Scope;
import io.vit4j.torch.Tensors;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Folders that timm saved are read as if transformers had: with the logits that timm computed. */
class TimmCheckpointsTest {
    @TempDir
    Path folder;

    private static Stream<Path> models() throws IOException {
        return Files.list(Shared.model("timm")).filter(Files::isDirectory).sorted();
    }

    @ParameterizedTest
    @MethodSource("models")
    void logitsAreThoseOfTimmAlsoWhenSavedAsTransformersSaves(Path model) throws IOException {
        Pretrained.Loaded loaded = Pretrained.load(model, Pretrained.Options.asItIs(TestDevice.here()));
        assertThat(loaded.report().lines()).isEmpty();
        Path saved = Files.createDirectories(folder.resolve("saved"));
        try (VisionModel read = loaded.model();
                SafetensorsFile values = Safetensors.open(model.resolve("forward.safetensors"))) {
            StoredTensor pixels = values.tensor("pixel_values").orElseThrow();
            float[] expected = floats(values.tensor("logits").orElseThrow());
            assertThat(read.labels()).containsExactly("finding 0", "finding 1", "finding 2");
            assertThat(largestDifference(logits(read, pixels), expected)).isLessThan(1e-5);
            read.save(DurableFiles.SYSTEM, saved);
            assertThat(JsonObject.read(saved.resolve("config.json")).text("model_type"))
                    .isEqualTo(read.definition().architecture().modelType());
            try (VisionModel again = Pretrained.load(saved, Pretrained.Options.asItIs(TestDevice.here()))
                    .model()) {
                assertThat(logits(again, pixels)).isEqualTo(logits(read, pixels));
                assertThat(again.processor().toJson())
                        .isEqualTo(read.processor().toJson());
            }
        }
    }

    /** Of a family that transformers does not have. */
    @ParameterizedTest
    @ValueSource(strings = {"eva02", "eva02_norm", "vit_averaged", "vit_clip", "vit_gap"})
    void lossAndEveryGradientAreThoseOfTimm(String name) {
        Path model = Shared.model("timm/" + name);
        try (VisionModel read = Pretrained.load(model, Pretrained.Options.asItIs(TestDevice.here()))
                        .model();
                SafetensorsFile values = Safetensors.open(model.resolve("forward.safetensors"));
                Scope scope = new Scope();
                StepWeights weights = new StepWeights(Dtype.FLOAT32)) {
            Parameters parameters = read.parameters();
            parameters.trainable(frozen -> false);
            StoredTensor pixels = values.tensor("pixel_values").orElseThrow();
            float[] labels = floats(values.tensor("labels").orElseThrow());
            Objective objective = Objective.of(ProblemType.MULTI_LABEL);
            Targets targets = objective.targets(
                    labels, (int) pixels.shape()[0], read.labels().size());
            double sum = MicroBatchStep.run(
                    new Walk(read.blocks()),
                    objective,
                    Tensors.to(Tensors.of(floats(pixels), pixels.shape()), TestDevice.here()),
                    TargetTensors.of(targets, TestDevice.here()),
                    1 / targets.divisor(),
                    Context.training(weights, RandomKey.of(0), new long[(int) pixels.shape()[0]]),
                    MicroBatchStep.SILENT);
            assertThat(sum / targets.divisor())
                    .isCloseTo(floats(values.tensor("loss").orElseThrow())[0], within(1e-6));
            for (String weight : parameters.names()) {
                if (weight.endsWith("attn.k.bias")) { // without effect: what anybody computes there is rounding
                    continue;
                }
                float[] expected = floats(values.tensor("grad." + weight).orElseThrow());
                float[] difference = Tensors.toFloats(parameters.gradient(weight));
                for (int i = 0; i < difference.length; i++) {
                    difference[i] -= expected[i];
                }
                assertThat(Fixture.norm(difference)).as(weight).isLessThanOrEqualTo(1e-5 * Fixture.norm(expected));
            }
        }
    }

    private static float[] logits(VisionModel model, StoredTensor pixels) {
        try (Scope scope = new Scope();
                StepWeights weights = new StepWeights(Dtype.FLOAT32)) {
            return logits(model, Tensors.of(floats(pixels), pixels.shape()), weights);
        }
    }

    private static float[] logits(VisionModel model, Tensor pixels) {
        try (Scope scope = new Scope();
                StepWeights weights = new StepWeights(Dtype.FLOAT32)) {
            return logits(model, pixels, weights);
        }
    }

    private static float[] logits(VisionModel model, Tensor pixels, StepWeights weights) {
        Tensor input = Tensors.to(pixels, TestDevice.here());
        return Tensors.toFloats(new Walk(model.blocks()).infer(input, Context.inference(weights)));
    }

    private void config(String json) throws IOException {
        Files.writeString(folder.resolve("config.json"), json.replace('\'', '"'));
    }

    /** What the hub's folders say, by the sizes that transformers' conversions of the same models have. */
    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            vit_small_patch16_224            | vit                   | hidden_size=384 num_hidden_layers=12 num_attention_heads=6 intermediate_size=1536
            vit_giant_patch14_224            | vit                   | hidden_size=1408 num_hidden_layers=40 num_attention_heads=16 intermediate_size=6144
            deit_small_patch16_224           | vit                   | hidden_size=384 num_hidden_layers=12 num_attention_heads=6 intermediate_size=1536
            vit_small_patch14_dinov2         | dinov2                | hidden_size=384 num_hidden_layers=12 num_attention_heads=6 mlp_ratio=4 patch_size=14
            vit_giant_patch14_dinov2         | dinov2                | hidden_size=1536 num_hidden_layers=40 num_attention_heads=24 mlp_ratio=4 patch_size=14
            vit_base_patch14_reg4_dinov2     | dinov2_with_registers | hidden_size=768 num_register_tokens=4 patch_size=14
            eva02_small_patch14_336          | eva02                 | hidden_size=384 num_attention_heads=6 intermediate_size=1024 patch_size=14
            eva02_large_patch14_448          | eva02                 | hidden_size=1024 num_hidden_layers=24 intermediate_size=2730
            vit_base_patch32_clip_448        | timm_vit              | hidden_size=768 patch_size=32 num_register_tokens=0
            vit_base_patch16_plus_clip_240   | timm_vit              | hidden_size=896 num_attention_heads=14 intermediate_size=3584
            vit_base_patch16_gap_224         | timm_vit              | hidden_size=768 num_attention_heads=16 num_register_tokens=0
            vit_medium_patch16_reg4_gap_256  | timm_vit              | hidden_size=512 num_attention_heads=8 num_register_tokens=4
            vit_wee_patch16_reg1_gap_256     | timm_vit              | hidden_size=256 num_hidden_layers=14 intermediate_size=1280
            vit_so150m2_patch16_reg1_gap_384 | timm_vit              | hidden_size=832 num_hidden_layers=21 intermediate_size=2176
            vit_small_patch16_dinov3         | dinov3_vit            | hidden_size=384 num_register_tokens=4 intermediate_size=1536
            """)
    void anArchitecturesNameStandsForItsSizes(String name, String family, String sizes) throws IOException {
        config("{'architecture': '" + name + "', 'num_classes': 7, 'pretrained_cfg': {'input_size': [3, 224, 224]}}");
        ModelDefinition definition = Pretrained.definition(folder);
        assertThat(definition.architecture().modelType()).isEqualTo(family);
        assertThat(definition.labels()).hasSize(7);
        for (String size : sizes.split(" ")) {
            String[] keyAndValue = size.split("=");
            assertThat(definition.config().integer(keyAndValue[0]))
                    .as(keyAndValue[0])
                    .isEqualTo(Integer.parseInt(keyAndValue[1]));
        }
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '"', textBlock = """
            'architecture': 'resnet50'                                              | resnet50 is not read
            'architecture': 'vit_base_patch16_rpn_224'                              | vit_base_patch16_rpn_224 is not read
            'architecture': 'vit_base_patch16_siglip_224'                           | vit_base_patch16_siglip_224 is not read
            'architecture': 'vit_base_patch16_224', 'global_pool': 'map'            | vit_base_patch16_224 makes features by global_pool map
            'architecture': 'vit_base_patch16_224', 'global_pool': 'max'            | vit_base_patch16_224 makes features by global_pool max
            'architecture': 'deit_tiny_distilled_patch16_224', 'global_pool': 'avg' | of tokens that it does not have so
            'architecture': 'vit_base_patch16_gap_224', 'global_pool': 'token'      | of tokens that it does not have so
            'architecture': 'vit_base_patch16_224', 'model_args': {'qk_norm': true} | set qk_norm for vit_base_patch16_224
            """)
    void whatIsNotReadIsNamed(String json, String said) throws IOException {
        config("{" + json + ", 'num_classes': 7, 'pretrained_cfg': {}}");
        assertThatThrownBy(() -> Pretrained.definition(folder))
                .isInstanceOf(InputException.class)
                .hasMessageStartingWith(folder.resolve("config.json") + ": timm's ")
                .hasMessageContaining(said);
    }

    @Test
    void picturesAreCutAndNormalisedAsTimmEvaluates() throws IOException {
        config("""
                {'architecture': 'vit_small_patch16_224', 'num_classes': 0, 'pretrained_cfg': {'input_size': [3, 224, 224],
                 'crop_pct': 0.9, 'interpolation': 'bicubic', 'mean': [0.1, 0.2, 0.3], 'std': [0.4, 0.5, 0.6]}}
                """);
        JsonObject said = CheckpointFiles.imageProcessor(folder).toJson();
        assertThat(said.object("size").integer("shortest_edge")).isEqualTo(248); // floor(224 / 0.9)
        assertThat(said.object("crop_size").integer("height")).isEqualTo(224);
        assertThat(said.integer("resample")).isEqualTo(3);
        assertThat(said.numbers("image_mean")).containsExactly(0.1, 0.2, 0.3);
        assertThat(said.numbers("image_std")).containsExactly(0.4, 0.5, 0.6);
        assertThat(ImageProcessor.of(said).geometry()).startsWith("224x224 (bicubic), cut from");
        config("""
                {'architecture': 'vit_small_patch16_224', 'pretrained_cfg': {'crop_mode': 'border'}}
                """);
        assertThatThrownBy(() -> CheckpointFiles.imageProcessor(folder))
                .isInstanceOf(InputException.class)
                .hasMessageContaining("\"crop_mode\" is a string, not \"center\" or \"squash\"");
    }

    /** A real one of transformers' in timm's clothes. */
    @Test
    void theWeightsAndLogitsOfAPretrainedModelInTimmsFormAreThose() throws IOException {
        Path original = Shared.path("vit-tiny-augreg");
        JsonObject config = JsonObject.read(original.resolve("config.json"));
        List<String> labels =
                List.copyOf(byNumber(config.object("id2label").asTexts()).values());
        config("{'architecture': 'vit_tiny_patch16_224', 'num_classes': 1000, 'global_pool': 'token'}");
        JsonObject timm = JsonObject.read(folder.resolve("config.json"))
                .with("label_names", labels)
                .with(
                        "pretrained_cfg",
                        JsonObject.empty()
                                .with("input_size", List.of(3, 224, 224))
                                .with("mean", List.of(0.5, 0.5, 0.5))
                                .with("std", List.of(0.5, 0.5, 0.5))
                                .with("crop_pct", 0.9)
                                .with("interpolation", "bicubic"));
        Files.writeString(folder.resolve("config.json"), timm.pretty());
        try (SafetensorsFile file = Safetensors.open(original.resolve("model.safetensors"))) {
            Safetensors.write(
                    DurableFiles.SYSTEM,
                    folder.resolve("model.safetensors"),
                    Safetensors.PYTORCH_FORMAT,
                    inTimmsForm(file));
        }
        Pretrained.Options asItIs = Pretrained.Options.asItIs(Device.CPU);
        Pretrained.Loaded read = Pretrained.load(folder, asItIs);
        try (VisionModel expected = Pretrained.load(original, asItIs).model();
                VisionModel actual = read.model();
                Scope scope = new Scope()) {
            assertThat(read.report().lines()).isEmpty();
            assertThat(actual.labels()).isEqualTo(expected.labels());
            assertThat(actual.parameters().names())
                    .isEqualTo(expected.parameters().names());
            for (String name : expected.parameters().names()) {
                assertThat(Tensors.toFloats(actual.parameters().get(name)))
                        .as(name)
                        .isEqualTo(Tensors.toFloats(expected.parameters().get(name)));
            }
            Tensor pixels = Tensors.empty(Dtype.FLOAT32, Device.CPU, 1, 3, 224, 224);
            Tensors.fillNormal(pixels, 0, 1, 9);
            assertThat(logits(actual, pixels))
                    .isEqualTo(logits(expected, pixels))
                    .hasSize(1000);
            for (String key :
                    List.of("hidden_act", "layer_norm_eps", "qkv_bias", "num_attention_heads", "patch_size")) {
                assertThat(value(actual, key)).as(key).isEqualTo(value(expected, key));
            }
        }
    }

    private static String value(VisionModel model, String key) {
        String line = model.definition().config().line();
        int from = line.indexOf("\"" + key + "\":");
        return line.substring(from, line.indexOf(',', from));
    }

    private static Map<Integer, String> byNumber(Map<String, String> labels) {
        Map<Integer, String> byNumber = new TreeMap<>();
        labels.forEach((number, label) -> byNumber.put(Integer.parseInt(number), label));
        return byNumber;
    }

    private static List<StoredTensor> inTimmsForm(SafetensorsFile file) {
        List<StoredTensor> renamed = new ArrayList<>();
        for (StoredTensor tensor : file.tensors()) {
            String name = tensor.name();
            if (name.contains(".query.")) {
                renamed.add(fused(file, name));
            } else if (!name.contains(".key.") && !name.contains(".value.")) {
                renamed.add(tensor.named(name.replace("vit.embeddings.cls_token", "cls_token")
                        .replace("vit.embeddings.position_embeddings", "pos_embed")
                        .replace("vit.embeddings.patch_embeddings.projection", "patch_embed.proj")
                        .replace("vit.encoder.layer", "blocks")
                        .replace("layernorm_before", "norm1")
                        .replace("layernorm_after", "norm2")
                        .replace("attention.output.dense", "attn.proj")
                        .replace("intermediate.dense", "mlp.fc1")
                        .replace("output.dense", "mlp.fc2")
                        .replace("vit.layernorm", "norm")
                        .replace("classifier", "head")));
            }
        }
        return renamed;
    }

    private static StoredTensor fused(SafetensorsFile file, String query) {
        long[] shape = file.tensor(query).orElseThrow().shape();
        shape[0] *= 3;
        ByteBuffer bytes = ByteBuffer.allocate(
                Math.toIntExact(3 * file.tensor(query).orElseThrow().byteSize()));
        for (String part : List.of("query", "key", "value")) {
            bytes.put(Optional.of(query.replace("query", part))
                    .flatMap(file::tensor)
                    .orElseThrow()
                    .bytes());
        }
        String name = query.replace("vit.encoder.layer", "blocks").replace("attention.attention.query", "attn.qkv");
        return StoredTensor.of(name, file.tensor(query).orElseThrow().dtype(), shape, bytes.flip());
    }
}
