package io.vit4j.evaluate;

import io.vit4j.base.InputException;
import io.vit4j.data.DatasetInfo;
import io.vit4j.hub.CheckpointFiles;
import io.vit4j.image.ImageProcessor;
import io.vit4j.model.ModelDefinition;
import io.vit4j.model.Sides;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * Whether a data set was prepared for a model: its pictures cut and resized as the model's processor does. Mean and deviation
 * may differ, for pixels are normalised when they are read.
 */
public final class DatasetFit {
    private static final int SHOWN = 10;

    private DatasetFit() {}

    /**
     * InputException if the pictures of a data set are not what a checkpoint takes.
     *
     * @param dataset its folder, for the message
     * @param checkpoint its folder
     */
    public static void requirePictures(Path dataset, DatasetInfo info, Path checkpoint, ModelDefinition definition) {
        requirePictures(dataset, info, checkpoint, definition, Optional.empty());
    }

    /**
     * The same for a model that is to be made for pictures of another size than the checkpoint's.
     *
     * @param definition of the checkpoint as it is
     * @param size empty: the checkpoint's
     */
    public static void requirePictures(
            Path dataset, DatasetInfo info, Path checkpoint, ModelDefinition definition, Optional<Sides> size) {
        String stored = info.cropWidth() + "x" + info.cropHeight();
        String mend = "--model " + checkpoint
                + size.map(sides -> " --image-size " + sides).orElse("");
        Optional<ImageProcessor> own = CheckpointFiles.ownImageProcessor(checkpoint);
        if (own.isEmpty()) {
            int height = size.map(Sides::height).orElse(definition.imageHeight());
            int width = size.map(Sides::width).orElse(definition.imageWidth());
            if (info.cropHeight() != height || info.cropWidth() != width) {
                throw other(dataset, stored, width + "x" + height, mend);
            }
            return;
        }
        ImageProcessor wanted = size.map(sides -> own.get().scaledTo(sides.height(), sides.width()))
                .orElse(own.get());
        ImageProcessor prepared = ImageProcessor.of(info.processor());
        boolean sameSize = info.cropHeight() == wanted.height() && info.cropWidth() == wanted.width();
        if (!sameSize || !prepared.seesAs(wanted)) {
            throw other(dataset, prepared.geometry(), wanted.geometry(), mend);
        }
    }

    /**
     * InputException if the pictures of a data set are neither what a model of an ensemble takes, nor the same at a larger size.
     *
     * @param dataset its folder, for the message
     * @param checkpoint its folder
     * @return the size that the model takes
     */
    public static Sides requireAtLeast(Path dataset, DatasetInfo info, Path checkpoint, ModelDefinition definition) {
        Sides takes = CheckpointFiles.ownImageProcessor(checkpoint)
                .map(own -> new Sides(own.height(), own.width()))
                .orElse(new Sides(definition.imageHeight(), definition.imageWidth()));
        boolean smaller = takes.height() <= info.cropHeight() && takes.width() <= info.cropWidth();
        Optional<Sides> larger =
                smaller ? Optional.of(new Sides(info.cropHeight(), info.cropWidth())) : Optional.empty();
        requirePictures(dataset, info, checkpoint, definition, larger);
        return takes;
    }

    /**
     * InputException if the pictures of a data set are not of the size that a new model is asked for.
     *
     * @param dataset its folder, for the message
     */
    public static void requireSize(Path dataset, DatasetInfo info, Sides size) {
        if (info.cropHeight() != size.height() || info.cropWidth() != size.width()) {
            throw InputException.in(
                    dataset,
                    "holds pictures prepared as " + info.cropWidth() + "x" + info.cropHeight() + ", not of image_size "
                            + size + "; prepare the data set with --image-size " + size);
        }
    }

    private static InputException other(Path dataset, String stored, String wanted, String mend) {
        return InputException.in(
                dataset,
                "holds pictures prepared as " + stored + ", but the model takes " + wanted
                        + "; prepare the data set with " + mend);
    }

    /** InputException if a model and a data set do not have the same labels in the same order. */
    public static void requireLabels(Path dataset, List<String> ofDataset, Path model, List<String> ofModel) {
        if (ofModel.equals(ofDataset)) {
            return;
        }
        List<String> onlyInDataset =
                ofDataset.stream().filter(name -> !ofModel.contains(name)).toList();
        List<String> onlyInModel =
                ofModel.stream().filter(name -> !ofDataset.contains(name)).toList();
        throw InputException.in(
                dataset,
                "its labels are not those of the model " + model + ": only the data set has " + shown(onlyInDataset)
                        + ", and only the model has " + shown(onlyInModel)
                        + "; give them the same names in the label file and prepare it again, or evaluate a model that was"
                        + " trained for these labels");
    }

    private static String shown(List<String> names) {
        return names.isEmpty()
                ? "none"
                : String.join(", ", names.subList(0, Math.min(names.size(), SHOWN)))
                        + (names.size() > SHOWN ? " and " + (names.size() - SHOWN) + " more" : "");
    }
}
