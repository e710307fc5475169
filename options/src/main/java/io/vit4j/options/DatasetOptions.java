package io.vit4j.options;

import io.vit4j.PrepareRequest;
import io.vit4j.data.PrepareDataset.OnBadImage;
import io.vit4j.model.Sides;
import java.nio.file.Path;
import java.util.Optional;
import java.util.function.UnaryOperator;
import picocli.CommandLine.Option;

/** What a data set holds of the pictures: their size, names, and what becomes of those that cannot be read. */
public final class DatasetOptions implements HelpSection {
    @Override
    public String heading() {
        return "Data set";
    }

    @Option(
            names = "--model",
            paramLabel = "CKPT",
            description = "Checkpoint (a folder, or a name on the hub) whose preprocessor_config.json sets size and"
                    + " filter. Default: 224x224, bilinear.")
    private String model;

    @Option(
            names = "--image-size",
            paramLabel = "N|HxW",
            description =
                    "Another size than that, for training with the same --image-size: NxN, or H rows by W columns.")
    private String imageSize;

    @Option(
            names = "--store-size",
            paramLabel = "N",
            description = "Store pictures at NxN, larger than the model's size, so that training can crop at random.")
    private Integer storeSize;

    @Option(
            names = "--on-bad-image",
            paramLabel = "fail|skip",
            defaultValue = "fail",
            description = "What to do with a missing or unreadable image: fail, or skip it and list it in skipped.csv."
                    + " Default: ${DEFAULT-VALUE}.")
    private OnBadImage onBadImage;

    @Option(
            names = "--file-names",
            paramLabel = "keep|digest",
            defaultValue = "keep",
            description =
                    "keep: the data set contains the names of the pictures' files; digest: it contains digests of them"
                            + " by --patient-key instead, also for patients found in names. Default: ${DEFAULT-VALUE}.")
    private FileNames fileNames;

    @Option(
            names = "--overwrite",
            arity = "0..1",
            paramLabel = "true|false",
            fallbackValue = "true",
            defaultValue = "false",
            description = "Replace a data set that is already in the folder.")
    private boolean overwrite;

    private enum FileNames {
        KEEP,
        DIGEST
    }

    /**
     * Tells a request about the data set.
     *
     * @param here makes a checkpoint, as it is given, one that this machine can read
     * @param patientKey the file with the key for digests; empty: the user's own
     */
    public void describe(PrepareRequest request, UnaryOperator<String> here, Optional<Path> patientKey) {
        request.onBadImage(onBadImage).overwrite(overwrite);
        if (fileNames == FileNames.DIGEST) {
            request.deidentifyNames(patientKey);
        }
        if (model != null) {
            request.forModel(here.apply(model));
        }
        if (imageSize != null) {
            Sides size = Sides.parse("--image-size", imageSize);
            request.imageSize(size.height(), size.width());
        }
        if (storeSize != null) {
            request.storeSize(storeSize);
        }
    }
}
