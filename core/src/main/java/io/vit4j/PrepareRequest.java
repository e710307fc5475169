package io.vit4j;

import io.vit4j.base.InputException;
import io.vit4j.base.Progress;
import io.vit4j.data.CsvLabelFile;
import io.vit4j.data.DataFolder;
import io.vit4j.data.DataFolderOptions;
import io.vit4j.data.DistributedPrepare;
import io.vit4j.data.ImageSource;
import io.vit4j.data.LabelTable;
import io.vit4j.data.PrepareDataset;
import io.vit4j.data.PrepareOptions;
import io.vit4j.data.Problems;
import io.vit4j.data.Split;
import io.vit4j.hub.CheckpointFiles;
import io.vit4j.hub.CheckpointSource;
import io.vit4j.hub.DatasetSource;
import io.vit4j.hub.HubSettings;
import io.vit4j.image.DecodeOptions;
import io.vit4j.image.ImageProcessor;
import io.vit4j.model.Sides;
import java.nio.file.Path;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.UnaryOperator;

/**
 * Makes a data set from pictures and labels, decoding and resizing every picture once. If interrupted, the same request
 * continues where it stopped. An existing data set with the same pictures, labels and settings is left unchanged.
 *
 * <pre>{@code
 * Vit4j.prepare(Path.of("scans"))
 *         .labels(Path.of("findings.csv"))
 *         .columns(new CsvLabelFile.Columns("file", new CsvLabelFile.OneLabel("finding")))
 *         .forModel("google/vit-base-patch16-224-in21k")
 *         .output(Path.of("dataset"))
 *         .run(Progress.NONE);
 * }</pre>
 */
public final class PrepareRequest {
    private final String pictures;
    private final Optional<ImageSource> source;
    private Consumer<DataFolderOptions> folder = options -> {};
    private UnaryOperator<LabelTable> table = UnaryOperator.identity();
    private Function<LabelTable, Split> split = labels -> Split.usual(labels, Split.By.PATIENT, 1337);
    private Function<Progress.Factory, ImageProcessor> processor = progress -> ImageProcessor.defaults();
    private DecodeOptions decode = DecodeOptions.DEFAULT;
    private Optional<Sides> imageSize = Optional.empty();
    private OptionalInt storeSize = OptionalInt.empty();
    private int workers = Runtime.getRuntime().availableProcessors();
    private PrepareDataset.OnBadImage onBadImage = PrepareDataset.OnBadImage.FAIL;
    private boolean overwrite;
    private OptionalLong shardSize = OptionalLong.empty();
    private Consumer<PrepareOptions> names = options -> {};
    private Optional<Path> output = Optional.empty();

    PrepareRequest(String pictures) {
        this.pictures = pictures;
        source = Optional.empty();
    }

    PrepareRequest(ImageSource images) {
        pictures = images.description();
        source = Optional.of(images);
    }

    /** The label file; by default it is detected, or each folder of pictures is a class. */
    public PrepareRequest labels(Path file) {
        return folder(options -> options.labelFile(file));
    }

    /** The columns of a CSV label file of your own; by default the file is of a kind that is recognised. */
    public PrepareRequest columns(CsvLabelFile.Columns columns) {
        return folder(options -> options.columns(columns));
    }

    /** Asks for no labels, and leaves out those that there are: for pretraining ({@link DataFolderOptions#unlabelled}). */
    public PrepareRequest unlabelled() {
        return folder(options -> options.unlabelled(true));
    }

    /** Whether pictures may be links that lead out of the folder; by default this is refused, with their number. */
    public PrepareRequest followLinks(boolean follow) {
        return folder(options -> options.followLinks(follow));
    }

    /** What else may be said of the folder and its labels. */
    public PrepareRequest folder(Consumer<DataFolderOptions> more) {
        folder = folder.andThen(more);
        return this;
    }

    /** Changes the labels once they are read; by default they stay as they are. */
    public PrepareRequest table(UnaryOperator<LabelTable> change) {
        table = change;
        return this;
    }

    /** Which pictures train, validate and test; by default as the labels say, or else 5% and 10% by patient. */
    public PrepareRequest split(Split chosen) {
        return split(labels -> chosen);
    }

    /** The same, decided from the labels. */
    public PrepareRequest split(Function<LabelTable, Split> chosen) {
        split = chosen;
        return this;
    }

    /** Size and filter as this checkpoint takes its pictures: a folder, or a name on the hub. By default 224x224, bilinear. */
    public PrepareRequest forModel(String checkpoint) {
        processor = progress -> CheckpointFiles.imageProcessor(
                CheckpointSource.resolve(checkpoint, HubSettings.fromEnvironment(), progress));
        return this;
    }

