package io.vit4j.model;

import static org.assertj.core.api.Assertions.assertThat;

import io.vit4j.Shared;
import io.vit4j.base.DurableFiles;
import io.vit4j.base.JsonObject;
import io.vit4j.data.ProblemType;
import io.vit4j.hub.Safetensors;
import io.vit4j.hub.SafetensorsFile;
import io.vit4j.hub.StoredTensor;
import io.vit4j.torch.Device;
import io.vit4j.torch.Tensors;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Checkpoints of each family in the forms that the hub has them in. */
class FamilyCheckpointsTest {
    private static final List<String> LABELS = List.of("a", "b");

    @TempDir
    Path folder;

    /**
     * A family's fixture as another checkpoint.
     *
     * @param renamed the name that a tensor has there; empty if it is not there
     * @param more tensors of somebody else's
     */
    private Path checkpoint(
            String family, UnaryOperator<JsonObject> config, UnaryOperator<String> renamed, String... more) {
        Path fixture = Shared.family(family).findFirst().orElseThrow().resolve("checkpoint");
        List<StoredTensor> tensors = new ArrayList<>();
        try (SafetensorsFile file = Safetensors.open(fixture.resolve("model.safetensors"))) {
            for (StoredTensor tensor : file.tensors()) {
                String name = renamed.apply(tensor.name());
                if (!name.isEmpty()) {
                    tensors.add(tensor.named(name));
                }
            }
            for (String name : more) {
                tensors.add(tensors.get(0).named(name));
            }
            JsonObject json = config.apply(JsonObject.read(fixture.resolve("config.json")));
            Files.writeString(folder.resolve("config.json"), json.pretty());
            Safetensors.write(
                    DurableFiles.SYSTEM, folder.resolve("model.safetensors"), Safetensors.PYTORCH_FORMAT, tensors);
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
        return folder;
    }

    private static String withoutClassifier(String name) {
        return name.matches("(classifier|cls_classifier|distillation_classifier)\\..*") ? "" : name;
    }

    private static Pretrained.Loaded forTwoLabels(Path checkpoint) {
        return Pretrained.load(
                checkpoint,
                new Pretrained.Options(
                        Device.CPU, Optional.of(LABELS), Optional.of(ProblemType.MULTI_LABEL), false, 3));
    }

    /** Every weight but the new classifier's is the fixture's. */
    private static void assertWeightsAreThoseOf(String family, VisionModel model) {
        try (Fixture fixture = new Fixture(Shared.family(family).findFirst().orElseThrow())) {
            for (String name : fixture.parameters.names()) {
                if (!fixture.definition.classifierWeights().contains(name)) {
                    assertThat(Tensors.toFloats(model.parameters().get(name)))
                            .as(name)
                            .isEqualTo(Tensors.toFloats(fixture.parameters.get(name)));
                }
            }
        }
    }

    @ParameterizedTest
    @CsvSource({
        "deit, deit., 2",
        "deit_distilled, deit., 4",
        "vit_msn, vit., 2",
        "vit_mae_encoder, vit., 2",
        "clip, vision_model., 2",
        "siglip, vision_model., 2"
    })
    void aCheckpointWithoutItsHeadGetsANewOne(String family, String prefix, int missing) {
        Path headless = checkpoint(family, json -> json, name -> {
            String kept = withoutClassifier(name);
            return kept.startsWith(prefix) ? kept.substring(prefix.length()) : kept;
        });
        Pretrained.Loaded loaded = forTwoLabels(headless);
        try (VisionModel model = loaded.model()) {
            assertThat(loaded.report().missing()).hasSize(missing).allMatch(name -> name.contains("classifier"));
            assertWeightsAreThoseOf(family, model);
            assertThat(model.labels()).isEqualTo(LABELS);
        }
    }

    /** As {@code facebook/vit-mae-base}: what is tuned is a ViT to everybody. */
    @Test
    void aMaskedAutoencodersEncoderIsWrittenAsViT() throws IOException {
        Path pretrained = checkpoint(
                "vit_mae_encoder",
                json -> json.with("mask_ratio", 0.6).with("architectures", List.of("ViTMAEForPreTraining")),
                FamilyCheckpointsTest::withoutClassifier,
                "decoder.mask_token",
                "decoder.decoder_layers.0.intermediate.dense.weight");
        Pretrained.Loaded loaded = forTwoLabels(pretrained);
        try (VisionModel model = loaded.model()) {
            assertThat(loaded.report().unused())
                    .containsExactlyInAnyOrder(
                            "decoder.mask_token", "decoder.decoder_layers.0.intermediate.dense.weight");
            assertWeightsAreThoseOf("vit_mae_encoder", model);
            JsonObject config = model.definition().config();
            assertThat(config.text("model_type")).isEqualTo("vit");
            assertThat(config.texts("architectures")).containsExactly("ViTForImageClassification");
            assertThat(config.number("mask_ratio")).isEqualTo(0.6);
            Path tuned = Files.createDirectory(folder.resolve("tuned"));
            model.save(DurableFiles.SYSTEM, tuned);
            try (VisionModel again = Pretrained.load(tuned, Pretrained.Options.asItIs(Device.CPU))
                    .model()) {
                assertThat(again.definition().architecture().modelType()).isEqualTo("vit");
                assertWeightsAreThoseOf("vit_mae_encoder", again);
            }
        }
    }

    /** As {@code openai/clip-vit-base-patch32} and {@code google/siglip-base-patch16-224}. */
    @ParameterizedTest
    @CsvSource({"clip, CLIPModel", "siglip, SiglipModel"})
    void theWeightsOfTextsArePassedOverAndSaid(String family, String architecture) {
        String[] texts = new String[30];
        for (int i = 0; i < texts.length; i++) {
            texts[i] = "text_model.encoder.layers." + i + ".mlp.fc1.bias";
        }
        Path both = checkpoint(
                family,
                json -> json.with("architectures", List.of(architecture)),
                name -> name.startsWith("vision_model.head.") ? "" : withoutClassifier(name),
                texts);
        Pretrained.Loaded loaded = forTwoLabels(both);
        try (VisionModel model = loaded.model()) {
            assertThat(loaded.report().lines())
                    .contains("In the checkpoint but not used by this model: text_model.* (30)");
            assertWeightsAreThoseOf(family, model);
            assertThat(model.definition().config().object("text_config").keys()).isNotEmpty();
        }
    }

    /** What {@code CLIPVisionModel.save_pretrained} writes has the sizes at the top; tuned, it is a model that has a classifier. */
    @ParameterizedTest
    @CsvSource({"clip, clip_vision_model, CLIP", "siglip, siglip_vision_model, Siglip"})
    void aPictureSideAloneBecomesAClassifier(String family, String alone, String name) {
        Path side = checkpoint(
                family,
                json -> json.object("vision_config")
                        .with("model_type", alone)
                        .with("architectures", List.of(name + "VisionModel")),
                FamilyCheckpointsTest::withoutClassifier);
        Pretrained.Loaded loaded = forTwoLabels(side);
        try (VisionModel model = loaded.model()) {
            assertWeightsAreThoseOf(family, model);
            JsonObject config = model.definition().config();
            assertThat(config.text("model_type")).isEqualTo(family);
            assertThat(config.texts("architectures")).containsExactly(name + "ForImageClassification");
            assertThat(config.object("vision_config").integer("hidden_size")).isEqualTo(8);
            assertThat(config.has("hidden_size")).isFalse();
            assertThat(ModelDefinition.of(config).config()).isEqualTo(config);
        }
    }

    /** Configurations as the hub has them; what is left out there has the value of its class in transformers. */
    @ParameterizedTest
    @CsvSource(
            delimiter = ';',
            quoteCharacter = '`',
            value = {
                // facebook/deit-base-distilled-patch16-224, for 1,000 labels; the paper's 87 million
                "{'architectures': ['DeiTForImageClassificationWithTeacher'], 'attention_probs_dropout_prob': 0.0,"
                        + " 'hidden_act': 'gelu', 'hidden_dropout_prob': 0.0, 'hidden_size': 768, 'image_size': 224,"
                        + " 'initializer_range': 0.02, 'intermediate_size': 3072, 'layer_norm_eps': 1e-12, 'num_labels': 1000,"
                        + " 'model_type': 'deit', 'num_attention_heads': 12, 'num_channels': 3, 'num_hidden_layers': 12,"
                        + " 'patch_size': 16, 'transformers_version': '4.6.0.dev0'}; 87338192",
                // facebook/deit-tiny-patch16-224, which has no token of a teacher and is a ViT
                "{'architectures': ['ViTForImageClassification'], 'hidden_size': 192, 'intermediate_size': 768, 'num_labels': 1000,"
                        + " 'model_type': 'vit', 'num_attention_heads': 3, 'num_hidden_layers': 12, 'patch_size': 16}; 5717416",
                // facebook/vit-msn-small
                "{'architectures': ['ViTMSNModel'], 'hidden_size': 384, 'intermediate_size': 1536, 'layer_norm_eps': 1e-06,"
                        + " 'model_type': 'vit_msn', 'num_attention_heads': 6, 'num_hidden_layers': 12, 'patch_size': 16,"
                        + " 'qkv_bias': true, 'num_labels': 1000}; 22050664",
                // facebook/vit-mae-base
                "{'architectures': ['ViTMAEForPreTraining'], 'decoder_hidden_size': 512, 'decoder_intermediate_size': 2048,"
                        + " 'decoder_num_attention_heads': 16, 'decoder_num_hidden_layers': 8, 'hidden_size': 768, 'image_size': 224,"
                        + " 'intermediate_size': 3072, 'layer_norm_eps': 1e-12, 'mask_ratio': 0.75, 'model_type': 'vit_mae',"
                        + " 'norm_pix_loss': false, 'num_attention_heads': 12, 'num_hidden_layers': 12, 'patch_size': 16,"
                        + " 'qkv_bias': true, 'num_labels': 1000}; 86567656",
                // google/siglip-base-patch16-224: 85,797,120 and the classifier
                "{'architectures': ['SiglipModel'], 'initializer_factor': 1.0, 'model_type': 'siglip',"
                        + " 'text_config': {'model_type': 'siglip_text_model'}, 'torch_dtype': 'float32', 'num_labels': 1000,"
                        + " 'vision_config': {'model_type': 'siglip_vision_model'}}; 86566120",
                // openai/clip-vit-base-patch32: the picture side's 87,456,000 and the classifier
                "{'architectures': ['CLIPModel'], 'initializer_factor': 1.0, 'logit_scale_init_value': 2.6592, 'model_type': 'clip',"
                        + " 'projection_dim': 512, 'text_config_dict': null, 'vision_config_dict': null, 'num_labels': 1000,"
                        + " 'vision_config': {'dropout': 0.0, 'hidden_act': 'quick_gelu', 'num_attention_heads': 12,"
                        + " 'model_type': 'clip_vision_model'}}; 88225000",
                // openai/clip-vit-large-patch14, whose sizes are in the older place: 303,179,776 and the classifier
                "{'architectures': ['CLIPModel'], 'model_type': 'clip', 'projection_dim': 768, 'num_labels': 1000,"
                        + " 'vision_config': {'hidden_size': 768, 'model_type': 'clip_vision_model'},"
                        + " 'vision_config_dict': {'hidden_size': 1024, 'intermediate_size': 4096, 'num_attention_heads': 16,"
                        + " 'num_hidden_layers': 24, 'patch_size': 14, 'projection_dim': 768}}; 304204776"
            })
    void publishedModelsHaveTheirSizes(String json, long weights) {
        ModelDefinition definition = ModelDefinition.of(JsonObject.parse(json.replace('\'', '"'), "config.json"));
        assertThat(definition.weights().stream().mapToLong(ParameterSpec::count).sum())
                .isEqualTo(weights);
        assertThat(ModelDefinition.of(definition.config()).config()).isEqualTo(definition.config());
    }

    @ParameterizedTest
    @CsvSource({"deit-tiny, 5.5e6", "clip-base, 87.4e6", "siglip-base, 85.7e6"})
    void presetsAreWhatTheyAreCalled(String preset, double weights) {
        ModelDefinition definition = ModelDefinition.preset(preset);
        assertThat((double) definition.weights().stream()
                        .mapToLong(ParameterSpec::count)
                        .sum())
                .isBetween(weights, 1.02 * weights);
        assertThat(ModelDefinition.describe(definition.config())).contains("12 layers", "pictures of 224");
        assertThat(definition.withImageSize(256, 256).imageWidth()).isEqualTo(256);
        assertThat(definition.forPictures(256, 320).shapes().get(0)).isEqualTo(Shape.of(3, 256, 320));
    }
}
