package io.vit4j.walk;

import io.vit4j.base.InputException;
import io.vit4j.data.ProblemType;
import io.vit4j.data.Targets;
import io.vit4j.model.Masking;
import java.util.stream.IntStream;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/**
 * What a masked autoencoder minimises (He et al. 2022): the mean squared error of the pixels of the patches that it has not seen. A
 * sample's labels are a number for each patch, of which the smallest are seen, and the pixels of all patches
 * ({@link io.vit4j.data.MaskingCollator}).
 *
 * @param patches of a picture
 * @param seen how many of them the encoder sees
 * @param normalised whether pixels are predicted with their patch's mean subtracted, divided by its deviation ({@code norm_pix_loss})
 */
public record MaskedPixels(int patches, int seen, boolean normalised) implements Objective {
    private static final double LEAST_VARIANCE = 1e-6;

    /** That of an autoencoder. */
    public static MaskedPixels of(Masking masking) {
        return new MaskedPixels(masking.patches(), masking.seen(), masking.normalised());
    }

    /** Numbers are predicted. */
    @Override
    public ProblemType problemType() {
        return ProblemType.REGRESSION;
    }

    @Override
    public boolean keepsPredictions() {
        return false;
    }

    /** Row by row: for each patch 1 if it was masked, else 0, and then the pixels to predict. */
    @Override
    public Targets targets(float[] labels, int samples, int outputs) {
        int width = patches + outputs;
        if (labels.length != samples * width) {
            throw new InputException(labels.length / Math.max(1, samples)
                    + " label values per picture for pretraining on " + patches + " patches with " + outputs
                    + " pixel values; prepare pictures of the model's size");
        }
        float[] values = labels.clone();
        double[] counted = new double[samples];
        int ofPatch = outputs / patches;
        for (int i = 0; i < samples; i++) {
            mask(values, i * width);
            counted[i] = patches - seen;
            for (int patch = 0; normalised && patch < patches; patch++) {
                normalise(values, i * width + patches + patch * ofPatch, ofPatch);
            }
        }
        return new Targets(samples, width, values, Targets.UNWEIGHTED, Targets.UNWEIGHTED, counted);
    }

    /** Which patches are masked, in place of their noise. */
    private void mask(float[] values, int at) {
        int[] order = IntStream.range(0, patches)
                .boxed()
                .sorted((a, b) -> Float.compare(values[at + a], values[at + b])) // stable, as the encoder's order is
                .mapToInt(Integer::intValue)
                .toArray();
        for (int i = 0; i < patches; i++) {
            values[at + order[i]] = i < seen ? 0 : 1;
        }
    }

    private static void normalise(float[] values, int at, int count) {
        double sum = 0;
        for (int i = at; i < at + count; i++) {
            sum += values[i];
        }
        double mean = sum / count;
        double squares = 0;
        for (int i = at; i < at + count; i++) {
            squares += (values[i] - mean) * (values[i] - mean);
        }
        double deviation = Math.sqrt(squares / (count - 1) + LEAST_VARIANCE);
        for (int i = at; i < at + count; i++) {
            values[i] = (float) ((values[i] - mean) / deviation);
        }
    }

    /** The sum over masked patches of the mean squared error of their pixels. */
    @Override
    public Tensor sum(Tensor predictions, TargetTensors targets) {
        long samples = predictions.size(0);
        Tensor masked = targets.values().narrow(1, 0, patches);
        Tensor pixels = targets.values().narrow(1, patches, predictions.size(1));
        Tensor errors = torch.mse_loss(predictions, pixels, BinaryCrossEntropy.NONE)
                .view(samples, patches, -1)
                .mean(new long[] {2}); // [samples, patches]
        return torch.mul(errors, masked).sum();
    }
}
