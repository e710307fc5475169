package io.vit4j.data;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;

/** What is to be said of a {@link DataFolder} that cannot be found out by looking; each method returns this. */
public final class DataFolderOptions {
    final Path data;
    Optional<ImageSource> images = Optional.empty();
    Optional<TextSource> labelFile = Optional.empty();
    Optional<CsvLabelFile.Columns> columns = Optional.empty();
    NihLabelFile.NoFinding noFinding = NihLabelFile.NoFinding.KEEP;
    Optional<Path> joinedFile = Optional.empty();
    Optional<Pattern> patientPattern = Optional.empty();
    Optional<Path> patientKey = Optional.empty();
    List<String> classes = List.of();
    Optional<String> configuration = Optional.empty();
    Problems problems = new Problems();
    boolean followLinks;
    boolean unlabelled;

    DataFolderOptions(Path data) {
        this.data = data;
    }

    DataFolderOptions(ImageSource images) {
        this.data = Path.of("");
        this.images = Optional.of(images);
    }

    /** The label file; without it, one of a known name is looked for, and then a folder per class. */
    public DataFolderOptions labelFile(Path file) {
        labelFile = Optional.of(TextSource.of(file));
        return this;
    }

    /**
     * The label file's content, if Java's file systems do not reach the file itself.
     *
     * @param name of the file, for messages; its ending tells how it is compressed
     */
    public DataFolderOptions labelFile(String name, byte[] content) {
        labelFile = Optional.of(TextSource.of(name, content));
        return this;
    }

    /** What the columns of the label file mean; without it, the file is of a known kind. */
    public DataFolderOptions columns(CsvLabelFile.Columns meaning) {
        columns = Optional.of(meaning);
        return this;
    }

    /**
     * A second table, whose columns are added to the label file's rows where the columns that both have say the same, as the
     * {@code study_id} of MIMIC-CXR does. Rows without a partner are left out, and this is reported.
     */
    public DataFolderOptions joinedFile(Path file) {
        joinedFile = Optional.of(file);
        return this;
    }

    /** What in an image's path is its patient: the first group of the pattern, or all that it matches. */
    public DataFolderOptions patientPattern(Pattern pattern) {
        patientPattern = Optional.of(pattern);
        return this;
    }

    /**
     * The file with the key by which patients' identifiers in the pictures' headers become digests; it is made if it is not there.
     * Without it the user's own key is taken, in {@code ~/.config/vit4j/patient-key}.
     */
    public DataFolderOptions patientKey(Path file) {
        patientKey = Optional.of(file);
        return this;
    }

    /** What becomes of "No Finding" in NIH's label file; by default it is a label. */
    public DataFolderOptions noFinding(NihLabelFile.NoFinding choice) {
        noFinding = choice;
        return this;
    }

    /**
     * The folders that are classes, by their names or words in them; without it, each image's innermost folder is its class.
     * Images in none of them are left out.
     */
    public DataFolderOptions classes(List<String> names) {
        classes = List.copyOf(names);
        return this;
    }

    /** Which configuration of a Hugging Face data set, by its name in {@code README.md}; without it, the default one. */
    public DataFolderOptions configuration(String name) {
        configuration = Optional.of(name);
        return this;
    }

    /** Whether files may be links that lead out of the data folder; by default this is refused. */
    public DataFolderOptions followLinks(boolean follow) {
        followLinks = follow;
        return this;
    }

    /**
     * Whether labels are not asked for, and left out if there are any: for pretraining. Without a label file every picture counts, in
     * whatever folder it is; with one, it still says whose the pictures are, and in which split.
     */
    public DataFolderOptions unlabelled(boolean without) {
        unlabelled = without;
        return this;
    }

    /** Where to take note of what is wrong, and of how names were understood. */
    public DataFolderOptions problems(Problems found) {
        problems = found;
        return this;
    }

    /** Finds and reads the labels, and lists the images. InputException if that cannot be done. */
    public DataFolder open() {
        return DataFolder.open(this);
    }
}
