package io.vit4j.model;

/**
 * Which rows of the last hidden states {@code [rows, n]} a head reads. The last block does not have to compute the others.
 *
 * @param most the number of first rows, or all if there are fewer
 */
public record RowsRead(long most) {
    /** All of them, as for a mean. */
    public static final RowsRead ALL = new RowsRead(Long.MAX_VALUE);

    /** Checks that it is at least one. */
    public RowsRead {
        if (most < 1) {
            throw new IllegalArgumentException(most + " rows");
        }
    }

    /** The first so many: 1 for a class token. */
    public static RowsRead first(long rows) {
        return new RowsRead(rows);
    }

    /** {@return whether every row is read} */
    public boolean all() {
        return most == Long.MAX_VALUE;
    }

    /** {@return how many are read, of so many} */
    public long of(long rows) {
        return Math.min(most, rows);
    }
}
