package io.vit4j.data;

import io.vit4j.base.DurableFiles;
import io.vit4j.base.InputException;
import io.vit4j.base.Privacy;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * Everything that is wrong with a data set's files, collected so that the user learns of it at once: one line, and a file
 * that lists each problem with its row. Some kinds stop the work; others are only reported. Safe to use from several
 * threads.
 */
public final class Problems {
    /** Name of the file that lists them, in the data set's folder. */
    public static final String FILE = "problems.csv";

    /** Enough to see what is wrong; the rest is counted. */
    private static final int MOST_LISTED_OF_A_KIND = 100_000;

    /** What can be wrong; {@code stops} says whether it stops the work. */
    public enum ProblemKind {
        /** A row has another number of columns than the header. */
        ROW_SHAPE(true, "rows whose number of columns differs from the header"),
        /** A row names no image. */
        NO_IMAGE_NAME(true, "rows without an image name"),
        /** A name leaves the folder, or no file can have it. */
        BAD_IMAGE_NAME(true, "image names that leave the folder or cannot be file names"),
        /** A value cannot be read. */
        BAD_VALUE(true, "values that cannot be read"),
        /** An image has several rows that differ. */
        CONFLICTING_ROWS(true, "images with several rows that differ"),
        /** A row has a label that the model does not know. */
        UNKNOWN_LABEL(true, "rows with labels that the model does not know"),
        /** A row has no label where it needs exactly one. */
        NO_LABEL(true, "rows without a label, although each needs exactly one"),
        /** A row's split is none that is known. */
        UNKNOWN_SPLIT(true, "rows whose split is neither train, validation nor test"),
        /** An image cannot be read. */
        BAD_IMAGE(true, "images that cannot be read"),
        /** An image is not there. */
        MISSING_IMAGE(true, "images missing"),
        /** There are several files of an image's name. */
        AMBIGUOUS_IMAGE(true, "images with several files"),
        /** An image is in none of the lists of the split. */
        IN_NO_LIST(true, "images in none of the lists"),
        /** An image is in two lists of the split. */
        IN_TWO_LISTS(true, "images in two lists"),
        /** A patient is in two splits. */
        PATIENT_IN_TWO_SPLITS(true, "patients in two splits"),
        /** There are too few to make the splits that were asked for. */
        TOO_FEW_TO_SPLIT(true, "splits that cannot be made"),
        /** A patient is in two splits, as was asked for. */
        SHARED_PATIENT(false, "patients in two splits, as requested"),
        /** An image's pixels are also in another split. */
        SHARED_PIXELS(false, "images whose pixels are also in another split"),
        /** A row repeats another and was dropped. */
        REPEATED_ROW(false, "rows that repeat another, dropped"),
        /** A row has no label and was left out, as was asked for. */
        UNLABELLED_ROW(false, "rows without a label, left out"),
        /** A row was joined with an earlier one of the same image. */
        JOINED_ROW(false, "rows joined with an earlier row for the same image"),
        /** An image is in a list but not in the label file. */
        LISTED_ONLY(false, "images in a list but not in the label file"),
        /** An image has no row and was left out. */
        EXTRA_IMAGE(false, "images without a row, left out"),
        /** A value had spaces around it, which were removed. */
        STRAY_SPACE(false, "values with stray spaces, removed"),
        /** A value had characters that look like others, which were taken instead. */
        LOOKALIKE(false, "values with unusual spaces or code points, normalised"),
        /** How something was understood; each is reported separately. */
        NOTE(false, "remarks"),
        /** A remark on the file's form. */
        FILE_FORM(false, "remarks on the file format"),
        /** An image was left out. */
        SKIPPED_IMAGE(false, "images left out");

        private final boolean stops;
        private final String many;

        ProblemKind(boolean stops, String many) {
            this.stops = stops;
            this.many = many;
        }

        /** {@return whether nothing can be prepared before it is mended} */
        public boolean stops() {
            return stops;
        }
    }

    /**
     * One of them.
     *
     * @param file where it was found
     * @param line in that file, from 1; 0 if it is of the whole
     * @param image the image's name, or empty
     * @param what is wrong
     */
    public record Problem(ProblemKind kind, String file, long line, String image, String what) {}

    private final List<Problem> listed = new ArrayList<>();
    private final Map<ProblemKind, Long> counts = new EnumMap<>(ProblemKind.class);
    private final Map<ProblemKind, Problem> first = new EnumMap<>(ProblemKind.class);

