package io.vit4j.model.vit;

import io.vit4j.model.Initialization;
import io.vit4j.model.TokenGrid;
import io.vit4j.torch.Tensors;

/**
 * Positions that are not learned, as masked autoencoders have them: of the numbers of a token the first half says in which column its
 * patch lies and the second half in which row, each in sines and then cosines of falling frequencies (Vaswani et al. 2017). Tokens before
 * the patches have zeros.
 */
final class SinesAndCosines {
    private static final double LONGEST = 10_000;

    private SinesAndCosines() {}

    /** Of such tokens, in a weight {@code [1, tokens, hidden]}. */
    static Initialization of(TokenGrid grid, int hidden) {
        return (weight, key) -> weight.copy_(Tensors.of(positions(grid, hidden), 1, grid.tokens(), hidden));
    }

    /** {@code [tokens, hidden]} row by row. */
    static float[] positions(TokenGrid grid, int hidden) {
        float[] all = new float[grid.tokens() * hidden];
        for (int row = 0; row < grid.rows(); row++) {
            for (int column = 0; column < grid.columns(); column++) {
                int at = (grid.before() + row * grid.columns() + column) * hidden;
                put(all, at, column, hidden / 2);
                put(all, at + hidden / 2, row, hidden / 2);
            }
        }
        return all;
    }

    private static void put(float[] all, int at, int place, int numbers) {
        int half = numbers / 2;
        for (int i = 0; i < half; i++) {
            double angle = place / Math.pow(LONGEST, (double) i / half);
            all[at + i] = (float) Math.sin(angle);
            all[at + half + i] = (float) Math.cos(angle);
        }
    }
}
