package io.vit4j.data;

import io.vit4j.base.RandomKey;
import java.nio.FloatBuffer;
import java.util.List;

/**
 * Gives every sample, instead of its labels, what a masked autoencoder learns from: a random number for each patch, and behind them the
 * pixels of the patches. The numbers depend on the key and on the sample's row alone: on seed, epoch and sample.
 *
 * @param plain puts the pictures together
 * @param patchSize rows and columns of a patch
 */
public record MaskingCollator(Collator plain, int patchSize) implements Collator {
    private static final String PURPOSE = "mask";

    @Override
    public int[] reads(int[] rows) {
        return plain.reads(rows);
    }

    /** Labels are {@code [patches + patches * patchSize * patchSize * channels]}; see {@link #patchify}. */
    @Override
    public Batch collate(int[] rows, List<Sample> samples, FloatBuffers buffers, RandomKey key) {
        Batch batch = plain.collate(rows, samples, buffers, key);
        int patches = (batch.height() / patchSize) * (batch.width() / patchSize);
        int pixels = patches * patchSize * patchSize * batch.channels();
        int width = patches + pixels;
        float[] labels = new float[Math.multiplyExact(rows.length, width)];
        for (int i = 0; i < rows.length; i++) {
            noise(key.with(rows[i]), labels, i * width, patches);
            patchify(batch, i, patchSize, labels, i * width + patches);
        }
        return batch.withLabels(labels, width);
    }

    private static void noise(RandomKey sample, float[] labels, int at, int patches) {
        RandomKey.Stream random = sample.with(PURPOSE).stream();
        for (int i = 0; i < patches; i++) {
            labels[at + i] = (float) (random.nextLong() >>> 40) * 0x1p-24F; // [0, 1)
        }
    }

    /**
     * A picture's pixels patch by patch, each row by row, the channels of a pixel together, as transformers' {@code patchify} has them.
     *
     * @param sample its number within the batch
     * @param to filled from {@code at}
     */
    static void patchify(Batch batch, int sample, int patchSize, float[] to, int at) {
        int height = batch.height();
        int width = batch.width();
        int channels = batch.channels();
        FloatBuffer pixels = batch.pixelValues();
        int first = sample * channels * height * width;
        int next = at;
        for (int top = 0; top + patchSize <= height; top += patchSize) {
            for (int left = 0; left + patchSize <= width; left += patchSize) {
                for (int y = top; y < top + patchSize; y++) {
                    for (int x = left; x < left + patchSize; x++) {
                        for (int c = 0; c < channels; c++) {
                            to[next++] = pixels.get(first + (c * height + y) * width + x);
                        }
                    }
                }
            }
        }
    }
}
