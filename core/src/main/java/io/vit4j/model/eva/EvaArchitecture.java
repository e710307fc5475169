package io.vit4j.model.eva;

import io.vit4j.base.JsonObject;
import io.vit4j.model.Architecture;
import io.vit4j.model.HeadDefinition;
import io.vit4j.model.Initialization;
import io.vit4j.model.LayerNorm;
import io.vit4j.model.Linear;
import io.vit4j.model.ModelDefinition;
import io.vit4j.model.ParameterSpec;
import io.vit4j.model.RowsRead;
import io.vit4j.model.transformer.EncoderConfig;
import io.vit4j.model.transformer.EncoderLayerDefinition;
import io.vit4j.model.transformer.EncoderModel;
import io.vit4j.model.transformer.Mlp;
import io.vit4j.model.transformer.PatchEmbeddingsDefinition;
import io.vit4j.model.transformer.PatchEmbeddingsDefinition.Positions;
import io.vit4j.model.transformer.PatchEmbeddingsDefinition.Token;
import io.vit4j.model.transformer.PatchMean;
import io.vit4j.model.transformer.RotaryPositions;
import io.vit4j.model.transformer.SelfAttention;
import java.util.List;
import java.util.Optional;

/**
 * EVA-02 (Fang et al. 2024): positions are learned and rotations besides, the MLP is gated, and the classifier takes the mean of the
 * patches' tokens. EVA-X, which was trained on chest X-rays, is one. Only timm has the family: weights have its names, and a saved folder is
 * one that timm reads.
 */
public final class EvaArchitecture implements Architecture {
    private static final String MODEL_TYPE = "eva02";

    /** Made by {@link java.util.ServiceLoader}. */
    public EvaArchitecture() {}

    @Override
    public String modelType() {
        return MODEL_TYPE;
    }

    @Override
    public ModelDefinition define(JsonObject json) {
        EvaConfig config = EvaConfig.of(json);
        EncoderConfig encoder = config.encoder();
        int labels = ModelDefinition.builder(this, json).labelCount();
        RotaryPositions angles =
                new GridAngles(encoder.grid(1), encoder.headSize(), config.ropeTheta(), config.ropeGrid());
        HeadDefinition head = HeadDefinition.linear(
                new PatchMean(1, encoder.hiddenSize(), Optional.empty(), Optional.of(norm(encoder, "fc_norm"))),
                RowsRead.ALL,
                "head",
                encoder.hiddenSize(),
                labels,
                normal(encoder));
        return EncoderModel.of(
                ModelDefinition.builder(this, config.writtenOver(json, labels).with("model_type", MODEL_TYPE)),
                encoder,
                embeddings(encoder),
                index -> layer(config, angles, index),
                head);
    }

    private static Initialization normal(EncoderConfig encoder) {
        return Initialization.normal(encoder.initializerRange());
    }

    private static LayerNorm.Named norm(EncoderConfig encoder, String name) {
        return new LayerNorm.Named(name, encoder.layerNormEps());
    }

    private static PatchEmbeddingsDefinition embeddings(EncoderConfig encoder) {
        int hidden = encoder.hiddenSize();
        Initialization normal = normal(encoder);
        return new PatchEmbeddingsDefinition(
                        encoder,
                        List.of(new Token(new ParameterSpec("cls_token", normal, 1, 1, hidden), 1)),
                        Optional.of(new Positions(
                                new ParameterSpec(
                                        "pos_embed", normal, 1, encoder.grid(1).tokens(), hidden),
                                true)),
                        Linear.Named.biased("patch_embed.proj"))
                .forLayersThatKnowPlaces();
    }

    private static EncoderLayerDefinition layer(EvaConfig config, RotaryPositions angles, int index) {
        EncoderConfig encoder = config.encoder();
        String prefix = "blocks." + index + ".";
        SelfAttention attention = new SelfAttention(
                        encoder.hiddenSize(),
                        encoder.numAttentionHeads(),
                        new Linear.Named(prefix + "attn.q_proj", config.qkvBias()),
                        new Linear.Named(prefix + "attn.k_proj", false),
                        new Linear.Named(prefix + "attn.v_proj", config.qkvBias()),
                        Linear.Named.biased(prefix + "attn.proj"),
                        normal(encoder),
                        encoder.attentionProbsDropoutProb())
                .with(angles);
        List<Linear.Named> in = config.mlpNorm() // timm has two maps there, and else one of both
                ? List.of(Linear.Named.biased(prefix + "mlp.fc1_g"), Linear.Named.biased(prefix + "mlp.fc1_x"))
                : List.of(Linear.Named.biased(prefix + "mlp.fc1"));
        Mlp mlp = Mlp.gated(
                encoder.hiddenSize(),
                encoder.intermediateSize(),
                in,
                Linear.Named.biased(prefix + "mlp.fc2"),
                encoder.hiddenAct(),
                normal(encoder));
        return new EncoderLayerDefinition(
                "layer." + index,
                norm(encoder, prefix + "norm1"),
                attention,
                norm(encoder, prefix + "norm2"),
                config.mlpNorm() ? mlp.withNorm(norm(encoder, prefix + "mlp.norm")) : mlp);
    }

    @Override
    public String describe(JsonObject json) {
        return "EVA-02, " + EvaConfig.of(json).encoder().describe();
    }
}
