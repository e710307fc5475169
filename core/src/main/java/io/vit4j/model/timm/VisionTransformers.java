package io.vit4j.model.timm;

import io.vit4j.base.JsonObject;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * timm's {@code vision_transformer.py} and {@code deit.py}, as far as transformers has their models: ViT and DeiT, with the
 * distillation token too; DINOv2 with and without registers; and DeiT III, whose layers scale what they add, as DINOv2's do.
 */
final class VisionTransformers {
    private static final Pattern NAME =
            Pattern.compile("(?:vit_)?(vit|deit|deit3|flexivit)_([a-z]+)(_distilled)?(?:_patch(\\d+)_(.+))?");
    private static final Pattern REGISTERS = Pattern.compile("reg(\\d+)_dinov2");
    private static final Pattern PLAIN = Pattern.compile("\\d+(_in21k|_miil|_miil_in21k)?");

    private static final Set<String> ARGUMENTS = Set.of(
            "patch_size",
            "embed_dim",
            "depth",
            "num_heads",
            "mlp_ratio",
            "qkv_bias",
            "init_values",
            "reg_tokens",
            "no_embed_class",
            "class_token",
            "global_pool");

    /** @param mlp numbers between the two maps of the MLP */
    private record Size(int hidden, int layers, int heads, int mlp) {
        static Size of(int hidden, int layers, int heads) {
            return new Size(hidden, layers, heads, 4 * hidden);
        }
    }

    private static final Map<String, Size> SIZES = Map.of(
            "tiny", Size.of(192, 12, 3),
            "small", Size.of(384, 12, 6),
            "medium", Size.of(512, 12, 8),
            "base", Size.of(768, 12, 12),
            "large", Size.of(1024, 24, 16),
            "huge", Size.of(1280, 32, 16),
            "giant", new Size(1408, 40, 16, 6144),
            "gigantic", new Size(1664, 48, 16, 8192));

    private static final Size GIANT_OF_DINOV2 = Size.of(1536, 40, 24);

    private VisionTransformers() {}

    /** What an architecture's name and arguments say beside sizes. */
    private record Kind(
            Size size,
            int patch,
            boolean qkvBias,
            Optional<Double> layerScale,
            int registers,
            boolean placelessClass,
            boolean distilled,
            boolean swiglu) {}

    static Optional<TimmModel> of(TimmConfig config) {
        Matcher name = NAME.matcher(config.architecture());
        if (!name.matches() || !SIZES.containsKey(name.group(2))) {
            return Optional.empty();
        }
        return kind(config, name).map(kind -> {
            boolean ofDinov2 = kind.layerScale().isPresent() || kind.registers() > 0;
            return ofDinov2 ? dinov2(config, kind) : vit(config, kind);
        });
    }

    private static Optional<Kind> kind(TimmConfig config, Matcher name) {
        boolean flexible = name.group(1).equals("flexivit");
        boolean third = name.group(1).equals("deit3");
        String rest = name.group(5) == null ? "" : name.group(5);
        Matcher registers = REGISTERS.matcher(rest);
        boolean dinov2 = rest.equals("dinov2") || registers.matches();
        if (!dinov2 && !PLAIN.matcher(rest).matches() && !(flexible && rest.isEmpty())) {
            return Optional.empty();
        }
        boolean giant = dinov2 && name.group(2).equals("giant");
        Size usual = giant ? GIANT_OF_DINOV2 : SIZES.get(name.group(2));
        JsonObject told = config.arguments(ARGUMENTS);
        int hidden = told.integer("embed_dim", usual.hidden());
        Size size = new Size(
                hidden,
                told.integer("depth", usual.layers()),
                told.integer("num_heads", usual.heads()),
                told.has("mlp_ratio")
                        ? (int) (hidden * told.number("mlp_ratio"))
                        : (int) ((long) usual.mlp() * hidden / usual.hidden()));
        if (!told.bool("class_token", true)) {
            throw config.refused("has no class token");
        }
        if (!config.pooling().isEmpty() && !config.pooling().equals("token")) {
            throw config.refused("makes features by global_pool " + config.pooling());
        }
        boolean scales = dinov2 || third || told.has("init_values");
        return Optional.of(new Kind(
                size,
                told.integer("patch_size", name.group(4) == null ? 16 : Integer.parseInt(name.group(4))),
                told.bool("qkv_bias", !rest.contains("miil")),
                scales ? Optional.of(told.number("init_values", third ? 1e-6 : 1e-5)) : Optional.empty(),
                told.integer("reg_tokens", registers.matches() ? Integer.parseInt(registers.group(1)) : 0),
                told.bool("no_embed_class", flexible || third || registers.matches()),
                name.group(3) != null,
                giant));
    }

