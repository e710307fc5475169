package io.vit4j.export;

import io.vit4j.base.DurableFiles;
import io.vit4j.data.ProblemType;
import io.vit4j.infer.Decision;
import io.vit4j.model.Context;
import io.vit4j.model.ModelDefinition;
import io.vit4j.model.StepWeights;
import io.vit4j.model.VisionModel;
import io.vit4j.onnx.OnnxSession;
import io.vit4j.onnx.Precision;
import io.vit4j.torch.Device;
import io.vit4j.torch.Dtype;
import io.vit4j.torch.Scope;
import io.vit4j.torch.Tensors;
import io.vit4j.torch.TorchRuntime;
import io.vit4j.walk.BatchChunk;
import io.vit4j.walk.LaneGroup;
import io.vit4j.walk.Lanes;
import io.vit4j.walk.Walk;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import org.bytedeco.pytorch.Tensor;

/**
 * Times a model of random weights in float32, bfloat16 and int8, and its exports in onnxruntime, in turns on the same threads. Arguments: the
 * preset, threads, rounds, and sizes of batches: {@code vit-base 2 15 1 8}.
 */
public final class OnnxSpeed {
    private static final int WARM_UP = 3;
    private static final int LABELS = 15;
    private static final long PAUSE = 50_000_000;

    private OnnxSpeed() {}

    /** Prints a line for each size of batch and each way. */
    public static void main(String[] arguments) throws IOException {
        TorchRuntime.load();
        int threads = Integer.parseInt(arguments[1]);
        int rounds = Integer.parseInt(arguments[2]);
        List<String> labels =
                IntStream.range(0, LABELS).mapToObj(i -> "LABEL_" + i).toList();
        ModelDefinition definition = ModelDefinition.preset(arguments[0]).withLabels(labels, ProblemType.MULTI_LABEL);
        Path folder = Files.createTempDirectory("vit4j-onnx");
        try (VisionModel model = VisionModel.fromScratch(definition, Device.CPU, 1);
                OnnxSession float32 = exported(model, Precision.FLOAT32, folder, threads);
                OnnxSession int8 = exported(model, Precision.INT8, folder, threads);
                Lanes lanes = new Lanes(threads);
                StepWeights plain = StepWeights.forInference(Dtype.FLOAT32, Device.CPU);
                StepWeights rounded = StepWeights.forInference(Dtype.BFLOAT16, Device.CPU);
                StepWeights quantized = StepWeights.forInference(Dtype.INT8, Device.CPU)) {
            for (String batch : Arrays.asList(arguments).subList(3, arguments.length)) {
                long[] shape = {
                    Long.parseLong(batch), definition.channels(), definition.imageHeight(), definition.imageWidth()
                };
                float[] pixels = new float[(int) Arrays.stream(shape).reduce(1, Math::multiplyExact)];
                for (int i = 0; i < pixels.length; i++) {
                    pixels[i] = (float) Math.sin(i * 0.1);
                }
                Map<String, Consumer<float[]>> ways = new LinkedHashMap<>();
                ways.put("vit4j float32", given -> walk(model, plain, lanes, given, shape));
                ways.put("vit4j bfloat16", given -> walk(model, rounded, lanes, given, shape));
                ways.put("vit4j int8", given -> walk(model, quantized, lanes, given, shape));
                ways.put("onnxruntime float32", given -> float32.logits(given, shape));
                ways.put("onnxruntime int8", given -> int8.logits(given, shape));
                print(shape[0], inTurns(ways, pixels, rounds));
            }
        } finally {
            try (var files = Files.list(folder)) {
                files.forEach(file -> file.toFile().delete());
            }
            Files.delete(folder);
        }
    }

    private static OnnxSession exported(VisionModel model, Precision precision, Path folder, int threads) {
        Path file = folder.resolve(precision + ".onnx");
        new OnnxExport(model, Decision.PLAIN, precision, false).write(DurableFiles.SYSTEM, file);
        return new OnnxSession(file, threads);
    }

    /** As a classifier walks: lanes share a picture if there are fewer pictures than lanes. */
    private static void walk(VisionModel model, StepWeights weights, Lanes lanes, float[] pixels, long... shape) {
        int batch = (int) shape[0];
        if (batch == 1 && lanes.count() > 1 && model.definition().sharingLanes() >= lanes.count()) {
            LaneGroup group = new LaneGroup(lanes.count());
            lanes.run(lane ->
                    Tensors.toFloats(group.infer(lane, model.blocks(), weights, () -> Tensors.of(pixels, shape))));
            group.release();
            return;
        }
        Dtype dtype = weights.quantizes() ? Dtype.INT8 : weights.dtype();
        int[] starts = BatchChunk.starts(batch, lanes.count(), BatchChunk.size(model.definition(), dtype, Device.CPU));
        Walk walk = new Walk(model.blocks());
        lanes.run(lane -> {
            for (int i = lane; i + 1 < starts.length; i += lanes.count()) {
                try (Scope scope = new Scope()) {
                    Tensor own = Tensors.of(pixels, shape).narrow(0, starts[i], starts[i + 1] - starts[i]);
                    Tensors.toFloats(walk.infer(own, Context.inference(weights)));
                }
            }
        });
    }

    private static Map<String, List<Double>> inTurns(Map<String, Consumer<float[]>> ways, float[] pixels, int rounds) {
        Map<String, List<Double>> seconds = new LinkedHashMap<>();
        for (int round = -WARM_UP; round < rounds; round++) {
            for (Map.Entry<String, Consumer<float[]>> way : ways.entrySet()) {
                LockSupport.parkNanos(PAUSE); // onnxruntime's threads spin for a while after it has answered
                long start = System.nanoTime();
                way.getValue().accept(pixels);
                if (round >= 0) {
                    seconds.computeIfAbsent(way.getKey(), name -> new ArrayList<>())
                            .add((System.nanoTime() - start) / 1e9);
                }
            }
        }
        return seconds;
    }

    private static void print(long batch, Map<String, List<Double>> seconds) {
        double ours = median(seconds.get("vit4j int8"));
        seconds.forEach((way, all) -> System.out.printf(
                Locale.ROOT,
                "batch %d  %-20s %7.1f ms a picture, best %7.1f   vit4j's int8 is %.2f times as fast%n",
                batch,
                way,
                1e3 * median(all) / batch,
                1e3 * all.stream().mapToDouble(Double::doubleValue).min().orElseThrow() / batch,
                median(all) / ours));
    }

    private static double median(List<Double> all) {
        return all.stream().sorted().toList().get(all.size() / 2);
    }
}
