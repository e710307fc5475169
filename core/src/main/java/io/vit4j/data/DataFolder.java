package io.vit4j.data;

import io.vit4j.base.InputException;
import io.vit4j.image.PictureKind;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * What a user points at: labels and images, detected automatically.
 *
 * <p>Labels, in this order: the file that is named; NIH's {@code Data_Entry_2017_v2020.csv} or {@code Data_Entry_2017.csv};
 * {@code metadata.jsonl} or {@code metadata.csv}, in the folder, in one below it or in an archive, as Hugging Face
 * {@code datasets} finds them; Parquet files, which hold labels and images; else a folder per class.
 *
 * <p>Images: the files in the folder and below; if there are none, those in its archives ({@code .zip}, {@code .tar.gz},
 * {@code .tgz}, {@code .tar}), in the order of their names. Archives whose names tell a split, such as {@code train.zip} and
 * {@code test.zip}, count as folders of those names. The folder may also be an archive itself.
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
     * Starts the choices.
     *
     * @param data folder or archive
     */
    public static DataFolderOptions builder(Path data) {
        return new DataFolderOptions(data);
    }

    /**
     * Starts the choices for pictures that lie elsewhere. The label file is the one that is named, or else they are labelled by the metadata
     * files among them, or by a folder per class.
     */
    public static DataFolderOptions builder(ImageSource images) {
        return new DataFolderOptions(images);
    }

    /** The names of label files that are looked for in the folder itself, the first that is there being taken. */
    public static List<String> labelFiles() {
        return Stream.concat(NIH_FILES.stream(), METADATA_FILES.stream()).toList();
    }

    /** The names of the folder below, if there is one, in which alone pictures are looked for. */
    public static List<String> imageFolders() {
        return IMAGE_FOLDERS;
    }

    static DataFolder open(DataFolderOptions options) {
        DataFolder found = withHeaders(withoutLabels(find(options), options), options);
        return options.patientPattern.isEmpty()
                ? found
                : with(found.images(), () -> PatientFolder.fill(found.labels(), options.patientPattern.get()));
    }

    private static DataFolder withoutLabels(DataFolder found, DataFolderOptions options) {
        return options.unlabelled ? with(found.images(), () -> UnlabelledPictures.of(found.labels())) : found;
    }

    private static DataFolder withHeaders(DataFolder found, DataFolderOptions options) {
        return found.images() instanceof ShardPictures
                ? found
                : with(found.images(), () -> HeaderColumns.fill(found.labels(), found.images(), options));
    }

    private static DataFolder find(DataFolderOptions options) {
        if (options.images.isPresent()) {
            ImageSource images = options.images.get();
            return with(
                    images,
                    () -> options.labelFile
                            .map(file -> readLabels(file, options))
                            .orElseGet(() -> foundIn(images, options)));
        }
        Path data = options.data;
        if (!Files.exists(data)) {
            throw InputException.in(data, "no such folder; it should contain the images");
        }
        Optional<ShardFiles> shards = options.labelFile.isPresent() || hasLabelFile(data)
                ? Optional.empty()
                : ShardFiles.in(data, options.configuration);
        if (shards.isPresent()) {
            return ShardTable.read(shards.get(), options);
        }
        if (options.columns.isPresent() && options.labelFile.isEmpty()) {
            throw InputException.in(data, "columns are named, but no label file is; name it with --labels FILE");
        }
        if (Files.isRegularFile(data)) {
            ImageSource images = archives(List.of(data), false);
            return with(
                    images,
                    () -> options.labelFile
                            .map(file -> readLabels(file, options))
                            .orElseGet(() -> foundIn(images, options)));
        }
        Optional<LeadingOut> leadingOut = options.followLinks ? Optional.empty() : Optional.of(new LeadingOut(data));
        Optional<Path> known = first(data, NIH_FILES).or(() -> first(data, METADATA_FILES));
        Optional<TextSource> labelFile = options.labelFile.or(() -> known.map(TextSource::of));
        if (labelFile.isPresent()) {
            if (options.labelFile.isEmpty()) {
                leadingOut.ifPresent(out -> known.ifPresent(out::look));
            }
            leadingOut.ifPresent(LeadingOut::refuse);
            LabelTable labels = readLabels(labelFile.get(), options);
            return new DataFolder(labels, images(data, options.problems, leadingOut));
        }
        ImageSource images = images(data, options.problems, leadingOut);
        return with(images, () -> foundIn(images, options));
    }

    private static boolean hasLabelFile(Path data) {
        return first(data, NIH_FILES).or(() -> first(data, METADATA_FILES)).isPresent();
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
        DataFolderOptions options = builder(file).noFinding(noFinding).problems(problems);
        columns.ifPresent(options::columns);
        return readLabels(TextSource.of(file), options);
    }

    private static LabelTable readLabels(TextSource file, DataFolderOptions options) {
        if (options.columns.isPresent()) {
            if (options.columns.get().image().isEmpty()) {
                throw file.fault("also name the column with the names of the images, with --image-column");
            }
            return options.joinedFile.isPresent()
                    ? CsvLabelFile.read(
                            file, TextSource.of(options.joinedFile.get()), options.columns.get(), options.problems)
                    : CsvLabelFile.read(file, options.columns.get(), options.problems);
        }
        if (MetadataFile.isJsonLines(file.name())) {
            return MetadataFile.read(file, options.problems);
        }
        List<String> header = DelimitedText.header(file);
        if (NihLabelFile.isHeader(header)) {
            return NihLabelFile.read(file, options.noFinding, options.problems);
        }
        if (header.contains("file_name")) {
            return MetadataFile.read(file, options.problems);
        }
        throw file.fault("a label file of an unknown kind; name its columns with --image-column, and --label-column or"
                + " --label-columns. It has " + DelimitedText.shortened(String.join(", ", header)));
    }

    private static Optional<Path> first(Path folder, List<String> names) {
        return names.stream().map(folder::resolve).filter(Files::isRegularFile).findFirst();
    }

    /** The labels that metadata files beside the images tell, or else the folders' names. */
    private static LabelTable foundIn(ImageSource images, DataFolderOptions options) {
        Inventory inventory = ((Inventory.Holder) images).inventory();
        if (!inventory.passedOver().isEmpty()) {
            options.problems.note(
                    images.description(),
                    inventory.passedOver().size()
                            + " images that are hidden, or in folders of the operating system or of network storage, are"
                            + " ignored, such as "
                            + inventory.passedOver().get(0));
        }
        if (inventory.metadata().isEmpty()) {
            return options.unlabelled
                    ? UnlabelledPictures.read(images.description(), inventory.images(), options.problems)
                    : ClassFolders.read(images.description(), inventory.images(), options.classes, options.problems);
        }
        List<LabelTable> tables = new ArrayList<>();
        inventory.metadata().forEach((path, file) -> {
            String jsonLines = path.replaceAll("metadata\\.csv", "metadata.jsonl");
            if (!path.equals(jsonLines) && inventory.metadata().containsKey(jsonLines)) {
                options.problems.note(file.name(), "ignored in favour of the metadata.jsonl next to it");
            } else {
                tables.add(below(path, readLabels(file, options)));
            }
        });
        return tables.size() == 1 ? tables.get(0) : joined(images.description(), tables);
    }

    /** The table of a metadata file as the source's root sees it: image names below its folder, and that folder's split. */
    private static LabelTable below(String path, LabelTable table) {
        String folder = path.substring(0, path.lastIndexOf('/') + 1);
        Optional<String> split = SplitNames.inFolders(List.of(folder.split("/")));
        return table.withRows(table.rows().stream()
                .map(row -> row.withImage(folder + row.image()))
                .map(row -> row.split().isPresent()
                        ? row
                        : split.map(row::withSplit).orElse(row))
                .toList());
    }

    private static LabelTable joined(String source, List<LabelTable> parts) {
        LabelTable first = parts.get(0);
        List<LabelTable.LabelRow> rows = new ArrayList<>();
        for (LabelTable part : parts) {
            if (part.problemType() != first.problemType() || !part.columnNames().equals(first.columnNames())) {
                throw new InputException(part.source() + ": its columns differ from those of " + first.source()
                        + "; give all metadata files the same columns");
            }
            rows.addAll(part.rows());
        }
        return new LabelTable(source, first.problemType(), first.declaredLabels(), first.columnNames(), rows);
    }

    private static ImageSource images(Path data, Problems problems, Optional<LeadingOut> leadingOut) {
        List<Path> archives =
                list(data).stream().filter(ArchiveNames::isArchive).toList();
        Optional<ImageFolder> folder = folder(data, leadingOut);
        if (folder.isPresent()) {
            leadingOut.ifPresent(LeadingOut::refuse);
            refuseUnreadable(folder.get());
            if (!archives.isEmpty()) {
                problems.note(
                        data.toString(),
                        archives.size() + " archives next to the images are ignored, such as "
                                + archives.get(0).getFileName());
            }
            return folder.get();
        }
        for (String below : ROOTS) {
            List<Path> there = list(data.resolve(below)).stream()
                    .filter(ArchiveNames::isArchive)
                    .toList();
            if (!there.isEmpty()) {
                leadingOut.ifPresent(out -> there.forEach(out::look));
                leadingOut.ifPresent(LeadingOut::refuse);
                boolean split = there.stream()
                        .anyMatch(archive ->
                                SplitNames.in(ArchiveNames.stem(archive)).isPresent());
                return archives(there, split);
            }
        }
        throw InputException.in(data, "contains no images and no zip or tar archives; is it the right folder?");
    }

    /** A folder of nothing but HEIC is refused by these names, before its labels are asked for. */
    private static void refuseUnreadable(ImageFolder folder) {
        Map<String, Integer> counts = new TreeMap<>();
        String mend = "";
        for (String name : folder.names()) {
            PictureKind kind = folder.kind(name);
            if (kind.support() != PictureKind.Support.NOT_READ) {
                return;
            }
            counts.merge(kind.name(), 1, Integer::sum);
            mend = kind.mend().replace("convert it", "convert them");
        }
        String kinds = counts.entrySet().stream()
                .map(kind -> kind.getValue() + " " + kind.getKey())
                .collect(Collectors.joining(", "));
        throw InputException.in(
                folder.root(), "contains only pictures that cannot be read here (" + kinds + "); " + mend);
    }

    private static Optional<ImageFolder> folder(Path data, Optional<LeadingOut> leadingOut) {
        for (String below : IMAGE_FOLDERS) {
            Path images = data.resolve(below);
            if (Files.isDirectory(images)) {
                ImageFolder folder = new ImageFolder(images, leadingOut);
                if (!folder.names().isEmpty()) {
                    return Optional.of(folder);
                }
            }
        }
        return Optional.of(new ImageFolder(data, leadingOut))
                .filter(folder -> !folder.names().isEmpty());
    }

    private static ImageSource archives(List<Path> files, boolean underTheirNames) {
        long zips = files.stream().filter(ArchiveNames::isZip).count();
        if (zips == files.size()) {
            return new ZipImages(files, underTheirNames);
        }
        if (zips > 0) {
            throw InputException.in(files.get(0), "contains both zip and tar archives; keep one kind");
        }
        if (!files.stream().allMatch(ArchiveNames::isArchive)) {
            throw InputException.in(files.get(0), "neither a folder nor a .zip, .tar, .tar.gz or .tgz archive");
        }
        return new TarImages(files, underTheirNames);
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
