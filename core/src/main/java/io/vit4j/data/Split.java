package io.vit4j.data;

import io.vit4j.base.InputException;
import io.vit4j.base.RandomKey;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Shares the rows of a label file out to train, validation and test.
 *
 * @param validation which rows validate
 * @param test which rows test
 * @param trainValidationList a list that names all rows which are not for testing, if there is one
 * @param by what stays together in a part taken by fraction
 * @param seed of the parts taken by fraction; the choice depends on the names only, not on the rows' order
 */
public record Split(SplitRule validation, SplitRule test, Optional<Path> trainValidationList, By by, long seed) {
    /** The rows to train on. */
    public static final String TRAIN = "train";
    /** The rows on which choices are made. */
    public static final String VALIDATION = "validation";
    /** The rows on which nothing is chosen. */
    public static final String TEST = "test";

    /** What stays together. */
    public enum By {
        /** All images of a patient are on one side, so that the evaluation says what new patients may expect. */
        PATIENT,
        /** Each image falls for itself; images of one patient leak from train to validation. */
        IMAGE
    }

    /** How the rows of one side are chosen. */
    public sealed interface SplitRule permits Fraction, ListFile, Given {}

    /** A fraction of the rows that no list has placed, met as nearly as whole patients allow. */
    public record Fraction(double of) implements SplitRule {
        /** Checks that it is at least 0 and below 1. */
        public Fraction {
            if (!(of >= 0 && of < 1)) {
                throw new InputException("a fraction of " + of + " of the images: it must be at least 0 and below 1");
            }
        }
    }

    /** The images named in a file, one per line. */
    public record ListFile(Path file) implements SplitRule {}

    /** The rows that the label file or their folder assigns to this split. */
    public record Given() implements SplitRule {}

    /** Two fractions. */
    public static Split byFraction(double validation, double test, By by, long seed) {
        return new Split(new Fraction(validation), new Fraction(test), Optional.empty(), by, seed);
    }

    /**
     * The default: the split defined by the label file or the folders, with 5% of the rest for validation if they define
     * none. Without such a split, 5% are for validation and 10% for testing.
     */
    public static Split usual(LabelTable table, By by, long seed) {
        boolean told = table.rows().stream().anyMatch(row -> row.split().isPresent());
        boolean validates = table.rows().stream()
                .anyMatch(row -> row.split().flatMap(Split::named).equals(Optional.of(VALIDATION)));
        return new Split(
                validates ? new Given() : new Fraction(0.05),
                told ? new Given() : new Fraction(0.1),
                Optional.empty(),
                by,
                seed);
    }

    /**
     * For pretraining: the split defined by the label file or the folders; if they define none, a share of the pictures is held back for
     * validation, by patient, and none for testing.
     */
    public static Split heldBack(LabelTable table, double share, long seed) {
        boolean told = table.rows().stream().anyMatch(row -> row.split().isPresent());
        return told ? usual(table, By.PATIENT, seed) : byFraction(share, 0, By.PATIENT, seed);
    }

    /**
     * The official split of NIH ChestX-ray14: {@code test_list.txt} tests; validation is a fraction of
     * {@code train_val_list.txt}, taken by patient.
     *
     * @param folder with the two lists
     */
    public static Split nihOfficial(Path folder, double validation, long seed) {
        return new Split(
                new Fraction(validation),
                new ListFile(folder.resolve("test_list.txt")),
                Optional.of(folder.resolve("train_val_list.txt")),
                By.PATIENT,
                seed);
    }

    /**
     * The split that people mean by a folder's or column's value: {@code val}, {@code dev} and {@code valid} validate,
     * {@code eval} tests as in Hugging Face {@code datasets}; also within a name, as in {@code seg_train} and
     * {@code PublicTest}. Empty if a name means no split, or two.
     */
    public static Optional<String> named(String name) {
        return SplitNames.in(name);
    }

    /**
     * The side of each row, {@link #TRAIN}, {@link #VALIDATION} or {@link #TEST}. Rows in no list or in two, words that name no
     * split, and patients on two sides, go to {@code problems}.
     */
    public String[] assign(LabelTable table, Problems problems) {
        List<LabelTable.LabelRow> rows = table.rows();
        String[] side = new String[rows.size()];
        place(side, table, test, TEST, problems);
        place(side, table, validation, VALIDATION, problems);
        if (test instanceof Given || validation instanceof Given) {
            SplitWords.check(table, side, problems);
        }
        trainValidationList.ifPresent(list -> checkRestIsListed(side, table, list, problems));

        if (test instanceof Fraction || validation instanceof Fraction) {
            List<int[]> groups = shuffledGroups(side, rows);
            int free = groups.stream().mapToInt(g -> g.length).sum();
            groups = take(groups, test, free, TEST, side, table, problems);
            take(groups, validation, free, VALIDATION, side, table, problems);
        }
        for (int i = 0; i < side.length; i++) {
            side[i] = side[i] == null ? TRAIN : side[i];
        }
        noteLeaks(side, table, problems);
        return side;
    }

