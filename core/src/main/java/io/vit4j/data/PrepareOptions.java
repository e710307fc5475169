package io.vit4j.data;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.vit4j.base.InputException;
import io.vit4j.base.Json;
import io.vit4j.base.JsonObject;
import io.vit4j.base.Progress;
import io.vit4j.image.DecodeOptions;
import io.vit4j.image.GreyWindow;
import io.vit4j.image.ImageDecoder;
import io.vit4j.image.ImageProcessor;
import io.vit4j.image.Picture;
import java.io.Serializable;
import java.nio.file.Path;
import java.util.Optional;
import java.util.function.UnaryOperator;

/** The choices of {@link PrepareDataset}; each method returns this. */
public final class PrepareOptions {
    final ImageSource images;
    final Path output;
    Problems problems = new Problems();
    Optional<LabelVocabulary> vocabulary = Optional.empty();
    Split split = Split.byFraction(0.05, 0.1, Split.By.PATIENT, 42);
    int workers = Runtime.getRuntime().availableProcessors();
    PrepareDataset.OnBadImage onBadImage = PrepareDataset.OnBadImage.FAIL;
    boolean overwrite;
    long shardSize = DatasetWriter.NO_SHARDS;
    JsonObject settings = JsonObject.empty();
    LabelTable table;
    Optional<PatientKey> names = Optional.empty();

    private final LabelTable given;
    private Optional<Path> nameKey = Optional.empty();
    private Optional<PictureReader> reader = Optional.empty();
    private JsonObject processor = JsonObject.empty();
    private int height;
    private int width;
    private int cropHeight;
    private int cropWidth;

    PrepareOptions(LabelTable table, ImageSource images, Path output) {
        given = table;
        this.table = table.withPatientColumn(UnaryOperator.identity());
        this.images = images;
        this.output = output;
    }

    /** What was already found wrong while the label file was read, to be reported with the rest. */
    public PrepareOptions problems(Problems found) {
        problems = found;
        return this;
    }

    /** The labels that a model knows; without it, those of the label file. */
    public PrepareOptions vocabulary(LabelVocabulary known) {
        vocabulary = Optional.of(known);
        return this;
    }

    /** By default 5% validate and 10% test, by patient. */
    public PrepareOptions split(Split chosen) {
        split = chosen;
        return this;
    }

    /** Threads that read images, at least 1; by default one per core. */
    public PrepareOptions workers(int threads) {
        if (threads < 1) {
            throw new InputException("workers " + threads + ": it must be at least 1");
        }
        workers = threads;
        return this;
    }

    /**
     * What becomes of a picture that cannot be read.
     * @param choice {@code FAIL} unless given
     * @return this
     */
    public PrepareOptions onBadImage(PrepareDataset.OnBadImage choice) {
        onBadImage = choice;
        return this;
    }

    /** Whether another data set in the folder is replaced; by default it is not. */
    public PrepareOptions overwrite(boolean replace) {
        overwrite = replace;
        return this;
    }

    /**
     * Replaces the names of pictures in the data set by keyed digests, and so the patients that were found in them. Columns of the label file
     * stay as they are, and so do the names in {@code problems.csv} and {@code skipped.csv}.
     *
     * @param key as for patients' identifiers ({@link DataFolderOptions#patientKey}); empty: the user's own
     */
    public PrepareOptions deidentifyNames(Optional<Path> key) {
        nameKey = Optional.of(key.orElseGet(PatientKey::ofUser));
        return this;
    }

    /**
     * Divides the data set into Arrow files of at most so many bytes of rows, {@code data-00000-of-00064.arrow} and so on; by default it is one
     * file. Rows, their order and the data set's digest are the same.
     *
     * @param bytes at least 1; a single record batch (up to 128 rows) that is larger makes a shard of its own
     */
    public PrepareOptions shardSize(long bytes) {
        if (bytes < 1) {
            throw new InputException("shard size " + bytes + ": it must be at least 1 byte");
        }
        shardSize = bytes;
        return this;
    }

