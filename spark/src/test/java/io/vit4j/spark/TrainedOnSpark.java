package io.vit4j.spark;

import static org.assertj.core.api.Assertions.assertThat;

import io.vit4j.Vit4j;
import io.vit4j.base.JsonObject;
import io.vit4j.base.Progress;
import io.vit4j.data.ProblemType;
import io.vit4j.hub.Safetensors;
import io.vit4j.hub.SafetensorsFile;
import io.vit4j.hub.StoredTensor;
import io.vit4j.model.SmallModels;
import io.vit4j.train.arguments.TrainingArguments;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/** A small data set and checkpoint, and 20 steps of training with a global batch of 8. */
final class TrainedOnSpark {
    private static final int BATCH = 8;

    final Path folder;
    final Path dataset;
    final Path checkpoint;

    TrainedOnSpark(Path folder) throws IOException {
        this.folder = folder;
        dataset = folder.resolve("dataset");
        checkpoint =
                SmallModels.save(folder.resolve("checkpoint"), ProblemType.MULTI_LABEL, "Edema", "Mass", "No Finding");
        DrawnPictures drawn = DrawnPictures.draw(folder.resolve("cxr"), 120, Set.of());
        Vit4j.prepare(drawn.folder())
                .imageSize(32, 32)
                .shardSize(1 << 16)
                .output(dataset)
                .run(Progress.NONE);
    }

    /** @param inARank the pictures that a rank takes at once */
    private static Map<String, String> arguments(int inARank) {
        Map<String, String> arguments = new TreeMap<>();
        arguments.put("max_steps", "20");
        arguments.put("per_device_train_batch_size", Integer.toString(inARank));
        arguments.put("learning_rate", "2e-4");
        arguments.put("dtype", "float32");
        arguments.put("save_strategy", "steps");
        arguments.put("save_steps", "5");
        arguments.put("threads", "1");
        arguments.put("report_images", "none");
        return arguments;
    }

    /** Trains in this process alone. */
    Path alone() {
        Path output = folder.resolve("alone");
        Vit4j.fineTune(checkpoint)
                .on(dataset)
                .arguments(TrainingArguments.builder()
                        .set(arguments(BATCH))
                        .outputDir(output)
                        .build())
                .run(Progress.NONE);
        return output;
    }

    /** @param overrides of the parallel configuration */
    ViTClassifier classifier(Path output, int ranks, int replicas, String overrides) {
        JsonObject arguments = JsonObject.empty();
        for (Map.Entry<String, String> each : arguments(BATCH / replicas).entrySet()) {
            arguments = arguments.with(each.getKey(), each.getValue());
        }
        return new ViTClassifier()
                .setCheckpoint(checkpoint.toString())
                .setDataset(dataset.toString())
                .setOutput(output.toString())
                .setArguments(arguments.with("ipu_config_overrides", overrides).line())
                .setLocalDir(folder.resolve("local").toString())
                .setRanks(ranks);
    }

    static Map<String, float[]> weights(Path output) {
        Map<String, float[]> weights = new TreeMap<>();
        try (SafetensorsFile file = Safetensors.open(output.resolve("model.safetensors"))) {
            for (StoredTensor tensor : file.tensors()) {
                FloatBuffer values = ByteBuffer.wrap(tensor.bytes())
                        .order(ByteOrder.LITTLE_ENDIAN)
                        .asFloatBuffer();
                float[] array = new float[values.remaining()];
                values.get(array);
                weights.put(tensor.name(), array);
            }
        }
        return weights;
    }

    static byte[] bytes(Path output) {
        try {
            return Files.readAllBytes(output.resolve("model.safetensors"));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    static void areWithin(double bound, Path output, Path expected) {
        Map<String, float[]> weights = weights(output);
        Map<String, float[]> others = weights(expected);
        assertThat(weights.keySet()).isEqualTo(others.keySet());
        weights.forEach((name, values) -> {
            if (name.endsWith("key.bias")) {
                return; // softmax cancels it, so its gradient is nothing but rounding, which AdamW makes a whole step
                // of
            }
            float[] other = others.get(name);
            assertThat(values).hasSameSizeAs(other);
            for (int i = 0; i < values.length; i++) {
                assertThat(Math.abs(values[i] - other[i])).as(name).isLessThanOrEqualTo((float) bound);
            }
        });
    }
}
