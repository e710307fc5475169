package io.vit4j.train;

import io.vit4j.base.RandomKey;
import io.vit4j.data.Batch;
import io.vit4j.data.Collator;
import io.vit4j.data.Dataset;
import io.vit4j.data.FloatBuffers;
import io.vit4j.data.Sample;
import io.vit4j.hub.Safetensors;
import io.vit4j.hub.SafetensorsFile;
import io.vit4j.hub.StoredTensor;
import io.vit4j.image.Picture;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;

/**
 * What a frozen backbone made of a data set's pictures, on disk: {@code [samples, hidden]} float32, from which batches
 * {@code [n, hidden, 1, 1]} are read row by row. The labels stay the data set's.
 */
final class FeatureDataset implements Dataset, Collator, AutoCloseable {
    /** The tensor's name in the file. */
    static final String TENSOR = "features";

    private static final Picture NO_PICTURE = new Picture(1, 1, 1, new byte[1]);

    private final Dataset pictures;
    private final SafetensorsFile file;
    private final StoredTensor features;
    private final int hidden;

    private FeatureDataset(Dataset pictures, SafetensorsFile file, StoredTensor features, int hidden) {
        this.pictures = pictures;
        this.file = file;
        this.features = features;
        this.hidden = hidden;
    }

    /** Whether this file holds so many features of that width. */
    static boolean fits(Path path, int samples, int hidden) {
        try (SafetensorsFile file = Safetensors.open(path)) {
            return file.tensor(TENSOR)
                    .filter(tensor -> Arrays.equals(tensor.shape(), new long[] {samples, hidden}))
                    .isPresent();
        } catch (io.vit4j.base.InputException e) {
            return false; // cut short or damaged: it is made again
        }
    }

    /** @param path of a file that {@link #fits} */
    static FeatureDataset open(Path path, Dataset pictures, int hidden) {
        SafetensorsFile file = Safetensors.open(path);
        return new FeatureDataset(pictures, file, file.tensor(TENSOR).orElseThrow(), hidden);
    }

    @Override
    public int size() {
        return pictures.size();
    }

    @Override
    public Sample get(int index) {
        return new Sample("sample " + index, NO_PICTURE, pictures.labels(index));
    }

    @Override
    public float[] labels(int index) {
        return pictures.labels(index);
    }

    @Override
    public Batch collate(int[] rows, List<Sample> samples, FloatBuffers buffers, RandomKey key) {
        int labelCount = samples.get(0).labels().length;
        float[] labels = new float[rows.length * labelCount];
        ByteBuffer row = ByteBuffer.allocate(hidden * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
        FloatBuffer batch = buffers.take(rows.length * hidden);
        for (int i = 0; i < rows.length; i++) {
            System.arraycopy(samples.get(i).labels(), 0, labels, i * labelCount, labelCount);
            features.read((long) rows[i] * row.capacity(), row.clear());
            batch.put(i * hidden, row.flip().asFloatBuffer(), 0, hidden);
        }
        List<String> names = Collections.nCopies(rows.length, "features");
        return new Batch(rows, names, batch, hidden, 1, 1, labels, labelCount, () -> buffers.giveBack(batch));
    }

    @Override
    public void close() {
        file.close();
    }
}
