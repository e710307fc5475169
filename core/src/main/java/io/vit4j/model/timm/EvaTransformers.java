package io.vit4j.model.timm;

import io.vit4j.base.JsonObject;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * EVA-02 in timm's {@code eva.py}. transformers does not have it, so what is read stays timm's, with the sizes that the
 * architecture's name stands for beside it; only queries, keys and values become maps of their own, as timm has them in its larger models.
 */
final class EvaTransformers {
    private static final int USUAL_GRID = 16;
    private static final Pattern NAME = Pattern.compile("eva02_(tiny|small|base|large)_patch(\\d+)_\\d+");
    private static final Set<String> ARGUMENTS = Set.of(
            "patch_size",
            "embed_dim",
            "depth",
            "num_heads",
            "mlp_ratio",
            "scale_mlp",
            "qkv_bias",
            "qkv_fused",
            "ref_feat_shape",
            "global_pool");

    /** @param mlpNorm whether the MLP has a norm inside */
    private record Size(int hidden, int layers, int heads, boolean mlpNorm) {}

    private static final Map<String, Size> SIZES = Map.of(
            "tiny", new Size(192, 12, 3, false),
            "small", new Size(384, 12, 6, false),
            "base", new Size(768, 12, 12, true),
            "large", new Size(1024, 24, 16, true));

    private EvaTransformers() {}

    static Optional<TimmModel> of(TimmConfig config) {
        Matcher name = NAME.matcher(config.architecture());
        if (!name.matches()) {
            return Optional.empty();
        }
        if (!config.pooling().isEmpty() && !config.pooling().equals("avg")) {
            throw config.refused("makes features by global_pool " + config.pooling());
        }
        Size size = SIZES.get(name.group(1));
        JsonObject told = config.arguments(ARGUMENTS);
        int hidden = told.integer("embed_dim", size.hidden());
        JsonObject json = config.json()
                .withAll(config.begin("eva02", "Eva"))
                .without("architectures")
                .with("hidden_size", hidden)
                .with("num_hidden_layers", told.integer("depth", size.layers()))
                .with("num_attention_heads", told.integer("num_heads", size.heads()))
                .with("intermediate_size", (int) (hidden * told.number("mlp_ratio", 4 * 2 / 3.0)))
                .with("patch_size", told.integer("patch_size", Integer.parseInt(name.group(2))))
                .with("qkv_bias", told.bool("qkv_bias", true))
                .with("mlp_norm", told.bool("scale_mlp", size.mlpNorm()))
                .with("rope_theta", 10_000)
                .with("rope_grid", grid(told))
                .with("hidden_act", "silu")
                .with("layer_norm_eps", 1e-6);
        return Optional.of(new TimmModel(json, names()::of));
    }

    /** Rows and columns of patches at the resolution of pretraining. */
    private static int grid(JsonObject told) {
        List<Integer> sides = told.integers("ref_feat_shape");
        if (sides.stream().distinct().count() > 1) {
            throw told.wrong("ref_feat_shape", "the same number of rows and columns, which alone is supported");
        }
        return sides.isEmpty() ? USUAL_GRID : sides.get(0);
    }

    private static Renaming names() {
        String here = "blocks\\.(\\d+)\\.attn\\.";
        String self = "blocks.$1.attn.";
        return new Renaming()
                .without("rope\\..*")
                .split(here + "qkv\\.weight", self + "q_proj.weight", self + "k_proj.weight", self + "v_proj.weight")
                .to(here + "([qv])_bias", self + "$2_proj.bias");
    }
}
