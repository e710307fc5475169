package io.vit4j.model.transformer;

import io.vit4j.base.InputException;
import io.vit4j.base.JsonObject;
import io.vit4j.model.Initialization;
import io.vit4j.model.LayerNorm;
import io.vit4j.model.Linear;
import io.vit4j.model.ParameterSpec;
import io.vit4j.model.transformer.PatchEmbeddingsDefinition.Positions;
import java.util.regex.Pattern;

/**
 * The picture side of a model of pictures and texts, as transformers names and configures it in CLIP and in the families that were
 * written after it: weights {@code vision_model.encoder.layers.0.self_attn.q_proj.weight}, sizes under {@code vision_config}.
 *
 * @param config its sizes
 */
public record VisionTower(EncoderConfig config) {
    /** The key of its sizes in a configuration of both sides. */
    public static final String KEY = "vision_config";

    private static final int LARGEST_FACTOR = 1_000;
    private static final String BASE = "vision_model.";
    private static final Pattern HEADLESS =
            Pattern.compile("(embeddings|pre_layrnorm|encoder|post_layernorm|head)\\..*");

    /**
     * The configuration of both sides that a file stands for. One of the picture side alone, which has its sizes at the top, becomes one
     * of both, because only these have a classifier in transformers; the other side is not built there.
     *
     * @param json of both sides or of one
     * @param alone the {@code model_type} of the picture side
     * @param both the {@code model_type} of both
     */
    public static JsonObject ofBothSides(JsonObject json, String alone, String both) {
        if (!json.text("model_type", "").equals(alone)) {
            return json.with("model_type", both);
        }
        JsonObject whole = json;
        for (String key : json.keys()) {
            if (!key.matches("id2label|label2id|num_labels|problem_type|dtype|torch_dtype|transformers_version")) {
                whole = whole.without(key);
            }
        }
        JsonObject side = json.without("id2label").without("label2id").without("architectures");
        return whole.with("model_type", both).with(KEY, side);
    }

    /** What the deviations of new weights are multiplied by; InputException if it is no such factor. */
    public static double initializerFactor(JsonObject json) {
        double factor = json.number("initializer_factor", 1);
        if (!(factor >= 0 && factor <= LARGEST_FACTOR)) {
            throw new InputException("initializer_factor is " + factor + ", not between 0 and " + LARGEST_FACTOR
                    + "; correct config.json");
        }
        return factor;
    }

    /** The hub's name for a weight, which files of the picture side alone may shorten; any other name as it is. */
    public static String canonical(String stored) {
        return HEADLESS.matcher(stored).matches() ? BASE + stored : stored;
    }

    /** A norm of its own by name. */
    public LayerNorm.Named norm(String name) {
        return new LayerNorm.Named(BASE + name, config.layerNormEps());
    }

    /** The name of a weight of its embeddings. */
    public String embeddings(String name) {
        return BASE + "embeddings." + name;
    }

    /** The position embeddings of so many tokens in front, and the patches. */
    public Positions positions(int before, Initialization init) {
        return new Positions(new ParameterSpec(
                embeddings("position_embedding.weight"),
                init,
                config.grid(before).tokens(),
                config.hiddenSize()));
    }

    /**
     * A layer.
     *
     * @param in how the weights of queries, keys and values start
     * @param attended how that of the attention's output starts
     * @param wide how that of the MLP's first map starts
     * @param narrow how that of its second starts
     */
    public EncoderLayerDefinition layer(
            int index, Initialization in, Initialization attended, Initialization wide, Initialization narrow) {
        String within = "encoder.layers." + index + ".";
        String prefix = BASE + within;
        SelfAttention attention = new SelfAttention(
                config.hiddenSize(),
                config.numAttentionHeads(),
                Linear.Named.biased(prefix + "self_attn.q_proj"),
                Linear.Named.biased(prefix + "self_attn.k_proj"),
                Linear.Named.biased(prefix + "self_attn.v_proj"),
                Linear.Named.biased(prefix + "self_attn.out_proj"),
                in,
                config.attentionProbsDropoutProb());
        Mlp mlp = Mlp.plain(
                config.hiddenSize(),
                config.intermediateSize(),
                Linear.Named.biased(prefix + "mlp.fc1"),
                Linear.Named.biased(prefix + "mlp.fc2"),
                config.hiddenAct(),
                wide);
        return new EncoderLayerDefinition(
                "layer." + index,
                norm(within + "layer_norm1"),
                attention.withOutputInit(attended),
                norm(within + "layer_norm2"),
                mlp.withOutInit(narrow));
    }
}
