package io.vit4j.serve;

import io.vit4j.base.InputException;
import io.vit4j.infer.Classification;
import io.vit4j.infer.Ensemble;
import io.vit4j.infer.Explanation;
import io.vit4j.infer.ImageClassifier;
import io.vit4j.infer.LabelScore;
import io.vit4j.model.ModelDefinition;
import io.vit4j.model.Pretrained;
import io.vit4j.model.VisionModel;
import io.vit4j.serve.HttpFault.Kind;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletionException;

/** One version of a model, in memory until it has been replaced and no request uses it any more. */
final class ServedVersion {
    private static final Duration TRIAL = Duration.ofMinutes(2);

    private final String number;
    private final ModelFolder.Found found;
    private final ImageClassifier.Options options;
    private final ImageClassifier classifier;
    private Optional<Explainer> explainer = Optional.empty();
    private int users = 1; // the model that serves it
    private final Runnable closed;

    /** A second copy of the weights, in the form that can be differentiated. */
    private record Explainer(VisionModel model, Explanation explanation) {}

    /** Loads versions. */
    interface Loader {
        /**
         * Loads a version and tries it; InputException if it is broken.
         *
         * @param closed is run once it has left memory
         */
        ServedVersion load(String number, ModelFolder.Found found, Runnable closed);
    }

    /** {@return what loads versions to be computed as the options say} */
    static Loader loader(ImageClassifier.Options options) {
        return (number, found, closed) -> new ServedVersion(number, found, options, closed);
    }

    private ServedVersion(String number, ModelFolder.Found found, ImageClassifier.Options options, Runnable closed) {
        this.number = number;
        this.found = found;
        this.options = options;
        this.closed = closed;
        classifier = ImageClassifier.load(found.folder(), options);
        try {
            if (Ensemble.read(found.folder()).isEmpty()) { // whose models each prepare pictures in their own way
                requireFinite(found);
            }
        } catch (RuntimeException | Error e) {
            classifier.close();
            throw e;
        }
    }

    private void requireFinite(ModelFolder.Found from) {
        ModelDefinition model = classifier.definition();
        float[] black = new float
                [model.channels()
                        * classifier.processor().height()
                        * classifier.processor().width()];
        List<LabelScore> scores;
        try {
            scores = classifier
                    .classifyPreparedAsync(List.of(black), TRIAL)
                    .join()
                    .get(0)
                    .orThrow();
        } catch (CompletionException e) {
            throw InputException.in(from.folder(), "does not answer (" + root(e) + "); check its files", e);
        }
        if (scores.stream().anyMatch(score -> !Double.isFinite(score.logit()))) {
            throw InputException.in(from.folder(), "answers with numbers that are not finite; its weights are damaged");
        }
    }

    private static Throwable root(Throwable e) {
        return e.getCause() == null ? e : root(e.getCause());
    }

    String number() {
        return number;
    }

    ModelFolder.Found found() {
        return found;
    }

    ImageClassifier classifier() {
        return classifier;
    }

    /** A picture's scores in the order of the model's labels. */
    List<LabelScore> inOrder(Classification result) {
        Map<String, LabelScore> byLabel = new HashMap<>();
        result.orThrow().forEach(score -> byLabel.put(score.label(), score));
        return classifier.labels().stream().map(byLabel::get).toList();
    }

    /** Reads the weights once more at the first call. For one thread at a time. */
    Explanation explanation() {
        if (explainer.isEmpty()) {
            if (!new ModelFolder(found.folder()).newest().state().equals(found.state())) {
                throw new HttpFault(
                        Kind.CONFLICT,
                        "the model's files have changed since they were loaded; load the model again first");
            }
            VisionModel model = Pretrained.load(found.folder(), Pretrained.Options.asItIs(options.device()))
                    .model();
            try {
                explainer = Optional.of(new Explainer(model, new Explanation(model)));
            } catch (RuntimeException | Error e) {
                model.close();
                throw e;
            }
        }
        return explainer.get().explanation();
    }

    /** {@return whether it is still there; then it stays until {@link #release}} */
    synchronized boolean acquire() {
        if (users == 0) {
            return false;
        }
        users++;
        return true;
    }

    /** The last one closes it, on a thread of its own. */
    void release() {
        synchronized (this) {
            users--;
            if (users > 0) {
                return;
            }
        }
        new Thread(this::close, "vit4j-close").start();
    }

    private void close() {
        try {
            classifier.close();
            explainer.ifPresent(copy -> {
                copy.explanation().close();
                copy.model().close();
            });
        } finally {
            closed.run();
        }
    }
}
