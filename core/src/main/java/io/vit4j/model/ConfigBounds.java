package io.vit4j.model;

import io.vit4j.base.InputException;

/** What a value of a {@code config.json} has to be, whatever the family; else an InputException names it and says what to do. */
public final class ConfigBounds {
    /** The largest width, side or number of patches. */
    public static final int LARGEST = 1 << 20;

    /** The most layers. */
    public static final int MOST_LAYERS = 10_000;

    /** The most attention scores of a layer: of a picture with as many patches as there may be, with 64 heads. */
    private static final long MOST_SCORES = 1L << 46;

    private ConfigBounds() {}

    /** A whole number between two others, these included. */
    public static void requireBetween(String what, long value, long least, long most) {
        if (value < least || value > most) {
            throw new InputException(
                    what + " is " + value + ", not between " + least + " and " + most + "; correct config.json");
        }
    }

    /** A probability of dropping something: at least 0 and below 1. */
    public static void requireProbability(String what, double value) {
        if (!(value >= 0 && value < 1)) {
            throw new InputException(what + " is " + value + ", not at least 0 and below 1; correct config.json");
        }
    }

    /** A number that is not negative. */
    public static void requireNotNegative(String what, double value) {
        if (!(value >= 0)) {
            throw new InputException(what + " is " + value + ", but must not be negative; correct config.json");
        }
    }

    /** Checks that a picture of that size can be cut into patches of that size, and not into too many; else InputException. */
    public static void requirePatches(Sides picture, Sides patch) {
        requireBetween("image_size", picture.height(), 1, LARGEST);
        requireBetween("image_size", picture.width(), 1, LARGEST);
        requireBetween("patch_size", patch.height(), 1, picture.height());
        requireBetween("patch_size", patch.width(), 1, picture.width());
        requireBetween(
                "the number of patches (image_size by patch_size)",
                (long) (picture.height() / patch.height()) * (picture.width() / patch.width()),
                1,
                LARGEST);
    }

    /** Checks the sizes of attention layers for that number of tokens; InputException if they are out of bounds. */
    public static void requireAttention(int hidden, int layers, int heads, long tokens) {
        requireBetween("hidden_size", hidden, 1, LARGEST);
        requireBetween("num_hidden_layers", layers, 1, MOST_LAYERS);
        requireBetween("num_attention_heads", heads, 1, LARGEST);
        requireBetween(
                "the number of attention scores (num_attention_heads for each pair of tokens)",
                heads * tokens * tokens, // at most 2^60 and a little
                1,
                MOST_SCORES);
        if (hidden % heads != 0) {
            throw new InputException("hidden_size " + hidden + " is not a multiple of num_attention_heads " + heads
                    + "; correct config.json");
        }
    }
}
