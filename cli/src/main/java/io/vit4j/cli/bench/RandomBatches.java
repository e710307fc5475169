package io.vit4j.cli.bench;

import io.vit4j.base.RandomKey;
import io.vit4j.data.Batch;
import io.vit4j.data.Collator;
import io.vit4j.data.FloatBuffers;
import io.vit4j.data.MaskingCollator;
import io.vit4j.model.ModelDefinition;
import io.vit4j.torch.Device;
import io.vit4j.torch.Tensors;
import io.vit4j.walk.BinaryCrossEntropy;
import io.vit4j.walk.MaskedPixels;
import io.vit4j.walk.Objective;
import io.vit4j.walk.SelfDistillationLoss;
import java.nio.FloatBuffer;
import java.util.Collections;
import java.util.List;
import java.util.stream.IntStream;

/** Batches of random pictures and labels, always the same ones, made once so that their making is not timed. */
public final class RandomBatches {
    private final ModelDefinition config;
    private final FloatBuffer pixels;
    private final Objective objective;
    private final Batch batch;

    /** @param device that they are for */
    public RandomBatches(ModelDefinition config, int size, Device device) {
        this.config = config;
        int values = Math.toIntExact(
                Math.multiplyExact((long) size * config.channels(), (long) config.imageHeight() * config.imageWidth()));
        pixels = Tensors.floatsFor(device, values);
        RandomKey.Stream random = RandomKey.of(1).stream();
        for (int i = 0; i < values; i++) {
            pixels.put(i, (float) (2 * random.nextDouble() - 1));
        }
        objective = objective(config);
        Collator plain = (rows, samples, buffers, key) -> labelled(rows, random);
        batch = config.masking()
                .<Collator>map(masking -> new MaskingCollator(plain, masking.patchSize()))
                .orElse(plain)
                .withTargets((labels, samples) -> objective.targets(labels, samples, config.outputs()))
                .collate(IntStream.range(0, size).toArray(), List.of(), new FloatBuffers(0), RandomKey.of(1));
    }

    private static Objective objective(ModelDefinition config) {
        return config.views()
                .<Objective>map(views -> new SelfDistillationLoss(
                        views.settings().head().prototypes(),
                        views.globals(),
                        views.count(),
                        views.settings().studentTemperature()))
                .or(() -> config.masking().map(MaskedPixels::of))
                .orElseGet(BinaryCrossEntropy::new);
    }

    private Batch labelled(int[] rows, RandomKey.Stream random) {
        int count = config.views()
                .map(views -> views.globals() * views.settings().head().prototypes())
                .orElse(config.labels().size());
        float[] labels = new float[rows.length * count];
        for (int i = 0; i < labels.length; i++) {
            labels[i] = random.nextInt(2);
        }
        return new Batch(
                rows,
                Collections.nCopies(rows.length, "random"),
                pixels,
                config.channels(),
                config.imageHeight(),
                config.imageWidth(),
                labels,
                count,
                () -> {});
    }

    /** What is minimised over them. */
    public Objective objective() {
        return objective;
    }

    /** The same batch each time; its memory stays where it is. */
    public Batch next() {
        return batch;
    }
}
