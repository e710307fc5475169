package io.vit4j.bench;

import io.vit4j.base.RandomKey;
import io.vit4j.data.ArrowDataset;
import io.vit4j.data.Batch;
import io.vit4j.data.BatchPlan;
import io.vit4j.data.Collator;
import io.vit4j.data.DataLoader;
import io.vit4j.data.ImageTransform;
import io.vit4j.data.Sampler;
import io.vit4j.data.Split;
import io.vit4j.image.ImageProcessor;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.util.Locale;

/** Opens a data set and reads all of it once, shuffled, as a training epoch does; see bench/scale. */
public final class Iterate {
    private static final int BATCH = 8;

    private Iterate() {}

    /**
     * {@code Iterate DATASET}: prints how long opening, reading the splits and an epoch took, and how much heap is in use at its end. A data set
     * in shards is read in the order that goes by shards, too.
     */
    public static void main(String[] args) {
        long start = System.nanoTime();
        try (ArrowDataset data = ArrowDataset.open(Path.of(args[0]))) {
            System.out.printf(Locale.ROOT, "opened in %.3f s%n", seconds(start));
            start = System.nanoTime();
            int train = data.rows(Split.TRAIN).length;
            System.out.printf(Locale.ROOT, "found %d rows to train on in %.3f s%n", train, seconds(start));
            epoch(data, "random", Sampler.random(1));
            if (data.isSharded()) {
                epoch(data, "sharded", Sampler.sharded(1, data::shardOf));
            }
        }
    }

    private static void epoch(ArrowDataset data, String name, Sampler sampler) {
        long start = System.nanoTime();
        int[] order = sampler.order(data.size(), 0);
        int seen = 0;
        try (DataLoader loader = new DataLoader(
                data,
                BatchPlan.of(order, BATCH, false),
                Collator.normalising(ImageProcessor.defaults()::normalise, 3),
                ImageTransform.none(),
                RandomKey.of(1),
                DataLoader.Workers.of(1))) {
            while (loader.hasNext()) {
                try (Batch batch = loader.next()) {
                    seen += batch.size();
                }
            }
        }
        double took = seconds(start);
        System.gc();
        long heap = ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed();
        System.out.printf(
                Locale.ROOT,
                "%s order: %d pictures in %.1f s (%.0f images/s); %d MiB of heap in use%n",
                name,
                seen,
                took,
                seen / took,
                heap >> 20);
    }

    private static double seconds(long since) {
        return (System.nanoTime() - since) / 1e9;
    }
}
