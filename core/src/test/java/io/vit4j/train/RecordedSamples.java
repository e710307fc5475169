package io.vit4j.train;

import com.fasterxml.jackson.databind.JsonNode;
import io.vit4j.base.RandomKey;
import io.vit4j.data.Batch;
import io.vit4j.data.Collator;
import io.vit4j.data.Dataset;
import io.vit4j.data.FloatBuffers;
import io.vit4j.data.Sample;
import io.vit4j.data.Sampler;
import io.vit4j.hub.SafetensorsFile;
import io.vit4j.image.Picture;
import io.vit4j.model.Fixture;
import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** The recorded samples, in the recorded order, as they were: random numbers, no pictures. */
final class RecordedSamples implements Dataset, Sampler, Collator {
    private final float[] pixels;
    private final float[] labels;
    private final int[] shape;
    private final int labelCount;
    private final List<Integer> order = new ArrayList<>();

    RecordedSamples(SafetensorsFile data, JsonNode microBatches) {
        pixels = Fixture.floats(data.tensor("pixel_values").orElseThrow());
        labels = Fixture.floats(data.tensor("labels").orElseThrow());
        long[] long4 = data.tensor("pixel_values").orElseThrow().shape();
        shape = new int[] {(int) long4[0], (int) long4[1], (int) long4[2], (int) long4[3]};
        labelCount = labels.length / shape[0];
        microBatches.forEach(batch -> batch.forEach(row -> order.add(row.intValue())));
    }

    @Override
    public int size() {
        return shape[0];
    }

    @Override
    public int[] order(int size, int epoch) {
        return order.subList(epoch * size, (epoch + 1) * size).stream()
                .mapToInt(Integer::intValue)
                .toArray();
    }

    @Override
    public Sample get(int index) {
        float[] own = Arrays.copyOfRange(labels, index * labelCount, (index + 1) * labelCount);
        return new Sample("sample " + index, new Picture(1, 1, 1, new byte[1]), own);
    }

    @Override
    public Batch collate(int[] rows, List<Sample> samples, FloatBuffers buffers, RandomKey key) {
        int each = shape[1] * shape[2] * shape[3];
        FloatBuffer batch = buffers.take(rows.length * each);
        float[] batchLabels = new float[rows.length * labelCount];
        for (int i = 0; i < rows.length; i++) {
            batch.put(i * each, pixels, rows[i] * each, each);
            System.arraycopy(labels, rows[i] * labelCount, batchLabels, i * labelCount, labelCount);
        }
        return new Batch(
                rows,
                samples.stream().map(Sample::file).toList(),
                batch,
                shape[1],
                shape[2],
                shape[3],
                batchLabels,
                labelCount,
                () -> buffers.giveBack(batch));
    }
}
