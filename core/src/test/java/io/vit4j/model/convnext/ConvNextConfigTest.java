package io.vit4j.model.convnext;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.vit4j.base.InputException;
import io.vit4j.base.JsonObject;
import io.vit4j.data.ProblemType;
import io.vit4j.model.ModelDefinition;
import java.util.Collections;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ConvNextConfigTest {
    private static JsonObject json(String text) {
        return JsonObject.parse(text.replace('\'', '"'), "config.json");
    }

    /** facebook/convnext-tiny-224 as it was published; labels aside. */
    @Test
    void anOldConfigurationIsReadAndKeptWhole() {
        ModelDefinition model = ModelDefinition.of(json("{'architectures': ['ConvNextForImageClassification'],"
                + " 'depths': [3, 3, 9, 3], 'drop_path_rate': 0.0, 'hidden_act': 'gelu',"
                + " 'hidden_sizes': [96, 192, 384, 768], 'image_size': 224, 'initializer_range': 0.02,"
                + " 'layer_norm_eps': 1e-12, 'layer_scale_init_value': 1e-06, 'model_type': 'convnext',"
                + " 'num_channels': 3, 'num_stages': 4, 'patch_size': 4, 'torch_dtype': 'float32',"
                + " 'transformers_version': '4.16.0.dev0', 'of_somebody_else': 1}"));
        assertThat(model.layers()).isEqualTo(18);
        assertThat(model.features()).isEqualTo(768);
        assertThat(model.config().integer("of_somebody_else")).isEqualTo(1);
        assertThat(model.config().number("layer_scale_init_value")).isEqualTo(1e-6);
    }

    @ParameterizedTest
    @CsvSource({"convnext-tiny, 28_589_128", "convnextv2-tiny, 28_635_496"})
    void presetsHaveThePublishedNumberOfWeights(String preset, String weights) {
        ModelDefinition model =
                ModelDefinition.preset(preset).withLabels(Collections.nCopies(1000, "x"), ProblemType.SINGLE_LABEL);
        assertThat(model.weights().stream().mapToLong(spec -> spec.count()).sum())
                .isEqualTo(Long.parseLong(weights.replace("_", "")));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = ';',
            value = {
                "{'model_type': 'convnext', 'hidden_sizes': [8, 16]}; hidden_sizes [8, 16] and depths [3, 3, 9, 3]",
                "{'model_type': 'convnext', 'num_stages': 3}; \"num_stages\" is 3, not the length of hidden_sizes",
                "{'model_type': 'convnext', 'depths': [3, 3, 9, -1]}; depths is -1",
                "{'model_type': 'convnextv2', 'hidden_sizes': [0, 1, 1, 1]}; hidden_sizes is 0",
                "{'model_type': 'convnext', 'image_size': 16}; stage 3 leaves 1x1 places of the picture",
                "{'model_type': 'convnext', 'drop_path_rate': -1}; drop_path_rate is -1",
                "{'model_type': 'convnextv2', 'patch_size': 300}; patch_size is 300"
            })
    void whatCannotBeIsRefusedByName(String config, String expected) {
        assertThatThrownBy(() -> ModelDefinition.of(json(config)))
                .isInstanceOf(InputException.class)
                .hasMessageStartingWith("config.json: ")
                .hasMessageContaining(expected);
    }

    @Test
    void itIsDescribed() {
        assertThat(ModelDefinition.describe(json("{'model_type': 'convnextv2'}")))
                .isEqualTo("ConvNeXt V2, 3-3-9-3 layers of 96-192-384-768 channels, patches of 4, pictures of 224");
    }

    @Test
    void filesWithoutAHeadLackTheFamilysNameInFront() {
        ConvNextV2Architecture family = new ConvNextV2Architecture();
        assertThat(family.canonicalName("encoder.stages.0.layers.0.grn.weight"))
                .isEqualTo("convnextv2.encoder.stages.0.layers.0.grn.weight");
        assertThat(family.canonicalName("classifier.bias")).isEqualTo("classifier.bias");
    }
}
