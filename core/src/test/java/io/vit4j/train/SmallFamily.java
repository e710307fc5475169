package io.vit4j.train;

import io.vit4j.base.JsonObject;
import io.vit4j.data.ProblemType;
import io.vit4j.model.ModelDefinition;
import io.vit4j.model.SmallModels;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;

/** A family and a small model of it, for pictures of 16x16 and with dropout if the family knows it. */
record SmallFamily(String name, JsonObject config) {
    private static final List<String> LABELS = List.of("bright", "left", "top");

    ModelDefinition definition() {
        return ModelDefinition.of(config).withLabels(LABELS, ProblemType.MULTI_LABEL);
    }

    /** The same model without anything random in training. */
    SmallFamily withoutDropout() {
        return new SmallFamily(name, withoutDropout(config));
    }

    private static JsonObject withoutDropout(JsonObject json) {
        JsonObject plain = json.with("hidden_dropout_prob", 0)
                .with("attention_probs_dropout_prob", 0)
                .with("attention_dropout", 0)
                .with("drop_path_rate", 0)
                .with("pos_embed_rescale", 1)
                .with("pos_embed_shift", 0)
                .with("pos_embed_jitter", 1);
        return json.has("vision_config")
                ? plain.with("vision_config", withoutDropout(json.object("vision_config")))
                : plain;
    }

    /** Whether layouts and resuming of the family, or of the class that it shares with another, have tests of their own. */
    boolean isTestedElsewhere() {
        return Set.of("vit", "beit", "data2vec-vision").contains(name);
    }

    static Stream<SmallFamily> all() {
        JsonObject vit = SmallModels.vit(8, 4, 2, 16, 16, 8)
                .with("hidden_dropout_prob", 0.1)
                .with("attention_probs_dropout_prob", 0.1)
                .with("initializer_range", 0.3);
        JsonObject tower =
                SmallModels.vit(8, 4, 2, 16, 16, 8).without("model_type").with("attention_dropout", 0.1);
        JsonObject timm = JsonObject.empty() // the same sizes, for timm to read
                .with("embed_dim", 8)
                .with("depth", 4)
                .with("num_heads", 2)
                .with("mlp_ratio", 2)
                .with("patch_size", 8);
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
                new SmallFamily("swin", swin.with("model_type", "swin")),
                new SmallFamily("swinv2", swin.with("model_type", "swinv2")),
                new SmallFamily("convnext", convNext.with("model_type", "convnext")),
                new SmallFamily("convnextv2", convNext.with("model_type", "convnextv2")),
                new SmallFamily("deit", vit.with("model_type", "deit")),
                new SmallFamily(
                        "deit with a teacher",
                        vit.with("model_type", "deit")
                                .with("architectures", List.of("DeiTForImageClassificationWithTeacher"))),
                new SmallFamily("vit_msn", vit.with("model_type", "vit_msn")),
                new SmallFamily(
                        "dinov2",
                        vit.with("model_type", "dinov2")
                                .with("use_swiglu_ffn", true)
                                .with("drop_path_rate", 0.2)),
                new SmallFamily(
                        "dinov2_with_registers",
                        vit.with("model_type", "dinov2_with_registers").with("mlp_ratio", 2)),
                new SmallFamily(
                        "dinov3_vit",
                        tower.with("model_type", "dinov3_vit")
                                .with("num_register_tokens", 2)
                                .with("pos_embed_shift", 0.1)
                                .with("pos_embed_jitter", 1.2)),
                new SmallFamily(
                        "eva02",
                        tower.with("model_type", "eva02")
                                .with("mlp_norm", true)
                                .with("architecture", "eva02_base_patch14_448")
                                .with("model_args", timm.with("ref_feat_shape", List.of(16, 16)))),
                new SmallFamily("vit_mae", vit.with("model_type", "vit_mae")),
                new SmallFamily(
                        "clip", JsonObject.empty().with("model_type", "clip").with("vision_config", tower)),
                new SmallFamily(
                        "siglip",
                        JsonObject.empty().with("model_type", "siglip").with("vision_config", tower)),
                new SmallFamily(
                        "timm_vit",
                        tower.with("model_type", "timm_vit")
                                .with("class_token", false)
                                .with("num_register_tokens", 2)
                                .with("global_pool", "avg")
                                .with("layerscale_value", 0.5)
                                .with("pre_norm", true)
                                .with("architecture", "vit_medium_patch16_reg4_gap_256")
                                .with(
                                        "model_args",
                                        timm.with("init_values", 0.5)
                                                .with("reg_tokens", 2)
                                                .with("no_embed_class", false)
                                                .with("pre_norm", true))),
                new SmallFamily("vit", vit.with("model_type", "vit")),
                new SmallFamily("beit", vit.with("model_type", "beit").with("use_relative_position_bias", true)),
                new SmallFamily(
                        "data2vec-vision",
                        vit.with("model_type", "data2vec-vision").with("use_shared_relative_position_bias", true)));
    }

    @Override
    public String toString() {
        return name;
    }
}
