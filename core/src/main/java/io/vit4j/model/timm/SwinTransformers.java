package io.vit4j.model.timm;

import io.vit4j.base.JsonObject;
import io.vit4j.hub.StoredTensor;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** timm's {@code swin_transformer.py} and {@code swin_transformer_v2.py}, where every stage has windows of the same size. */
final class SwinTransformers {
    private static final Pattern FIRST = Pattern.compile("swin_(\\w+?)_patch(\\d+)_window(\\d+)_\\d+(?:_in22k)?");
    private static final Pattern SECOND =
            Pattern.compile("swinv2_(\\w+?)_window(\\d+)(?:to(\\d+))?_\\d+(?:to\\d+)?(?:_in22k|_in22ft1k)*");
    private static final Set<String> ARGUMENTS = Set.of(
            "patch_size", "embed_dim", "depths", "num_heads", "window_size", "mlp_ratio", "qkv_bias", "global_pool");
    private static final int PATCH_OF_SECOND = 4;
    private static final int MOST_STAGES = 16;

    private record Size(int width, List<Integer> depths, List<Integer> heads) {}

    private static final Map<String, Size> SIZES = Map.of(
            "tiny", new Size(96, List.of(2, 2, 6, 2), List.of(3, 6, 12, 24)),
            "small", new Size(96, List.of(2, 2, 18, 2), List.of(3, 6, 12, 24)),
            "base", new Size(128, List.of(2, 2, 18, 2), List.of(4, 8, 16, 32)),
            "large", new Size(192, List.of(2, 2, 18, 2), List.of(6, 12, 24, 48)));

    private SwinTransformers() {}

    static Optional<TimmModel> of(TimmConfig config) {
        Matcher first = FIRST.matcher(config.architecture());
        if (first.matches() && SIZES.containsKey(first.group(1))) {
            JsonObject json = config(
                    config,
                    "swin",
                    "SwinForImageClassification",
                    SIZES.get(first.group(1)),
                    Integer.parseInt(first.group(2)),
                    Integer.parseInt(first.group(3)));
            return Optional.of(
                    new TimmModel(json, stored -> names("swin", stored).of(stored)));
        }
        Matcher second = SECOND.matcher(config.architecture());
        if (second.matches() && SIZES.containsKey(second.group(1))) {
            boolean grown = second.group(3) != null; // from the windows of its pretraining
            int window = Integer.parseInt(grown ? second.group(3) : second.group(2));
            JsonObject json = config(
                    config,
                    "swinv2",
                    "Swinv2ForImageClassification",
                    SIZES.get(second.group(1)),
                    PATCH_OF_SECOND,
                    window);
            int before = Integer.parseInt(second.group(2));
            return Optional.of(new TimmModel(
                    json.with(
                            "pretrained_window_sizes",
                            grown ? List.of(before, before, before, before / 2) : List.of(0, 0, 0, 0)),
                    stored -> names("swinv2", stored).of(stored)));
        }
        return Optional.empty();
    }

    private static JsonObject config(
            TimmConfig config, String family, String className, Size size, int patch, int window) {
        if (!config.pooling().isEmpty() && !config.pooling().equals("avg")) {
            throw config.refused("makes features by global_pool " + config.pooling());
        }
        JsonObject told = config.arguments(ARGUMENTS);
        return config.begin(family, className)
                .with("patch_size", told.integer("patch_size", patch))
                .with("embed_dim", told.integer("embed_dim", size.width()))
                .with("depths", told.has("depths") ? told.integers("depths") : size.depths())
                .with("num_heads", told.has("num_heads") ? told.integers("num_heads") : size.heads())
                .with("window_size", told.integer("window_size", window))
                .with("mlp_ratio", told.number("mlp_ratio", 4))
                .with("qkv_bias", told.bool("qkv_bias", true))
                .with("hidden_act", "gelu")
                .with("layer_norm_eps", 1e-5);
    }

    /** Old files have a stage's downsampling at its end, as transformers does; newer ones at the next one's beginning. */
    private static Renaming names(String family, Collection<StoredTensor> stored) {
        boolean old = stored.stream().anyMatch(tensor -> tensor.name().startsWith("layers.0.downsample."));
        String block = family + ".encoder.layers.$1.blocks.$2.";
        String self = block + "attention.self.";
        String here = "layers\\.(\\d+)\\.blocks\\.(\\d+)\\.";
        Renaming names = new Renaming()
                .without(".*(relative_position_index|relative_coords_table|attn_mask)")
                .to("patch_embed\\.proj\\.(\\w+)", family + ".embeddings.patch_embeddings.projection.$1")
                .to("patch_embed\\.norm\\.(\\w+)", family + ".embeddings.norm.$1")
                .split(here + "attn\\.qkv\\.(\\w+)", self + "query.$3", self + "key.$3", self + "value.$3")
                .to(here + "attn\\.q_bias", self + "query.bias")
                .to(here + "attn\\.v_bias", self + "value.bias")
                .to(here + "attn\\.relative_position_bias_table", self + "relative_position_bias_table")
                .to(here + "attn\\.logit_scale", self + "logit_scale")
                .to(here + "attn\\.cpb_mlp\\.(.*)", self + "continuous_position_bias_mlp.$3")
                .to(here + "attn\\.proj\\.(\\w+)", block + "attention.output.dense.$3")
                .to(here + "norm1\\.(\\w+)", block + "layernorm_before.$3")
                .to(here + "norm2\\.(\\w+)", block + "layernorm_after.$3")
                .to(here + "mlp\\.fc1\\.(\\w+)", block + "intermediate.dense.$3")
                .to(here + "mlp\\.fc2\\.(\\w+)", block + "output.dense.$3")
                .to("norm\\.(\\w+)", family + ".layernorm.$1")
                .to("head\\.(?:fc\\.)?(\\w+)", "classifier.$1");
        for (int stage = 0; stage < MOST_STAGES; stage++) {
            names.to(
                    "layers\\." + (old ? stage : stage + 1) + "\\.downsample\\.(.*)",
                    family + ".encoder.layers." + stage + ".downsample.$1");
        }
        return names;
    }
}
