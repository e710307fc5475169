package io.vit4j.serve;

import io.vit4j.infer.ImageClassifier;
import io.vit4j.serve.HttpFault.Kind;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;

/** All models that are served. Their folders are checked for new versions from time to time. */
final class ModelRepository implements AutoCloseable {
    private final Map<String, ServedModel> models = new LinkedHashMap<>();
    private final ScheduledExecutorService watch = Executors.newSingleThreadScheduledExecutor(task -> {
        Thread thread = new Thread(task, "vit4j-model-watch");
        thread.setDaemon(true);
        return thread;
    });

    /** @param every how often folders are checked; zero: never */
    ModelRepository(Map<String, Path> folders, ImageClassifier.Options options, ServerMetrics metrics, Duration every) {
        try {
            folders.forEach((name, folder) -> models.put(
                    name, new ServedModel(name, new ModelFolder(folder), loader(name, options, metrics), metrics)));
        } catch (RuntimeException | Error e) {
            close();
            throw e;
        }
        metrics.show(this::all);
        if (!every.isZero()) {
            watch.scheduleWithFixedDelay(
                    () -> all().forEach(ServedModel::look), every.toMillis(), every.toMillis(), TimeUnit.MILLISECONDS);
        }
    }

    private static ServedVersion.Loader loader(String name, ImageClassifier.Options options, ServerMetrics metrics) {
        return ServedVersion.loader(options.withListener(metrics.listener(name)));
    }

    List<ServedModel> all() {
        return List.copyOf(models.values());
    }

    /** The model of that name; a fault if there is none. */
    ServedModel get(String name) {
        return find(name)
                .orElseThrow(() -> new HttpFault(
                        Kind.NOT_FOUND,
                        "there is no model of that name; this server has " + String.join(", ", models.keySet())));
    }

    Optional<ServedModel> find(String name) {
        return Optional.ofNullable(models.get(name));
    }

    @Override
    public void close() {
        watch.shutdownNow();
        all().forEach(ServedModel::close);
    }
}
