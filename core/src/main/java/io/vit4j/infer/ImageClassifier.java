package io.vit4j.infer;

import io.vit4j.base.InputException;
import io.vit4j.base.Progress;
import io.vit4j.hub.CheckpointSource;
import io.vit4j.hub.HubSettings;
import io.vit4j.image.DecodeOptions;
import io.vit4j.image.ImageProcessor;
import io.vit4j.model.AdaptedModels;
import io.vit4j.model.ModelDefinition;
import io.vit4j.model.StepWeights;
import io.vit4j.torch.Device;
import io.vit4j.torch.Dtype;
import io.vit4j.torch.TorchRuntime;
import java.awt.image.BufferedImage;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * A tuned checkpoint, or an ensemble of several, at work: pictures in, labels with their scores out. For any number of threads at once, whose pictures
 * are walked together where they come together; a few hundred pictures are best handed over at once.
 *
 * <pre>{@code
 * try (ImageClassifier classifier = ImageClassifier.load(Path.of("tuned"))) {
 *     for (LabelScore label : classifier.classify(Path.of("chest.png"))) {
 *         System.out.printf("%s %.3f%n", label.label(), label.score());
 *     }
 * }
 * }</pre>
 */
public final class ImageClassifier implements AutoCloseable {
    /** Pictures of a list that are read while others are walked. */
    private static final int READ_AHEAD = 64;

    private static final int CAPACITY = 256;

    private final List<ClassifierModel> models;
    private final Decision decision;
    private final ClassifierPictures pictures;
    private final ClassifierRequests requests;
    private final Runnable afterwards;
    private boolean closed;

    /**
     * How pictures are classified.
     *
     * @param device where products are computed
     * @param dtype of products
     * @param threads that compute, on a CPU; 0: one per core
     * @param decode how pictures are decoded
     * @param decision temperature and thresholds; empty: those kept with the checkpoint
     * @param tta views of each picture whose logits are averaged
     * @param capacity pictures that {@link #classifyAsync} accepts before earlier ones are answered
     * @param listener is told how long each step takes
     */
    public record Options(
            Device device,
            Dtype dtype,
            int threads,
            DecodeOptions decode,
            Optional<Decision> decision,
            TestTimeAugmentation tta,
            int capacity,
            ClassifierListener listener) {
        /** Checks the numbers. */
        public Options {
            if (threads < 0 || capacity < 1) {
                throw new InputException("threads is " + threads + " and capacity " + capacity + "; use 1 or more");
            }
        }

        /** float32 on every core of the CPU. */
        public static Options defaults() {
            return new Options(
                    Device.CPU,
                    Dtype.FLOAT32,
                    0,
                    DecodeOptions.DEFAULT,
                    Optional.empty(),
                    TestTimeAugmentation.NONE,
                    CAPACITY,
                    ClassifierListener.NONE);
        }

        int threadsHere() {
            return threads == 0 ? TorchRuntime.threads() : threads;
        }

        /** {@return the same on another device} */
        public Options withDevice(Device other) {
            return new Options(other, dtype, threads, decode, decision, tta, capacity, listener);
        }

        /** {@return the same in another precision} */
        public Options withDtype(Dtype other) {
            return new Options(device, other, threads, decode, decision, tta, capacity, listener);
        }

        /** {@return the same on another number of threads} */
        public Options withThreads(int count) {
            if (count < 1) {
                throw new InputException("threads is " + count + "; use 1 or more");
            }
            return new Options(device, dtype, count, decode, decision, tta, capacity, listener);
        }

        /** {@return the same with pictures decoded in another way} */
        public Options withDecode(DecodeOptions other) {
            return new Options(device, dtype, threads, other, decision, tta, capacity, listener);
        }

        /** {@return the same with other thresholds and another temperature than the checkpoint's} */
        public Options withDecision(Decision other) {
            return new Options(device, dtype, threads, decode, Optional.of(other), tta, capacity, listener);
        }

        /** {@return the same with several views of each picture, whose logits are averaged} */
        public Options withTta(TestTimeAugmentation other) {
            return new Options(device, dtype, threads, decode, decision, other, capacity, listener);
        }

        /** {@return the same with another bound for asynchronous requests} */
        public Options withCapacity(int pictures) {
            return new Options(device, dtype, threads, decode, decision, tta, pictures, listener);
        }

        /** {@return the same with somebody who is told how long each step takes} */
        public Options withListener(ClassifierListener other) {
            return new Options(device, dtype, threads, decode, decision, tta, capacity, other);
        }
    }

