package io.vit4j.data;

import io.vit4j.base.InputException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/**
 * Images sorted into a folder per class: the class is the name of the image's folder. Folders above it may be
 * named {@code train}, {@code validation} (or {@code val}, {@code dev}) and {@code test}.
 */
public final class ClassFolders {
    private ClassFolders() {}

    /**
     * The label table that the folders' names make.
     *
     * @param description the folder or archive, for messages
     * @param names of the image files, as {@link ImageSource.ByName#names} gives them
     */
    public static LabelTable read(String description, List<String> names) {
        List<LabelTable.LabelRow> rows = new ArrayList<>();
        Set<String> classes = new TreeSet<>();
        for (String name : names.stream().sorted().toList()) {
            String[] parts = name.split("/");
            Optional<String> split = Optional.empty();
            for (int i = 0; i < parts.length - 2 && split.isEmpty(); i++) {
                split = Split.named(parts[i]);
            }
            String folder = parts.length < 2 ? "" : parts[parts.length - 2];
            if (folder.isEmpty() || (split.isEmpty() && Split.named(folder).isPresent())) {
                throw new InputException(
                        description + ": " + name
                                + " is not in a folder named after its class, and there is no label file; give one with --labels");
            }
            classes.add(folder);
            rows.add(new LabelTable.LabelRow(0, name, List.of(folder), List.of(), Optional.empty(), split, List.of()));
        }
        if (classes.size() < 2) {
            throw new InputException(description + ": images of " + classes.size() + " classes " + classes
                    + "; give a label file, or one folder for each of several classes");
        }
        return new LabelTable(description, ProblemType.SINGLE_LABEL, List.of(), List.of(), rows);
    }
}
