package io.vit4j.model.timm;

import io.vit4j.base.InputException;
import io.vit4j.base.JsonObject;
import io.vit4j.hub.CheckpointFormat;
import io.vit4j.hub.StoredTensor;
import io.vit4j.image.ImageProcessor;
import java.util.Collection;
import java.util.List;
import java.util.Locale;

/**
 * The {@code .npz} files that Google published of its Vision Transformers (Dosovitskiy et al. 2021; Steiner et al. 2022, AugReg), under
 * the names of their program in Flax: {@code Transformer/encoderblock_0/MlpBlock_3/Dense_0/kernel}. Maps are stored as
 * {@code [in, out]}, those of attention as {@code [in, heads, headSize]} and {@code [heads, headSize, out]}, patches' as
 * {@code [height, width, channels, hidden]}. timm and transformers' conversions read them the same way.
 */
public final class FlaxFormat implements CheckpointFormat {
    private static final String TRAINED = "opt/target/"; // where files of a training run have the weights
    private static final String PATCHES = "embedding/kernel";
    private static final String BLOCK = "Transformer/encoderblock_%d/";
    private static final String QUERY = BLOCK + "MultiHeadDotProductAttention_1/query/kernel";
    private static final String POSITIONS = "Transformer/posembed_input/pos_embedding";
    private static final String HEAD = "head/kernel";

    /** Made by {@link java.util.ServiceLoader}. */
    public FlaxFormat() {}

    @Override
    public boolean reads(JsonObject config) {
        TensorShapes shapes = TensorShapes.of(config);
        return shapes.has(PATCHES) || shapes.has(TRAINED + PATCHES);
    }

    @Override
    public JsonObject config(JsonObject config) {
        Names names = new Names(TensorShapes.of(config));
        List<Integer> patch = names.shape(PATCHES, 4); // [height, width, channels, hidden]
        List<Integer> query = names.shape(String.format(Locale.ROOT, QUERY, 0), 3); // [hidden, heads, headSize]
        int side = TensorShapes.side(names.shape(POSITIONS, 3).get(1) - 1);
        JsonObject json = JsonObject.empty()
                .with("architectures", List.of("ViTForImageClassification"))
                .with("model_type", "vit")
                .with("hidden_size", patch.get(3))
                .with("num_hidden_layers", names.layers())
                .with("num_attention_heads", query.get(1))
                .with(
                        "intermediate_size",
                        names.shape(String.format(Locale.ROOT, BLOCK, 0) + "MlpBlock_3/Dense_0/kernel", 2)
                                .get(1))
                .with("patch_size", List.of(patch.get(0), patch.get(1)))
                .with("image_size", List.of(side * patch.get(0), side * patch.get(1)))
                .with("num_channels", patch.get(2))
                .with("hidden_act", "gelu")
                .with("layer_norm_eps", 1e-6);
        return names.hasClassifier()
                ? json.with("num_labels", names.shape(HEAD, 2).get(1))
                : json;
    }

    /** Stretched to the model's size, its pixels from -1 to 1, as that program does. */
    @Override
    public ImageProcessor imageProcessor(JsonObject config) {
        List<Integer> sides = config(config).integers("image_size");
        return ImageProcessor.defaults().withSize(sides.get(0), sides.get(1));
    }

    @Override
    public List<StoredTensor> weights(JsonObject config, Collection<StoredTensor> stored) {
        List<StoredTensor> bare = new Renaming()
                .to(TRAINED + "(.*)", "$1")
                .without("opt/.*") // of the optimizer
                .of(stored);
        return renaming(new Names(TensorShapes.of(config)).hasClassifier()).of(bare);
    }

    private static Renaming renaming(boolean classifier) {
        String here = "Transformer/encoderblock_(\\d+)/";
        String attention = here + "MultiHeadDotProductAttention_1/";
        String layer = "vit.encoder.layer.$1.";
        Renaming names = new Renaming()
                .to("cls", "vit.embeddings.cls_token")
                .to(POSITIONS, "vit.embeddings.position_embeddings")
                .to(
                        PATCHES,
                        "vit.embeddings.patch_embeddings.projection.weight",
                        (tensor, name) -> TensorViews.permuted(tensor, name, 3, 2, 0, 1))
                .to("embedding/bias", "vit.embeddings.patch_embeddings.projection.bias")
                .to(
                        attention + "(query|key|value)/kernel",
                        layer + "attention.attention.$2.weight",
                        FlaxFormat::fromHidden)
                .to(attention + "(query|key|value)/bias", layer + "attention.attention.$2.bias", FlaxFormat::flat)
                .to(attention + "out/kernel", layer + "attention.output.dense.weight", FlaxFormat::toHidden)
                .to(attention + "out/bias", layer + "attention.output.dense.bias");
        norm(names, here + "LayerNorm_0", layer + "layernorm_before");
        norm(names, here + "LayerNorm_2", layer + "layernorm_after");
        norm(names, "Transformer/encoder_norm", "vit.layernorm");
        map(names, here + "MlpBlock_3/Dense_0", layer + "intermediate.dense");
        map(names, here + "MlpBlock_3/Dense_1", layer + "output.dense");
        if (classifier) {
            map(names, "head", "classifier");
        }
        return names;
    }

    private static void norm(Renaming names, String from, String to) {
        names.to(from + "/scale", to + ".weight").to(from + "/bias", to + ".bias");
    }

    private static void map(Renaming names, String from, String to) {
        names.to(from + "/kernel", to + ".weight", FlaxFormat::fromHidden).to(from + "/bias", to + ".bias");
    }

    /** {@code [in, ...]} to {@code [out, in]}. */
    private static StoredTensor fromHidden(StoredTensor tensor, String name) {
        long in = tensor.shape().length == 0 ? 1 : tensor.shape()[0];
        return TensorViews.permuted(
                TensorViews.shaped(tensor, name, in, numbers(tensor) / Math.max(in, 1)), name, 1, 0);
    }

    /** {@code [..., out]} to {@code [out, in]}. */
    private static StoredTensor toHidden(StoredTensor tensor, String name) {
        long out = tensor.shape().length == 0 ? 1 : tensor.shape()[tensor.shape().length - 1];
        return TensorViews.permuted(
                TensorViews.shaped(tensor, name, numbers(tensor) / Math.max(out, 1), out), name, 1, 0);
    }

    private static StoredTensor flat(StoredTensor tensor, String name) {
        return TensorViews.shaped(tensor, name, numbers(tensor));
    }

    private static long numbers(StoredTensor tensor) {
        return tensor.byteSize() / (tensor.dtype().bits() / 8);
    }

    /** The names of a file, wherever it has the weights. */
    private record Names(TensorShapes shapes) {
        private String prefix() {
            return shapes.has(PATCHES) ? "" : TRAINED;
        }

        List<Integer> shape(String name, int dimensions) {
            return shapes.of(prefix() + name, dimensions);
        }

        /** InputException if there are none, or some before the patches. */
        int layers() {
            if (shapes.hasLike(".*conv_root/.*")) {
                throw new InputException(
                        "is a ResNet with a Vision Transformer behind it, which is not supported; use one of the pure"
                                + " Vision Transformers, such as ViT-B_16.npz");
            }
            return shapes.layers(prefix() + QUERY);
        }

        /**
         * Whether the classifier is one of features as they are. Those of some files of 2020 have a map and a hyperbolic tangent before
         * it, which transformers' class has not, and so they come without a classifier, as on the hub.
         */
        boolean hasClassifier() {
            return shapes.has(prefix() + HEAD) && !shapes.hasLike(".*pre_logits/.*");
        }
    }
}
