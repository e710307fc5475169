package io.vit4j.export;

import io.vit4j.base.DurableFiles;
import io.vit4j.base.Progress;
import io.vit4j.data.ArrowDataset;
import io.vit4j.data.Dataset;
import io.vit4j.data.ImageTransform;
import io.vit4j.data.Sample;
import io.vit4j.infer.Decision;
import io.vit4j.infer.Predictor;
import io.vit4j.metrics.EvalPrediction;
import io.vit4j.metrics.RocAuc;
import io.vit4j.model.ModelDefinition;
import io.vit4j.model.Pretrained;
import io.vit4j.model.VisionModel;
import io.vit4j.onnx.OnnxSession;
import io.vit4j.onnx.Precision;
import io.vit4j.torch.Device;
import java.io.IOException;
import java.nio.FloatBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;

/**
 * Measures a tuned model's exports on a data set, in onnxruntime, beside vit4j itself: {@code OnnxAuroc MODEL DATASET [SPLIT]}. Run it by
 * {@code bench/run-test-class}.
 */
final class OnnxAuroc {
    private static final int BATCH = 8;

    private final VisionModel model;
    private final Dataset data;

    private OnnxAuroc(VisionModel model, Dataset data) {
        this.model = model;
        this.data = data;
    }

    public static void main(String[] args) throws IOException {
        Path folder = Files.createTempDirectory("onnx-auroc");
        try (VisionModel model = Pretrained.load(Path.of(args[0]), Pretrained.Options.asItIs(Device.CPU))
                        .model();
                ArrowDataset dataset = ArrowDataset.open(Path.of(args[1]))) {
            OnnxAuroc auroc = new OnnxAuroc(model, dataset.split(args.length > 2 ? args[2] : "validation"));
            EvalPrediction own = new Predictor(model, Predictor.Settings.defaults())
                    .predict(auroc.data, ImageTransform.none(), Progress.NONE)
                    .prediction();
            auroc.print("vit4j float32", own, own, 0);
            for (Precision precision : Precision.values()) {
                Path file = folder.resolve(precision + ".onnx");
                new OnnxExport(model, Decision.PLAIN, precision, false).write(DurableFiles.SYSTEM, file);
                auroc.print("onnx " + precision, auroc.predicted(file, own), own, Files.size(file));
            }
        } finally {
            DurableFiles.SYSTEM.delete(folder);
        }
    }

    private void print(String what, EvalPrediction prediction, EvalPrediction own, long bytes) {
        double largest = 0;
        for (int i = 0; i < own.predictions().length; i++) {
            largest = Math.max(largest, Math.abs(prediction.predictions()[i] - own.predictions()[i]));
        }
        double auroc = RocAuc.of(prediction, model.labels()).macro();
        System.out.printf(
                Locale.ROOT,
                "%-13s AUROC %.5f, logits at most %.2g off, %.1f MB, %d pictures%n",
                what,
                auroc,
                largest,
                bytes / 1e6,
                data.size());
    }

    private EvalPrediction predicted(Path file, EvalPrediction own) {
        ModelDefinition definition = model.definition();
        int channels = definition.channels();
        int numbers = channels * definition.imageHeight() * definition.imageWidth();
        float[] logits = new float[own.predictions().length];
        int labels = definition.labels().size();
        try (OnnxSession session = new OnnxSession(file)) {
            for (int from = 0; from < data.size(); from += BATCH) {
                int count = Math.min(BATCH, data.size() - from);
                FloatBuffer pixels = FloatBuffer.allocate(count * numbers);
                for (int i = 0; i < count; i++) {
                    Sample sample = data.get(from + i);
                    model.processor().normalise(sample.picture(), pixels, channels);
                }
                float[] some = session.logits(
                        pixels.array(), count, channels, definition.imageHeight(), definition.imageWidth());
                System.arraycopy(some, 0, logits, from * labels, some.length);
            }
        }
        return new EvalPrediction(own.problemType(), own.samples(), labels, logits, own.labelIds());
    }
}
