package io.vit4j.data;

import io.vit4j.base.InputException;
import io.vit4j.base.RandomKey;
import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.List;

/** Puts samples together into a batch. Called by several threads at once. */
@FunctionalInterface
public interface Collator {
    /**
     * @param rows the batch's row numbers in the data set
     * @param samples one for each row that {@link #reads} names, already transformed
     * @param buffers the source of memory for the batch's pixels
     * @param key of the epoch, for random choices; a choice for one sample is drawn from {@code key.with(row)}, so that it does
     *     not depend on how samples are divided into batches
     */
    Batch collate(int[] rows, List<Sample> samples, FloatBuffers buffers, RandomKey key);

    /** The rows of which {@link #collate} takes samples: the batch's, and behind them others that it mixes into them. */
    default int[] reads(int[] rows) {
        return rows;
    }

    /** The same with targets in every batch, so that a label that cannot be is found when the batch is put together. */
    default Collator withTargets(Targets.Encoder encoder) {
        return new WithTargets(this, encoder);
    }

    /** See {@link #withTargets}. */
    record WithTargets(Collator plain, Targets.Encoder encoder) implements Collator {
        @Override
        public int[] reads(int[] rows) {
            return plain.reads(rows);
        }

        @Override
        public Batch collate(int[] rows, List<Sample> samples, FloatBuffers buffers, RandomKey key) {
            Batch batch = plain.collate(rows, samples, buffers, key);
            try {
                return batch.encoded(encoder);
            } catch (RuntimeException e) {
                batch.close();
                throw e;
            }
        }
    }

    /** Normalises each picture; all must be of one size. */
    static Collator normalising(PixelNormaliser normaliser, int channels) {
        return (rows, samples, buffers, key) -> {
            Sample first = samples.get(0);
            int height = first.picture().height();
            int width = first.picture().width();
            int labelCount = first.labels().length;
            float[] labels = new float[Math.multiplyExact(rows.length, labelCount)];
            List<String> files = new ArrayList<>(rows.length);
            for (int i = 0; i < rows.length; i++) {
                Sample sample = samples.get(i);
                if (sample.picture().height() != height
                        || sample.picture().width() != width
                        || sample.labels().length != labelCount) {
                    throw new InputException(sample.file() + ": a picture of "
                            + sample.picture().width() + "x" + sample.picture().height() + " with "
                            + sample.labels().length + " label values in a batch with " + first.file() + " of " + width
                            + "x" + height + " with " + labelCount + "; all must be alike");
                }
                System.arraycopy(sample.labels(), 0, labels, i * labelCount, labelCount);
                files.add(sample.file());
            }
            int pictureValues = Math.multiplyExact(Math.multiplyExact(height, width), channels);
            FloatBuffer pixels = buffers.take(Math.multiplyExact(rows.length, pictureValues));
            for (int i = 0; i < rows.length; i++) {
                FloatBuffer one = pixels.slice(i * pictureValues, pictureValues);
                normaliser.normalise(samples.get(i).picture(), one, channels);
            }
            return new Batch(
                    rows, files, pixels, channels, height, width, labels, labelCount, () -> buffers.giveBack(pixels));
        };
    }
}
