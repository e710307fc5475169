package io.vit4j.model;

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
}
