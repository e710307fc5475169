package io.vit4j.data;

import io.vit4j.image.Picture;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.IntStream;

/**
 * Pictures of a data set that are the same, or nearly: stored twice, saved again with more compression, or a little brighter. They are
 * found by a difference hash: the picture is averaged to 16 rows of 17 grey values, and each of 256 bits says whether a value is below its
 * right neighbour's. Pictures of which at most {@link #MOST_DIFFERENT} bits differ count as duplicates.
 *
 * @param groups rows of the data set, ascending, at least two each
 */
public record Duplicates(List<int[]> groups) {
    /** Bits that may differ between near-duplicates. */
    public static final int MOST_DIFFERENT = 10;

    private static final int SIDE = 16;
    private static final int BANDS = MOST_DIFFERENT + 1;

    /** Finds those of all pictures, those in no split too. */
    public static Duplicates in(ArrowDataset data) {
        return of(IntStream.range(0, data.size())
                .parallel()
                .mapToObj(row -> hash(data.get(row).picture()))
                .toArray(long[][]::new));
    }

    /**
     * Groups rows by their hashes. If at most ten bits differ, then one of eleven bands of bits is the same, so only rows that share a band
     * are compared: nothing grows with the number of pairs.
     */
    static Duplicates of(long[][] hashes) {
        Groups groups = new Groups(hashes.length);
        Map<List<Long>, Integer> known = new HashMap<>();
        for (int row = 0; row < hashes.length; row++) {
            List<Long> hash = Arrays.stream(hashes[row]).boxed().toList();
            Integer first = known.putIfAbsent(hash, row);
            if (first != null) {
                groups.join(first, row);
            }
        }
        int[] distinct =
                known.values().stream().mapToInt(Integer::intValue).sorted().toArray();
        for (int band = 0; band < BANDS; band++) {
            long[] keyed = new long[distinct.length]; // the band, and behind it the row
            for (int i = 0; i < keyed.length; i++) {
                keyed[i] = band(hashes[distinct[i]], band) << Integer.SIZE | distinct[i];
            }
            Arrays.parallelSort(keyed);
            for (int i = 0; i < keyed.length; i++) {
                for (int j = i + 1; j < keyed.length && keyed[i] >>> Integer.SIZE == keyed[j] >>> Integer.SIZE; j++) {
                    if (distance(hashes[(int) keyed[i]], hashes[(int) keyed[j]]) <= MOST_DIFFERENT) {
                        groups.join((int) keyed[i], (int) keyed[j]);
                    }
                }
            }
        }
        return new Duplicates(groups.several());
    }

    /** Every eleventh bit, so that each band sees all of the picture. */
    private static long band(long[] hash, int band) {
        long bits = 0;
        for (int bit = band; bit < SIDE * SIDE; bit += BANDS) {
            bits = bits << 1 | hash[bit / Long.SIZE] >>> bit % Long.SIZE & 1;
        }
        return bits;
    }

    /** Rows that belong together, each group named by its first row. */
    private static final class Groups {
        private final int[] first;

        Groups(int rows) {
            first = IntStream.range(0, rows).toArray();
        }

        void join(int row, int other) {
            int a = root(row);
            int b = root(other);
            first[Math.max(a, b)] = Math.min(a, b);
        }

        private int root(int row) {
            int at = row;
            while (first[at] != at) {
                first[at] = first[first[at]];
                at = first[at];
            }
            return at;
        }

        List<int[]> several() {
            Map<Integer, List<Integer>> rows = new TreeMap<>();
            for (int row = 0; row < first.length; row++) {
                if (root(row) != row) {
                    rows.computeIfAbsent(root(row), root -> new ArrayList<>(List.of(root)))
                            .add(row);
                }
            }
            return rows.values().stream()
                    .map(group -> group.stream().mapToInt(Integer::intValue).toArray())
                    .toList();
        }
    }

    private static int distance(long[] a, long[] b) {
        int bits = 0;
        for (int i = 0; i < a.length; i++) {
            bits += Long.bitCount(a[i] ^ b[i]);
        }
        return bits;
    }

    /** 256 bits, in four numbers. */
    static long[] hash(Picture picture) {
        long[] bits = new long[SIDE * SIDE / Long.SIZE];
        for (int row = 0; row < SIDE; row++) {
            double left = mean(picture, row, 0);
            for (int column = 0; column < SIDE; column++) {
                double right = mean(picture, row, column + 1);
                int bit = row * SIDE + column;
                if (left < right) {
                    bits[bit / Long.SIZE] |= 1L << bit % Long.SIZE;
                }
                left = right;
            }
        }
        return bits;
    }

    /** The mean level of a cell of 16 rows of 17; at least one pixel. */
    private static double mean(Picture picture, int row, int column) {
        int top = row * picture.height() / SIDE;
        int bottom = Math.max(top + 1, (row + 1) * picture.height() / SIDE);
        int left = column * picture.width() / (SIDE + 1);
        int right = Math.max(left + 1, (column + 1) * picture.width() / (SIDE + 1));
        int channels = picture.channels();
        long sum = 0;
        for (int y = top; y < bottom; y++) {
            for (int i = (y * picture.width() + left) * channels; i < (y * picture.width() + right) * channels; i++) {
                sum += picture.pixels()[i] & 0xFF;
            }
        }
        return (double) sum / ((bottom - top) * (right - left));
    }

    /** How many pictures there are beside the first of each group. */
    public int superfluous() {
        return groups.stream().mapToInt(group -> group.length - 1).sum();
    }

    /** The groups that are in more than one split. */
    public List<int[]> acrossSplits(ArrowDataset data) {
        return groups.stream()
                .filter(group ->
                        Arrays.stream(group).mapToObj(data::splitOf).distinct().count() > 1)
                .toList();
    }

    /**
     * The data set without training pictures that are like another: of each group the first stays, or none if one of the group is in
     * another split or in none, so that nothing is learned of what is held back or left out. Of a group's validation pictures the first
     * stays; the test split stays as it is.
     */
    public ArrowDataset leaveOut(ArrowDataset data) {
        Set<Integer> dropped = new HashSet<>();
        for (int[] group : groups) {
            int[] train = inSplit(data, group, Split.TRAIN);
            int[] validation = inSplit(data, group, Split.VALIDATION);
            Arrays.stream(train).skip(train.length == group.length ? 1 : 0).forEach(dropped::add);
            Arrays.stream(validation).skip(1).forEach(dropped::add);
        }
        Map<String, int[]> rows = new HashMap<>();
        for (String split : List.of(Split.TRAIN, Split.VALIDATION, Split.TEST)) {
            rows.put(
                    split,
                    Arrays.stream(data.rows(split))
                            .filter(row -> !dropped.contains(row))
                            .toArray());
        }
        return dropped.isEmpty() ? data : data.withSplits(rows);
    }

    private static int[] inSplit(ArrowDataset data, int[] group, String split) {
        return Arrays.stream(group)
                .filter(row -> data.splitOf(row).equals(split))
                .toArray();
    }
}