    private static TimmModel vit(TimmConfig config, Kind kind) {
        String family = kind.distilled() ? "deit" : "vit";
        JsonObject json = config.begin(
                        family,
                        kind.distilled() ? "DeiTForImageClassificationWithTeacher" : "ViTForImageClassification")
                .with("hidden_size", kind.size().hidden())
                .with("num_hidden_layers", kind.size().layers())
                .with("num_attention_heads", kind.size().heads())
                .with("intermediate_size", kind.size().mlp())
                .with("patch_size", kind.patch())
                .with("qkv_bias", kind.qkvBias())
                .with("hidden_act", "gelu")
                .with("layer_norm_eps", 1e-6);
        String layer = family + ".encoder.layer.$1.";
        Renaming names = tokens(new Renaming(), family + ".embeddings.", kind)
                .to("dist_token", family + ".embeddings.distillation_token")
                .to("blocks\\.(\\d+)\\.norm1\\.(\\w+)", layer + "layernorm_before.$2")
                .to("blocks\\.(\\d+)\\.norm2\\.(\\w+)", layer + "layernorm_after.$2")
                .to("blocks\\.(\\d+)\\.mlp\\.fc1\\.(\\w+)", layer + "intermediate.dense.$2")
                .to("blocks\\.(\\d+)\\.mlp\\.fc2\\.(\\w+)", layer + "output.dense.$2")
                .to("norm\\.(\\w+)", family + ".layernorm.$1")
                .to("head\\.(\\w+)", kind.distilled() ? "cls_classifier.$1" : "classifier.$1")
                .to("head_dist\\.(\\w+)", "distillation_classifier.$1");
        return new TimmModel(json, attention(names, layer)::of);
    }

    private static TimmModel dinov2(TimmConfig config, Kind kind) {
        boolean registers = kind.registers() > 0;
        if (kind.distilled() || (registers && !kind.placelessClass())) {
            throw config.refused("has positions for tokens that transformers' DINOv2 has none for");
        }
        int hidden = kind.size().hidden();
        if (kind.size().mlp() % hidden != 0) {
            throw config.refused("has an MLP whose width is no multiple of " + hidden);
        }
        String family = registers ? "dinov2_with_registers" : "dinov2";
        JsonObject json = config.begin(
                        family,
                        registers ? "Dinov2WithRegistersForImageClassification" : "Dinov2ForImageClassification")
                .with("hidden_size", hidden)
                .with("num_hidden_layers", kind.size().layers())
                .with("num_attention_heads", kind.size().heads())
                .with("mlp_ratio", kind.size().mlp() / hidden)
                .with("patch_size", kind.patch())
                .with("qkv_bias", kind.qkvBias())
                .with("hidden_act", "gelu")
                .with("layer_norm_eps", 1e-6)
                .with("layerscale_value", kind.layerScale().orElse(1.0))
                .with("use_swiglu_ffn", kind.swiglu());
        if (registers) {
            json = json.with("num_register_tokens", kind.registers());
        }
        String layer = family + ".encoder.layer.$1.";
        Renaming names = tokens(new Renaming(), family + ".embeddings.", kind)
                .to("reg_token", family + ".embeddings.register_tokens")
                .to("blocks\\.(\\d+)\\.(norm[12]\\.\\w+)", layer + "$2")
                .to("blocks\\.(\\d+)\\.ls([12])\\.gamma", layer + "layer_scale$2.lambda1")
                .to("blocks\\.(\\d+)\\.gamma_([12])", layer + "layer_scale$2.lambda1")
                .to(
                        "blocks\\.(\\d+)\\.mlp\\.fc1\\.(\\w+)",
                        layer + (kind.swiglu() ? "mlp.weights_in.$2" : "mlp.fc1.$2"))
                .to(
                        "blocks\\.(\\d+)\\.mlp\\.fc2\\.(\\w+)",
                        layer + (kind.swiglu() ? "mlp.weights_out.$2" : "mlp.fc2.$2"))
                .to("norm\\.(\\w+)", family + ".layernorm.$1")
                // timm's classifier takes the class token alone, transformers' the mean of the patches' beside it
                .to("head\\.weight", "classifier.weight", (tensor, name) -> TensorViews.half(tensor, name, true))
                .to("head\\.bias", "classifier.bias");
        return new TimmModel(json, attention(names, layer)::of);
    }

    private static Renaming tokens(Renaming names, String embeddings, Kind kind) {
        names.to("cls_token", embeddings + "cls_token")
                .to("patch_embed\\.proj\\.(\\w+)", embeddings + "patch_embeddings.projection.$1");
        return kind.placelessClass()
                ? names.to(
                        "pos_embed",
                        embeddings + "position_embeddings",
                        (tensor, name) -> TensorViews.afterZeros(tensor, name, 1)) // of the class token
                : names.to("pos_embed", embeddings + "position_embeddings");
    }

    private static Renaming attention(Renaming names, String layer) {
        String qkv = layer + "attention.attention.";
        return names.split("blocks\\.(\\d+)\\.attn\\.qkv\\.(\\w+)", qkv + "query.$2", qkv + "key.$2", qkv + "value.$2")
                .to("blocks\\.(\\d+)\\.attn\\.proj\\.(\\w+)", layer + "attention.output.dense.$2");
    }
}
