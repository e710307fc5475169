package io.vit4j.infer;

import io.vit4j.base.InputException;
import io.vit4j.image.Picture;
import io.vit4j.metrics.EvalPrediction;
import io.vit4j.model.ModelDefinition;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;

/** From a picture, wherever it comes from, to the logits of a model or an ensemble: decoded on the caller's thread, computed in a round. */
final class ClassifierPictures {
    private final List<ClassifierModel> models;
    private final Optional<Ensemble> ensemble;
    private final ImageClassifier.Options options;

    ClassifierPictures(List<ClassifierModel> models, Optional<Ensemble> ensemble, ImageClassifier.Options options) {
        this.models = models;
        this.ensemble = ensemble;
        this.options = options;
    }

    /** Decodes and resizes on the caller's thread. */
    CompletableFuture<float[]> submit(ImageInput image) {
        long start = System.nanoTime();
        Picture read = image.read(options.decode());
        List<CompletableFuture<float[]>> logits = new ArrayList<>();
        try {
            models.forEach(model -> logits.add(model.submit(read)));
        } catch (InputException e) {
            cancel(logits);
            throw new InputException(image.name() + ": " + e.getMessage(), e);
        }
        options.listener().decoded(System.nanoTime() - start);
        return ensemble.map(pool -> together(logits, () -> pooled(pool, logits)))
                .orElse(logits.get(0));
    }

    /**
     * What is made of several logits once all are there. If it is cancelled, they are too.
     *
     * @param made is called then
     */
    static CompletableFuture<float[]> together(List<CompletableFuture<float[]>> parts, Supplier<float[]> made) {
        CompletableFuture<float[]> whole =
                CompletableFuture.allOf(parts.toArray(CompletableFuture[]::new)).thenApply(done -> made.get());
        whole.whenComplete((logits, failure) -> cancel(parts)); // nothing for those that have come
        return whole;
    }

    private static void cancel(List<CompletableFuture<float[]>> parts) {
        parts.forEach(part -> part.cancel(false));
    }

    /**
     * Hands over pixels that are as the model takes them.
     *
     * @param name of the picture, for messages
     */
    CompletableFuture<float[]> submitPrepared(String name, float[] pixels) {
        if (ensemble.isPresent()) {
            throw new InputException(
                    name + ": the models of an ensemble each prepare a picture in their own way; give it encoded");
        }
        return models.get(0).submitPrepared(name, pixels);
    }

    private float[] pooled(Ensemble pool, List<CompletableFuture<float[]>> logits) {
        ModelDefinition first = models.get(0).definition();
        List<EvalPrediction> members = new ArrayList<>();
        for (int i = 0; i < models.size(); i++) {
            List<String> own = models.get(i).definition().labels();
            members.add(EvalPrediction.withoutTruth(
                            Decision.type(first), 1, own.size(), logits.get(i).join())
                    .labelsInOrder(
                            first.labels().stream().mapToInt(own::indexOf).toArray()));
        }
        return pool.pooled(members).predictions();
    }
}
