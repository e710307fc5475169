package io.vit4j.data;

import io.vit4j.base.InputException;
import java.nio.FloatBuffer;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * Samples as the model takes them. The pixels are in a buffer that is reused: close the batch once they are copied, and do
 * not read them afterwards.
 */
public final class Batch implements AutoCloseable {
    private final int[] rows;
    private final List<String> files;
    private final FloatBuffer pixelValues;
    private final int height;
    private final int width;
    private final int channels;
    private final float[] labels;
    private final int labelCount;
    private final Runnable release;
    private final Optional<Targets> targets;
    private boolean closed;

    /**
     * @param rows the samples' row numbers in the data set
     * @param files their names
     * @param pixelValues {@code [n, channels, height, width]}, normalised, direct, in native order, from position 0
     * @param labels {@code [n, labelCount]}
     * @param release gives the buffer back
     */
    public Batch(
            int[] rows,
            List<String> files,
            FloatBuffer pixelValues,
            int channels,
            int height,
            int width,
            float[] labels,
            int labelCount,
            Runnable release) {
        this(rows, files, pixelValues, channels, height, width, labels, labelCount, release, Optional.empty());
    }

    private Batch(
            int[] rows,
            List<String> files,
            FloatBuffer pixelValues,
            int channels,
            int height,
            int width,
            float[] labels,
            int labelCount,
            Runnable release,
            Optional<Targets> targets) {
        long values = (long) rows.length * channels * height * width;
        if (pixelValues.remaining() != values
                || labels.length != (long) rows.length * labelCount
                || files.size() != rows.length) {
            throw new IllegalArgumentException(pixelValues.remaining() + " pixel values, " + labels.length
                    + " labels and " + files.size() + " names for [" + rows.length + ", " + channels + ", " + height
                    + ", " + width + "] with " + labelCount + " labels each");
        }
        this.rows = rows;
        this.files = List.copyOf(files);
        this.pixelValues = pixelValues;
        this.height = height;
        this.width = width;
        this.channels = channels;
        this.labels = labels;
        this.labelCount = labelCount;
        this.release = release;
        this.targets = targets;
    }

    /** {@return samples in it} */
    public int size() {
        return rows.length;
    }

    /** The samples' numbers in the data set. */
    public int[] rows() {
        return rows;
    }

    /** The samples' names. */
    public List<String> files() {
        return files;
    }

    /** {@code [size, channels, height, width]}, from position 0 to the limit. */
    public FloatBuffer pixelValues() {
        return pixelValues;
    }

    /** {@return channels of every sample} */
    public int channels() {
        return channels;
    }

    /** {@return rows of pixels of every sample} */
    public int height() {
        return height;
    }

    /** {@return pixels in a row of every sample} */
    public int width() {
        return width;
    }

    /** {@code [size, labelCount]}, row by row. */
    public float[] labels() {
        return labels;
    }

    /** What an objective makes of the labels; empty if the batch was put together without one. */
    public Optional<Targets> targets() {
        return targets;
    }

    /**
     * The same batch with other labels, and no targets of the ones before. Close it instead of this one.
     *
     * @param others {@code [size, count]} row by row
     */
    public Batch withLabels(float[] others, int count) {
        return new Batch(rows, files, pixelValues, channels, height, width, others, count, release);
    }

    /**
     * The same batch with targets. Close it instead of this one.
     *
     * @throws InputException if a label cannot be encoded; names the picture
     */
    Batch encoded(Targets.Encoder encoder) {
        return new Batch(
                rows,
                files,
                pixelValues,
                channels,
                height,
                width,
                labels,
                labelCount,
                release,
                Optional.of(encode(encoder)));
    }

    /**
     * The first samples, with other labels. Close it instead of this one.
     *
     * @param count how many
     * @param others their labels, {@code [count, otherCount]}
     * @param otherCount values per sample
     */
    public Batch first(int count, float[] others, int otherCount) {
        return new Batch(
                Arrays.copyOf(rows, count),
                files.subList(0, count),
                pixelValues.slice(0, count * channels * height * width),
                channels,
                height,
                width,
                others,
                otherCount,
                release);
    }

    private Targets encode(Targets.Encoder encoder) {
        try {
            return encoder.encode(labels, size());
        } catch (InputException e) {
            for (int i = 0; i < size(); i++) {
                try {
                    encoder.encode(Arrays.copyOfRange(labels, i * labelCount, (i + 1) * labelCount), 1);
                } catch (InputException ofSample) {
                    throw new InputException(files.get(i) + ": " + ofSample.getMessage(), ofSample);
                }
            }
            throw e;
        }
    }

    /** Values per sample: one per label, or 1 if it is the number of a class. */
    public int labelCount() {
        return labelCount;
    }

    /** Gives the pixels' buffer back to the loader. */
    @Override
    public void close() {
        if (!closed) {
            closed = true;
            release.run();
        }
    }
}
