package io.vit4j.data.augment;

import io.vit4j.base.RandomKey;
import io.vit4j.data.Batch;
import io.vit4j.data.Collator;
import io.vit4j.data.FloatBuffers;
import io.vit4j.data.Sample;
import java.util.List;

/**
 * Erases parts of the samples that another collator has normalised; which, depends on seed, epoch and sample only.
 *
 * @param plain puts the samples together
 */
public record ErasingCollator(Collator plain, RandomErasing erasing) implements Collator {
    @Override
    public int[] reads(int[] rows) {
        return plain.reads(rows);
    }

    @Override
    public Batch collate(int[] rows, List<Sample> samples, FloatBuffers buffers, RandomKey key) {
        Batch batch = plain.collate(rows, samples, buffers, key);
        int values = batch.channels() * batch.height() * batch.width();
        for (int i = 0; i < rows.length; i++) {
            erasing.apply(
                    batch.pixelValues().slice(i * values, values),
                    batch.channels(),
                    batch.height(),
                    batch.width(),
                    key.with("erase").with(rows[i]));
        }
        return batch;
    }
}
