package io.vit4j.model.deit;

import io.vit4j.base.InputException;
import io.vit4j.base.JsonObject;
import io.vit4j.model.Architecture;
import io.vit4j.model.HeadDefinition;
import io.vit4j.model.Initialization;
import io.vit4j.model.Linear;
import io.vit4j.model.ModelDefinition;
import io.vit4j.model.ParameterSpec;
import io.vit4j.model.Pooling;
import io.vit4j.model.RowsRead;
import io.vit4j.model.transformer.EncoderConfig;
import io.vit4j.model.transformer.EncoderModel;
import io.vit4j.model.transformer.FirstTokens;
import io.vit4j.model.transformer.PatchEmbeddingsDefinition;
import io.vit4j.model.transformer.PatchEmbeddingsDefinition.Positions;
import io.vit4j.model.transformer.PatchEmbeddingsDefinition.Token;
import io.vit4j.model.transformer.PooledTokens;
import io.vit4j.model.transformer.ViTNames;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * DeiT (Touvron et al. 2021): a ViT with a second token, which learned from a teacher. As transformers'
 * {@code DeiTForImageClassification} it is classified by its class token; as {@code DeiTForImageClassificationWithTeacher}, if the
 * configuration names this class, by the mean of two classifiers, one on each token ({@link TwoClassifiers}).
 */
public final class DeiTArchitecture implements Architecture {
    private static final String MODEL_TYPE = "deit";
    private static final String ONE_CLASSIFIER = "DeiTForImageClassification";
    private static final String TWO_CLASSIFIERS = "DeiTForImageClassificationWithTeacher";
    private static final ViTNames NAMES = new ViTNames("deit");
    private static final int TOKENS = 2; // in front of the patches

    /** Made by {@link java.util.ServiceLoader}. */
    public DeiTArchitecture() {}

    @Override
    public String modelType() {
        return MODEL_TYPE;
    }

    @Override
    public ModelDefinition define(JsonObject json) {
        EncoderConfig config = config(json);
        boolean qkvBias = json.bool("qkv_bias", true);
        boolean both = hasTwoClassifiers(json);
        JsonObject typed = json.with("architectures", List.of(both ? TWO_CLASSIFIERS : ONE_CLASSIFIER))
                .with("model_type", MODEL_TYPE);
        PooledTokens pooled = pooled(json);
        JsonObject whole = pooled.writtenOver(
                config.writtenOver(typed, EncoderConfig.Keys.VIT).with("qkv_bias", qkvBias));
        ModelDefinition.Builder model = ModelDefinition.builder(this, whole);
        return EncoderModel.of(
                model,
                config,
                embeddings(config),
                index -> NAMES.layer(config, index, qkvBias),
                both ? twoClassifiers(config, model.labelCount()) : oneClassifier(config, pooled, model.labelCount()));
    }

    private static EncoderConfig config(JsonObject json) {
        return EncoderConfig.of(json, EncoderConfig.Keys.VIT, EncoderConfig.VIT);
    }

    private static PooledTokens pooled(JsonObject json) {
        PooledTokens pooled = PooledTokens.of(json, Pooling.CLS);
        if (hasTwoClassifiers(json) && pooled.pooling() != Pooling.CLS) {
            throw new InputException("pooling is '" + pooled.pooling() + "', but " + TWO_CLASSIFIERS
                    + " classifies its two tokens, each alone; leave pooling out");
        }
        return pooled;
    }

    private static boolean hasTwoClassifiers(JsonObject json) {
        return json.texts("architectures").contains(TWO_CLASSIFIERS);
    }

    private static PatchEmbeddingsDefinition embeddings(EncoderConfig config) {
        String prefix = NAMES.embeddings();
        int hidden = config.hiddenSize();
        Initialization zeros = Initialization.zeros(); // as transformers' class has them, though not the paper
        return new PatchEmbeddingsDefinition(
                        config,
                        List.of(
                                new Token(new ParameterSpec(prefix + "cls_token", zeros, 1, 1, hidden), 1),
                                new Token(new ParameterSpec(prefix + "distillation_token", zeros, 1, 1, hidden), 1)),
                        Optional.of(new Positions(new ParameterSpec(
                                prefix + "position_embeddings",
                                zeros,
                                1,
                                config.grid(TOKENS).tokens(),
                                hidden))),
                        Linear.Named.biased(prefix + "patch_embeddings.projection"))
                .withDropout(config.hiddenDropoutProb());
    }

    private static HeadDefinition oneClassifier(EncoderConfig config, PooledTokens pooled, int labels) {
        return HeadDefinition.linear(
                pooled.features(NAMES.norm(config), TOKENS, config.hiddenSize()),
                pooled.reads(),
                "classifier",
                pooled.pooling().features(config.hiddenSize()),
                labels,
                Initialization.normal(config.initializerRange()));
    }

    private static HeadDefinition twoClassifiers(EncoderConfig config, int labels) {
        return new HeadDefinition(
                new FirstTokens(NAMES.norm(config), TOKENS, config.hiddenSize()),
                new TwoClassifiers(
                        config.hiddenSize(), labels, Initialization.normal(config.initializerRange()), false),
                RowsRead.first(TOKENS));
    }

    /** The sizes of the paper, patch 16 at 224x224. */
    @Override
    public Map<String, JsonObject> presets() {
        return EncoderConfig.presets(MODEL_TYPE);
    }

    @Override
    public String describe(JsonObject json) {
        return (hasTwoClassifiers(json) ? "DeiT with two classifiers, " : "DeiT, ")
                + config(json).describe();
    }

    @Override
    public JsonObject withPooling(JsonObject config, Pooling pooling) {
        return new PooledTokens(pooling, Pooling.CLS).writtenOver(config);
    }

    @Override
    public String canonicalName(String stored) {
        return NAMES.canonical(stored);
    }
}
