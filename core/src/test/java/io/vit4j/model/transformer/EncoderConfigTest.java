package io.vit4j.model.transformer;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.vit4j.base.InputException;
import io.vit4j.base.JsonObject;
import io.vit4j.model.ModelDefinition;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class EncoderConfigTest {
    @ParameterizedTest
    @CsvSource(
            delimiter = ';',
            quoteCharacter = '`',
            value = {
                "{'hidden_size': 0}; hidden_size is 0",
                "{'hidden_size': 1048577}; hidden_size is 1048577",
                "{'hidden_size': 1e3}; not a whole number",
                "{'num_hidden_layers': 10001}; num_hidden_layers is 10001",
                "{'hidden_size': 10, 'num_attention_heads': 3}; not a multiple of num_attention_heads",
                "{'image_size': 1048576, 'patch_size': 1}; the number of patches",
                "{'image_size': 16, 'patch_size': 17}; patch_size is 17",
                "{'num_labels': 2147483647}; num_labels is 2147483647",
                "{'id2label': {'0': 'a', '2': 'b'}}; no label for 1",
                "{'id2label': [1]}; id2label",
                "{'layer_norm_eps': NaN}; must not be negative",
                "{'model_type': 'resnet'}; model_type is 'resnet'"
            })
    void sizesThatNoModelHasAreRefusedByTheirName(String json, String message) {
        String text = json.replace('\'', '"');
        assertThatThrownBy(() -> ModelDefinition.of(JsonObject.parse(text, "config.json")))
                .isInstanceOf(InputException.class)
                .hasMessageContaining("config.json")
                .hasMessageContaining(message);
    }
}
