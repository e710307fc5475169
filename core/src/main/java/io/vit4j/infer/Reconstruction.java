package io.vit4j.infer;

import io.vit4j.base.RandomKey;
import io.vit4j.data.Batch;
import io.vit4j.data.CentreCrop;
import io.vit4j.data.Collator;
import io.vit4j.data.DataLoader;
import io.vit4j.data.Dataset;
import io.vit4j.data.DatasetInfo;
import io.vit4j.data.MaskingCollator;
import io.vit4j.data.Targets;
import io.vit4j.hub.CheckpointFiles;
import io.vit4j.image.ImageProcessor;
import io.vit4j.image.Picture;
import io.vit4j.model.MaskedAutoencoding;
import io.vit4j.model.Masking;
import io.vit4j.model.ModelDefinition;
import io.vit4j.model.Pretrained;
import io.vit4j.model.VisionModel;
import io.vit4j.torch.Device;
import io.vit4j.torch.Dtype;
import io.vit4j.torch.TorchRuntime;
import io.vit4j.walk.Inference;
import io.vit4j.walk.Lanes;
import io.vit4j.walk.MaskedPixels;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * What a masked autoencoder makes of a picture.
 *
 * @param masked the patches that it sees, the others grey
 * @param predicted the same, the others as it predicts them
 * @param original the whole picture
 */
public record Reconstruction(Picture masked, Picture predicted, Picture original) {
    private static final float GREY = 128;

    /** Whether a folder's model is a masked autoencoder; false if it has no model, as that of an unfinished run. */
    public static boolean isOf(Path folder) {
        return Files.isRegularFile(folder.resolve(CheckpointFiles.CONFIG))
                && CheckpointFiles.config(folder).line().contains("\"ViTMAEForPreTraining\"");
    }

    /**
     * Reconstructs pictures, masked as evaluations mask them.
     *
     * @param autoencoder its folder
     * @param pictures of a data set, whose labels are not read
     * @param samples their numbers
     */
    public static List<Reconstruction> of(
            Path autoencoder, Dataset pictures, DatasetInfo info, int[] samples, Device device) {
        try (VisionModel model = Pretrained.load(
                        autoencoder, Pretrained.Options.pretraining(device, MaskedAutoencoding.DEFAULTS, 0))
                .model()) {
            ModelDefinition definition = model.definition();
            Masking masking = definition.masking().orElseThrow();
            Collator collator = new MaskingCollator(
                    Collator.normalising(model.processor()::normalise, definition.channels()), masking.patchSize());
            try (DataLoader loader = new DataLoader(
                            pictures,
                            List.of(samples),
                            collator,
                            CentreCrop.of(info),
                            RandomKey.of(0),
                            DataLoader.Workers.of(0));
                    Lanes lanes = new Lanes(device.isCpu() ? TorchRuntime.threads() : 1);
                    Inference inference =
                            new Inference(definition, model.parameters(), Dtype.FLOAT32, lanes, samples.length)) {
                Batch batch = loader.next();
                float[] labels = batch.labels().clone();
                float[] predicted = inference.run(List.of(batch).iterator(), samples.length);
                return new Patchwork(model.processor(), definition, masking).all(labels, predicted, samples.length);
            }
        }
    }

    /** Pictures put together of patches of normalised pixels. */
    private record Patchwork(ImageProcessor processor, ModelDefinition definition, Masking masking) {
        List<Reconstruction> all(float[] labels, float[] predicted, int samples) {
            int outputs = definition.outputs();
            int patches = masking.patches();
            Targets targets =
                    new MaskedPixels(patches, masking.seen(), false).targets(labels, samples, outputs); // 1 if masked
            List<Reconstruction> all = new ArrayList<>();
            for (int i = 0; i < samples; i++) {
                int at = i * (patches + outputs);
                float[] hidden = Arrays.copyOfRange(targets.values(), at, at + patches);
                float[] original = Arrays.copyOfRange(labels, at + patches, at + patches + outputs);
                float[] made = Arrays.copyOfRange(predicted, i * outputs, (i + 1) * outputs);
                all.add(one(hidden, original, made));
            }
            return all;
        }

        private Reconstruction one(float[] hidden, float[] original, float[] made) {
            int ofPatch = original.length / hidden.length;
            float[] predicted = original.clone();
            for (int patch = 0; patch < hidden.length; patch++) {
                if (hidden[patch] == 1) {
                    float[] own = Arrays.copyOfRange(made, patch * ofPatch, (patch + 1) * ofPatch);
                    if (masking.normalised()) {
                        likePixels(own, original, patch * ofPatch);
                    }
                    System.arraycopy(own, 0, predicted, patch * ofPatch, ofPatch);
                }
            }
            return new Reconstruction(
                    picture(original, hidden, true),
                    picture(predicted, hidden, false),
                    picture(original, hidden, false));
        }

        /** Undoes the normalisation of a patch, by the mean and the deviation of the pixels that are there. */
        private static void likePixels(float[] patch, float[] original, int at) {
            double mean = 0;
            for (int i = 0; i < patch.length; i++) {
                mean += original[at + i] / patch.length;
            }
            double variance = 0;
            for (int i = 0; i < patch.length; i++) {
                variance += (original[at + i] - mean) * (original[at + i] - mean) / (patch.length - 1);
            }
            for (int i = 0; i < patch.length; i++) {
                patch[i] = (float) (patch[i] * Math.sqrt(variance) + mean);
            }
        }

        private Picture picture(float[] patches, float[] hidden, boolean masks) {
            float[][] table = processor.normalisationTable();
            int side = masking.patchSize();
            int channels = definition.channels();
            int width = definition.imageWidth();
            int columns = width / side;
            byte[] pixels = new byte[definition.imageHeight() * width * channels];
            for (int i = 0; i < patches.length; i++) {
                int c = i % channels;
                int inPatch = i / channels % (side * side);
                int patch = i / channels / (side * side);
                int y = patch / columns * side + inPatch / side;
                int x = patch % columns * side + inPatch % side;
                float level = (patches[i] - table[c][0]) * 255 / (table[c][255] - table[c][0]);
                float shown = masks && hidden[patch] == 1 ? GREY : level;
                pixels[(y * width + x) * channels + c] = (byte) Math.min(Math.max(Math.round(shown), 0), 255);
            }
            return new Picture(width, definition.imageHeight(), channels, pixels);
        }
    }
}
