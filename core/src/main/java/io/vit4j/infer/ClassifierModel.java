package io.vit4j.infer;

import io.vit4j.base.InputException;
import io.vit4j.base.RandomKey;
import io.vit4j.data.augment.PictureView;
import io.vit4j.image.ImageProcessor;
import io.vit4j.image.Picture;
import io.vit4j.model.ModelDefinition;
import io.vit4j.model.Pretrained;
import io.vit4j.model.StepWeights;
import io.vit4j.model.VisionModel;
import java.nio.FloatBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/** One model of a classifier: takes decoded pictures, resizes them as its processor says, and gives logits. */
final class ClassifierModel implements AutoCloseable {
    private final VisionModel model;
    private final TestTimeAugmentation tta;
    private final ClassifierRounds rounds;

    private ClassifierModel(VisionModel model, TestTimeAugmentation tta, ClassifierRounds rounds) {
        this.model = model;
        this.tta = tta;
        this.rounds = rounds;
    }

    /**
     * The checkpoint of a folder.
     *
     * @param models that share the threads out among them, so that each has at least one
     */
    static ClassifierModel load(Path folder, ImageClassifier.Options options, int models) {
        VisionModel model = Pretrained.load(folder, Pretrained.Options.asItIs(options.device()))
                .model();
        try {
            return new ClassifierModel(
                    model,
                    options.tta(),
                    new ClassifierRounds(
                            model.definition(),
                            model.parameters(),
                            StepWeights.forInference(options.dtype(), options.device()),
                            Math.max(1, options.threadsHere() / models),
                            options.listener()));
        } catch (RuntimeException | Error e) {
            model.close();
            throw e;
        }
    }

    /** A model with weights of its own, the adapter's, over those that it shares with others. */
    static ClassifierModel adapted(VisionModel model, ImageClassifier.Options options, StepWeights shared) {
        ModelDefinition definition = model.definition();
        StepWeights weights = StepWeights.over(shared, definition::trains);
        return new ClassifierModel(
                model,
                options.tta(),
                new ClassifierRounds(
                        definition, model.parameters(), weights, options.threadsHere(), options.listener()));
    }

    ModelDefinition definition() {
        return model.definition();
    }

    ImageProcessor processor() {
        return model.processor();
    }

    /**
     * Hands over pixels that are as the model takes them.
     *
     * @param name of the picture, for messages
     */
    CompletableFuture<float[]> submitPrepared(String name, float[] pixels) {
        int channels = definition().channels();
        int height = model.processor().height();
        int width = model.processor().width();
        if (pixels.length != (long) channels * height * width) {
            throw new InputException(name + ": has " + pixels.length + " numbers, but the model takes " + channels + "x"
                    + height + "x" + width);
        }
        return rounds.submit(pixels, channels, height, width);
    }

    /** Resizes on the caller's thread, and hands the pixels of every view over. */
    CompletableFuture<float[]> submit(Picture read) {
        ImageProcessor processor = tta.processor(model.processor());
        Picture picture = processor.apply(read);
        if (tta.isNone()) {
            return submitView(picture);
        }
        List<CompletableFuture<float[]>> views = new ArrayList<>();
        for (PictureView view : tta.views(
                picture.height(),
                picture.width(),
                model.processor().height(),
                model.processor().width())) {
            views.add(submitView(view.apply(picture, RandomKey.of(0))));
        }
        return ClassifierPictures.together(views, () -> mean(views));
    }

    private CompletableFuture<float[]> submitView(Picture picture) {
        int channels = definition().channels();
        float[] pixels = new float[Math.multiplyExact(Math.multiplyExact(picture.height(), picture.width()), channels)];
        model.processor().normalise(picture, FloatBuffer.wrap(pixels), channels);
        return rounds.submit(pixels, channels, picture.height(), picture.width());
    }

    private static float[] mean(List<CompletableFuture<float[]>> views) {
        double[] sums = new double[views.get(0).join().length];
        for (CompletableFuture<float[]> view : views) {
            float[] logits = view.join();
            for (int j = 0; j < sums.length; j++) {
                sums[j] += logits[j];
            }
        }
        float[] mean = new float[sums.length];
        for (int j = 0; j < mean.length; j++) {
            mean[j] = (float) (sums[j] / views.size());
        }
        return mean;
    }

    /** Frees the model, after the pictures that were handed over already. */
    @Override
    public void close() {
        rounds.close();
        model.close();
    }
}