    /**
     * Takes note of a problem.
     * @param kind its kind
     * @param file where it is
     * @param line from 1, or 0 if there are no lines
     * @param image the image concerned; empty if it is not a single one
     * @param what the value or fact that is wrong
     */
    public synchronized void add(ProblemKind kind, String file, long line, String image, String what) {
        Problem problem = new Problem(kind, file, line, image, what);
        first.putIfAbsent(kind, problem);
        if (counts.merge(kind, 1L, Long::sum) <= MOST_LISTED_OF_A_KIND) {
            listed.add(problem);
        }
    }

    /**
     * Notes how something was understood, once.
     * @param file where it is
     * @param what was understood
     */
    public synchronized void note(String file, String what) {
        Problem note = new Problem(ProblemKind.NOTE, file, 0, "", what);
        if (!listed.contains(note)) {
            add(ProblemKind.NOTE, file, 0, "", what);
        }
    }

    /** {@return whether nothing was noted} */
    public synchronized boolean isEmpty() {
        return counts.isEmpty();
    }

    /**
     * How many of a kind were noted, also beyond those that are listed.
     * @param kind the kind
     * @return the count
     */
    public synchronized long count(ProblemKind kind) {
        return counts.getOrDefault(kind, 0L);
    }

    /** {@return those that are listed, in the order in which they were noted} */
    public synchronized List<Problem> listed() {
        return List.copyOf(listed);
    }

    /** Each kind that only needs telling, in one line; each note in its own. */
    public synchronized List<String> remarks() {
        List<String> remarks = new ArrayList<>();
        for (ProblemKind kind : counts.keySet()) {
            if (kind == ProblemKind.NOTE) {
                listed.stream()
                        .filter(problem -> problem.kind() == ProblemKind.NOTE)
                        .forEach(problem -> remarks.add(problem.file() + ": " + problem.what()));
            } else if (!kind.stops) {
                remarks.add(describe(kind));
            }
        }
        return remarks;
    }

    /** Writes {@link #FILE} into the folder if there is anything to list, and throws if anything stops the work. */
    public synchronized void report(Path folder) {
        if (isEmpty()) {
            removeOlder(folder.resolve(FILE));
            return;
        }
        write(folder);
        String stopping = counts.keySet().stream()
                .filter(ProblemKind::stops)
                .map(this::describe)
                .collect(Collectors.joining("; "));
        if (!stopping.isEmpty()) {
            throw new InputException(stopping + ". All of them are listed in " + folder.resolve(FILE) + mend());
        }
    }

    private static void removeOlder(Path file) {
        try {
            Files.deleteIfExists(file);
        } catch (IOException e) {
            throw InputException.in(file, "cannot be removed (" + e.getMessage() + "); remove it", e);
        }
    }

    private String mend() {
        return counts.containsKey(ProblemKind.MISSING_IMAGE) || counts.containsKey(ProblemKind.BAD_IMAGE)
                ? "; repair them, or leave out missing and broken images with --on-bad-image skip"
                : counts.containsKey(ProblemKind.PATIENT_IN_TWO_SPLITS)
                        ? "; repair the lists, or accept the leak with --split-by image"
                        : counts.containsKey(ProblemKind.UNKNOWN_SPLIT)
                                ? "; give the meaning of the words with --split-values, such as --split-values holdout=test"
                                : counts.containsKey(ProblemKind.NO_LABEL)
                                        ? "; repair them, or choose what to do with them with --missing-labels"
                                        : "; repair them";
    }

    private String describe(ProblemKind kind) {
        Problem one = first.get(kind);
        String example = one.file() + (one.line() > 0 ? ", line " + one.line() : "") + ": "
                + (one.image().isEmpty() || one.what().startsWith(one.image() + ": ") ? "" : one.image() + ": ")
                + one.what();
        long count = counts.get(kind);
        return count == 1 ? example : count + " " + kind.many + " (first: " + example + ")";
    }

    private void write(Path folder) {
        Path file = folder.resolve(FILE);
        try {
            Privacy.createFolders(folder);
            CsvTable.write(DurableFiles.SYSTEM, file, rows -> {
                rows.accept(List.of("stops", "kind", "file", "line", "image", "problem"));
                for (Problem problem : listed) {
                    rows.accept(List.of(
                            problem.kind().stops ? "yes" : "no",
                            problem.kind().name().toLowerCase(Locale.ROOT).replace('_', ' '),
                            problem.file(),
                            problem.line() > 0 ? Long.toString(problem.line()) : "",
                            problem.image(),
                            problem.what()));
                }
            });
        } catch (IOException e) {
            throw InputException.in(file, "cannot be written (" + e.getMessage() + "); choose a writable folder", e);
        }
    }
}
