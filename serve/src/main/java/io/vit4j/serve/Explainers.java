package io.vit4j.serve;

import io.vit4j.base.InputException;
import io.vit4j.image.DecodeOptions;
import io.vit4j.image.ImageDecoder;
import io.vit4j.image.ImageProcessor;
import io.vit4j.image.Picture;
import io.vit4j.infer.Explanation;
import io.vit4j.infer.ImageInput;
import io.vit4j.report.Overlay;
import io.vit4j.serve.HttpFault.Kind;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

/** Draws where a model looked, one picture at a time: it takes a gradient, several times as long as a score and much more memory. */
final class Explainers implements AutoCloseable {
    private static final int WAITING = 16;

    private final DecodeOptions decode;
    private final ServerMetrics metrics;
    private final ThreadPoolExecutor one =
            new ThreadPoolExecutor(1, 1, 0, TimeUnit.SECONDS, new ArrayBlockingQueue<>(WAITING), task -> {
                Thread thread = new Thread(task, "vit4j-explainer");
                thread.setDaemon(true);
                return thread;
            });

    Explainers(DecodeOptions decode, ServerMetrics metrics) {
        this.decode = decode;
        this.metrics = metrics;
    }

    /** The form's picture as PNG, with the map of its field {@code label} over it, or of the most probable label. */
    CompletableFuture<byte[]> explain(Call call, ServedVersion served, FormParts form) {
        CompletableFuture<byte[]> png = new CompletableFuture<>();
        try {
            one.execute(() -> {
                try {
                    if (call.left().isZero()) {
                        throw new HttpFault(Kind.DEADLINE, "the deadline passed before the picture's turn came");
                    }
                    long start = System.nanoTime();
                    png.complete(explain(served, form));
                    metrics.phase("explain", System.nanoTime() - start);
                } catch (Throwable e) { // the caller must get an answer, even after an OutOfMemoryError
                    png.completeExceptionally(e);
                }
            });
        } catch (RejectedExecutionException e) {
            throw new HttpFault(Kind.QUEUE_FULL, "too many pictures wait to be explained; try again in a moment");
        }
        return png;
    }

    private byte[] explain(ServedVersion served, FormParts form) {
        Optional<Explanation.Method> asked =
                Optional.ofNullable(form.fields().get("method")).map(Explanation.Method::parse);
        Explanation.Method method = asked.orElseGet(
                () -> Explanation.Method.usual(served.classifier().definition()));
        Optional<Integer> label = Optional.ofNullable(form.fields().get("label"))
                .map(name -> number(served.classifier().labels(), name));
        ImageInput.OfBytes image = form.pictures().get(0);
        Picture original;
        Picture picture;
        try {
            original = ImageDecoder.decode(image.encoded(), image.name(), decode);
            picture = served.classifier().processor().apply(original);
        } catch (InputException e) {
            metrics.fault(Kind.BAD_PICTURE);
            throw new HttpFault(Kind.BAD_PICTURE, e.getMessage());
        }
        Explanation explanation = served.explanation();
        int number = label.orElseGet(() -> highest(explanation.logits(picture)));
        ImageProcessor.Region seen = served.classifier().processor().seen(original.height(), original.width());
        return Overlay.png(
                original, seen, explanation.of(picture, number, method).heatmap());
    }

    private static int number(List<String> labels, String name) {
        int number = labels.indexOf(name);
        if (number < 0) {
            throw HttpFault.badRequest("the model has no label of that name; it has " + String.join(", ", labels));
        }
        return number;
    }

    private static int highest(float[] logits) {
        int best = 0;
        for (int j = 1; j < logits.length; j++) {
            best = logits[j] > logits[best] ? j : best;
        }
        return best;
    }

    @Override
    public void close() {
        one.shutdown();
    }
}