    /**
     * How image files become pictures of the data set.
     *
     * @param height of the stored pictures
     * @param width of the stored pictures
     * @param cropHeight of what the model gets; less than {@code height} if a margin is stored
     * @param cropWidth of what the model gets
     * @param processor settings to be kept with the data set, as {@code preprocessor_config.json} holds them
     * @param settings everything else that changes the pictures
     */
    public PrepareOptions pictures(
            PictureReader reader,
            int height,
            int width,
            int cropHeight,
            int cropWidth,
            JsonObject processor,
            JsonObject settings) {
        this.reader = Optional.of(reader);
        this.height = height;
        this.width = width;
        this.cropHeight = cropHeight;
        this.cropWidth = cropWidth;
        this.processor = processor;
        this.settings = settings;
        return this;
    }

    /**
     * Pictures as a model takes them.
     *
     * @param processor the model's
     * @param decode how files are decoded
     */
    public PrepareOptions processor(ImageProcessor processor, DecodeOptions decode) {
        return processor(processor, processor, decode);
    }

    /**
     * Pictures as a model takes them, stored with a margin, so that training can crop at random.
     *
     * @param processor the model's
     * @param decode how files are decoded
     * @param storeSize height and width of the stored pictures, at least the model's size
     */
    public PrepareOptions processor(ImageProcessor processor, DecodeOptions decode, int storeSize) {
        if (storeSize < processor.height() || storeSize < processor.width()) {
            throw new InputException("store size " + storeSize + ": smaller than the model's " + processor.width() + "x"
                    + processor.height() + "; give a larger one or leave it out");
        }
        return processor(processor, processor.withSize(storeSize, storeSize), decode);
    }

    private PrepareOptions processor(ImageProcessor processor, ImageProcessor stored, DecodeOptions decode) {
        JsonObject how = JsonObject.empty()
                .with("grey16", decode.grey16().toString())
                .with("stored", stored.toJson())
                .with("exif_orientation", decode.exifOrientation().toString());
        if (!decode.equals(decode.withWindow(new GreyWindow.OfFile()).withFrame(1))) {
            how = how.with("window", decode.window().toString()).with("frame", decode.frame());
        }
        return pictures(
                new Decoding(stored, decode),
                stored.height(),
                stored.width(),
                processor.height(),
                processor.width(),
                processor.toJson(),
                how);
    }

    /** Does it. InputException with everything that is wrong, in one go. */
    public PrepareDataset.Prepared run(Progress.Factory progress) {
        takeNames();
        return PrepareDataset.run(this, progress);
    }

    /**
     * The same choices, carried out elsewhere: pictures are decoded, and shards written, by whoever asks.
     * {@link #workers} has no effect then, and {@link #output} is only where the small files are made.
     *
     * @throws InputException with everything that is wrong with labels and names of pictures
     */
    public DistributedPrepare distribute() {
        takeNames();
        return DistributedPrepare.plan(this);
    }

    private void takeNames() {
        names = nameKey.map(file -> PatientKey.in(file, problems));
        names.ifPresent(key -> table = given.withPatientColumn(key::digest));
    }

    /** Files become pictures as a processor says. */
    private record Decoding(ImageProcessor stored, DecodeOptions decode) implements PictureReader, Serializable {
        @Override
        public Picture read(byte[] file, String name) {
            return stored.apply(ImageDecoder.decode(file, name, decode));
        }
    }

    PictureReader reader() {
        return reader.orElseThrow(() -> new IllegalStateException("it was not said how images become pictures"));
    }

    /** Of all that pictures and layout depend on, but for the rows. */
    String settingsDigest(DatasetInfo info) {
        ObjectNode all = Json.object();
        info.toMetadata().forEach(all::put);
        all.put("rows_in_batch", PrepareDataset.rowsInBatch(info));
        all.set("reader", Json.untyped(settings));
        names.ifPresent(key -> all.put("names", key.digest("")));
        return PreparePlan.digest(Json.line(all));
    }

    /** Of the data set, if all its pictures are grey. */
    DatasetInfo info(LabelVocabulary labels) {
        reader();
        return new DatasetInfo(
                labels,
                table.problemType(),
                height,
                width,
                1,
                cropHeight,
                cropWidth,
                processor,
                split.seed(),
                table.columnNames(),
                "");
    }
}
