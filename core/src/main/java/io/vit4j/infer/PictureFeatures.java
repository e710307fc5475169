package io.vit4j.infer;

import io.vit4j.base.RandomKey;
import io.vit4j.data.BatchPlan;
import io.vit4j.data.Collator;
import io.vit4j.data.DataLoader;
import io.vit4j.data.Dataset;
import io.vit4j.data.ImageTransform;
import io.vit4j.data.Sampler;
import io.vit4j.model.ModelDefinition;
import io.vit4j.model.VisionModel;
import io.vit4j.torch.Device;
import io.vit4j.torch.Scope;
import io.vit4j.torch.Tensors;
import io.vit4j.walk.BatchChunk;
import io.vit4j.walk.Inference;
import io.vit4j.walk.Lanes;
import java.util.List;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/**
 * What a model makes of pictures before its classifier.
 *
 * @param values {@code [pictures, size]} row by row
 * @param pictures how many
 * @param size features of each
 */
public record PictureFeatures(float[] values, int pictures, int size) {
    /** The features of all pictures of a data set, in its order. */
    public static PictureFeatures of(
            VisionModel model, Dataset data, ImageTransform transform, Predictor.Settings settings) {
        ModelDefinition definition = model.definition();
        Device device = model.parameters().device();
        List<int[]> plan = BatchPlan.of(Sampler.sequential().order(data.size(), 0), settings.batch(), false);
        Collator collator = Collator.normalising(model.processor()::normalise, definition.channels());
        DataLoader.Workers workers = DataLoader.Workers.of(settings.workers());
        try (DataLoader loader = new DataLoader(
                        data,
                        plan,
                        collator,
                        transform,
                        RandomKey.of(0),
                        workers,
                        BatchChunk.buffers(device, workers));
                Lanes lanes = new Lanes(device.isCpu() ? settings.threads() : 1);
                Inference inference = new Inference(
                        definition.featuresOver(model.parameters()),
                        definition.features(),
                        definition.labelsRead(),
                        device,
                        settings.dtype(),
                        lanes,
                        BatchChunk.size(definition, settings.dtype(), device))) {
            return new PictureFeatures(inference.run(loader, data.size()), data.size(), definition.features());
        }
    }

    /** {@return the same, each picture's scaled to length 1} */
    public float[] unit() {
        float[] unit = new float[values.length];
        for (int i = 0; i < pictures; i++) {
            double length = 0;
            for (int j = i * size; j < (i + 1) * size; j++) {
                length += (double) values[j] * values[j];
            }
            length = Math.max(Math.sqrt(length), Float.MIN_NORMAL);
            for (int j = i * size; j < (i + 1) * size; j++) {
                unit[j] = (float) (values[j] / length);
            }
        }
        return unit;
    }

    /**
     * In how many directions the features spread: the exponential of the entropy of their singular values, each as a share of their sum,
     * the mean of the features subtracted (Roy and Vetterli 2007; Garrido et al. 2023). From 1, a collapse onto a line, to the smaller of
     * pictures and size.
     */
    public double effectiveRank() {
        try (Scope scope = new Scope()) {
            Tensor all = Tensors.of(values, pictures, size);
            Tensor centred = torch.sub(all, all.mean(new long[] {0}));
            return entropyRank(Tensors.toFloats(torch.linalg_svdvals(centred)));
        }
    }

    private static double entropyRank(float[] singular) {
        double sum = 0;
        for (float value : singular) {
            sum += value;
        }
        double entropy = 0;
        for (float value : singular) {
            double share = sum > 0 ? value / sum : 0;
            entropy -= share > 0 ? share * Math.log(share) : 0;
        }
        return Math.exp(entropy);
    }

    /**
     * The mean over all directions of the standard deviation of the features, each picture's scaled to length 1, times the root of their
     * number (Chen and He 2021): 0 if all pictures look alike to the model, about 1 if they are spread evenly.
     */
    public double deviation() {
        double total = 0;
        float[] unit = unit();
        for (int j = 0; j < size; j++) {
            double sum = 0;
            double squares = 0;
            for (int i = 0; i < pictures; i++) {
                double value = unit[i * size + j];
                sum += value;
                squares += value * value;
            }
            double mean = sum / pictures;
            total += Math.sqrt(Math.max(0, squares / pictures - mean * mean));
        }
        return total / size * Math.sqrt(size);
    }
}
