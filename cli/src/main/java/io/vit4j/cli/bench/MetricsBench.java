package io.vit4j.cli.bench;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.vit4j.base.Json;
import io.vit4j.base.RandomKey;
import io.vit4j.metrics.EvalPrediction;
import io.vit4j.metrics.RocAuc;
import java.util.List;
import java.util.stream.IntStream;

/** AUROC of as many scores as NIH ChestX-ray14 has: 112,120 pictures by 15 labels. */
public final class MetricsBench {
    private static final int PICTURES = 112_120;
    private static final int LABELS = 15;
    private static final double POSITIVES = 0.1;
    private static final int WARM_UP = 5;

    private MetricsBench() {}

    /** Computes the metrics of a large evaluation so many times, and answers with the figures. */
    public static ObjectNode run(int repetitions) {
        RandomKey.Stream random = RandomKey.of(1).stream();
        float[] scores = new float[PICTURES * LABELS];
        float[] truth = new float[scores.length];
        for (int i = 0; i < scores.length; i++) {
            truth[i] = random.nextDouble() < POSITIVES ? 1 : 0;
            scores[i] = (float) (random.nextGaussian() + truth[i]);
        }
        EvalPrediction prediction = EvalPrediction.multiLabel(PICTURES, LABELS, scores, truth);
        List<String> labels =
                IntStream.range(0, LABELS).mapToObj(i -> "LABEL_" + i).toList();
        double[] macro = new double[1];
        Timings timings = Timings.of(
                WARM_UP,
                repetitions,
                () -> macro[0] = RocAuc.of(prediction, labels).macro());
        ObjectNode results = Json.object();
        results.put("median_seconds", timings.median());
        results.put("best_seconds", timings.best());
        results.put("median_images_per_s", PICTURES / timings.median());
        results.put("best_images_per_s", PICTURES / timings.best());
        results.put("macro", macro[0]);
        return results;
    }
}
