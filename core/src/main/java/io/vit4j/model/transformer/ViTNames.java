package io.vit4j.model.transformer;

import io.vit4j.model.Initialization;
import io.vit4j.model.LayerNorm;
import io.vit4j.model.Linear;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * How transformers calls the weights of ViT and of the families that were written after it: on the hub
 * {@code vit.encoder.layer.0.attention.attention.query.weight}. Files of a headless model lack the prefix {@code vit.};
 * transformers 5 has other names in memory ({@code vit.layers.0.attention.q_proj.weight}), which files show if they were saved past its
 * own renaming.
 *
 * @param base the family's prefix, such as {@code vit}
 */
public record ViTNames(String base) {
    private static final Pattern HEADLESS = Pattern.compile("(embeddings|encoder|layers|layernorm|pooler)\\..*");
    private static final Pattern LAYER = Pattern.compile("(?:layers|encoder\\.layer)\\.(\\d+)\\.(.*)");

    /** transformers' conversion_mapping.py, entry ViTModel, read backwards. */
    private static final String[][] WITHIN_LAYER = {
        {"attention.q_proj.", "attention.attention.query."},
        {"attention.k_proj.", "attention.attention.key."},
        {"attention.v_proj.", "attention.attention.value."},
        {"attention.o_proj.", "attention.output.dense."},
        {"mlp.fc1.", "intermediate.dense."},
        {"mlp.fc2.", "output.dense."},
    };

    /** The hub's name for a weight; any other name as it is. */
    public String canonical(String stored) {
        String prefix = base + ".";
        String full = HEADLESS.matcher(stored).matches() ? prefix + stored : stored;
        if (!full.startsWith(prefix)) {
            return full;
        }
        Matcher layer = LAYER.matcher(full.substring(prefix.length()));
        return layer.matches() ? layer(layer.group(1)) + withinLayer(layer.group(2)) : full;
    }

    /**
     * The hub's name for a weight of a layer, without the layer's prefix; any other name as it is.
     *
     * @param name such as {@code attention.q_proj.weight}
     */
    public static String withinLayer(String name) {
        for (String[] names : WITHIN_LAYER) {
            if (name.startsWith(names[0])) {
                return names[1] + name.substring(names[0].length());
            }
        }
        return name;
    }

    /** {@return the prefix of a layer's weights} */
    public String layer(int index) {
        return layer(Integer.toString(index));
    }

    private String layer(String index) {
        return base + ".encoder.layer." + index + ".";
    }

    /** {@return the prefix of the embeddings' weights} */
    public String embeddings() {
        return base + ".embeddings.";
    }

    /** {@return the last norm} */
    public LayerNorm.Named norm(EncoderConfig config) {
        return new LayerNorm.Named(base + ".layernorm", config.layerNormEps());
    }

    /**
     * A layer of ViT's under its names, with its dropout.
     *
     * @param bias of queries, keys and values
     */
    public EncoderLayerDefinition layer(EncoderConfig config, int index, boolean bias) {
        return layer(config, index, bias, bias);
    }

    /**
     * The same where keys may be without the bias that queries and values have.
     *
     * @param bias of queries and values
     */
    public EncoderLayerDefinition layer(EncoderConfig config, int index, boolean bias, boolean keyBias) {
        return layer("layer." + index, layer(index), config, bias, keyBias);
    }

    /**
     * A layer like ViT's under other names.
     *
     * @param name of the block
     * @param prefix of its weights
     * @param bias of queries and values
     * @param keyBias of keys
     */
    public static EncoderLayerDefinition layer(
            String name, String prefix, EncoderConfig config, boolean bias, boolean keyBias) {
        String qkv = prefix + "attention.attention.";
        Initialization normal = Initialization.normal(config.initializerRange());
        return new EncoderLayerDefinition(
                        name,
                        new LayerNorm.Named(prefix + "layernorm_before", config.layerNormEps()),
                        new SelfAttention(
                                config.hiddenSize(),
                                config.numAttentionHeads(),
                                new Linear.Named(qkv + "query", bias),
                                new Linear.Named(qkv + "key", keyBias),
                                new Linear.Named(qkv + "value", bias),
                                Linear.Named.biased(prefix + "attention.output.dense"),
                                normal,
                                config.attentionProbsDropoutProb()),
                        new LayerNorm.Named(prefix + "layernorm_after", config.layerNormEps()),
                        Mlp.plain(
                                config.hiddenSize(),
                                config.intermediateSize(),
                                Linear.Named.biased(prefix + "intermediate.dense"),
                                Linear.Named.biased(prefix + "output.dense"),
                                config.hiddenAct(),
                                normal))
                .withDropout(config.hiddenDropoutProb());
    }
}
