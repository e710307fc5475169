package io.vit4j.bench;

import io.vit4j.base.RandomKey;
import io.vit4j.metrics.EvalPrediction;
import io.vit4j.metrics.RocAuc;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/** AUROC of every label and their mean. */
@State(Scope.Thread)
@BenchmarkMode(Mode.SampleTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Warmup(iterations = 3, time = 2)
@Measurement(iterations = 5, time = 2)
@Fork(1)
public class RocAucBenchmark {
    private static final int LABELS = 15;

    /** Pictures; NIH ChestX-ray14 has 112,120. */
    @Param({"5606", "112120"})
    public int samples;

    private EvalPrediction prediction;
    private List<String> labels;

    /** Scores that lean towards the truth. */
    @Setup
    public void draw() {
        RandomKey.Stream random = RandomKey.of(1).stream();
        float[] scores = new float[samples * LABELS];
        float[] truth = new float[scores.length];
        for (int i = 0; i < scores.length; i++) {
            truth[i] = random.nextInt(10) == 0 ? 1 : 0;
            scores[i] = random.nextInt(1 << 20) / (float) (1 << 20) + truth[i] / 2;
        }
        prediction = EvalPrediction.multiLabel(samples, LABELS, scores, truth);
        labels = IntStream.range(0, LABELS).mapToObj(i -> "label " + i).toList();
    }

    /** Per label and macro. */
    @Benchmark
    public RocAuc auroc() {
        return RocAuc.of(prediction, labels);
    }
}
