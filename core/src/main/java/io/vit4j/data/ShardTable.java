package io.vit4j.data;

import io.vit4j.base.InputException;
import io.vit4j.hub.DatasetCard;
import io.vit4j.hub.WrongFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * Labels and pictures of a data set in shards, as Hugging Face {@code datasets} writes them to Parquet. The rows are those of one
 * table, shard after shard, so that all options for tables apply.
 */
final class ShardTable {
    private static final int MOST_NAMED = 20;
    private static final String NO_LABEL = "-1";
    private static final String SPLIT = "split";

    private final ShardFiles files;
    private final Optional<CsvLabelFile.Columns> told;
    private final Problems problems;
    private final boolean followLinks;
    private final String source;
    private final List<ShardPictures.Part> parts = new ArrayList<>();

    private ShardTable(ShardFiles files, DataFolderOptions options) {
        this.files = files;
        this.told = options.columns;
        this.problems = options.problems;
        this.followLinks = options.followLinks;
        this.source = files.files().size() == 1
                ? files.files().get(0).file().toString()
                : files.root().toString();
    }

    static DataFolder read(ShardFiles files, DataFolderOptions options) {
        return new ShardTable(files, options).read();
    }

    /** The files that lie beside the shards, or below them. */
    private ImageFolder folder() {
        Path root = files.root();
        Path folder = Files.isDirectory(root) ? root : root.toAbsolutePath().getParent();
        Optional<LeadingOut> out = followLinks ? Optional.empty() : Optional.of(new LeadingOut(folder));
        ImageFolder images = new ImageFolder(folder, out);
        out.ifPresent(LeadingOut::refuse);
        return images;
    }

    private void refuseLinks() {
        if (!followLinks && Files.isDirectory(files.root())) {
            LeadingOut out = new LeadingOut(files.root());
            out.look(files.root().resolve(DatasetCard.FILE));
            files.files().forEach(file -> out.look(file.file()));
            out.refuse();
        }
    }

    private DataFolder read() {
        refuseLinks();
        ShardFormat format = ShardFiles.format(files.files().get(0).file());
        List<String> faults = new ArrayList<>();
        for (ShardFiles.ShardFile file : files.files()) {
            attempt(faults, () -> {
                WrongFile.refuse(file.file(), "Parquet");
                parts.add(new ShardPictures.Part(file, format.open(file.file())));
            });
        }
        refuse(faults);
        ShardColumns columns = columns();
        if (!columns.passedOver().isEmpty()) {
            problems.note(source, "columns that are not read: " + shown(columns.passedOver()));
        }
        Rows rows = new Rows(columns);
        return rows.read();
    }

    private ShardColumns columns() {
        Map<String, List<String>> classNames = Map.of();
        Set<String> pictures = new TreeSet<>();
        for (ShardPictures.Part part : parts) {
            ClassFeatures features =
                    ClassFeatures.of(part.shard().metadata(), part.file().file().toString());
            classNames = features.joined(classNames, part.file().file().toString());
            pictures.addAll(features.pictures());
        }
        Map<String, List<String>> all = new LinkedHashMap<>(files.classNames());
        all.putAll(classNames);
        ShardColumns columns = ShardColumns.of(parts.get(0).shard().columns(), pictures, all, told, source);
        for (ShardPictures.Part part : parts) {
            if (!columns.fit(part.shard().columns())) {
                throw InputException.in(
                        part.file().file(),
                        "its columns are " + ShardColumns.list(part.shard().columns().stream()) + ", but those of "
                                + parts.get(0).file().path() + " are "
                                + ShardColumns.list(columns.all().stream())
                                + "; keep files of one data set in the folder");
            }
        }
        return columns;
    }

    private void refuse(List<String> faults) {
        Set<String> different = new LinkedHashSet<>(faults);
        if (different.size() == 1) {
            throw new InputException(different.iterator().next());
        }
        if (!different.isEmpty()) {
            throw new InputException(source + ": " + different.size() + " of "
                    + files.files().size()
                    + " Parquet files cannot be read: "
                    + String.join("; ", different.stream().limit(MOST_NAMED).toList())
                    + (different.size() > MOST_NAMED ? "; ..." : ""));
        }
    }

    private static void attempt(List<String> faults, Runnable work) {
        try {
            work.run();
        } catch (InputException e) {
            faults.add(e.getMessage());
        }
    }

    private static String shown(List<String> names) {
        return String.join(", ", names.subList(0, Math.min(names.size(), MOST_NAMED)))
                + (names.size() > MOST_NAMED ? "..." : "");
    }

