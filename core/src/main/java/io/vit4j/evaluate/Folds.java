package io.vit4j.evaluate;

import io.vit4j.base.InputException;
import io.vit4j.base.RandomKey;
import io.vit4j.data.ArrowDataset;
import io.vit4j.data.ProblemType;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.IntPredicate;
import java.util.stream.IntStream;

/**
 * Pictures shared out to folds: all pictures of a patient are in one fold, and each label is spread as evenly as whole patients
 * allow. The method is that of scikit-learn's {@code StratifiedGroupKFold}, with the positives of each label in place of classes if
 * a picture may have several labels. A regression is not stratified: its folds have equal numbers of pictures.
 *
 * @param count of folds
 * @param rows of the data set that were shared out
 * @param foldOf the fold of each of these rows, from 0
 */
public record Folds(int count, int[] rows, int[] foldOf) {
    /** Relative and absolute difference below which two evaluations are equal, as in NumPy's {@code isclose}. */
    private static final double RELATIVE = 1e-5;

    private static final double ABSOLUTE = 1e-8;

    /**
     * Shares out rows of a data set. The order in which patients are placed is a function of the seed and of their names.
     *
     * @param count at least 2; InputException if there are fewer patients than folds
     */
    public static Folds of(ArrowDataset data, int[] rows, int count, long seed) {
        if (count < 2) {
            throw new InputException(count + " folds: use 2 or more");
        }
        Optional<String> column = data.info().patientColumn();
        Map<String, List<Integer>> members = new LinkedHashMap<>();
        for (int i = 0; i < rows.length; i++) {
            members.computeIfAbsent(group(data, column, rows[i]), name -> new ArrayList<>())
                    .add(i);
        }
        if (members.size() < count) {
            throw new InputException("the data set has " + members.size()
                    + (column.isPresent() ? " patients" : " pictures") + " to share out to " + count
                    + " folds; use fewer folds");
        }
        RandomKey key = RandomKey.of(seed).with("folds");
        List<int[]> groups = members.entrySet().stream()
                .sorted(Comparator.<Map.Entry<String, List<Integer>>>comparingLong(
                                entry -> key.with(entry.getKey()).key())
                        .thenComparing(Map.Entry::getKey))
                .map(entry ->
                        entry.getValue().stream().mapToInt(Integer::intValue).toArray())
                .toList();
        int[] fold =
                assign(groups.stream().map(group -> counts(data, rows, group)).toList(), count);
        int[] foldOf = new int[rows.length];
        for (int g = 0; g < fold.length; g++) {
            for (int i : groups.get(g)) {
                foldOf[i] = fold[g];
            }
        }
        return new Folds(count, rows.clone(), foldOf);
    }

    /** The patient, or the picture itself if its patient is unknown. */
    private static String group(ArrowDataset data, Optional<String> column, int row) {
        String patient = column.map(name -> data.column(name, row).strip()).orElse("");
        return patient.isEmpty() ? "picture " + row : "patient " + patient;
    }

    /** How many pictures of a group have each label; the last count is of those that have none, or of which none is known. */
    private static long[] counts(ArrowDataset data, int[] rows, int[] group) {
        int labels = data.labels().size();
        ProblemType type = data.info().problemType();
        long[] counts = new long[labels + 1];
        for (int i : group) {
            float[] truth = data.labels(rows[i]);
            boolean any = false;
            if (type == ProblemType.SINGLE_LABEL && !Float.isNaN(truth[0])) {
                counts[(int) truth[0]]++;
                any = true;
            } else if (type == ProblemType.MULTI_LABEL) {
                for (int j = 0; j < labels; j++) {
                    counts[j] += truth[j] == 1 ? 1 : 0;
                    any |= truth[j] == 1;
                }
            }
            counts[labels] += any ? 0 : 1;
        }
        return counts;
    }

    /**
     * The fold of each group. Groups come in the order of how unevenly they are spread over the classes, those that are alike in the
     * order given; each goes to the fold after which the shares of all classes differ least between folds, then to the smallest.
     *
     * @param groups for each, the samples of each class
     */
    static int[] assign(List<long[]> groups, int count) {
        int classes = groups.get(0).length;
        double[] total = new double[classes];
        groups.forEach(group -> IntStream.range(0, classes).forEach(c -> total[c] += group[c]));
        int[] present = IntStream.range(0, classes).filter(c -> total[c] > 0).toArray();
        Integer[] order = IntStream.range(0, groups.size()).boxed().toArray(Integer[]::new);
        double[] spread =
                groups.stream().mapToDouble(group -> deviation(group, present)).toArray();
        Arrays.sort(order, Comparator.comparingDouble(g -> -spread[g])); // stable
        double[][] inFold = new double[count][classes];
        long[] samples = new long[count];
        int[] fold = new int[groups.size()];
        for (int g : order) {
            long[] group = groups.get(g);
            int best = -1;
            double least = Double.POSITIVE_INFINITY;
            for (int f = 0; f < count; f++) {
                double uneven = 0;
                for (int c : present) {
                    uneven += deviation(inFold, c, total[c], f, group[c]);
                }
                uneven /= present.length;
                boolean close = Math.abs(uneven - least) <= ABSOLUTE + RELATIVE * Math.abs(least);
                if (uneven < least || close && samples[f] < samples[best]) {
                    best = f;
                    least = uneven;
                }
            }
            for (int c : present) {
                inFold[best][c] += group[c];
                samples[best] += group[c];
            }
            fold[g] = best;
        }
        return fold;
    }

    /** The standard deviation over classes of a group's counts, rounded as NumPy rounds it, so that ties are its ties. */
    private static double deviation(long[] group, int[] present) {
        double sum = 0;
        for (int c : present) {
            sum += group[c];
        }
        double mean = sum / present.length;
        double squares = 0;
        for (int c : present) {
            squares += (group[c] - mean) * (group[c] - mean);
        }
        return Math.sqrt(squares / present.length);
    }

    /** The standard deviation over folds of a class's shares, once one fold has more of it. */
    private static double deviation(double[][] inFold, int c, double total, int fold, double more) {
        double mean = 0;
        for (int f = 0; f < inFold.length; f++) {
            mean += (inFold[f][c] + (f == fold ? more : 0)) / total;
        }
        mean /= inFold.length;
        double squares = 0;
        for (int f = 0; f < inFold.length; f++) {
            double off = (inFold[f][c] + (f == fold ? more : 0)) / total - mean;
            squares += off * off;
        }
        return Math.sqrt(squares / inFold.length);
    }

    /** The data set's rows in a fold, in their order. */
    public int[] in(int fold) {
        return chosen(i -> foldOf[i] == fold);
    }

    /** The data set's rows in all other folds, in their order. */
    public int[] outside(int fold) {
        return chosen(i -> foldOf[i] != fold);
    }

    private int[] chosen(IntPredicate which) {
        return IntStream.range(0, rows.length).filter(which).map(i -> rows[i]).toArray();
    }
}
