package io.vit4j.image;

import io.vit4j.base.DurableFiles;
import io.vit4j.base.InputException;
import io.vit4j.base.JsonObject;
import java.io.InvalidObjectException;
import java.io.ObjectInputStream;
import java.io.Serializable;
import java.nio.FloatBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;

/**
 * A checkpoint's own image processing, as its {@code preprocessor_config.json} says: resize, centre-crop, rescale,
 * normalise, with the arithmetic of transformers' {@code ViTImageProcessor} on Pillow. The first two happen once, when a
 * data set is prepared; the last two on every read, by a table of the 256 values a byte can take.
 */
public final class ImageProcessor implements Serializable {
    private final transient ProcessorSettings settings;
    private final transient float[][] table;

    /** What a checkpoint's folder calls the file of these settings. */
    public static final String FILE = "preprocessor_config.json";

    private ImageProcessor(ProcessorSettings settings) {
        this.settings = settings;
        this.table = table(settings);
    }

    /** ViT's defaults: 224x224, bilinear, mean and deviation 0.5. */
    public static ImageProcessor defaults() {
        return new ImageProcessor(ProcessorSettings.DEFAULTS);
    }

    /** That of a checkpoint's folder; ViT's defaults where it has none. */
    public static ImageProcessor read(Path folder) {
        Path file = folder.resolve(FILE);
        return Files.exists(file) ? of(JsonObject.read(file)) : defaults();
    }

    /** That of a {@code preprocessor_config.json}; InputException if it asks for steps that are not known here. */
    public static ImageProcessor of(JsonObject json) {
        return new ImageProcessor(ProcessorSettings.of(json));
    }

    /** The same processor for pictures of that size. */
    public ImageProcessor withSize(int height, int width) {
        return new ImageProcessor(settings.withSize(height, width));
    }

    /**
     * The same processor for pictures of another size, seen as before: where a crop is cut from a larger picture, both change in the
     * same proportion.
     */
    public ImageProcessor scaledTo(int height, int width) {
        return new ImageProcessor(settings.scaledTo(height, width));
    }

    /** Whether both see the same part of every picture at the same size, resized alike; normalisation may differ. */
    public boolean seesAs(ImageProcessor other) {
        return settings.seesAs(other.settings);
    }

    /** {@return how pictures are resized and cut, for people: {@code 224x224 (bilinear)}} */
    public String geometry() {
        return settings.geometry();
    }

    /** Rows of what {@link #apply} gives. */
    public int height() {
        return settings.result().height();
    }

    /** Columns of what {@link #apply} gives. */
    public int width() {
        return settings.result().width();
    }

    /** Resized and cropped, 8 bits a value; grey stays grey. */
    public Picture apply(Picture picture) {
        Picture resized = picture;
        if (settings.doResize()) {
            TargetSize.Fixed size = settings.resizedTo(picture.height(), picture.width());
            resized = Resampler.resize(picture, size.width(), size.height(), settings.resample());
        }
        if (settings.doCenterCrop()) {
            return centreCrop(resized, height(), width());
        }
        if (resized.height() != height() || resized.width() != width()) {
            throw new InputException(
                    "a picture of " + resized.width() + "x" + resized.height() + " but the model takes " + width() + "x"
                            + height() + ", and its preprocessor_config.json says do_resize false");
        }
        return resized;
    }

    /**
     * A part of a picture, in its rows and columns; it may extend beyond the picture's edges if a crop is larger than the
     * picture.
     *
     * @param top of the first row
     * @param left of the first column
     */
    public record Region(double top, double left, double height, double width) {}

    /** What of a picture of that size {@link #apply} keeps. */
    public Region seen(int height, int width) {
        TargetSize.Fixed resized =
                settings.doResize() ? settings.resizedTo(height, width) : new TargetSize.Fixed(height, width);
        if (!settings.doCenterCrop()) {
            return new Region(0, 0, height, width);
        }
        double rows = (double) height / resized.height();
        double columns = (double) width / resized.width();
        return new Region(
                rows * offset(resized.height(), height()),
                columns * offset(resized.width(), width()),
                rows * height(),
                columns * width());
    }

