package io.vit4j.data;

import io.vit4j.base.InputException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Supplier;
import java.util.stream.Stream;

/**
 * What a user points at: labels and images, detected automatically.
 *
 * <p>Labels, in this order: the named file; NIH's {@code Data_Entry_2017_v2020.csv} or {@code Data_Entry_2017.csv};
 * {@code metadata.jsonl} or {@code metadata.csv}, in the folder, its {@code images} folder, or one of {@code train},
 * {@code validation} and {@code test}; else a folder per class.
 *
 * <p>Images: the files in the folder and below; if there are none, those in its archives ({@code .zip}, {@code .tar.gz},
 * {@code .tgz}, {@code .tar}), in the order of their names. Instead of a folder, it may be a single archive.
 */
public record DataFolder(LabelTable labels, ImageSource images) implements AutoCloseable {
    private static final List<String> NIH_FILES = List.of(
            "Data_Entry_2017_v2020.csv",
            "Data_Entry_2017.csv",
            "Data_Entry_2017_v2020.csv.gz",
            "Data_Entry_2017.csv.gz");
    private static final List<String> METADATA_FILES = List.of("metadata.jsonl", "metadata.csv");
    private static final List<String> IMAGE_FOLDERS = List.of("images", "Images");
    private static final List<String> ROOTS = List.of("", "images", "Images");

    /**
     * Finds and reads the labels, and lists the images.
     *
     * @param data folder or archive
     * @param labelFile empty: to be found
     * @param columns of a label file of anybody's making; empty: one of a known kind
     * @param noFinding for NIH's label file
     */
    public static DataFolder open(
            Path data,
            Optional<Path> labelFile,
            Optional<CsvLabelFile.Columns> columns,
            NihLabelFile.NoFinding noFinding,
            Problems problems) {
        if (!Files.exists(data)) {
            throw InputException.in(data, "no such folder; it should contain the images");
        }
        if (Files.isRegularFile(data)) {
            ImageSource images = archives(List.of(data));
            return with(
                    images,
                    () -> labelFile
                            .map(file -> readLabels(file, columns, noFinding, problems))
                            .orElseGet(() -> classFolders(images)));
        }
        Optional<Path> found = labelFile.or(() -> first(data, NIH_FILES));
        if (found.isPresent()) {
            LabelTable labels = readLabels(found.get(), columns, noFinding, problems);
            return new DataFolder(labels, images(data));
        }
        for (String below : ROOTS) {
            Path root = data.resolve(below);
            Optional<Path> metadata = first(root, METADATA_FILES);
            if (metadata.isPresent()) {
                return new DataFolder(readLabels(metadata.get(), columns, noFinding, problems), images(root));
            }
        }
        List<LabelTable> parts = splitFolders(data, columns, noFinding, problems);
        if (!parts.isEmpty()) {
            return new DataFolder(joined(data, parts), images(data));
        }
        ImageSource images = images(data);
        return with(images, () -> classFolders(images));
    }

    private static DataFolder with(ImageSource images, Supplier<LabelTable> labels) {
        try {
            return new DataFolder(labels.get(), images);
        } catch (RuntimeException e) {
            images.close();
            throw e;
        }
    }

    /** Reads a label file of any known kind, recognised by its name and header. */
    public static LabelTable readLabels(
            Path file, Optional<CsvLabelFile.Columns> columns, NihLabelFile.NoFinding noFinding, Problems problems) {
        if (columns.isPresent()) {
            return CsvLabelFile.read(file, columns.get(), problems);
        }
        String name = String.valueOf(file.getFileName()).toLowerCase(Locale.ROOT);
        if (name.endsWith(".jsonl") || name.endsWith(".jsonl.gz")) {
            return MetadataFile.read(file, problems);
        }
        List<String> header = DelimitedText.header(file);
        if (NihLabelFile.isHeader(header)) {
            return NihLabelFile.read(file, noFinding, problems);
        }
        if (header.contains("file_name")) {
            return MetadataFile.read(file, problems);
        }
        throw InputException.in(
                file,
                "a label file of an unknown kind; name its columns with --image-column, and --label-column,"
                        + " --label-columns or --target-columns. It has "
                        + DelimitedText.shortened(String.join(", ", header)));
    }

    private static Optional<Path> first(Path folder, List<String> names) {
        return names.stream().map(folder::resolve).filter(Files::isRegularFile).findFirst();
    }

