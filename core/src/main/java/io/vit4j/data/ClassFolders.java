package io.vit4j.data;

import io.vit4j.base.InputException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/**
 * Images sorted into a folder per class. The class is the name of the folder that an image lies in; {@link InnermostFolders} says
 * which folder it is if that one is called {@code images}, {@code 40X} or {@code study1}. Folders above it may name a split,
 * alone or within their names: {@code train}, {@code seg_test}, {@code val2017} ({@link SplitNames}).
 */
public final class ClassFolders {
    private static final int SHOWN = 5;

    private final String description;
    private final Problems problems;
    private final List<String> names;
    private final List<List<String>> folders;
    private final boolean trainIsNamed;

    private ClassFolders(String description, List<String> names, Problems problems) {
        this.description = description;
        this.problems = problems;
        this.names = names.stream().sorted().toList();
        this.folders = this.names.stream().map(ClassFolders::foldersOf).toList();
        List<Optional<String>> splits = folders.stream()
                .map(above -> SplitNames.inFolders(above.subList(0, Math.max(above.size() - 1, 0))))
                .toList();
        this.trainIsNamed = splits.contains(Optional.of(Split.TRAIN));
    }

    /**
     * The label table that the folders' names make.
     *
     * @param description the folder or archive, for messages
     * @param names of the image files, as {@link ImageSource.ByName#names} gives them
     * @param classes names of the folders that are classes, at any depth, as whole names or as words in them; none: found out
     * @param problems told of images that are left out, and of how the folders were read
     */
    public static LabelTable read(String description, List<String> names, List<String> classes, Problems problems) {
        ClassFolders folders = new ClassFolders(description, names, problems);
        LabelTable table =
                PatientFolder.fill(classes.isEmpty() ? folders.foundOut() : folders.named(classes), problems);
        Set<String> found = new TreeSet<>();
        table.rows().forEach(row -> found.addAll(row.labels()));
        if (found.size() < 2) {
            throw new InputException(description + ": images of " + found.size() + " classes " + found
                    + "; give a label file, or one folder for each of several classes");
        }
        return table;
    }

    private static List<String> foldersOf(String name) {
        String[] parts = name.split("/");
        return Arrays.asList(parts).subList(0, parts.length - 1);
    }

    private LabelTable foundOut() {
        List<Integer> kept = new ArrayList<>();
        for (int i = 0; i < names.size(); i++) {
            if (trainIsNamed && SplitNames.inFolders(folders.get(i)).isEmpty()) {
                leaveOut(i, "not in the folder of a split, although other images are");
            } else {
                kept.add(i);
            }
        }
        InnermostFolders innermost = new InnermostFolders(
                description, kept.stream().map(folders::get).toList());
        List<LabelTable.LabelRow> rows = new ArrayList<>();
        for (int k = 0; k < kept.size(); k++) {
            int i = kept.get(k);
            if (innermost.isMask(k)) {
                leaveOut(i, "a mask");
                continue;
            }
            int depth = innermost.classOf(k);
            if (depth < 0) {
                throw new InputException(description + ": " + names.get(i)
                        + " is not in a folder named after its class, and there is no label file; give one with --labels,"
                        + " or name the folders that are classes with --classes");
            }
            rows.add(row(i, depth, folders.get(i).get(depth)));
        }
        innermost.note().ifPresent(note -> problems.note(description, note));
        refuseNested(rows);
        return table(rows);
    }

    private LabelTable named(List<String> classes) {
        List<LabelTable.LabelRow> rows = new ArrayList<>();
        Set<String> found = new TreeSet<>();
        for (int i = 0; i < names.size(); i++) {
            ClassWord word = ClassWord.in(folders.get(i), classes);
            if (word.depth() < 0) {
                leaveOut(i, "not in a folder of the given classes");
            } else if (trainIsNamed && SplitNames.inFolders(folders.get(i)).isEmpty()) {
                leaveOut(i, "not in the folder of a split, although other images are");
            } else {
                found.add(word.name());
                rows.add(row(i, word.depth(), word.name()));
            }
        }
        for (String name : classes) {
            if (!found.contains(CleanText.of(name))) {
                throw new InputException(description + ": no folder is named " + name
                        + "; name the folders that are classes with --classes");
            }
        }
        return table(rows);
    }

    private LabelTable.LabelRow row(int i, int depth, String label) {
        List<String> others = new ArrayList<>(folders.get(i));
        others.remove(depth);
        return new LabelTable.LabelRow(
                0,
                names.get(i),
                List.of(CleanText.of(label)),
                List.of(),
                Optional.empty(),
                SplitNames.inFolders(others),
                List.of());
    }

    private LabelTable table(List<LabelTable.LabelRow> rows) {
        LabelTable table = new LabelTable(description, ProblemType.SINGLE_LABEL, List.of(), List.of(), rows);
        boolean told = rows.stream().anyMatch(row -> row.split().isPresent());
        if (told) {
            long untold = rows.stream().filter(row -> row.split().isEmpty()).count();
            if (untold > 0) {
                problems.note(
                        description,
                        "no folder gives the split of " + untold + " images, so they are used for training");
                return table.withRows(rows.stream()
                        .map(row -> row.split().isPresent() ? row : row.withSplit(Split.TRAIN))
                        .toList());
            }
            return table;
        }
        return SplitNames.inFileNames(
                        rows.stream().map(LabelTable.LabelRow::image).toList())
                .map(splits -> {
                    problems.note(description, "the split is taken from the file names");
                    List<LabelTable.LabelRow> split = new ArrayList<>(rows.size());
                    for (int i = 0; i < rows.size(); i++) {
                        split.add(rows.get(i).withSplit(splits.get(i)));
                    }
                    return table.withRows(split);
                })
                .orElse(table);
    }

    private void leaveOut(int i, String why) {
        problems.add(Problems.ProblemKind.SKIPPED_IMAGE, description, 0, names.get(i), why);
    }

    /** A class's folder that holds images and other classes' folders may be meant one way or the other. */
    private void refuseNested(List<LabelTable.LabelRow> rows) {
        Set<String> holding = new TreeSet<>();
        rows.forEach(row -> holding.add(String.join("/", foldersOf(row.image()))));
        for (String folder : holding) {
            for (int slash = folder.lastIndexOf('/'); slash >= 0; slash = folder.lastIndexOf('/', slash - 1)) {
                String above = folder.substring(0, slash);
                if (holding.contains(above) && !isMeantAlike(rows, folder, above)) {
                    throw new InputException(description + ": " + above + " contains images and also " + folder
                            + ", which does; name the folders that are classes with --classes, such as --classes "
                            + examples(holding));
                }
            }
        }
    }

    private static boolean isMeantAlike(List<LabelTable.LabelRow> rows, String folder, String above) {
        Set<List<String>> labels = new java.util.HashSet<>();
        for (LabelTable.LabelRow row : rows) {
            String at = String.join("/", foldersOf(row.image()));
            if (at.equals(folder) || at.equals(above)) {
                labels.add(row.labels());
            }
        }
        return labels.size() == 1;
    }

    private static String examples(Set<String> holding) {
        return String.join(
                ",",
                holding.stream()
                        .filter(folder -> !folder.contains("/"))
                        .limit(SHOWN)
                        .toList());
    }
}
