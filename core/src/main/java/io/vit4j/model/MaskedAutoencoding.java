package io.vit4j.model;

import io.vit4j.base.InputException;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;

/**
 * How a model is pretrained as a masked autoencoder (He et al. 2022): what is masked, what is compared, and the decoder that is used for
 * pretraining alone. What is not given is that of the checkpoint; for an encoder without a decoder it is a mask ratio of 0.75,
 * normalised pixels, and a decoder of four layers, two thirds as wide as the encoder, with heads of 32 numbers.
 *
 * @param maskRatio share of the patches that the encoder does not see
 * @param normPixLoss whether the pixels to predict are normalised patch by patch
 * @param decoderLayers of the decoder
 * @param decoderHiddenSize numbers of a token in the decoder
 */
public record MaskedAutoencoding(
        OptionalDouble maskRatio,
        Optional<Boolean> normPixLoss,
        OptionalInt decoderLayers,
        OptionalInt decoderHiddenSize)
        implements Pretraining {
    /** As the checkpoint says. */
    public static final MaskedAutoencoding DEFAULTS =
            new MaskedAutoencoding(OptionalDouble.empty(), Optional.empty(), OptionalInt.empty(), OptionalInt.empty());

    /** Numbers of a decoder's attention head, as in the paper. */
    public static final int HEAD_SIZE = 32;

    /** InputException if nothing would be masked, or everything, or if the decoder cannot be divided into heads. */
    public MaskedAutoencoding {
        if (maskRatio.isPresent() && !(maskRatio.getAsDouble() > 0 && maskRatio.getAsDouble() < 1)) {
            throw new InputException("mask_ratio is " + maskRatio.getAsDouble()
                    + ", not above 0 and below 1; give the share of patches to mask, such as 0.75");
        }
        if (decoderLayers.isPresent() && decoderLayers.getAsInt() < 1) {
            throw new InputException("a decoder of " + decoderLayers.getAsInt() + " layers; give at least 1");
        }
        if (decoderHiddenSize.isPresent() && !divides(decoderHiddenSize.getAsInt())) {
            int width = decoderHiddenSize.getAsInt();
            int below = Math.max(1, width / HEAD_SIZE) * HEAD_SIZE;
            throw new InputException("a decoder of width " + width + " cannot be divided into heads of " + HEAD_SIZE
                    + " numbers; give a multiple, such as " + below + " or " + (below + HEAD_SIZE));
        }
    }

    /** Into heads; a decoder narrower than one has a single head, and four numbers for each position's sines and cosines. */
    private static boolean divides(int width) {
        return width >= HEAD_SIZE ? width % HEAD_SIZE == 0 : width > 0 && width % 4 == 0;
    }

    @Override
    public ModelDefinition around(ModelDefinition encoder) {
        return encoder.asMaskedAutoencoder(this);
    }

    /** The same with that share of patches masked. */
    public MaskedAutoencoding withMaskRatio(double share) {
        return new MaskedAutoencoding(OptionalDouble.of(share), normPixLoss, decoderLayers, decoderHiddenSize);
    }

    /** The same with pixels normalised patch by patch, or compared as they are. */
    public MaskedAutoencoding withNormPixLoss(boolean normalised) {
        return new MaskedAutoencoding(maskRatio, Optional.of(normalised), decoderLayers, decoderHiddenSize);
    }

    /** The same with a decoder of that size. */
    public MaskedAutoencoding withDecoder(int layers, int hiddenSize) {
        return new MaskedAutoencoding(maskRatio, normPixLoss, OptionalInt.of(layers), OptionalInt.of(hiddenSize));
    }
}
