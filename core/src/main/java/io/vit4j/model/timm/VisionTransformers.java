package io.vit4j.model.timm;

import io.vit4j.base.JsonObject;
import io.vit4j.model.HiddenAct;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * timm's {@code vision_transformer.py} and {@code deit.py}: ViT and DeiT, with the distillation token too; DINOv2 with and without
 * registers; DeiT III, whose layers scale what they add, as DINOv2's do; CLIP's towers; and those that average their patches. What
 * transformers has is read as its model, the others as {@link TimmViTArchitecture}.
 */
final class VisionTransformers {
    private static final String TOKEN = "token";
    private static final String AVERAGE = "avg";
    private static final Pattern NAME =
            Pattern.compile("(?:vit_)?(vit|deit|deit3|flexivit)_([a-z0-9]+)(_distilled)?(?:_patch(\\d+)_(.+))?");
    private static final Pattern REST = Pattern.compile("(plus_)?(?:clip_(quickgelu_)?|reg(\\d+)_gap_|(gap_))?"
            + "\\d+(_in21k|_miil|_miil_in21k)?|(?:reg(\\d+)_)?(dinov2)");

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
            "pre_norm",
            "fc_norm",
            "global_pool");

    /** @param mlp numbers between the two maps of the MLP */
    private record Size(int hidden, int layers, int heads, int mlp) {
        static Size of(int hidden, int layers, int heads) {
            return new Size(hidden, layers, heads, 4 * hidden);
        }
    }

    private static final Map<String, Size> SIZES = Map.ofEntries(
            Map.entry("tiny", Size.of(192, 12, 3)),
            Map.entry("wee", new Size(256, 14, 4, 1280)),
            Map.entry("xsmall", Size.of(256, 10, 4)),
            Map.entry("little", new Size(320, 14, 5, 1792)),
            Map.entry("small", Size.of(384, 12, 6)),
            Map.entry("medium", Size.of(512, 12, 8)),
            Map.entry("mediumd", Size.of(512, 20, 8)),
            Map.entry("betwixt", Size.of(640, 12, 10)),
            Map.entry("base", Size.of(768, 12, 12)),
            Map.entry("so150m", new Size(896, 18, 14, 2304)),
            Map.entry("so150m2", new Size(832, 21, 13, 2176)),
            Map.entry("large", Size.of(1024, 24, 16)),
            Map.entry("huge", Size.of(1280, 32, 16)),
            Map.entry("giant", new Size(1408, 40, 16, 6144)),
            Map.entry("gigantic", new Size(1664, 48, 16, 8192)));

    private static final Size GIANT_OF_DINOV2 = Size.of(1536, 40, 24);
    private static final Size BASE_PLUS = Size.of(896, 12, 14);
    private static final Size BASE_AVERAGED = Size.of(768, 12, 16);

    private VisionTransformers() {}

    /** What an architecture's name and arguments say beside sizes. */
    private record Kind(
            Size size,
            int patch,
            boolean qkvBias,
            Optional<Double> layerScale,
            boolean classToken,
            int registers,
            boolean placesPrefix,
            boolean preNorm,
            boolean averages,
            boolean fcNorm,
            boolean distilled,
            boolean swiglu,
            HiddenAct act) {
        /** Whether the features are the normalised class token, of a model without a norm before its layers. */
        boolean usual() {
            return classToken && !preNorm && !averages && !fcNorm && act == HiddenAct.GELU;
        }

        boolean isVit() {
            return usual() && layerScale.isEmpty() && registers == 0;
        }

        boolean isDinov2() {
            return usual()
                    && !distilled
                    && layerScale.isPresent()
                    && size.mlp() % size.hidden() == 0
                    && (registers == 0 || !placesPrefix);
        }
    }

    static Optional<TimmModel> of(TimmConfig config) {
        Matcher name = NAME.matcher(config.architecture());
        if (!name.matches() || !SIZES.containsKey(name.group(2))) {
            return Optional.empty();
        }
        return kind(config, name).map(kind -> {
            if (kind.isVit()) {
                return vit(config, kind);
            }
            return kind.isDinov2() ? dinov2(config, kind) : timms(config, kind);
        });
    }

    private static Optional<Kind> kind(TimmConfig config, Matcher name) {
        boolean flexible = name.group(1).equals("flexivit");
        boolean third = name.group(1).equals("deit3");
        String family = name.group(2);
        Matcher rest = REST.matcher(name.group(5) == null ? "" : name.group(5));
        boolean known = rest.matches();
        if (!known && !(flexible && name.group(5) == null)) {
            return Optional.empty();
        }
        boolean plus = known && rest.group(1) != null;
        boolean clip = name.group(5) != null && name.group(5).contains("clip_");
        boolean registersAveraged = known && rest.group(3) != null;
        boolean averaged = registersAveraged || known && rest.group(4) != null;
        boolean registered = known && rest.group(6) != null;
        boolean dinov2 = known && rest.group(7) != null;
        boolean so150m = family.startsWith("so150m");
        boolean unbiased = known && rest.group(5) != null && rest.group(5).contains("miil")
                || family.equals("so150m2")
                || averaged && !registersAveraged && Set.of("medium", "betwixt").contains(family);

        Size usual = SIZES.get(family);
        if (dinov2 && family.equals("giant")) {
            usual = GIANT_OF_DINOV2;
        } else if (plus) {
            usual = BASE_PLUS;
        } else if (averaged && !registersAveraged && family.equals("base")) {
            usual = BASE_AVERAGED;
        }
        JsonObject told = config.arguments(ARGUMENTS);
        int hidden = told.integer("embed_dim", usual.hidden());
        Size size = new Size(
                hidden,
                told.integer("depth", usual.layers()),
                told.integer("num_heads", usual.heads()),
                told.has("mlp_ratio")
                        ? (int) (hidden * told.number("mlp_ratio"))
                        : (int) ((long) usual.mlp() * hidden / usual.hidden()));
        String pooling = config.pooling().isEmpty() ? (averaged ? AVERAGE : TOKEN) : config.pooling();
        if (!Set.of(TOKEN, AVERAGE).contains(pooling)) {
            throw config.refused("makes features by global_pool " + pooling);
        }
        boolean averages = pooling.equals(AVERAGE);
        boolean distilled = name.group(3) != null;
        boolean classToken = told.bool("class_token", !averaged);
        if ((distilled || !classToken) && !averages != classToken) {
            throw config.refused("makes features by global_pool " + pooling + " of tokens that it does not have so");
        }
        boolean scaled = dinov2
                || third
                || plus && !clip
                || registersAveraged && !Set.of("base", "so150m").contains(family)
                || averaged && !registersAveraged && unbiased;
        double scale = third || averaged && !registersAveraged ? 1e-6 : 1e-5;
        int registers =
                registersAveraged ? Integer.parseInt(rest.group(3)) : registered ? Integer.parseInt(rest.group(6)) : 0;
        boolean placeless = flexible || third || registered || registersAveraged && !so150m;
        return Optional.of(new Kind(
                size,
                told.integer("patch_size", name.group(4) == null ? 16 : Integer.parseInt(name.group(4))),
                told.bool("qkv_bias", !unbiased),
                scaled || told.has("init_values") ? Optional.of(told.number("init_values", scale)) : Optional.empty(),
                classToken,
                told.integer("reg_tokens", registers),
                !told.bool("no_embed_class", placeless),
                told.bool("pre_norm", clip),
                averages,
                told.bool("fc_norm", averages && (!averaged || registersAveraged && !family.equals("so150m"))),
                distilled,
                dinov2 && family.equals("giant"),
                known && rest.group(2) != null ? HiddenAct.QUICK_GELU : HiddenAct.GELU));
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
        int hidden = kind.size().hidden();
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
                .with("layerscale_value", kind.layerScale().orElseThrow())
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

    private static TimmModel timms(TimmConfig config, Kind kind) {
        if (kind.distilled() || kind.swiglu()) {
            throw config.refused("has arguments that its class does not have");
        }
        JsonObject json = config.json()
                .withAll(config.begin(TimmViTConfig.MODEL_TYPE, "VisionTransformer"))
                .without("architectures")
                .with("hidden_size", kind.size().hidden())
                .with("num_hidden_layers", kind.size().layers())
                .with("num_attention_heads", kind.size().heads())
                .with("intermediate_size", kind.size().mlp())
                .with("patch_size", kind.patch())
                .with("hidden_act", kind.act().toString())
                .with("layer_norm_eps", config.architecture().contains("_clip_") ? 1e-5 : 1e-6)
                .with("qkv_bias", kind.qkvBias())
                .with("class_token", kind.classToken())
                .with("num_register_tokens", kind.registers())
                .with("no_embed_class", !kind.placesPrefix())
                .with("pre_norm", kind.preNorm())
                .with("fc_norm", kind.fcNorm())
                .with(TimmViTConfig.POOLING, kind.averages() ? AVERAGE : TOKEN);
        JsonObject scaled = kind.layerScale()
                .map(scale -> json.with("layerscale_value", scale))
                .orElse(json);
        return new TimmModel(scaled, new Renaming()::of);
    }

    private static Renaming tokens(Renaming names, String embeddings, Kind kind) {
        names.to("cls_token", embeddings + "cls_token")
                .to("patch_embed\\.proj\\.(\\w+)", embeddings + "patch_embeddings.projection.$1");
        return !kind.placesPrefix()
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
