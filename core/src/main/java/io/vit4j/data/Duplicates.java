package io.vit4j.data;

import io.vit4j.image.Picture;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
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

    /** Compares every picture with every other. */
    public static Duplicates in(ArrowDataset data) {
        long[][] hashes = IntStream.range(0, data.size())
                .parallel()
                .mapToObj(row -> hash(data.get(row).picture()))
                .toArray(long[][]::new);
        List<List<Integer>> alike = IntStream.range(0, hashes.length)
                .parallel()
                .mapToObj(row -> later(hashes, row))
                .toList();
        int[] first = IntStream.range(0, hashes.length).toArray();
        for (int row = 0; row < first.length; row++) {
            for (int other : alike.get(row)) {
                int a = root(first, row);
                int b = root(first, other);
                first[Math.max(a, b)] = Math.min(a, b);
            }
        }
        Map<Integer, List<Integer>> groups = new LinkedHashMap<>();
        for (int row = 0; row < first.length; row++) {
            groups.computeIfAbsent(root(first, row), none -> new ArrayList<>(1)).add(row);
        }
        return new Duplicates(groups.values().stream()
                .filter(group -> group.size() > 1)
                .map(group -> group.stream().mapToInt(Integer::intValue).toArray())
                .toList());
    }

    private static List<Integer> later(long[][] hashes, int row) {
        List<Integer> alike = new ArrayList<>(0);
        for (int other = row + 1; other < hashes.length; other++) {
            if (distance(hashes[row], hashes[other]) <= MOST_DIFFERENT) {
                alike.add(other);
            }
        }
        return alike;
    }

    private static int root(int[] first, int row) {
        int at = row;
        while (first[at] != at) {
            first[at] = first[first[at]];
            at = first[at];
        }
        return at;
    }

    /** How many bits differ; at least one more than {@link #MOST_DIFFERENT} if it is more than that. */
    static int distance(long[] a, long[] b) {
        int bits = 0;
        for (int i = 0; i < a.length && bits <= MOST_DIFFERENT; i++) {
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
     * The data set with one picture of each group: one that is held back if there is one, so that nothing alike is learned from, else the
     * first.
     */
    public ArrowDataset leaveOut(ArrowDataset data) {
        Set<Integer> dropped = new HashSet<>();
        for (int[] group : groups) {
            int kept = Arrays.stream(group)
                    .filter(row -> !data.splitOf(row).equals(Split.TRAIN)
                            && !data.splitOf(row).isEmpty())
                    .findFirst()
                    .orElse(group[0]);
            Arrays.stream(group).filter(row -> row != kept).forEach(dropped::add);
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
}