    private ImageClassifier(
            List<ClassifierModel> models,
            Optional<Ensemble> ensemble,
            Options options,
            Decision decision,
            Runnable afterwards) {
        this.models = models;
        this.decision = decision;
        pictures = new ClassifierPictures(models, ensemble, options);
        requests = new ClassifierRequests(options.capacity());
        this.afterwards = afterwards;
        options.tta().noteSides(labels());
    }

    /**
     * Several adapters of one model, each a classifier of its own, over one copy of the model's weights, which is freed when the last
     * of them is closed.
     *
     * @param folders with adapters, as {@code vit4j train --lora-rank} or peft writes them
     * @return in the order of the folders; InputException if they adapt different models
     */
    public static List<ImageClassifier> loadAdapters(List<Path> folders, Options options) {
        List<Decision> decisions = folders.stream()
                .map(folder -> options.decision().orElseGet(() -> Decision.read(folder)))
                .toList();
        AdaptedModels.Shared adapted = AdaptedModels.load(folders, options.device());
        StepWeights shared = StepWeights.toShare(options.dtype(), options.device());
        AtomicInteger open = new AtomicInteger(folders.size());
        Runnable closeOne = () -> {
            if (open.decrementAndGet() == 0) {
                shared.close();
                adapted.base().close();
            }
        };
        List<ImageClassifier> classifiers = new ArrayList<>();
        try {
            for (int i = 0; i < folders.size(); i++) {
                ClassifierModel model = ClassifierModel.adapted(adapted.models().get(i), options, shared);
                classifiers.add(
                        new ImageClassifier(List.of(model), Optional.empty(), options, decisions.get(i), closeOne));
            }
        } catch (RuntimeException | Error e) {
            classifiers.forEach(ImageClassifier::close);
            for (int i = classifiers.size(); i < folders.size(); i++) {
                adapted.models().get(i).close();
                closeOne.run();
            }
            throw e;
        }
        return List.copyOf(classifiers);
    }

    /** The checkpoint or the ensemble of a folder. */
    public static ImageClassifier load(Path folder) {
        return load(folder, Options.defaults());
    }

    /**
     * The checkpoint of a folder, or the ensemble that {@code vit4j evaluate} keeps in one; InputException if it is neither, or has no
     * classifier. The models of an ensemble share the threads out among them, so that each has at least one.
     */
    public static ImageClassifier load(Path folder, Options options) {
        Decision decision = options.decision().orElseGet(() -> Decision.read(folder));
        Optional<Ensemble> ensemble = Ensemble.read(folder);
        List<Path> folders = ensemble.map(Ensemble::models).orElse(List.of(folder));
        List<ClassifierModel> models = new ArrayList<>();
        try {
            for (Path each : folders) {
                models.add(ClassifierModel.load(each, options, folders.size()));
                Ensemble.requireSameLabels(
                        each,
                        models.get(models.size() - 1).definition(),
                        models.get(0).definition());
            }
            return new ImageClassifier(List.copyOf(models), ensemble, options, decision, () -> {});
        } catch (RuntimeException | Error e) {
            models.forEach(ClassifierModel::close);
            throw e;
        }
    }

    /** A folder, or a name on the hub such as {@code google/vit-base-patch16-224}, downloaded where it is not yet here. */
    public static ImageClassifier load(String nameOrFolder, Options options) {
        return load(CheckpointSource.resolve(nameOrFolder, HubSettings.fromEnvironment(), Progress.NONE), options);
    }

    /** {@return what the model is: its labels, their kind, the size of its pictures; of an ensemble its first one} */
    public ModelDefinition definition() {
        return models.get(0).definition();
    }

    /** {@return how pictures become what the model takes; of an ensemble its first one} */
    public ImageProcessor processor() {
        return models.get(0).processor();
    }

    /** {@return the temperature and thresholds that are applied} */
    public Decision decision() {
        return decision;
    }

    /** The labels in the order of the model's outputs. */
    public List<String> labels() {
        return definition().labels();
    }

    /** One score per label, highest first; InputException if the file cannot be read. */
    public List<LabelScore> classify(Path file) {
        return classify(ImageInput.of(file));
    }

    /** The same of an encoded picture's bytes. */
    public List<LabelScore> classify(byte[] encoded) {
        return classify(ImageInput.of("the picture", encoded));
    }

    /** The same of a picture in memory. */
    public List<LabelScore> classify(BufferedImage image) {
        return classify(ImageInput.of("the picture", image));
    }

    /** The same of any of these. */
    public List<LabelScore> classify(ImageInput image) {
        return scores(pictures.submit(image));
    }