    /** Makes the table. */
    private final class Rows {
        private final ShardColumns columns;
        private final String picture;
        private final boolean embedded;
        private final List<String> header = new ArrayList<>();
        private final Map<String, Long> unlabelled = new TreeMap<>(); // by split
        private final Map<String, Long> labelled = new TreeMap<>();
        private boolean named = true;
        private Set<String> hot = Set.of();
        private TableRows table;
        private ShardPictures pictures;
        private long line;

        Rows(ShardColumns columns) {
            this.columns = columns;
            this.picture = columns.picture().name();
            this.embedded = columns.picture().kind() != Shard.Kind.VALUE;
        }

        DataFolder read() {
            lookAhead();
            boolean split = files.files().stream().anyMatch(file -> file.split().isPresent());
            String splitColumn = told.flatMap(CsvLabelFile.Columns::split).orElseGet(() -> split ? free(SPLIT) : SPLIT);
            header.add(picture);
            header.addAll(columns.kept());
            boolean own = split && told.flatMap(CsvLabelFile.Columns::split).isEmpty();
            if (own) {
                header.add(splitColumn);
            }
            TextSource text = TextSource.of(source, new byte[0]);
            table = new TableRows(text, meaning(splitColumn), problems, false);
            table.row(0, header);
            pictures = new ShardPictures(source, ShardTable.this::folder, picture, parts);
            List<String> faults = new ArrayList<>();
            for (int part = 0; part < parts.size(); part++) {
                int number = part;
                attempt(faults, () -> read(number, own));
            }
            refuse(faults);
            noteUnlabelled();
            LabelTable found = table.table();
            Set<String> declared = new LinkedHashSet<>();
            columns.kept().stream()
                    .filter(columns::isLabel)
                    .forEach(column -> columns.namesOf(column).forEach(name -> declared.add(CleanText.of(name))));
            LabelTable labels = declared.isEmpty()
                    ? found
                    : new LabelTable(
                            found.source(),
                            found.problemType(),
                            List.copyOf(declared),
                            found.columnNames(),
                            found.rows());
            return new DataFolder(labels, embedded ? pictures : folder());
        }

        private ImageSource folder() {
            ImageFolder images = ShardTable.this.folder();
            if (images.names().isEmpty()) {
                throw InputException.in(
                        images.root(),
                        "\"" + picture + "\" holds paths, and there are no pictures in the folder; put them there, or"
                                + " write the data set with its pictures embedded");
            }
            return images;
        }

        private String free(String name) {
            return columns.all().stream().anyMatch(column -> column.name().equalsIgnoreCase(name))
                    ? free(name + "_")
                    : name;
        }

        private CsvLabelFile.Columns meaning(String splitColumn) {
            boolean split = header.stream().anyMatch(splitColumn::equalsIgnoreCase);
            return new CsvLabelFile.Columns(
                    picture,
                    columns.labels(),
                    told.flatMap(CsvLabelFile.Columns::patient),
                    split || told.flatMap(CsvLabelFile.Columns::split).isPresent()
                            ? Optional.of(splitColumn)
                            : Optional.empty());
        }

        /** Whether the pictures' names tell them apart, and which lists of numbers are ones and zeros by position. */
        private void lookAhead() {
            List<String> lists = columns.all().stream()
                    .filter(column -> column.kind() == Shard.Kind.VALUES
                            && columns.isLabel(column.name())
                            && columns.namesOf(column.name()).isEmpty())
                    .map(Shard.Column::name)
                    .toList();
            List<String> wanted = new ArrayList<>(lists);
            wanted.add(picture);
            Set<String> names = new HashSet<>();
            Map<String, HotLists> hotLists = new HashMap<>();
            lists.forEach(list -> hotLists.put(list, new HotLists()));
            List<String> faults = new ArrayList<>();
            if (columns.picture().kind() == Shard.Kind.BYTES) {
                named = false;
                wanted.remove(picture);
            }
            for (ShardPictures.Part part : parts) {
                attempt(
                        faults,
                        () -> part.shard().forEachRow(wanted, cells -> {
                            for (int i = 0; i < lists.size(); i++) {
                                hotLists.get(lists.get(i)).add(cells.get(i));
                            }
                            if (embedded && named) {
                                List<String> path = cells.get(lists.size());
                                named = !path.isEmpty() && !path.get(0).isEmpty() && names.add(path.get(0));
                            }
                        }));
            }
            refuse(faults);
            hot = new TreeSet<>();
            hotLists.forEach((list, seen) -> {
                if (seen.areHot()) {
                    hot.add(list);
                    problems.note(
                            source,
                            "\"" + list + "\" has no names, so its labels are named by their places: 0, 1, 2...");
                }
            });
        }

