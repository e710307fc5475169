package io.vit4j.model.beit;

import io.vit4j.model.Shape;
import io.vit4j.model.Sides;
import io.vit4j.model.TokenGrid;
import io.vit4j.torch.Tensors;
import org.bytedeco.pytorch.DoubleOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;

/**
 * What is added to an attention score for how two patches lie to each other (Bao et al. 2022, section 2.2, after T5): one number a
 * head for each of the {@code (2 rows - 1) (2 columns - 1)} ways, row by row, and three more: from the class token to a patch, from a
 * patch to the class token, and from the class token to itself.
 *
 * @param grid that tables are made for
 * @param picture where tokens lie in the pictures that the model is walked with
 */
record RelativePositions(TokenGrid grid, int heads, TokenGrid picture) {
    private static final int OF_CLASS_TOKEN = 3;

    /** Of pictures as tables are made for. */
    RelativePositions(TokenGrid grid, int heads) {
        this(grid, heads, grid);
    }

    /**
     * The same tables for pictures of another size.
     *
     * @param pixels {@code [channels, height, width]}
     */
    RelativePositions seenIn(Shape pixels, Sides patch) {
        return new RelativePositions(
                grid, heads, new TokenGrid(grid.before(), (int) (pixels.size(1) / patch.height()), (int)
                        (pixels.size(2) / patch.width())));
    }

    /** {@return how many rows a table has, {@code [distances, heads]}} */
    int distances() {
        return Math.addExact(patchDistances(), OF_CLASS_TOKEN);
    }

    private int patchDistances() {
        return Math.multiplyExact(2 * grid.rows() - 1, 2 * grid.columns() - 1);
    }

    /**
     * A table for a picture of another size: bilinear over the distances between patches. As in transformers, one that is not square
     * is read with its columns for rows.
     *
     * @param table {@code [distances(), heads]}
     * @return that of the other grid, {@code [distances, heads]}
     */
    Tensor resized(Tensor table, RelativePositions to) {
        if (grid.equals(to.grid) && grid.rows() == grid.columns()) {
            return table;
        }
        Tensor plane = table.narrow(0, 0, patchDistances())
                .reshape(1, 2L * grid.columns() - 1, 2L * grid.rows() - 1, heads)
                .permute(0, 3, 1, 2);
        Tensor other = torch.upsample_bilinear2d(
                        plane,
                        new long[] {2L * to.grid.rows() - 1, 2L * to.grid.columns() - 1},
                        false,
                        new DoubleOptional(),
                        new DoubleOptional())
                .permute(0, 2, 3, 1)
                .reshape(to.patchDistances(), heads);
        return torch.cat(new TensorVector(other, table.narrow(0, patchDistances(), OF_CLASS_TOKEN)), 0);
    }

    /**
     * What a table adds to the scores in a picture of so many tokens.
     *
     * @param table {@code [distances(), heads]}
     * @return {@code [heads, tokens, tokens]}
     */
    Tensor bias(Tensor table, long tokens) {
        RelativePositions picture = new RelativePositions(this.picture.ofTokens(tokens), heads);
        long[] index = picture.index();
        return resized(table, picture)
                .index_select(0, there(Tensors.of(index, index.length), table))
                .view(tokens, tokens, heads)
                .permute(2, 0, 1)
                .contiguous();
    }

    private static Tensor there(Tensor index, Tensor table) {
        return index.to(table.device(), index.scalar_type());
    }

    /** Which row of a table each pair of tokens takes, {@code [tokens, tokens]}: from the first to the second. */
    private long[] index() {
        int tokens = grid.tokens();
        int first = patchDistances();
        long[] index = new long[Math.multiplyExact(tokens, tokens)];
        for (int from = 0; from < tokens; from++) {
            for (int to = 0; to < tokens; to++) {
                index[from * tokens + to] =
                        from == 0 ? to == 0 ? first + 2 : first : to == 0 ? first + 1 : distance(from - 1, to - 1);
            }
        }
        return index;
    }

    private int distance(int from, int to) {
        int columns = grid.columns();
        int down = from / columns - to / columns + grid.rows() - 1;
        int across = from % columns - to % columns + columns - 1;
        return down * (2 * columns - 1) + across;
    }
}
