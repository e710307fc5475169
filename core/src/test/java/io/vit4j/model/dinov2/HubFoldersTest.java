package io.vit4j.model.dinov2;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.vit4j.Shared;
import io.vit4j.base.DurableFiles;
import io.vit4j.base.InputException;
import io.vit4j.base.JsonObject;
import io.vit4j.data.ProblemType;
import io.vit4j.hub.CheckpointFiles;
import io.vit4j.hub.Safetensors;
import io.vit4j.hub.SafetensorsFile;
import io.vit4j.hub.StoredTensor;
import io.vit4j.image.ImageProcessor;
import io.vit4j.model.ModelDefinition;
import io.vit4j.model.Pretrained;
import io.vit4j.model.Shape;
import io.vit4j.model.VisionModel;
import io.vit4j.torch.Device;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Folders of DINOv2 and DINOv3 models as the hub has them. */
class HubFoldersTest {
    /** Of facebook/dinov2-small; that of microsoft/rad-dino has its own numbers. */
    private static final String PROCESSOR = """
            {"crop_size": {"height": %d, "width": %d}, "do_center_crop": true, "do_convert_rgb": true, "do_normalize": true,
             "do_rescale": true, "do_resize": true, "image_mean": [%s, %s, %s], "image_processor_type": "BitImageProcessor",
             "image_std": [0.229, 0.224, 0.225], "resample": 3, "rescale_factor": 0.00392156862745098,
             "size": {"shortest_edge": %d}}
            """;

    private static final String SMALL = """
            {"architectures": ["Dinov2Model"], "attention_probs_dropout_prob": 0.0, "drop_path_rate": 0.0, "hidden_act": "gelu",
             "hidden_dropout_prob": 0.0, "hidden_size": 384, "image_size": 518, "initializer_range": 0.02, "layer_norm_eps": 1e-06,
             "layerscale_value": 1.0, "mlp_ratio": 4, "model_type": "dinov2", "num_attention_heads": 6, "num_channels": 3,
             "num_hidden_layers": 12, "patch_size": 14, "qkv_bias": true, "torch_dtype": "float32", "use_swiglu_ffn": false}
            """;

    @TempDir
    Path folder;

    private void write(String name, String text) throws IOException {
        Files.writeString(folder.resolve(name), text);
    }

    @Test
    void aModelIsWalkedWithThePicturesOfItsProcessorNotOfItsPositions() throws IOException {
        write("config.json", SMALL);
        write("preprocessor_config.json", PROCESSOR.formatted(224, 224, 0.485, 0.456, 0.406, 256));
        ModelDefinition definition = Pretrained.definition(folder);
        assertThat(definition.shapes().subList(0, 2)).containsExactly(Shape.of(3, 224, 224), Shape.of(257, 384));
        assertThat(definition.weights().stream()
                        .filter(spec -> spec.name().equals("dinov2.embeddings.position_embeddings"))
                        .findFirst()
                        .orElseThrow()
                        .shape())
                .containsExactly(1, 1 + 37 * 37, 384);
        ModelDefinition forLabels = definition.withLabels(List.of("a", "b", "c"), ProblemType.MULTI_LABEL);
        assertThat(forLabels.imageHeight()).isEqualTo(224);
        assertThat(forLabels.config().integer("image_size")).isEqualTo(518);
        assertThat(forLabels.config().texts("architectures")).containsExactly("Dinov2ForImageClassification");
        assertThat(forLabels.tokenGrid(224, 224).orElseThrow().rows()).isEqualTo(16);
    }

    @Test
    void radDinosProcessorIsRead() throws IOException {
        write("preprocessor_config.json", PROCESSOR.formatted(518, 518, 0.5307, 0.5307, 0.5307, 518));
        ImageProcessor processor = CheckpointFiles.imageProcessor(folder);
        assertThat(processor.geometry())
                .isEqualTo("518x518 (bicubic), cut from a picture resized to {\"shortest_edge\":518}");
        assertThat(processor.toJson().numbers("image_mean")).containsExactly(0.5307, 0.5307, 0.5307);
    }

    @Test
    void dinov3sProcessorIsRead() throws IOException {
        write("preprocessor_config.json", """
                {"image_processor_type": "DINOv3ViTImageProcessorFast", "crop_size": null, "do_center_crop": null, "do_resize": true,
                 "size": {"height": 224, "width": 224}, "resample": 2, "device": null}
                """);
        JsonObject said = CheckpointFiles.imageProcessor(folder).toJson();
        assertThat(said.numbers("image_mean")).containsExactly(0.485, 0.456, 0.406);
        assertThat(said.numbers("image_std")).containsExactly(0.229, 0.224, 0.225);
    }

    /** transformers writes a headless model without the family's name in front, and a token for hidden patches. */
    @ParameterizedTest
    @CsvSource({"dinov2, dinov2.", "dinov2_with_registers, dinov2_with_registers.", "dinov3, ''"})
    void aHeadlessModelGetsANewClassifier(String family, String prefix) throws IOException {
        Path whole = Shared.model("families/" + family).resolve("checkpoint");
        Files.copy(whole.resolve("config.json"), folder.resolve("config.json"));
        try (SafetensorsFile file = Safetensors.open(whole.resolve("model.safetensors"))) {
            List<StoredTensor> headless = new ArrayList<>();
            for (StoredTensor tensor : file.tensors()) {
                if (!tensor.name().startsWith("classifier.")) {
                    headless.add(tensor.named(tensor.name().substring(prefix.length())));
                }
            }
            Safetensors.write(
                    DurableFiles.SYSTEM, folder.resolve("model.safetensors"), Safetensors.PYTORCH_FORMAT, headless);
        }
        Pretrained.Options labels = new Pretrained.Options(
                Device.CPU, Optional.of(List.of("x", "y")), Optional.of(ProblemType.MULTI_LABEL), false, 3);
        Pretrained.Loaded loaded = Pretrained.load(folder, labels);
        try (VisionModel model = loaded.model()) {
            assertThat(loaded.report().missing()).containsExactly("classifier.weight", "classifier.bias");
            assertThat(loaded.report().mismatched()).isEmpty();
            assertThat(loaded.report().unused()).isEmpty();
            assertThat(model.definition().features()).isEqualTo(16);
        }
        assertThatThrownBy(() -> Pretrained.load(folder, Pretrained.Options.asItIs(Device.CPU)))
                .isInstanceOf(InputException.class)
                .hasMessageContaining("has no classifier");
    }

    @ParameterizedTest
    @CsvSource({
        "dinov2, mlp_ratio, 0, the MLP",
        "dinov2, drop_path_rate, 1, drop_path_rate is 1.0",
        "dinov2_with_registers, num_register_tokens, -1, num_register_tokens is -1",
        "dinov3_vit, num_attention_heads, 192, a head has 2 numbers",
        "dinov3_vit, rope_theta, 0, rope_theta is 0.0",
        "dinov3_vit, pos_embed_jitter, 0, pos_embed_jitter is 0.0",
        "dinov3_vit, pos_embed_shift, -1, pos_embed_shift is -1.0"
    })
    void aConfigurationThatDescribesNoModelSaysWhy(String family, String key, int value, String said) {
        JsonObject config = JsonObject.parse("{\"hidden_size\": 384, \"num_attention_heads\": 6}", "config.json")
                .with("model_type", family)
                .with(key, value);
        assertThatThrownBy(() -> ModelDefinition.of(config))
                .isInstanceOf(InputException.class)
                .hasMessageStartingWith("config.json: " + said);
    }
}
