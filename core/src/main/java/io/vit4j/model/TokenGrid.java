package io.vit4j.model;

import io.vit4j.base.InputException;

/**
 * Where a transformer's tokens are in a picture: those of the patches row by row, after any tokens without a position.
 *
 * @param before tokens before those of the patches: 1 for a class token
 * @param rows of patches
 * @param columns of patches
 */
public record TokenGrid(int before, int rows, int columns) {
    /** {@return how many tokens a picture has} */
    public int tokens() {
        return before + rows * columns;
    }

    /**
     * The grid of a picture of which nothing but its tokens is known: this one if it has as many, otherwise a square one; InputException
     * if they make no square. For layers that need to know where their tokens lie.
     */
    public TokenGrid ofTokens(long tokens) {
        if (tokens == tokens()) {
            return this;
        }
        int side = (int) Math.round(Math.sqrt(tokens - before));
        if ((long) side * side != tokens - before) {
            throw new InputException("pictures of " + (tokens - before) + " patches, which are neither the " + rows
                    + "x" + columns + " that the model is made for nor a square; prepare square pictures");
        }
        return new TokenGrid(before, side, side);
    }
}