    /**
     * Decodes on the caller's thread, and classifies together with what others hand over. Who calls this bounds how many pictures are
     * on their way.
     *
     * @return one score per label, highest first, to come; InputException at once if the picture cannot be read
     */
    public CompletableFuture<List<LabelScore>> submit(ImageInput image) {
        return pictures.submit(image).thenApply(logits -> decision.of(definition(), logits));
    }

    /**
     * Classifies many. A picture that cannot be read does not affect the others: its {@link Classification#fault} says why.
     *
     * @return one per picture, in their order
     */
    public List<Classification> classifyAll(List<? extends ImageInput> images) {
        List<Classification> results = new ArrayList<>(images.size());
        List<CompletableFuture<float[]>> ahead = List.of();
        for (int from = 0; from < images.size() || !ahead.isEmpty(); from += READ_AHEAD) {
            int until = Math.min(images.size(), from + READ_AHEAD);
            List<CompletableFuture<float[]>> next = from >= until
                    ? List.of()
                    : images.subList(from, until).parallelStream()
                            .map(this::submitOrFault)
                            .toList();
            int first = results.size();
            for (int i = 0; i < ahead.size(); i++) {
                results.add(result(images.get(first + i).name(), ahead.get(i)));
            }
            ahead = next;
        }
        return results;
    }

    /**
     * Classifies without making the caller wait. Pictures are decoded on threads of their own, and computed together with those of other
     * callers. Cancelling the future withdraws the picture if it still waits.
     *
     * @param within how long the caller waits for the answer
     * @return one score per label, highest first; fails with {@link java.util.concurrent.RejectedExecutionException} if
     *     {@link Options#capacity} pictures wait already, with {@link java.util.concurrent.TimeoutException} if there is no answer in
     *     time, with InputException if the picture cannot be read
     */
    public CompletableFuture<List<LabelScore>> classifyAsync(ImageInput image, Duration within) {
        CompletableFuture<List<Classification>> all = classifyAllAsync(List.of(image), within);
        CompletableFuture<List<LabelScore>> one =
                all.thenApply(results -> results.get(0).orThrow());
        one.whenComplete((scores, failure) -> all.cancel(false)); // nothing if it is done
        return one;
    }

    /**
     * Classifies several without making the caller wait: all are accepted, or none. A picture that cannot be read does not affect the
     * others.
     *
     * @param within how long the caller waits for the answers
     * @return one per picture, in their order; fails as {@link #classifyAsync} does, but not because of a picture
     */
    public CompletableFuture<List<Classification>> classifyAllAsync(
            List<? extends ImageInput> images, Duration within) {
        return requests.start(
                images.size(),
                within,
                i -> pictures.submit(images.get(i)),
                (i, logits) -> result(images.get(i).name(), logits));
    }

    /**
     * The same of pictures that are as the model takes them: resized and normalised.
     *
     * @param pixels of each picture: {@code [channels, height, width]} of the processor's size; for a model alone, no ensemble
     */
    public CompletableFuture<List<Classification>> classifyPreparedAsync(List<float[]> pixels, Duration within) {
        return requests.start(
                pixels.size(),
                within,
                i -> pictures.submitPrepared("picture " + i, pixels.get(i)),
                (i, logits) -> result("picture " + i, logits));
    }

    /** {@return how many pictures of asynchronous requests were accepted and are not yet answered} */
    public int pending() {
        return requests.pending();
    }

    private Classification result(String name, CompletableFuture<float[]> logits) {
        try {
            return new Classification(name, scores(logits), Optional.empty());
        } catch (InputException e) {
            return new Classification(name, List.of(), Optional.of(e));
        }
    }

    private CompletableFuture<float[]> submitOrFault(ImageInput image) {
        try {
            return pictures.submit(image);
        } catch (InputException e) {
            return CompletableFuture.failedFuture(e);
        }
    }

    private List<LabelScore> scores(CompletableFuture<float[]> logits) {
        try {
            return decision.of(definition(), logits.join());
        } catch (CompletionException e) {
            throw e.getCause() instanceof InputException fault
                    ? fault
                    : new IllegalStateException("the picture could not be classified", e.getCause());
        }
    }

    /**
     * Frees the models, after the pictures that were handed over already; closing again does nothing, and classifying from
     * then on throws an IllegalStateException.
     */
    @Override
    public synchronized void close() {
        if (!closed) {
            closed = true;
            requests.close();
            models.forEach(ClassifierModel::close);
            afterwards.run();
        }
    }
}