    /** A metadata file in each of train, validation and test: the rows of each, with the split and the folder's name. */
    private static List<LabelTable> splitFolders(
            Path data, Optional<CsvLabelFile.Columns> columns, NihLabelFile.NoFinding noFinding, Problems problems) {
        List<LabelTable> tables = new ArrayList<>();
        for (Path folder : list(data)) {
            String name = String.valueOf(folder.getFileName());
            Optional<String> split = Split.named(name);
            Optional<Path> metadata = first(folder, METADATA_FILES);
            if (split.isEmpty() || metadata.isEmpty()) {
                continue;
            }
            LabelTable table = readLabels(metadata.get(), columns, noFinding, problems);
            tables.add(table.withRows(table.rows().stream()
                    .map(row -> new LabelTable.LabelRow(
                            row.line(),
                            name + "/" + row.image(),
                            row.labels(),
                            row.unknown(),
                            row.patient(),
                            split,
                            row.values(),
                            row.numbers()))
                    .toList()));
        }
        return tables;
    }

    private static LabelTable joined(Path data, List<LabelTable> parts) {
        LabelTable first = parts.get(0);
        List<LabelTable.LabelRow> rows = new ArrayList<>();
        for (LabelTable part : parts) {
            if (part.problemType() != first.problemType() || !part.columnNames().equals(first.columnNames())) {
                throw new InputException(part.source() + ": its columns differ from those of " + first.source()
                        + "; give all metadata files the same columns");
            }
            rows.addAll(part.rows());
        }
        return new LabelTable(data.toString(), first.problemType(), first.declaredLabels(), first.columnNames(), rows);
    }

    private static LabelTable classFolders(ImageSource images) {
        if (images instanceof ImageSource.ByName files) {
            return ClassFolders.read(files.description(), files.names());
        }
        List<String> names = new ArrayList<>();
        ((ImageSource.InOrder) images)
                .forEach(
                        name -> {
                            names.add(name);
                            return false;
                        },
                        (name, bytes) -> {});
        return ClassFolders.read(images.description(), names);
    }

    private static ImageSource images(Path data) {
        for (String below : IMAGE_FOLDERS) {
            Path images = data.resolve(below);
            if (Files.isDirectory(images)) {
                ImageFolder folder = new ImageFolder(images);
                if (!folder.names().isEmpty()) {
                    return folder;
                }
            }
        }
        ImageFolder folder = new ImageFolder(data);
        if (!folder.names().isEmpty()) {
            return folder;
        }
        for (String below : ROOTS) {
            List<Path> archives = list(data.resolve(below)).stream()
                    .filter(DataFolder::isArchive)
                    .toList();
            if (!archives.isEmpty()) {
                return archives(archives);
            }
        }
        throw InputException.in(data, "contains no images and no zip or tar archives; is it the right folder?");
    }

    private static boolean isArchive(Path file) {
        String name = String.valueOf(file.getFileName()).toLowerCase(Locale.ROOT);
        return Files.isRegularFile(file)
                && !name.startsWith(".")
                && (isZip(file) || name.endsWith(".tar.gz") || name.endsWith(".tgz") || name.endsWith(".tar"));
    }

    private static boolean isZip(Path file) {
        return String.valueOf(file.getFileName()).toLowerCase(Locale.ROOT).endsWith(".zip");
    }

    private static ImageSource archives(List<Path> files) {
        long zips = files.stream().filter(DataFolder::isZip).count();
        if (zips == files.size()) {
            return new ZipImages(files);
        }
        if (zips > 0) {
            throw InputException.in(files.get(0), "contains both zip and tar archives; keep one kind");
        }
        if (!files.stream().allMatch(DataFolder::isArchive)) {
            throw InputException.in(files.get(0), "neither a folder nor a .zip, .tar, .tar.gz or .tgz archive");
        }
        return new TarImages(files);
    }

    private static List<Path> list(Path folder) {
        if (!Files.isDirectory(folder)) {
            return List.of();
        }
        try (Stream<Path> entries = Files.list(folder)) {
            return entries.sorted().toList();
        } catch (IOException e) {
            throw InputException.in(folder, "cannot be listed: " + e.getMessage(), e);
        }
    }

    @Override
    public void close() {
        images.close();
    }
}