    /**
     * Another size than the checkpoint's, or than 224x224, for a model that is trained with such an image size.
     *
     * @param height rows
     * @param width columns
     */
    public PrepareRequest imageSize(int height, int width) {
        imageSize = Optional.of(new Sides(height, width));
        return this;
    }

    /** Size and filter. */
    public PrepareRequest processor(ImageProcessor how) {
        processor = progress -> how;
        return this;
    }

    /** Stores pictures of this height and width, larger than the model's, so that training can crop at random. */
    public PrepareRequest storeSize(int size) {
        storeSize = OptionalInt.of(size);
        return this;
    }

    /** How picture files are decoded. */
    public PrepareRequest decode(DecodeOptions options) {
        decode = options;
        return this;
    }

    /** Threads that read pictures; by default one per core. */
    public PrepareRequest workers(int threads) {
        workers = threads;
        return this;
    }

    /** What becomes of a picture that cannot be read; by default the request fails, with all of them named. */
    public PrepareRequest onBadImage(PrepareDataset.OnBadImage choice) {
        onBadImage = choice;
        return this;
    }

    /** Whether another data set in the output folder is replaced; by default it is not. */
    public PrepareRequest overwrite(boolean replace) {
        overwrite = replace;
        return this;
    }

    /**
     * Replaces the names of pictures, and patients found in them, by keyed digests ({@link PrepareOptions#deidentifyNames}); by default they
     * are kept.
     *
     * @param key its file, made if it does not exist; empty: the user's own
     */
    public PrepareRequest deidentifyNames(Optional<Path> key) {
        names = options -> options.deidentifyNames(key);
        return this;
    }

    /**
     * Divides the data set into Arrow files of at most so many bytes of rows each; by default it is one file.
     *
     * @param bytes at least 1
     */
    public PrepareRequest shardSize(long bytes) {
        shardSize = OptionalLong.of(bytes);
        return this;
    }

    /** The data set's folder, which must be given. */
    public PrepareRequest output(Path dataset) {
        output = Optional.of(dataset);
        return this;
    }

    /** Does it. InputException with everything that is wrong with the files, in one go. */
    public PrepareDataset.Prepared run(Progress.Factory progress) {
        Path dataset = output.orElseThrow(
                () -> new InputException("prepare " + pictures + ": no output folder was given; name one"));
        Problems problems = new Problems();
        try (DataFolder data = open(problems, progress)) {
            return options(data, problems, dataset, progress).run(progress);
        }
    }

    /**
     * Everything that is decided before a picture is decoded, for engines that decode them on several machines. A shard size is needed, and
     * the output folder is only where the small files are made.
     */
    public DistributedPrepare distribute(Progress.Factory progress) {
        Path files = output.orElseThrow(
                () -> new InputException("prepare " + pictures + ": no output folder was given; name one"));
        Problems problems = new Problems();
        try (DataFolder data = open(problems, progress)) {
            return options(data, problems, files, progress).distribute();
        }
    }

    /** Whether another data set in the output folder is to be replaced. */
    public boolean overwrites() {
        return overwrite;
    }

    private DataFolder open(Problems problems, Progress.Factory progress) {
        DataFolderOptions choices = source.map(DataFolder::builder).orElseGet(() -> {
            DatasetSource found = DatasetSource.resolve(pictures, HubSettings.fromEnvironment(), progress);
            DataFolderOptions ofFolder = DataFolder.builder(found.path());
            found.configuration().ifPresent(ofFolder::configuration);
            return ofFolder;
        });
        folder.accept(choices);
        return choices.problems(problems).open();
    }

    private PrepareOptions options(DataFolder data, Problems problems, Path dataset, Progress.Factory progress) {
        LabelTable labels = table.apply(data.labels());
        PrepareOptions options = PrepareDataset.builder(labels, data.images(), dataset)
                .problems(problems)
                .split(split.apply(labels))
                .workers(workers)
                .onBadImage(onBadImage)
                .overwrite(overwrite);
        shardSize.ifPresent(options::shardSize);
        names.accept(options);
        ImageProcessor own = processor.apply(progress);
        ImageProcessor taken =
                imageSize.map(size -> own.scaledTo(size.height(), size.width())).orElse(own);
        storeSize.ifPresentOrElse(
                size -> options.processor(taken, decode, size), () -> options.processor(taken, decode));
        return options;
    }
}
