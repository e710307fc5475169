package io.vit4j.cli.plan;

import io.vit4j.base.RandomKey;
import io.vit4j.cli.bench.Timings;
import io.vit4j.data.ArrowDataset;
import io.vit4j.data.Batch;
import io.vit4j.data.BatchPlan;
import io.vit4j.data.Collator;
import io.vit4j.data.DataLoader;
import io.vit4j.data.ImageTransform;
import io.vit4j.image.ImageProcessor;
import io.vit4j.parallel.Storage;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.IntStream;

/** Measures how fast this machine's loaders turn the pictures of a data set, in the system's memory, into batches. */
public final class LoaderRate {
    private static final int MOST_PICTURES = 4096;
    private static final int REPETITIONS = 5;
    private static final int CHANNELS = 3;

    private LoaderRate() {}

    /**
     * Storage of which the loader's rate is known, for a rank with one loader thread.
     *
     * @param ranks that load at the same time
     * @param batch pictures at a time
     */
    public static Storage measured(Path folder, int ranks, int batch) {
        try (ArrowDataset data = ArrowDataset.open(folder)) {
            int count = Math.min(MOST_PICTURES, data.size());
            int[] rows = IntStream.range(0, count)
                    .map(i -> (int) ((long) i * data.size() / count))
                    .toArray();
            List<int[]> plan = BatchPlan.of(rows, batch, false);
            List<Timings> timings = SideBySide.run(ranks, rank -> Timings.of(1, REPETITIONS, () -> load(data, plan)));
            double seconds = timings.stream().mapToDouble(Timings::median).max().orElseThrow();
            Storage unknown = Storage.UNKNOWN;
            return new Storage(
                    unknown.diskBandwidth(),
                    unknown.diskBytes(),
                    unknown.sharedBandwidth(),
                    unknown.sharedTotalBandwidth(),
                    unknown.cacheBytes(),
                    (double) count * data.info().pictureBytes() / seconds);
        }
    }

    private static void load(ArrowDataset data, List<int[]> plan) {
        try (DataLoader loader = new DataLoader(
                data,
                plan,
                Collator.normalising(ImageProcessor.of(data.info().processor())::normalise, CHANNELS),
                ImageTransform.none(),
                RandomKey.of(1),
                DataLoader.Workers.of(1))) {
            while (loader.hasNext()) {
                try (Batch next = loader.next()) {
                    next.size();
                }
            }
        }
    }
}
