package io.vit4j.model.swin;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.vit4j.base.InputException;
import io.vit4j.base.JsonObject;
import io.vit4j.model.ModelDefinition;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SwinConfigTest {
    private static JsonObject json(String text) {
        return JsonObject.parse(text.replace('\'', '"'), "config.json");
    }

    /** microsoft/swin-tiny-patch4-window7-224 as it was published, by transformers 4.9: without what came later. */
    @Test
    void anOldConfigurationIsReadAndKeptWhole() {
        ModelDefinition model = ModelDefinition.of(
                json(
                        "{'architectures': ['SwinForImageClassification'], 'attention_probs_dropout_prob': 0.0,"
                                + " 'depths': [2, 2, 6, 2], 'drop_path_rate': 0.1, 'embed_dim': 96, 'encoder_stride': 32,"
                                + " 'hidden_act': 'gelu', 'hidden_dropout_prob': 0.0, 'id2label': {'0': 'cat', '1': 'dog'},"
                                + " 'image_size': 224, 'initializer_range': 0.02, 'layer_norm_eps': 1e-05, 'mlp_ratio': 4.0,"
                                + " 'model_type': 'swin', 'num_channels': 3, 'num_heads': [3, 6, 12, 24], 'num_layers': 4,"
                                + " 'patch_size': 4, 'path_norm': true, 'qkv_bias': true, 'torch_dtype': 'float32',"
                                + " 'transformers_version': '4.16.0.dev0', 'use_absolute_embeddings': false, 'window_size': 7}"));
        assertThat(model.layers()).isEqualTo(12);
        assertThat(model.features()).isEqualTo(768);
        assertThat(model.config().bool("path_norm", false)).isTrue();
        assertThat(model.config().integer("encoder_stride")).isEqualTo(32);
        assertThat(model.config().text("dtype")).isEqualTo("float32");
        long weights = model
                .withLabels(java.util.Collections.nCopies(1000, "x"), io.vit4j.data.ProblemType.SINGLE_LABEL)
                .weights()
                .stream()
                .mapToLong(spec -> spec.count())
                .sum();
        assertThat(weights).isEqualTo(28_288_354); // as published
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = ';',
            value = {
                "{'model_type': 'swin', 'num_heads': [3, 6]}; num_heads [3, 6] and depths [2, 2, 6, 2]",
                "{'model_type': 'swin', 'num_heads': [5, 6, 12, 24]}; the 96 channels of stage 1",
                "{'model_type': 'swin', 'window_size': 0}; window_size is 0",
                "{'model_type': 'swin', 'depths': [2, 0, 6, 2]}; depths is 0",
                "{'model_type': 'swin', 'depths': []}; the number of stages (depths) is 0",
                "{'model_type': 'swin', 'image_size': 192}; stage 4 has 6x6 places of the picture, fewer than a window of 7x7",
                "{'model_type': 'swin', 'mlp_ratio': 0}; mlp_ratio is 0",
                "{'model_type': 'swin', 'drop_path_rate': 1}; drop_path_rate is 1",
                "{'model_type': 'swin', 'hidden_act': 'glue'}; hidden_act 'glue' is unknown",
                "{'model_type': 'swin', 'image_size': 225, 'use_absolute_embeddings': true}; not whole patches",
                "{'model_type': 'swinv2', 'use_absolute_embeddings': true}; transformers cannot run",
                "{'model_type': 'swinv2', 'pretrained_window_sizes': [6, 6]}; pretrained_window_sizes [6, 6]",
                "{'model_type': 'swinv2', 'pretrained_window_sizes': [1, 0, 0, 0]}; a window of 1",
                "{'model_type': 'swinv2', 'image_size': 16}; the rows of the last stage"
            })
    void whatCannotBeIsRefusedByName(String config, String expected) {
        assertThatThrownBy(() -> ModelDefinition.of(json(config)))
                .isInstanceOf(InputException.class)
                .hasMessageStartingWith("config.json: ")
                .hasMessageContaining(expected);
    }

    @Test
    void itIsDescribed() {
        assertThat(ModelDefinition.describe(json("{'model_type': 'swin'}")))
                .isEqualTo("Swin Transformer, 2-2-6-2 layers of 96 channels and more, windows of 7, patches of 4,"
                        + " pictures of 224");
    }

    @Test
    void namesOfTransformers5AndOfHeadlessFilesAreTheHubs() {
        SwinArchitecture swin = new SwinArchitecture();
        String layer = "swin.encoder.layers.1.blocks.0.";
        assertThat(swin.canonicalName(layer + "attention.q_proj.bias")).isEqualTo(layer + "attention.self.query.bias");
        assertThat(swin.canonicalName(layer + "attention.o_proj.weight"))
                .isEqualTo(layer + "attention.output.dense.weight");
        assertThat(swin.canonicalName(layer + "attention.relative_position_bias.relative_position_bias_table"))
                .isEqualTo(layer + "attention.self.relative_position_bias_table");
        assertThat(swin.canonicalName("encoder.layers.1.blocks.0.mlp.fc1.weight"))
                .isEqualTo(layer + "intermediate.dense.weight");
        assertThat(swin.canonicalName(layer + "output.dense.weight")).isEqualTo(layer + "output.dense.weight");
        assertThat(swin.canonicalName("layernorm.weight")).isEqualTo("swin.layernorm.weight");
        assertThat(swin.canonicalName("classifier.weight")).isEqualTo("classifier.weight");
        assertThat(swin.passesOver(layer + "attention.self.relative_position_index"))
                .isTrue();
        assertThat(swin.passesOver(layer + "attention.self.relative_position_bias_table"))
                .isFalse();
    }
}
