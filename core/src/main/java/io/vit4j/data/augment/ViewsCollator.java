package io.vit4j.data.augment;

import io.vit4j.base.RandomKey;
import io.vit4j.data.Batch;
import io.vit4j.data.Collator;
import io.vit4j.data.FloatBuffers;
import io.vit4j.data.ImageTransform;
import io.vit4j.data.PixelNormaliser;
import io.vit4j.data.Sample;
import java.nio.FloatBuffer;
import java.util.List;

/**
 * Gives every sample several random views of its picture, one behind the other, and no labels. Views depend on the key and on the sample's
 * row alone: on seed, epoch and sample.
 *
 * @param normaliser of a view
 * @param channels of a view
 * @param views in their order
 * @param numbers of all views of a sample
 */
public record ViewsCollator(PixelNormaliser normaliser, int channels, List<? extends ImageTransform> views, int numbers)
        implements Collator {
    @Override
    public Batch collate(int[] rows, List<Sample> samples, FloatBuffers buffers, RandomKey key) {
        FloatBuffer pixels = buffers.take(Math.multiplyExact(rows.length, numbers));
        for (int i = 0; i < rows.length; i++) {
            FloatBuffer sample = pixels.slice(i * numbers, numbers);
            for (int view = 0; view < views.size(); view++) {
                RandomKey ofView = key.with(rows[i]).with("views").with(view);
                normaliser.normalise(views.get(view).apply(samples.get(i).picture(), ofView), sample, channels);
            }
            if (sample.hasRemaining()) {
                throw new IllegalStateException(sample.remaining() + " numbers of a sample have no view");
            }
        }
        return new Batch(
                rows,
                samples.stream().map(Sample::file).toList(),
                pixels,
                1,
                numbers,
                1,
                new float[0],
                0,
                () -> buffers.giveBack(pixels));
    }
}
