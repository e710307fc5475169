package io.vit4j.serve;

import io.vit4j.infer.Classification;
import io.vit4j.infer.ImageInput;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;

/** Where all doors have pictures classified. */
final class Pictures {
    private final ServerMetrics metrics;
    private final int most;

    /** @param most pictures of a request: more than wait at a time are never accepted */
    Pictures(ServerMetrics metrics, int most) {
        this.metrics = metrics;
        this.most = most;
    }

    int most() {
        return most;
    }

    CompletableFuture<List<Classification>> classify(
            Call call, String model, ServedVersion served, List<? extends ImageInput> images) {
        return counted(model, images.size(), () -> served.classifier().classifyAllAsync(images, call.left()));
    }

    CompletableFuture<List<Classification>> classifyPrepared(
            Call call, String model, ServedVersion served, List<float[]> pixels) {
        return counted(model, pixels.size(), () -> served.classifier().classifyPreparedAsync(pixels, call.left()));
    }

    private CompletableFuture<List<Classification>> counted(
            String model, int count, Supplier<CompletableFuture<List<Classification>>> start) {
        if (count == 0) {
            throw HttpFault.badRequest("the request has no picture");
        }
        if (count > most) {
            throw HttpFault.tooManyPictures(most);
        }
        return start.get().thenApply(results -> {
            metrics.classified(model, results);
            results.forEach(Pictures::requireFinite);
            return results;
        });
    }

    private static void requireFinite(Classification result) {
        if (result.scores().stream().anyMatch(score -> !Double.isFinite(score.logit()))) {
            throw HttpFault.badRequest("the model's answer to " + result.name()
                    + " is not a finite number; its pixels are far from what pictures have");
        }
    }
}