        private void read(int part, boolean splitTold) {
            ShardFiles.ShardFile file = parts.get(part).file();
            List<String> wanted = new ArrayList<>(columns.kept());
            boolean paths = columns.picture().kind() != Shard.Kind.BYTES;
            if (paths) {
                wanted.add(picture);
            }
            long[] row = {0};
            parts.get(part).shard().forEachRow(wanted, cells -> {
                String path = paths && !cells.get(wanted.size() - 1).isEmpty()
                        ? cells.get(wanted.size() - 1).get(0)
                        : "";
                String name = embedded && !named ? file.stem() + "/" + row[0] : path;
                row(file, name, cells, splitTold);
                if (embedded) {
                    pictures.add(name, path, part, row[0]);
                }
                row[0]++;
            });
        }

        private void row(ShardFiles.ShardFile file, String name, List<List<String>> cells, boolean splitTold) {
            line++;
            List<String> fields = new ArrayList<>(header.size());
            fields.add(name);
            for (int i = 0; i < columns.kept().size(); i++) {
                String column = columns.kept().get(i);
                List<String> cell = cells.get(i);
                List<String> names = columns.namesOf(column);
                boolean label = columns.isLabel(column);
                if (label && !names.isEmpty() && cell.equals(List.of(NO_LABEL))) {
                    unlabelled.merge(file.split().orElse(""), 1L, Long::sum);
                    problems.add(Problems.ProblemKind.UNLABELLED_ROW, source, line, name, "label -1, which means none");
                    return;
                }
                boolean list = isList(column);
                List<String> texts = new ArrayList<>(cell.size());
                if (hot.contains(column)) {
                    for (int place = 0; place < cell.size(); place++) {
                        if (cell.get(place).startsWith("1")) {
                            texts.add(Integer.toString(place));
                        }
                    }
                } else {
                    for (String value : cell) {
                        Optional<String> text = named(value, names);
                        if (text.isEmpty()) {
                            problems.add(
                                    Problems.ProblemKind.BAD_VALUE,
                                    source,
                                    line,
                                    name,
                                    "\"" + column + "\" is " + value + ", but there are " + names.size() + " classes");
                            return;
                        }
                        texts.add(text.get());
                    }
                }
                fields.add(list ? listed(texts) : texts.isEmpty() ? "" : CleanText.of(texts.get(0)));
            }
            labelled.merge(file.split().orElse(""), 1L, Long::sum);
            if (splitTold) {
                fields.add(file.split().orElse(""));
            }
            table.row(line, fields);
        }

        private boolean isList(String column) {
            return columns.all().stream()
                    .anyMatch(each -> each.name().equals(column) && each.kind() == Shard.Kind.VALUES);
        }

        private Optional<String> named(String value, List<String> names) {
            if (names.isEmpty()) {
                return Optional.of(value);
            }
            try {
                int number = Integer.parseInt(value);
                return number >= 0 && number < names.size() ? Optional.of(names.get(number)) : Optional.empty();
            } catch (NumberFormatException e) {
                return names.contains(value) ? Optional.of(value) : Optional.empty();
            }
        }

        /** As {@link LabelCell} reads it. */
        private static String listed(List<String> items) {
            StringBuilder list = new StringBuilder("[");
            for (String item : items) {
                list.append(list.length() > 1 ? ", " : "")
                        .append('"')
                        .append(item.replace("\\", "\\\\").replace("\"", "\\\""))
                        .append('"');
            }
            return list.append(']').toString();
        }

        private void noteUnlabelled() {
            unlabelled.forEach((split, count) -> {
                if (!labelled.containsKey(split)) {
                    problems.note(
                            source,
                            (split.isEmpty() ? "no row" : "no row of the split " + split)
                                    + " has a label (all " + count + " are -1, which means none)"
                                    + (split.isEmpty() ? "" : ", so the data set is prepared without it"));
                }
            });
        }
    }

    /** Finds out whether all lists are of the same length and hold nothing but 0 and 1. */
    private static final class HotLists {
        private int length = -1;
        private boolean fits = true;
        private boolean repeats;

        void add(List<String> cell) {
            if (cell.isEmpty()) {
                fits = false;
                return;
            }
            fits &= length < 0 || length == cell.size();
            length = cell.size();
            fits &= cell.stream().allMatch(value -> value.matches("[01](?:\\.0)?"));
            repeats |= fits && new HashSet<>(cell).size() < cell.size();
        }

        boolean areHot() {
            return fits && repeats;
        }
    }
}
