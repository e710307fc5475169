package io.vit4j.model.timm;

import io.vit4j.base.InputException;
import io.vit4j.base.JsonObject;
import java.util.Collections;
import java.util.List;
import java.util.Locale;

/**
 * A file of EVA-02's or EVA-X's authors (Fang et al. 2024; Yao et al. 2024), such as {@code eva_x_small_patch16_merged520k_mim.pt}, as timm
 * has the same model. It comes from pretraining on masked patches, without a classifier, and its last norm becomes the one that timm has
 * before a classifier.
 *
 * @param shapes of its tensors
 */
record EvaFile(TensorShapes shapes) {
    private static final String PATCHES = "patch_embed.proj.weight";
    private static final String POSITIONS = "pos_embed";
    private static final String MASKED = "mask_token";
    private static final String ANGLES = "rope.freqs_cos";
    private static final String PACKED = "blocks.%d.mlp.w12.weight"; // of the gate and what it gates
    private static final String GATE = "blocks.%d.mlp.w1.weight";
    private static final int USUAL_HEAD = 64;
    private static final int X_RAY_PATCH = 16;

    /** Of the chest X-rays that EVA-X was trained with, whose patches are of 16. */
    private static final List<Double> CHEST_MEAN = Collections.nCopies(3, 0.49185243);

    private static final List<Double> CHEST_STD = Collections.nCopies(3, 0.28509309);

    /** Of CLIP, as EVA-02's, whose patches are of 14. */
    private static final List<Double> CLIP_MEAN = List.of(0.48145466, 0.4578275, 0.40821073);

    private static final List<Double> CLIP_STD = List.of(0.26862954, 0.26130258, 0.27577711);

    static boolean describes(JsonObject config) {
        TensorShapes shapes = TensorShapes.of(config);
        return shapes.has(PATCHES)
                && (shapes.has(String.format(Locale.ROOT, PACKED, 0))
                        || shapes.has(String.format(Locale.ROOT, GATE, 0)));
    }

    static EvaFile of(JsonObject config) {
        return new EvaFile(TensorShapes.of(config));
    }

    private boolean packed() {
        return shapes.has(String.format(Locale.ROOT, PACKED, 0));
    }

    /** timm's {@code config.json} of the model; InputException if the file does not tell all of it. */
    JsonObject config() {
        if (!shapes.has(MASKED)) {
            throw new InputException(
                    "is an EVA that was tuned, so that the grid of its rotations cannot be told from the"
                            + " file; load it with its authors' code and save it with timm.models.save_for_hf");
        }
        List<Integer> patch = shapes.of(PATCHES, 4); // [hidden, channels, height, width]
        int hidden = patch.get(0);
        int side = TensorShapes.side(shapes.of(POSITIONS, 3).get(1) - 1);
        int inner = packed()
                ? shapes.of(String.format(Locale.ROOT, PACKED, 0), 2).get(0) / 2
                : shapes.of(String.format(Locale.ROOT, GATE, 0), 2).get(0);
        int head = shapes.has(ANGLES) ? shapes.of(ANGLES, 2).get(1) : USUAL_HEAD;
        JsonObject arguments = JsonObject.empty()
                .with("img_size", List.of(side * patch.get(2), side * patch.get(3)))
                .with("patch_size", patch.get(2))
                .with("embed_dim", hidden)
                .with("depth", shapes.layers("blocks.%d.norm1.weight"))
                .with("num_heads", Math.max(1, hidden / head))
                .with("mlp_ratio", (inner + 0.5) / hidden) // a half more, because timm rounds the product down
                .with("scale_mlp", shapes.has("blocks.0.mlp.ffn_ln.weight"))
                .with("qkv_bias", shapes.has("blocks.0.attn.q_bias"))
                .with("ref_feat_shape", List.of(side, side));
        boolean ofXRays = patch.get(2) == X_RAY_PATCH;
        return JsonObject.empty()
                .with("architecture", packed() ? "eva02_small_patch14_224" : "eva02_base_patch14_224")
                .with("num_classes", 0)
                .with("global_pool", "avg")
                .with("model_args", arguments)
                .with("pretrained_cfg", pictures(side * patch.get(2), patch.get(1), ofXRays));
    }

    private static JsonObject pictures(int side, int channels, boolean ofXRays) {
        return JsonObject.empty()
                .with("input_size", List.of(channels, side, side))
                .with("crop_pct", 0.875)
                .with("interpolation", "bicubic")
                .with("mean", ofXRays ? CHEST_MEAN : CLIP_MEAN)
                .with("std", ofXRays ? CHEST_STD : CLIP_STD);
    }

    /** From its authors' names to timm's. */
    Renaming asTimm() {
        String mlp = "(blocks\\.\\d+\\.mlp\\.)";
        return new Renaming()
                .without(".*rope.*")
                .without(MASKED + "|lm_head\\..*")
                .to("norm\\.(\\w+)", "fc_norm.$1")
                .to(mlp + "w12\\.(\\w+)", "$1fc1.$2")
                .to(mlp + "w1\\.(\\w+)", "$1fc1_g.$2")
                .to(mlp + "w2\\.(\\w+)", "$1fc1_x.$2")
                .to(mlp + "w3\\.(\\w+)", "$1fc2.$2")
                .to(mlp + "ffn_ln\\.(\\w+)", "$1norm.$2");
    }
}
