package io.vit4j.model.transformer;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ViTNamesTest {
    /** Left: names in files; right: the hub's name, which is its own. */
    @ParameterizedTest
    @CsvSource({
        "vit.layers.11.attention.q_proj.weight, vit.encoder.layer.11.attention.attention.query.weight",
        "vit.layers.0.attention.k_proj.bias, vit.encoder.layer.0.attention.attention.key.bias",
        "vit.layers.0.attention.v_proj.bias, vit.encoder.layer.0.attention.attention.value.bias",
        "vit.layers.0.attention.o_proj.weight, vit.encoder.layer.0.attention.output.dense.weight",
        "vit.layers.0.mlp.fc1.weight, vit.encoder.layer.0.intermediate.dense.weight",
        "vit.layers.0.mlp.fc2.weight, vit.encoder.layer.0.output.dense.weight",
        "vit.layers.0.layernorm_before.weight, vit.encoder.layer.0.layernorm_before.weight",
        "layers.0.layernorm_after.bias, vit.encoder.layer.0.layernorm_after.bias",
        "encoder.layer.3.output.dense.bias, vit.encoder.layer.3.output.dense.bias",
        "embeddings.cls_token, vit.embeddings.cls_token",
        "embeddings.patch_embeddings.projection.weight, vit.embeddings.patch_embeddings.projection.weight",
        "layernorm.weight, vit.layernorm.weight",
        "pooler.dense.weight, vit.pooler.dense.weight",
        "classifier.weight, classifier.weight",
        "decoder.0.weight, decoder.0.weight",
        "layernormal.weight, layernormal.weight",
    })
    void everyNameHasOneForm(String name, String hubs) {
        assertThat(new ViTNames("vit").canonical(name)).isEqualTo(hubs);
        assertThat(new ViTNames("vit").canonical(hubs)).isEqualTo(hubs);
    }
}
