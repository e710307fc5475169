package io.vit4j.model.timm;

import io.vit4j.base.InputException;
import io.vit4j.base.JsonObject;
import io.vit4j.hub.StoredTensor;
import io.vit4j.model.Architecture;
import io.vit4j.model.BlockDefinition;
import io.vit4j.model.HeadDefinition;
import io.vit4j.model.Initialization;
import io.vit4j.model.LayerNorm;
import io.vit4j.model.Linear;
import io.vit4j.model.ModelDefinition;
import io.vit4j.model.ParameterSpec;
import io.vit4j.model.Pooling;
import io.vit4j.model.RowsRead;
import io.vit4j.model.transformer.EncoderConfig;
import io.vit4j.model.transformer.EncoderLayerDefinition;
import io.vit4j.model.transformer.EncoderModel;
import io.vit4j.model.transformer.FirstTokens;
import io.vit4j.model.transformer.LayerScale;
import io.vit4j.model.transformer.Mlp;
import io.vit4j.model.transformer.PatchEmbeddingsDefinition;
import io.vit4j.model.transformer.PatchEmbeddingsDefinition.Positions;
import io.vit4j.model.transformer.PatchEmbeddingsDefinition.Token;
import io.vit4j.model.transformer.PatchMean;
import io.vit4j.model.transformer.SelfAttention;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Optional;

/**
 * Vision Transformers of timm's (Wightman 2019) that transformers has no class for: without a class token, with the mean of the patches for
 * features, with registers, with a norm before the layers, as CLIP's. Weights have timm's names, and a saved folder is one that timm reads:
 * queries, keys and values are apart here, and one map in files.
 */
public final class TimmViTArchitecture implements Architecture {
    private static final String ATTENTION = "(blocks\\.\\d+\\.attn\\.)";

    /** Made by {@link java.util.ServiceLoader}. */
    public TimmViTArchitecture() {}

    @Override
    public String modelType() {
        return TimmViTConfig.MODEL_TYPE;
    }

    @Override
    public ModelDefinition define(JsonObject json) {
        TimmViTConfig config = TimmViTConfig.of(json);
        EncoderConfig encoder = config.encoder();
        int labels = ModelDefinition.builder(this, json).labelCount();
        HeadDefinition head = HeadDefinition.linear(
                features(config),
                config.averages() ? RowsRead.ALL : RowsRead.first(1),
                "head",
                encoder.hiddenSize(),
                labels,
                normal(encoder));
        return EncoderModel.of(
                ModelDefinition.builder(this, config.writtenOver(json, labels)),
                encoder,
                embeddings(config),
                index -> layer(config, index),
                head);
    }

    private static Initialization normal(EncoderConfig encoder) {
        return Initialization.normal(encoder.initializerRange());
    }

    private static LayerNorm.Named norm(TimmViTConfig config, String name) {
        return new LayerNorm.Named(name, config.encoder().layerNormEps());
    }

    private static BlockDefinition features(TimmViTConfig config) {
        int hidden = config.encoder().hiddenSize();
        LayerNorm.Named norm = norm(config, config.fcNorm() ? "fc_norm" : "norm");
        if (!config.averages()) {
            return new FirstTokens(norm, 1, hidden);
        }
        return config.fcNorm()
                ? new PatchMean(config.before(), hidden, Optional.empty(), Optional.of(norm))
                : new PatchMean(config.before(), hidden, Optional.of(norm), Optional.empty());
    }

    private static PatchEmbeddingsDefinition embeddings(TimmViTConfig config) {
        EncoderConfig encoder = config.encoder();
        int hidden = encoder.hiddenSize();
        Initialization normal = normal(encoder);
        List<Token> tokens = new ArrayList<>();
        if (config.classToken()) {
            tokens.add(new Token(new ParameterSpec("cls_token", normal, 1, 1, hidden), 1));
        }
        if (config.registers() > 0) {
            tokens.add(new Token(
                    new ParameterSpec("reg_token", normal, 1, config.registers(), hidden), config.registers()));
        }
        PatchEmbeddingsDefinition embeddings = new PatchEmbeddingsDefinition(
                encoder,
                tokens,
                Optional.of(new Positions(new ParameterSpec("pos_embed", normal, 1, config.places(), hidden), true)),
                new Linear.Named("patch_embed.proj", !config.preNorm()));
        return config.preNorm() ? embeddings.withNorm(norm(config, "norm_pre")) : embeddings;
    }

    private static EncoderLayerDefinition layer(TimmViTConfig config, int index) {
        EncoderConfig encoder = config.encoder();
        String prefix = "blocks." + index + ".";
        SelfAttention attention = new SelfAttention(
                encoder.hiddenSize(),
                encoder.numAttentionHeads(),
                new Linear.Named(prefix + "attn.q", config.qkvBias()),
                new Linear.Named(prefix + "attn.k", config.qkvBias()),
                new Linear.Named(prefix + "attn.v", config.qkvBias()),
                Linear.Named.biased(prefix + "attn.proj"),
                normal(encoder),
                encoder.attentionProbsDropoutProb());
        EncoderLayerDefinition layer = new EncoderLayerDefinition(
                "layer." + index,
                norm(config, prefix + "norm1"),
                attention,
                norm(config, prefix + "norm2"),
                Mlp.plain(
                        encoder.hiddenSize(),
                        encoder.intermediateSize(),
                        Linear.Named.biased(prefix + "mlp.fc1"),
                        Linear.Named.biased(prefix + "mlp.fc2"),
                        encoder.hiddenAct(),
                        normal(encoder)));
        return config.layerScale()
                .map(scale -> layer.withScales(
                        new LayerScale(prefix + "ls1.gamma", scale), new LayerScale(prefix + "ls2.gamma", scale)))
                .orElse(layer);
    }

    @Override
    public List<StoredTensor> fromFile(Collection<StoredTensor> stored) {
        return new Renaming()
                .split(ATTENTION + "qkv\\.(weight|bias)", "$1q.$2", "$1k.$2", "$1v.$2")
                .of(stored);
    }

    @Override
    public List<StoredTensor> forFile(List<StoredTensor> weights) {
        return Renaming.joined(weights, ATTENTION + "([qkv])\\.(weight|bias)", "$1qkv.$3");
    }

    @Override
    public JsonObject withPooling(JsonObject config, Pooling pooling) {
        return switch (pooling) {
            case CLS -> TimmViTConfig.withPooling(config, false);
            case MEAN -> TimmViTConfig.withPooling(config, true);
            case CLS_MEAN ->
                throw new InputException("models of type '" + modelType() + "' pool the class token or the mean of the"
                        + " patches, not both; use pooling cls or mean");
        };
    }

    @Override
    public String describe(JsonObject json) {
        return "Vision Transformer of timm, " + TimmViTConfig.of(json).encoder().describe();
    }
}
