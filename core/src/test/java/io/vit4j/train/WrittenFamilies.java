package io.vit4j.train;

import io.vit4j.base.DurableFiles;
import io.vit4j.hub.Safetensors;
import io.vit4j.hub.SafetensorsFile;
import io.vit4j.hub.StoredTensor;
import io.vit4j.model.Context;
import io.vit4j.model.Fixture;
import io.vit4j.model.ModelDefinition;
import io.vit4j.model.Pretrained;
import io.vit4j.model.StepWeights;
import io.vit4j.model.StoredWeights;
import io.vit4j.model.VisionModel;
import io.vit4j.torch.Device;
import io.vit4j.torch.Dtype;
import io.vit4j.torch.Scope;
import io.vit4j.torch.Tensors;
import io.vit4j.walk.Walk;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.bytedeco.pytorch.Tensor;

/**
 * Writes a small checkpoint of every family with the logits of some pictures, for {@code bench/families/other-libraries} to load in
 * transformers or timm; or reads what was written there.
 *
 * <pre>{@code
 * bench/run-test-class io.vit4j.train.WrittenFamilies write DIR
 * bench/run-test-class io.vit4j.train.WrittenFamilies read DIR
 * }</pre>
 */
public final class WrittenFamilies {
    private static final String VALUES = "forward.safetensors";
    private static final double MOST = 1e-5;

    private WrittenFamilies() {}

    /** Exits with 1 if a family's logits differ. */
    public static void main(String[] args) throws IOException {
        Path folder = Path.of(args[1]);
        boolean writes = args[0].equals("write");
        boolean fine = true;
        for (SmallFamily family : SmallFamily.all().toList()) {
            Path own = folder.resolve(family.name().replace(' ', '_'));
            if (writes) {
                write(family.definition(), Files.createDirectories(own));
                continue;
            }
            double difference = difference(own.resolve("back"));
            fine &= difference < MOST;
            System.out.printf("%-22s read here, logits differ by %.1e%n", family.name(), difference);
        }
        System.exit(fine ? 0 : 1);
    }

    private static void write(ModelDefinition definition, Path folder) {
        try (VisionModel model = VisionModel.fromScratch(definition, Device.CPU, 7);
                Scope scope = new Scope()) {
            model.save(DurableFiles.SYSTEM, folder);
            Tensor pixels = Tensors.empty(
                    Dtype.FLOAT32, Device.CPU, definition.shapes().get(0).batch(3));
            Tensors.fillNormal(pixels, 0, 1, 9);
            Tensor logits =
                    Tensors.of(logits(model, pixels), 3, definition.labels().size());
            Safetensors.write(
                    DurableFiles.SYSTEM,
                    folder.resolve(VALUES),
                    Map.of(),
                    List.of(StoredWeights.stored("pixel_values", pixels), StoredWeights.stored("logits", logits)));
        }
    }

    private static double difference(Path folder) {
        try (VisionModel model = Pretrained.load(folder, Pretrained.Options.asItIs(Device.CPU))
                        .model();
                SafetensorsFile values = Safetensors.open(folder.resolve(VALUES));
                Scope scope = new Scope()) {
            StoredTensor pixels = values.tensor("pixel_values").orElseThrow();
            float[] logits = logits(model, Tensors.of(Fixture.floats(pixels), pixels.shape()));
            return Fixture.largestDifference(
                    logits, Fixture.floats(values.tensor("logits").orElseThrow()));
        }
    }

    private static float[] logits(VisionModel model, Tensor pixels) {
        try (StepWeights weights = new StepWeights(Dtype.FLOAT32)) {
            return Tensors.toFloats(new Walk(model.blocks()).infer(pixels, Context.inference(weights)));
        }
    }
}
