package io.vit4j.cli.bench;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.vit4j.base.DurableFiles;
import io.vit4j.base.Json;
import io.vit4j.base.RandomKey;
import io.vit4j.image.Picture;
import io.vit4j.image.PngEncoder;
import io.vit4j.infer.ImageClassifier;
import io.vit4j.model.VisionModel;
import io.vit4j.torch.Device;
import io.vit4j.torch.TorchRuntime;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/** One picture of 1024x1024 at a time, from PNG bytes to scores, with one caller and with eight. */
public final class LatencyBench {
    private static final int SIDE = 1024;
    private static final int CALLERS = 8;
    private static final int WARM_UP = 30; // Java compiles most of what a picture needs in the first calls

    /** Calls by one caller for each step: the slowest of a hundred has no meaning in fewer. */
    private static final int CALLS = 10;

    private LatencyBench() {}

    /** Measures a classifier as it is called, and answers with the figures. */
    public static ObjectNode run(ModelBench.Settings settings) {
        Path model = Path.of(settings.model());
        if (Files.isDirectory(model)) {
            return run(settings, model);
        }
        try (TemporaryFolder folder = new TemporaryFolder()) {
            try (VisionModel fresh = ModelBench.open(settings.model(), Device.CPU)) {
                fresh.save(DurableFiles.SYSTEM, folder.path());
            }
            return run(settings, folder.path());
        }
    }

    private static ObjectNode run(ModelBench.Settings settings, Path folder) {
        byte[] png = PngEncoder.encode(gradient());
        TorchRuntime.load();
        ImageClassifier.Options options = ImageClassifier.Options.defaults()
                .withDtype(settings.dtype())
                .withDevice(settings.device())
                .withThreads(settings.threads());
        try (ImageClassifier classifier = ImageClassifier.load(folder, options)) {
            Timings alone = Timings.of(WARM_UP, CALLS * settings.steps(), () -> classifier.classify(png));
            long start = System.nanoTime();
            Timings beside = sideBySide(classifier, png, settings.steps());
            double wall = (System.nanoTime() - start) / 1e9;
            ObjectNode results = Json.object();
            results.put("median_images_per_s", 1 / alone.median());
            results.put("best_images_per_s", 1 / alone.best());
            results.put("p50_seconds", alone.median());
            results.put("p99_seconds", alone.quantile(0.99));
            results.put("callers", CALLERS);
            results.put("callers_p50_seconds", beside.median());
            results.put("callers_p99_seconds", beside.quantile(0.99));
            results.put("callers_images_per_s", beside.seconds().length / wall);
            return results;
        }
    }

    private static Timings sideBySide(ImageClassifier classifier, byte[] png, int each) {
        ExecutorService callers = Executors.newFixedThreadPool(CALLERS);
        try {
            List<CompletableFuture<Timings>> running = new ArrayList<>();
            for (int i = 0; i < CALLERS; i++) {
                running.add(CompletableFuture.supplyAsync(
                        () -> Timings.of(0, each, () -> classifier.classify(png)), callers));
            }
            return new Timings(running.stream()
                    .flatMapToDouble(
                            caller -> java.util.Arrays.stream(caller.join().seconds()))
                    .toArray());
        } finally {
            callers.shutdown();
        }
    }

    /** A slope with a little noise: neither a flat colour nor noise alone, which a PNG would hold in almost no or all bytes. */
    private static Picture gradient() {
        byte[] pixels = new byte[SIDE * SIDE];
        RandomKey.Stream random = RandomKey.of(1).stream();
        for (int i = 0; i < pixels.length; i++) {
            pixels[i] = (byte) ((i / SIDE + i % SIDE) / 9 + random.nextInt(4));
        }
        return new Picture(SIDE, SIDE, 1, pixels);
    }
}