    /** As transformers' {@code center_crop}: what the picture lacks is black. */
    private static Picture centreCrop(Picture picture, int height, int width) {
        if (picture.height() == height && picture.width() == width) {
            return picture;
        }
        int top = offset(picture.height(), height);
        int left = offset(picture.width(), width);
        int channels = picture.channels();
        byte[] pixels = new byte[height * width * channels];
        int fromX = Math.max(0, left);
        int toX = Math.min(picture.width(), left + width);
        for (int y = 0; y < height; y++) {
            if (top + y >= 0 && top + y < picture.height()) {
                System.arraycopy(
                        picture.pixels(),
                        ((top + y) * picture.width() + fromX) * channels,
                        pixels,
                        (y * width + fromX - left) * channels,
                        (toX - fromX) * channels);
            }
        }
        return new Picture(width, height, channels, pixels);
    }

    /** Where a crop begins: floor of half the surplus; ceiling of half the lack, outside the picture. */
    private static int offset(int size, int crop) {
        return Math.floorDiv(size - crop, 2);
    }

    /**
     * What each byte becomes: {@code table[channel][value]}, float32.
     *
     * @return a copy, {@code [3][256]}
     */
    public float[][] normalisationTable() {
        return Arrays.stream(table).map(float[]::clone).toArray(float[][]::new);
    }

    /** The product in float64, then float32 for the rest: transformers' {@code rescale} and {@code normalize}. */
    private static float[][] table(ProcessorSettings settings) {
        float[][] table = new float[3][256];
        for (int channel = 0; channel < 3; channel++) {
            float mean = settings.mean().get(channel).floatValue();
            float deviation = settings.std().get(channel).floatValue();
            for (int value = 0; value < 256; value++) {
                float x = settings.doRescale() ? (float) (value * settings.rescaleFactor()) : value;
                table[channel][value] = settings.doNormalize() ? (x - mean) / deviation : x;
            }
        }
        return table;
    }

    /**
     * Rescales and normalises.
     *
     * @param out takes {@code [channels, height, width]} float32 from its position, which moves behind them
     * @param channels of the model: 3 (a grey picture is widened), or 1 for a grey picture
     */
    public void normalise(Picture picture, FloatBuffer out, int channels) {
        if (channels != 3 && channels != picture.channels()) {
            throw new InputException("a picture of " + picture.channels() + " channels for a model of " + channels
                    + " cannot be widened");
        }
        int plane = picture.height() * picture.width();
        float[] values = new float[plane];
        byte[] pixels = picture.pixels();
        int step = picture.channels();
        for (int channel = 0; channel < channels; channel++) {
            boolean alike = channel > 0 && step == 1 && Arrays.equals(table[channel], table[channel - 1]);
            if (!alike) {
                float[] of = table[channel];
                for (int i = 0, j = step == 1 ? 0 : channel; i < plane; i++, j += step) {
                    values[i] = of[pixels[j] & 0xFF];
                }
            }
            out.put(values);
        }
    }

    /**
     * Pictures as a model takes them: resized, cropped, rescaled, normalised.
     *
     * @param pictures of any sizes; grey ones are widened to three channels
     * @return {@code pixel_values}, {@code [pictures, 3, height, width]}
     */
    public float[] pixelValues(List<Picture> pictures) {
        FloatBuffer values = FloatBuffer.allocate(Math.multiplyExact(pictures.size(), 3 * height() * width()));
        for (Picture picture : pictures) {
            normalise(apply(picture), values, 3);
        }
        return values.array();
    }

    /** {@return what {@code preprocessor_config.json} says, in the new style} */
    public JsonObject toJson() {
        JsonObject json = JsonObject.empty()
                .with("do_convert_rgb", true) // for transformers, which else stumbles over grey pictures
                .with("do_normalize", settings.doNormalize())
                .with("do_rescale", settings.doRescale())
                .with("do_resize", settings.doResize())
                .with("image_mean", settings.mean())
                .with("image_processor_type", "ViTImageProcessor")
                .with("image_std", settings.std())
                .with("resample", settings.resample().number())
                .with("rescale_factor", settings.rescaleFactor())
                .with("size", settings.size().toJson());
        return settings.doCenterCrop()
                ? json.with("do_center_crop", true)
                        .with("crop_size", settings.cropSize().toJson())
                : json;
    }

    /** Writes {@code preprocessor_config.json} into a checkpoint's folder. */
    public void write(DurableFiles files, Path folder) {
        files.write(folder.resolve(FILE), toJson().pretty());
    }

    /** Settings as text, from which the tables are made again. */
    private Object writeReplace() {
        return new Written(toJson().line());
    }

    private void readObject(ObjectInputStream in) throws InvalidObjectException {
        throw new InvalidObjectException("an image processor is written as its settings");
    }

    private record Written(String settings) implements Serializable {
        private Object readResolve() {
            return of(JsonObject.parse(settings, "a serialized image processor"));
        }
    }
}
