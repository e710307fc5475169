package io.vit4j.model.timm;

import io.vit4j.base.JsonObject;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** DINOv3's vision transformers in timm's {@code eva.py}. */
final class Dinov3Transformers {
    private static final Pattern NAME = Pattern.compile("vit_(\\w+?)_patch(\\d+)_dinov3(_qkvb)?");
    private static final Set<String> ARGUMENTS = Set.of(
            "patch_size", "embed_dim", "depth", "num_heads", "mlp_ratio", "qkv_bias", "num_reg_tokens", "global_pool");

    /** @param gated whether the MLP is */
    private record Size(int hidden, int layers, int heads, int mlp, boolean gated) {}

    private static final Map<String, Size> SIZES = Map.of(
            "small", new Size(384, 12, 6, 1536, false),
            "small_plus", new Size(384, 12, 6, 1536, true),
            "base", new Size(768, 12, 12, 3072, false),
            "large", new Size(1024, 24, 16, 4096, false),
            "huge_plus", new Size(1280, 32, 20, 5120, true),
            "7b", new Size(4096, 40, 32, 8192, true));

    private Dinov3Transformers() {}

    static Optional<TimmModel> of(TimmConfig config) {
        Matcher name = NAME.matcher(config.architecture());
        if (!name.matches() || !SIZES.containsKey(name.group(1))) {
            return Optional.empty();
        }
        Size size = SIZES.get(name.group(1));
        JsonObject told = config.arguments(ARGUMENTS);
        int hidden = told.integer("embed_dim", size.hidden());
        boolean biased = told.bool("qkv_bias", name.group(3) != null);
        JsonObject json = config.begin("dinov3_vit", "DINOv3ViTForImageClassification")
                .with("hidden_size", hidden)
                .with("num_hidden_layers", told.integer("depth", size.layers()))
                .with("num_attention_heads", told.integer("num_heads", size.heads()))
                .with(
                        "intermediate_size",
                        told.has("mlp_ratio")
                                ? (int) (hidden * told.number("mlp_ratio"))
                                : (int) ((long) size.mlp() * hidden / size.hidden()))
                .with("patch_size", told.integer("patch_size", Integer.parseInt(name.group(2))))
                .with("num_register_tokens", told.integer("num_reg_tokens", 4))
                .with("query_bias", biased)
                .with("key_bias", false)
                .with("value_bias", biased)
                .with("use_gated_mlp", size.gated())
                .with("hidden_act", size.gated() ? "silu" : "gelu")
                .with("layer_norm_eps", 1e-5)
                .with("layerscale_value", 1e-5);
        return Optional.of(new TimmModel(json, names(ofPatches(config))::of));
    }

    /** Whether the classifier takes the mean of the patches' tokens, as it does if nothing is said, and not the class token. */
    private static boolean ofPatches(TimmConfig config) {
        return switch (config.pooling()) {
            case "", "avg" -> true;
            case "token" -> false;
            default -> throw config.refused("makes features by global_pool " + config.pooling());
        };
    }

    private static Renaming names(boolean ofPatches) {
        String here = "blocks\\.(\\d+)\\.";
        String layer = "layer.$1.";
        String self = layer + "attention.";
        return new Renaming()
                .without("rope\\..*")
                .to("cls_token", "embeddings.cls_token")
                .to("reg_token", "embeddings.register_tokens")
                .to("patch_embed\\.proj\\.(\\w+)", "embeddings.patch_embeddings.$1")
                .to(here + "(norm[12]\\.\\w+)", layer + "$2")
                .split(
                        here + "attn\\.qkv\\.weight",
                        self + "q_proj.weight",
                        self + "k_proj.weight",
                        self + "v_proj.weight")
                .to(here + "attn\\.([qv])_bias", self + "$2_proj.bias")
                .to(here + "attn\\.proj\\.(\\w+)", self + "o_proj.$2")
                .to(here + "gamma_([12])", layer + "layer_scale$2.lambda1")
                .to(here + "mlp\\.fc1_g\\.(\\w+)", layer + "mlp.gate_proj.$2")
                .to(here + "mlp\\.fc1(?:_x)?\\.(\\w+)", layer + "mlp.up_proj.$2")
                .to(here + "mlp\\.fc2\\.(\\w+)", layer + "mlp.down_proj.$2")
                // transformers' classifier takes both, the class token before the mean
                .to("head\\.weight", "classifier.weight", (tensor, name) -> TensorViews.half(tensor, name, !ofPatches))
                .to("head\\.bias", "classifier.bias");
    }
}
