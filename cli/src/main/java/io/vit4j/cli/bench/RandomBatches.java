package io.vit4j.cli.bench;

import io.vit4j.base.RandomKey;
import io.vit4j.data.Batch;
import io.vit4j.model.ModelDefinition;
import io.vit4j.torch.Device;
import io.vit4j.torch.Tensors;
import java.nio.FloatBuffer;
import java.util.Collections;

/** Batches of random pictures and labels, always the same ones, made once so that their making is not timed. */
public final class RandomBatches {
    private final ModelDefinition config;
    private final int size;
    private final FloatBuffer pixels;
    private final float[] labels;

    /** @param device that they are for */
    public RandomBatches(ModelDefinition config, int size, Device device) {
        this.config = config;
        this.size = size;
        int values = Math.toIntExact(
                Math.multiplyExact((long) size * config.channels(), (long) config.imageHeight() * config.imageWidth()));
        pixels = Tensors.floatsFor(device, values);
        RandomKey.Stream random = RandomKey.of(1).stream();
        for (int i = 0; i < values; i++) {
            pixels.put(i, (float) (2 * random.nextDouble() - 1));
        }
        labels = new float[size * config.labels().size()];
        for (int i = 0; i < labels.length; i++) {
            labels[i] = random.nextInt(2);
        }
    }

    /** A batch of the same random pixels and labels each time. */
    public Batch next() {
        return new Batch(
                new int[size],
                Collections.nCopies(size, "random"),
                pixels,
                config.channels(),
                config.imageHeight(),
                config.imageWidth(),
                labels,
                config.labels().size(),
                () -> {});
    }
}
