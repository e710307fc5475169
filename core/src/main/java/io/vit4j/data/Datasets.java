package io.vit4j.data;

import io.vit4j.base.RandomKey;
import java.util.Arrays;
import java.util.Optional;
import java.util.function.UnaryOperator;

/** Data sets made of other data sets. */
public final class Datasets {
    private Datasets() {}

    /** Some samples of a data set, renumbered from 0 in the order given. */
    public static Dataset subset(Dataset whole, int[] rows) {
        int[] chosen = rows.clone();
        for (int row : chosen) {
            if (row < 0 || row >= whole.size()) {
                throw new IndexOutOfBoundsException("row " + row + " of " + whole.size());
            }
        }
        return new Dataset() {
            @Override
            public int size() {
                return chosen.length;
            }

            @Override
            public Sample get(int index) {
                return whole.get(chosen[index]);
            }

            @Override
            public int shardOf(int index) {
                return whole.shardOf(chosen[index]);
            }

            @Override
            public float[] labels(int index) {
                return whole.labels(chosen[index]);
            }

            @Override
            public Optional<String> digest() {
                return whole.digest().map(digest -> digest + "/" + digestOf(chosen));
            }
        };
    }

    private static String digestOf(int[] rows) {
        RandomKey key = RandomKey.of(rows.length);
        for (int row : rows) {
            key = key.with(row);
        }
        return Long.toHexString(key.key());
    }

    /** At most the first {@code most} samples. */
    public static Dataset first(Dataset whole, int most) {
        int[] rows = new int[Math.min(most, whole.size())];
        Arrays.setAll(rows, i -> i);
        return subset(whole, rows);
    }

    /** At most {@code most} samples, evenly spaced. */
    public static Dataset spaced(Dataset whole, int most) {
        int count = Math.min(most, whole.size());
        int[] rows = new int[count];
        Arrays.setAll(rows, i -> (int) ((long) i * whole.size() / count));
        return subset(whole, rows);
    }

    /** Every sample changed in the same way when it is read; {@code change} is called by several threads at once. */
    public static Dataset map(Dataset whole, UnaryOperator<Sample> change) {
        return new Dataset() {
            @Override
            public int size() {
                return whole.size();
            }

            @Override
            public Sample get(int index) {
                return change.apply(whole.get(index));
            }

            @Override
            public int shardOf(int index) {
                return whole.shardOf(index);
            }
        };
    }
}
