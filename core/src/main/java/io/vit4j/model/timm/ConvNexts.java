package io.vit4j.model.timm;

import io.vit4j.base.JsonObject;
import io.vit4j.hub.StoredTensor;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** timm's {@code convnext.py}: ConvNeXt and ConvNeXt V2 as transformers has them. */
final class ConvNexts {
    private static final Pattern NAME = Pattern.compile("convnext(v2)?_([a-z]+)(?:_384)?(?:_in22k|_in22ft1k)*");

    private record Size(List<Integer> widths, List<Integer> depths) {
        static Size of(int width, Integer... depths) {
            return new Size(List.of(width, 2 * width, 4 * width, 8 * width), List.of(depths));
        }
    }

    private static final Map<String, Size> SIZES = Map.ofEntries(
            Map.entry("atto", Size.of(40, 2, 2, 6, 2)),
            Map.entry("femto", Size.of(48, 2, 2, 6, 2)),
            Map.entry("pico", Size.of(64, 2, 2, 6, 2)),
            Map.entry("nano", Size.of(80, 2, 2, 8, 2)),
            Map.entry("tiny", Size.of(96, 3, 3, 9, 3)),
            Map.entry("small", Size.of(96, 3, 3, 27, 3)),
            Map.entry("base", Size.of(128, 3, 3, 27, 3)),
            Map.entry("large", Size.of(192, 3, 3, 27, 3)),
            Map.entry("xlarge", Size.of(256, 3, 3, 27, 3)),
            Map.entry("huge", Size.of(352, 3, 3, 27, 3)));

    private ConvNexts() {}

    static Optional<TimmModel> of(TimmConfig config) {
        Matcher name = NAME.matcher(config.architecture());
        if (!name.matches() || !SIZES.containsKey(name.group(2))) {
            return Optional.empty();
        }
        if (!config.pooling().isEmpty() && !config.pooling().equals("avg")) {
            throw config.refused("makes features by global_pool " + config.pooling());
        }
        JsonObject told = config.arguments(Set.of("dims", "depths", "conv_mlp", "ls_init_value", "global_pool"));
        boolean second = name.group(1) != null;
        String family = second ? "convnextv2" : "convnext";
        Size size = SIZES.get(name.group(2));
        JsonObject json = config.begin(
                        family, second ? "ConvNextV2ForImageClassification" : "ConvNextForImageClassification")
                .with("patch_size", 4)
                .with(
                        "num_stages",
                        told.has("dims")
                                ? told.integers("dims").size()
                                : size.widths().size())
                .with("hidden_sizes", told.has("dims") ? told.integers("dims") : size.widths())
                .with("depths", told.has("depths") ? told.integers("depths") : size.depths())
                .with("hidden_act", "gelu")
                .with("layer_norm_eps", 1e-6);
        return Optional.of(new TimmModel(json, names(family)::of));
    }

    private static Renaming names(String family) {
        String stem = family + ".embeddings.";
        String stage = family + ".encoder.stages.$1.";
        String layer = stage + "layers.$2.";
        String here = "stages\\.(\\d+)\\.blocks\\.(\\d+)\\.";
        return new Renaming()
                .to("stem\\.0\\.(\\w+)", stem + "patch_embeddings.$1")
                .to("stem\\.1\\.(\\w+)", stem + "layernorm.$1")
                .to("stages\\.(\\d+)\\.downsample\\.([01]\\.\\w+)", stage + "downsampling_layer.$2")
                .to(here + "conv_dw\\.(\\w+)", layer + "dwconv.$3")
                .to(here + "norm\\.(\\w+)", layer + "layernorm.$3")
                .to(here + "mlp\\.fc([12])\\.(\\w+)", layer + "pwconv$3.$4", ConvNexts::asProduct)
                .to(
                        here + "mlp\\.grn\\.(\\w+)",
                        layer + "grn.$3",
                        (tensor, named) ->
                                TensorViews.shaped(tensor, named, 1, 1, 1, tensor.shape()[tensor.shape().length - 1]))
                .to(here + "gamma", layer + "layer_scale_parameter")
                .to("head\\.norm\\.(\\w+)", family + ".layernorm.$1")
                .to("head\\.fc\\.(\\w+)", "classifier.$1");
    }

    /** Some sizes have convolutions of one place, {@code [out, in, 1, 1]}, for products. */
    private static StoredTensor asProduct(StoredTensor tensor, String name) {
        long[] shape = tensor.shape();
        return shape.length == 4 ? TensorViews.shaped(tensor, name, shape[0], shape[1]) : tensor.named(name);
    }
}
