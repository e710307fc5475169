package io.vit4j.data;

import io.vit4j.base.InputException;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * What the columns of a data set in shards mean.
 *
 * @param all the first shard's
 * @param picture that of the pictures: their bytes, or paths of files
 * @param labels where the labels stand
 * @param kept those that are read, but for the picture's
 * @param passedOver those that are not
 * @param classNames of columns with numbers of classes
 */
record ShardColumns(
        List<Shard.Column> all,
        Shard.Column picture,
        CsvLabelFile.Labels labels,
        List<String> kept,
        List<String> passedOver,
        Map<String, List<String>> classNames) {
    private static final Set<String> PICTURES = Set.of("image", "img", "picture", "photo", "jpg", "jpeg", "png");
    private static final Set<String> PATHS = Set.of(
            "image",
            "file_name",
            "filename",
            "img",
            "image_path",
            "img_path",
            "image_file_path",
            "path",
            "filepath",
            "file");
    private static final List<String> LABELS = List.of("label", "labels");
    private static final int SHOWN = 20;

    /**
     * @param pictures the columns of pictures, if the files say so
     * @param told what the user has said
     */
    static ShardColumns of(
            List<Shard.Column> columns,
            Set<String> pictures,
            Map<String, List<String>> classNames,
            Optional<CsvLabelFile.Columns> told,
            String source) {
        Optional<String> image = told.map(CsvLabelFile.Columns::image).filter(name -> !name.isEmpty());
        Shard.Column picture =
                image.isPresent() ? named(columns, image.get(), source) : picture(columns, pictures, source);
        if (picture.kind() == Shard.Kind.OTHER || picture.kind() == Shard.Kind.VALUES) {
            throw new InputException(source + ": \"" + picture.name()
                    + "\" holds neither pictures nor their paths; name the column of the pictures with --image-column");
        }
        CsvLabelFile.Labels labels =
                told.isPresent() ? told.get().labels() : labels(columns, picture, classNames, source);
        List<String> kept = new ArrayList<>();
        List<String> passedOver = new ArrayList<>();
        for (Shard.Column column : columns) {
            if (!column.equals(picture)) {
                boolean read = column.kind() == Shard.Kind.VALUE || column.kind() == Shard.Kind.VALUES;
                (read ? kept : passedOver).add(column.name());
            }
        }
        return new ShardColumns(List.copyOf(columns), picture, labels, kept, passedOver, classNames);
    }

    private static Shard.Column named(List<Shard.Column> columns, String name, String source) {
        return columns.stream()
                .filter(column -> column.name().equals(name))
                .findFirst()
                .or(() -> columns.stream()
                        .filter(column -> column.name().equalsIgnoreCase(name))
                        .findFirst())
                .orElseThrow(() ->
                        new InputException(source + ": no column \"" + name + "\"; it has " + list(columns.stream())));
    }

    private static Shard.Column picture(List<Shard.Column> columns, Set<String> declared, String source) {
        List<List<Shard.Column>> from = List.of(
                columns.stream()
                        .filter(column -> declared.contains(column.name())
                                && column.kind() != Shard.Kind.OTHER
                                && column.kind() != Shard.Kind.VALUES)
                        .toList(),
                columns.stream()
                        .filter(column -> column.kind() == Shard.Kind.PICTURE)
                        .toList(),
                columns.stream()
                        .filter(column -> column.kind() == Shard.Kind.BYTES && PICTURES.contains(lower(column)))
                        .toList(),
                columns.stream()
                        .filter(column -> column.kind() == Shard.Kind.VALUE && PATHS.contains(lower(column)))
                        .toList());
        for (List<Shard.Column> found : from) {
            if (found.size() == 1) {
                return found.get(0);
            }
            if (found.size() > 1) {
                return found.stream()
                        .filter(column -> column.name().equals("image"))
                        .findFirst()
                        .or(() -> found.stream()
                                .filter(column -> column.name().equals("file_name"))
                                .findFirst())
                        .orElseThrow(() -> new InputException(source + ": has several columns of pictures, "
                                + list(found.stream()) + "; name one with --image-column and --label-column"));
            }
        }
        throw new InputException(
                source + ": has no column of pictures; it has " + list(columns.stream())
                        + ". If one of them holds picture files or their paths, name it with --image-column and --label-column");
    }

    private static CsvLabelFile.Labels labels(
            List<Shard.Column> columns, Shard.Column picture, Map<String, List<String>> classNames, String source) {
        List<Shard.Column> others =
                columns.stream().filter(column -> !column.equals(picture)).toList();
        List<Shard.Column> found =
                others.stream().filter(column -> LABELS.contains(column.name())).toList();
        if (found.isEmpty()) {
            found = others.stream()
                    .filter(column -> classNames.containsKey(column.name()))
                    .toList();
        }
        if (found.size() != 1) {
            throw new InputException(source + ": "
                    + (found.isEmpty()
                            ? "has no column label or labels, nor one of classes; it has " + list(others.stream())
                            : "has several columns that may be the label, " + list(found.stream()))
                    + ". Name the column with --label-column");
        }
        Shard.Column label = found.get(0);
        return switch (label.kind()) {
            case VALUE ->
                new CsvLabelFile.OneLabel(
                        label.name(), classNames.containsKey(label.name()), CsvLabelFile.MissingLabel.FAIL);
            case VALUES -> new CsvLabelFile.ListedLabels(label.name());
            default ->
                throw new InputException(
                        source + ": \"" + label.name()
                                + "\" holds neither values nor lists of them; name the column of the labels with --label-column");
        };
    }

    /** The names of the classes that a column's numbers stand for; empty if its values are taken as they are. */
    List<String> namesOf(String column) {
        List<String> names = classNames.getOrDefault(column, List.of());
        if (labels instanceof CsvLabelFile.NumberColumns numbers && isAmong(column, numbers.columns())) {
            return List.of(); // the numbers themselves are to be predicted
        }
        boolean indicators = (labels instanceof CsvLabelFile.IndicatorColumns some && isAmong(column, some.columns()))
                || (labels instanceof CsvLabelFile.OneHotColumns hot && isAmong(column, hot.columns()));
        boolean plain = names.stream()
                .allMatch(
                        name -> Set.of("0", "1", "yes", "no", "true", "false").contains(name.toLowerCase(Locale.ROOT)));
        return indicators && !plain ? List.of() : names;
    }

    /** Whether the labels stand in this column, and in no other. */
    boolean isLabel(String column) {
        return labels instanceof CsvLabelFile.OneLabel one && isAmong(column, List.of(one.column()))
                || labels instanceof CsvLabelFile.ListedLabels listed && isAmong(column, List.of(listed.column()))
                || labels instanceof CsvLabelFile.JoinedLabels joined && isAmong(column, List.of(joined.column()));
    }

    private static boolean isAmong(String column, List<String> names) {
        return names.stream().anyMatch(column::equalsIgnoreCase);
    }

    private static String lower(Shard.Column column) {
        return column.name().toLowerCase(Locale.ROOT);
    }

    static String list(Stream<Shard.Column> columns) {
        List<String> names = columns.map(Shard.Column::name).toList();
        return names.stream().limit(SHOWN).collect(Collectors.joining(", ")) + (names.size() > SHOWN ? "..." : "");
    }

    /** Whether the other shard's columns are these. */
    boolean fit(List<Shard.Column> others) {
        Set<String> names = new LinkedHashSet<>();
        others.forEach(column -> names.add(column.name()));
        boolean pictures = others.stream()
                .anyMatch(column -> column.name().equals(picture.name()) && column.kind() == picture.kind());
        return pictures && names.size() == all.size() && all.stream().allMatch(column -> names.contains(column.name()));
    }
}
