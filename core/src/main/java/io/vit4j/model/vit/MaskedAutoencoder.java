package io.vit4j.model.vit;

import io.vit4j.base.InputException;
import io.vit4j.base.JsonObject;
import io.vit4j.model.Architecture;
import io.vit4j.model.BlockDefinition;
import io.vit4j.model.HeadDefinition;
import io.vit4j.model.LayerNorm;
import io.vit4j.model.MaskedAutoencoding;
import io.vit4j.model.Masking;
import io.vit4j.model.ModelDefinition;
import io.vit4j.model.RowsRead;
import io.vit4j.model.transformer.EncoderConfig;
import io.vit4j.model.transformer.ViTNames;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A ViT with a decoder, as transformers' {@code ViTMAEForPreTraining} (He et al. 2022). The encoder sees the patches that are not masked
 * alone; the decoder sees its outputs, with a learned token for every masked patch, each in its place, and predicts the pixels of every
 * patch. Which patches are masked is in the samples' labels: a number for each, of which the smallest are seen. The blocks are
 * {@code [embeddings, layer 0, ..., decoder_embed, decoder.layer 0, ..., head]}.
 *
 * <p>It is not among the families that a {@code config.json} leads to: there a {@code vit_mae} is its encoder with a classifier.
 */
final class MaskedAutoencoder implements Architecture {
    private static final String MODEL_TYPE = "vit_mae";
    private static final ViTNames NAMES = new ViTNames("vit");
    private static final Pattern DECODER_LAYER = Pattern.compile("(decoder\\.decoder_layers\\.\\d+\\.)(.*)");
    private static final String MASK_RATIO = "mask_ratio";
    private static final String NORM_PIX_LOSS = "norm_pix_loss";
    private static final String DECODER_HIDDEN = "decoder_hidden_size";
    private static final String DECODER_LAYERS = "decoder_num_hidden_layers";
    private static final String DECODER_HEADS = "decoder_num_attention_heads";
    private static final String DECODER_INTERMEDIATE = "decoder_intermediate_size";

    private static final int HEAD_SIZE = MaskedAutoencoding.HEAD_SIZE;

    private MaskedAutoencoder() {}

    /** The autoencoder whose encoder a configuration describes. */
    static ModelDefinition of(JsonObject encoder, MaskedAutoencoding settings) {
        return new MaskedAutoencoder().define(completed(encoder, settings));
    }

    private static JsonObject completed(JsonObject encoder, MaskedAutoencoding settings) {
        boolean decodes = encoder.text("model_type", "").equals(MODEL_TYPE); // with what transformers fills in
        int hidden = encoder.integer("hidden_size", EncoderConfig.VIT.hiddenSize());
        int usual = Math.max(HEAD_SIZE, Math.round(2F / 3 * hidden / HEAD_SIZE) * HEAD_SIZE);
        JsonObject json = encoder.with("model_type", MODEL_TYPE)
                .with("architectures", List.of("ViTMAEForPreTraining"))
                .with(MASK_RATIO, settings.maskRatio().orElse(encoder.number(MASK_RATIO, 0.75)))
                .with(NORM_PIX_LOSS, settings.normPixLoss().orElse(encoder.bool(NORM_PIX_LOSS, !decodes)))
                .with(
                        DECODER_LAYERS,
                        settings.decoderLayers().orElse(encoder.integer(DECODER_LAYERS, decodes ? 8 : 4)));
        if (settings.decoderHiddenSize().isPresent() || !(decodes || encoder.has(DECODER_HIDDEN))) {
            int width = settings.decoderHiddenSize().orElse(usual);
            return json.with(DECODER_HIDDEN, width)
                    .with(DECODER_HEADS, Math.max(1, width / HEAD_SIZE))
                    .with(DECODER_INTERMEDIATE, 4 * width);
        }
        return json.with(DECODER_HIDDEN, encoder.integer(DECODER_HIDDEN, 512))
                .with(DECODER_HEADS, encoder.integer(DECODER_HEADS, 16))
                .with(DECODER_INTERMEDIATE, encoder.integer(DECODER_INTERMEDIATE, 2048));
    }