    private static void place(String[] side, LabelTable table, SplitRule part, String name, Problems problems) {
        List<LabelTable.LabelRow> rows = table.rows();
        if (part instanceof Given) {
            for (int i = 0; i < side.length; i++) {
                if (side[i] == null && rows.get(i).split().flatMap(Split::named).equals(Optional.of(name))) {
                    side[i] = name;
                }
            }
        } else if (part instanceof ListFile list) {
            for (int i : SplitList.rows(list.file(), table, problems)) {
                if (side[i] != null) {
                    inTwoLists(table, i, side[i], list.file(), problems);
                }
                side[i] = name;
            }
        }
    }

    private static void checkRestIsListed(String[] side, LabelTable table, Path file, Problems problems) {
        BitSet listed = new BitSet(side.length);
        SplitList.rows(file, table, problems).forEach(listed::set);
        for (int i = 0; i < side.length; i++) {
            LabelTable.LabelRow row = table.rows().get(i);
            if (side[i] != null && listed.get(i)) {
                inTwoLists(table, i, side[i], file, problems);
            } else if (side[i] == null && !listed.get(i)) {
                problems.add(
                        Problems.ProblemKind.IN_NO_LIST,
                        table.source(),
                        row.line(),
                        row.image(),
                        "not in " + file + " either");
            }
        }
    }

    private static void inTwoLists(LabelTable table, int i, String first, Path second, Problems problems) {
        LabelTable.LabelRow row = table.rows().get(i);
        problems.add(
                Problems.ProblemKind.IN_TWO_LISTS,
                table.source(),
                row.line(),
                row.image(),
                "listed for " + first + " and in " + second);
    }

    /** What must stay together of the rows not yet placed, in an order drawn by the seed. */
    private List<int[]> shuffledGroups(String[] side, List<LabelTable.LabelRow> rows) {
        Map<String, List<Integer>> byName = new LinkedHashMap<>();
        for (int i = 0; i < side.length; i++) {
            if (side[i] == null) {
                byName.computeIfAbsent(groupName(rows.get(i)), name -> new ArrayList<>(4))
                        .add(i);
            }
        }
        record Drawn(long key, String name, int[] members) {}
        RandomKey key = RandomKey.of(seed).with("split");
        return byName.entrySet().stream()
                .map(e -> new Drawn(
                        key.with(e.getKey()).key(),
                        e.getKey(),
                        e.getValue().stream().mapToInt(Integer::intValue).toArray()))
                .sorted(Comparator.comparingLong(Drawn::key).thenComparing(Drawn::name))
                .map(Drawn::members)
                .toList();
    }

    /** The patient, or the image itself if the patient is unknown. */
    private String groupName(LabelTable.LabelRow row) {
        return by == By.PATIENT && row.patient().isPresent()
                ? "patient " + row.patient().get()
                : "image " + row.image();
    }

    /** Places a fraction of the free rows, and returns the groups that are left. */
    private List<int[]> take(
            List<int[]> groups,
            SplitRule part,
            int free,
            String name,
            String[] side,
            LabelTable table,
            Problems problems) {
        if (!(part instanceof Fraction fraction) || fraction.of() == 0) {
            return groups;
        }
        if (groups.size() < 2) {
            problems.add(
                    Problems.ProblemKind.TOO_FEW_TO_SPLIT,
                    table.source(),
                    0,
                    "",
                    "no " + name + " rows can be split off: only " + groups.size()
                            + (by == By.PATIENT ? " patients" : " images") + " are left; choose other fractions");
            return groups;
        }
        int target = (int) Math.max(1, Math.round(fraction.of() * free));
        BitSet chosen =
                NearestSubset.choose(groups.stream().mapToInt(g -> g.length).toArray(), target);
        List<int[]> left = new ArrayList<>();
        for (int g = 0; g < groups.size(); g++) {
            if (chosen.get(g)) {
                Arrays.stream(groups.get(g)).forEach(i -> side[i] = name);
            } else {
                left.add(groups.get(g));
            }
        }
        return left;
    }

    private void noteLeaks(String[] side, LabelTable table, Problems problems) {
        Map<String, Integer> firstRow = new HashMap<>();
        Set<String> told = new HashSet<>();
        boolean anyPatient = false;
        for (int i = 0; i < side.length; i++) {
            LabelTable.LabelRow row = table.rows().get(i);
            if (row.patient().isEmpty()) {
                continue;
            }
            anyPatient = true;
            String patient = row.patient().get();
            Integer first = firstRow.putIfAbsent(patient, i);
            if (first != null && !side[first].equals(side[i]) && told.add(patient)) {
                LabelTable.LabelRow other = table.rows().get(first);
                problems.add(
                        by == By.PATIENT
                                ? Problems.ProblemKind.PATIENT_IN_TWO_SPLITS
                                : Problems.ProblemKind.SHARED_PATIENT,
                        table.source(),
                        row.line(),
                        row.image(),
                        "patient " + patient + " is in " + side[i] + " here and in " + side[first] + other.atLine()
                                + " (" + other.image() + ")");
            }
        }
        if (!anyPatient && by == By.PATIENT) {
            problems.add(
                    Problems.ProblemKind.FILE_FORM,
                    table.source(),
                    0,
                    "",
                    "the patients are unknown, so each image was assigned on its own");
        }
    }
}
