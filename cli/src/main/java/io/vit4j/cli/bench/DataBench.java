package io.vit4j.cli.bench;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.vit4j.base.Json;
import io.vit4j.base.Progress;
import io.vit4j.base.RandomKey;
import io.vit4j.data.ArrowDataset;
import io.vit4j.data.Batch;
import io.vit4j.data.BatchPlan;
import io.vit4j.data.Collator;
import io.vit4j.data.DataLoader;
import io.vit4j.data.ImageFolder;
import io.vit4j.data.ImageTransform;
import io.vit4j.data.LabelTable;
import io.vit4j.data.PrepareDataset;
import io.vit4j.data.ProblemType;
import io.vit4j.data.Split;
import io.vit4j.image.DecodeOptions;
import io.vit4j.image.ImageProcessor;
import io.vit4j.synth.Prevalence;
import io.vit4j.synth.SyntheticRelease;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** The data path: image files to a data set, and a data set to normalised batches. */
public final class DataBench {
    private static final int DRAWN = 32;
    private static final int CHANNELS = 3;

    private final Optional<Path> images;
    private final int threads;
    private final int steps;
    private final int batch;
    private final int loaded;

    /**
     * @param images a folder of pictures; empty: X-rays drawn for it, 1024x1024
     * @param threads that read
     * @param steps that are timed, after one that is not
     * @param batch pictures the loader gives at a time
     * @param loaded pictures that a step of {@link #load} reads, some of them several times
     */
    public DataBench(Optional<Path> images, int threads, int steps, int batch, int loaded) {
        this.images = images;
        this.threads = threads;
        this.steps = steps;
        this.batch = batch;
        this.loaded = loaded;
    }

    /** Every picture decoded, resized to 224x224 and written. */
    public ObjectNode prepare() {
        try (TemporaryFolder folder = new TemporaryFolder();
                ImageFolder source = source(folder.path())) {
            LabelTable table = table(source);
            int[] run = new int[1];
            Timings timings = Timings.of(
                    1, steps, () -> prepare(table, source, folder.path().resolve("set" + run[0]++)));
            return rates(timings, table.size());
        }
    }

    /** Pictures in random order, from the file to batches of floats. */
    public ObjectNode load() {
        try (TemporaryFolder folder = new TemporaryFolder();
                ImageFolder source = source(folder.path())) {
            Path set = folder.path().resolve("set");
            prepare(table(source), source, set);
            try (ArrowDataset dataset = ArrowDataset.open(set)) {
                int[] order = new int[loaded];
                RandomKey.Stream random = RandomKey.of(1).stream();
                for (int i = 0; i < order.length; i++) {
                    order[i] = random.nextInt(dataset.size());
                }
                List<int[]> plan = BatchPlan.of(order, batch, false);
                Collator collator = Collator.normalising(ImageProcessor.defaults()::normalise, CHANNELS);
                Timings timings = Timings.of(1, steps, () -> {
                    try (DataLoader loader = new DataLoader(
                            dataset,
                            plan,
                            collator,
                            ImageTransform.none(),
                            RandomKey.of(1),
                            DataLoader.Workers.of(threads))) {
                        while (loader.hasNext()) {
                            try (Batch next = loader.next()) {
                                next.size();
                            }
                        }
                    }
                });
                return rates(timings, loaded);
            }
        }
    }

    private static ObjectNode rates(Timings timings, int pictures) {
        ObjectNode results = Json.object();
        results.put("pictures", pictures);
        results.put("median_images_per_s", pictures / timings.median());
        results.put("best_images_per_s", pictures / timings.best());
        return results;
    }

    private ImageFolder source(Path folder) {
        return new ImageFolder(images.orElseGet(() -> {
            Path release = folder.resolve("drawn");
            SyntheticRelease.Options options =
                    new SyntheticRelease.Options(release, DRAWN, 1, Prevalence.of("balanced"));
            SyntheticRelease.write(options, threads, Progress.NONE);
            return release.resolve("images");
        }));
    }

    /** Each file a row, by turns with one label or the other. */
    private static LabelTable table(ImageFolder source) {
        List<String> names = source.names().stream().sorted().toList();
        List<LabelTable.LabelRow> rows = new ArrayList<>();
        for (String name : names) {
            rows.add(new LabelTable.LabelRow(
                    rows.size() + 1L,
                    name,
                    List.of(rows.size() % 2 == 0 ? "even" : "odd"),
                    List.of(),
                    Optional.empty(),
                    Optional.of(Split.TRAIN),
                    List.of()));
        }
        return new LabelTable(source.description(), ProblemType.MULTI_LABEL, List.of("even", "odd"), List.of(), rows);
    }

    private void prepare(LabelTable table, ImageFolder source, Path output) {
        PrepareDataset.builder(table, source, output)
                .split(new Split(new Split.Given(), new Split.Given(), Optional.empty(), Split.By.IMAGE, 1))
                .processor(ImageProcessor.defaults(), DecodeOptions.DEFAULT)
                .workers(threads)
                .run(Progress.NONE);
    }
}