    /** How many patches the encoder sees, of so many. */
    private static int kept(JsonObject json, int patches) {
        int kept = (int) (patches * (1 - json.number(MASK_RATIO)));
        if (kept < 1 || kept == patches) {
            throw new InputException("mask_ratio " + json.number(MASK_RATIO) + " leaves " + kept + " of " + patches
                    + " patches; give another, so that some are masked and some are seen");
        }
        return kept;
    }

    /** The encoder as a plain ViT. */
    private static JsonObject encoder(JsonObject whole) {
        JsonObject json = whole;
        for (String key : whole.keys()) {
            if (key.startsWith("decoder_") || key.equals(MASK_RATIO) || key.equals(NORM_PIX_LOSS)) {
                json = json.without(key);
            }
        }
        return json.with("model_type", "vit").with("architectures", List.of("ViTModel"));
    }

    @Override
    public String modelType() {
        return MODEL_TYPE;
    }

    @Override
    public ModelDefinition define(JsonObject json) {
        EncoderConfig encoder = ViTArchitecture.MODEL.config(json);
        requireSquare(encoder);
        EncoderConfig decoder = encoder.resized(
                json.integer(DECODER_HIDDEN),
                json.integer(DECODER_LAYERS),
                json.integer(DECODER_HEADS),
                json.integer(DECODER_INTERMEDIATE));
        boolean bias = json.bool("qkv_bias", true);
        int patches = encoder.grid(0).tokens();
        int kept = kept(json, patches);
        List<BlockDefinition> blocks = new ArrayList<>();
        blocks.add(VisiblePatches.of(NAMES.embeddings(), encoder, kept));
        for (int i = 0; i < encoder.numHiddenLayers(); i++) {
            blocks.add(NAMES.layer(encoder, i, bias));
        }
        blocks.add(DecoderTokens.of(NAMES.norm(encoder), encoder, decoder, kept));
        for (int i = 0; i < decoder.numHiddenLayers(); i++) {
            String prefix = "decoder.decoder_layers." + i + ".";
            blocks.add(ViTNames.layer("decoder.layer." + i, prefix, decoder, bias, bias));
        }
        HeadDefinition head = new HeadDefinition(
                new DecodedPatches(new LayerNorm.Named("decoder.decoder_norm", decoder.layerNormEps()), decoder),
                new PatchPixels(decoder),
                RowsRead.ALL);
        JsonObject whole = encoder.writtenOver(json, EncoderConfig.Keys.VIT).with("qkv_bias", bias);
        return ModelDefinition.builder(this, whole)
                .pictures(encoder.numChannels(), encoder.imageHeight(), encoder.imageWidth())
                .blocks(blocks)
                .head(head)
                .masking(new Masking(
                        patches, kept, encoder.patchHeight(), json.bool(NORM_PIX_LOSS, false), encoder(whole)))
                .mayLack(weight -> weight.startsWith("decoder."))
                .build();
    }

    /** transformers has no others: it takes the square root of the number of patches for both sides of the grid. */
    private static void requireSquare(EncoderConfig config) {
        if (config.imageHeight() != config.imageWidth()
                || config.patchHeight() != config.patchWidth()
                || config.imageHeight() % config.patchHeight() != 0) {
            throw new InputException(
                    "a masked autoencoder takes square pictures of whole square patches, not pictures of "
                            + config.imageWidth() + "x" + config.imageHeight() + " with patches of "
                            + config.patchWidth() + "x"
                            + config.patchHeight() + "; prepare square pictures, or give another --image-size");
        }
    }

    @Override
    public ModelDefinition maskedAutoencoder(JsonObject config, MaskedAutoencoding settings) {
        return of(config, settings);
    }

    @Override
    public String describe(JsonObject json) {
        return "Masked autoencoder with a Vision Transformer, "
                + ViTArchitecture.MODEL.config(json).describe() + ", and a decoder of " + json.integer(DECODER_LAYERS)
                + " layers of " + json.integer(DECODER_HIDDEN);
    }

    @Override
    public String canonicalName(String stored) {
        Matcher layer = DECODER_LAYER.matcher(stored);
        return layer.matches() ? layer.group(1) + ViTNames.withinLayer(layer.group(2)) : NAMES.canonical(stored);
    }

    /** A classifier, a pooler and a token for masked patches of the encoder play no part. */
    @Override
    public boolean passesOver(String stored) {
        return stored.startsWith("classifier.") || stored.startsWith("vit.pooler.");
    }
}
