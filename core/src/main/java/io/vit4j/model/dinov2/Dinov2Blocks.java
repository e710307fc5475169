package io.vit4j.model.dinov2;

import io.vit4j.base.JsonObject;
import io.vit4j.model.Architecture;
import io.vit4j.model.BlockDefinition;
import io.vit4j.model.HeadDefinition;
import io.vit4j.model.HiddenAct;
import io.vit4j.model.Initialization;
import io.vit4j.model.LayerNorm;
import io.vit4j.model.Linear;
import io.vit4j.model.ModelDefinition;
import io.vit4j.model.ParameterSpec;
import io.vit4j.model.Pooling;
import io.vit4j.model.RowsRead;
import io.vit4j.model.transformer.EncoderConfig;
import io.vit4j.model.transformer.EncoderLayerDefinition;
import io.vit4j.model.transformer.LayerScale;
import io.vit4j.model.transformer.Mlp;
import io.vit4j.model.transformer.PatchEmbeddingsDefinition;
import io.vit4j.model.transformer.PatchEmbeddingsDefinition.Positions;
import io.vit4j.model.transformer.PatchEmbeddingsDefinition.Token;
import io.vit4j.model.transformer.PooledTokens;
import io.vit4j.model.transformer.SelfAttention;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * The blocks of a DINOv2 model {@code [embeddings, layer 0, ..., layer L-1, head]}, with or without registers: a Vision Transformer
 * whose layers scale what they add, and a classifier over the class token and the mean of the patches' tokens.
 *
 * @param family what the weights' names begin with, such as {@code dinov2}
 */
record Dinov2Blocks(String family, Dinov2Config config) {
    /**
     * The model.
     *
     * @param json its configuration, written over
     * @param smoothsPositions whether positions are smoothed if they are brought to a smaller grid
     */
    ModelDefinition define(Architecture architecture, JsonObject json, boolean smoothsPositions) {
        EncoderConfig encoder = config.encoder();
        PatchEmbeddingsDefinition embeddings = embeddings(smoothsPositions);
        PooledTokens pooled = PooledTokens.of(json, Pooling.CLS_MEAN);
        ModelDefinition.Builder model = ModelDefinition.builder(architecture, pooled.writtenOver(json))
                .pictures(encoder.numChannels(), encoder.imageHeight(), encoder.imageWidth())
                .tokenGrid(embeddings::grid);
        List<BlockDefinition> blocks = new ArrayList<>();
        blocks.add(embeddings);
        for (int layer = 0; layer < encoder.numHiddenLayers(); layer++) {
            boolean last = layer == encoder.numHiddenLayers() - 1;
            blocks.add(layer(layer).reading(last ? pooled.reads() : RowsRead.ALL));
        }
        HeadDefinition head = HeadDefinition.linear(
                pooled.features(norm(family + ".layernorm"), config.before(), encoder.hiddenSize()),
                pooled.reads(),
                "classifier",
                pooled.pooling().features(encoder.hiddenSize()),
                model.labelCount(),
                normal());
        return model.blocks(blocks).head(head).build();
    }

    private Initialization normal() {
        return Initialization.normal(config.encoder().initializerRange());
    }

    private LayerNorm.Named norm(String name) {
        return new LayerNorm.Named(name, config.encoder().layerNormEps());
    }

    private PatchEmbeddingsDefinition embeddings(boolean smoothsPositions) {
        EncoderConfig encoder = config.encoder();
        String prefix = family + ".embeddings.";
        int hidden = encoder.hiddenSize();
        List<Token> tokens = new ArrayList<>();
        tokens.add(new Token(new ParameterSpec(prefix + "cls_token", normal(), 1, 1, hidden), 1));
        if (config.registers() > 0) {
            ParameterSpec registers = new ParameterSpec(
                    prefix + "register_tokens", Initialization.zeros(), 1, config.registers(), hidden);
            tokens.add(new Token(registers, config.registers()));
        }
        ParameterSpec positions = new ParameterSpec(
                prefix + "position_embeddings", normal(), 1, encoder.grid(1).tokens(), hidden);
        return new PatchEmbeddingsDefinition(
                        encoder,
                        tokens,
                        Optional.of(new Positions(positions, smoothsPositions)),
                        Linear.Named.biased(prefix + "patch_embeddings.projection"))
                .withDropout(encoder.hiddenDropoutProb());
    }

    private EncoderLayerDefinition layer(int index) {
        EncoderConfig encoder = config.encoder();
        String prefix = family + ".encoder.layer." + index + ".";
        String qkv = prefix + "attention.attention.";
        SelfAttention attention = new SelfAttention(
                encoder.hiddenSize(),
                encoder.numAttentionHeads(),
                new Linear.Named(qkv + "query", config.qkvBias()),
                new Linear.Named(qkv + "key", config.qkvBias()),
                new Linear.Named(qkv + "value", config.qkvBias()),
                Linear.Named.biased(prefix + "attention.output.dense"),
                normal(),
                encoder.attentionProbsDropoutProb());
        return new EncoderLayerDefinition(
                        "layer." + index, norm(prefix + "norm1"), attention, norm(prefix + "norm2"), mlp(prefix))
                .withScales(
                        new LayerScale(prefix + "layer_scale1.lambda1", config.layerScale()),
                        new LayerScale(prefix + "layer_scale2.lambda1", config.layerScale()))
                .withDropPath(config.dropPathRate());
    }

    private Mlp mlp(String prefix) {
        EncoderConfig encoder = config.encoder();
        int hidden = encoder.hiddenSize();
        int inner = encoder.intermediateSize();
        return config.swiglu()
                ? Mlp.gated(
                        hidden,
                        inner,
                        List.of(Linear.Named.biased(prefix + "mlp.weights_in")),
                        Linear.Named.biased(prefix + "mlp.weights_out"),
                        HiddenAct.SILU,
                        normal())
                : Mlp.plain(
                        hidden,
                        inner,
                        Linear.Named.biased(prefix + "mlp.fc1"),
                        Linear.Named.biased(prefix + "mlp.fc2"),
                        encoder.hiddenAct(),
                        normal());
    }

    /** Files of a headless model lack the family's name in front. */
    static String canonicalName(String family, String stored) {
        return stored.matches("(embeddings|encoder|layernorm)\\..*") ? family + "." + stored : stored;
    }
}
