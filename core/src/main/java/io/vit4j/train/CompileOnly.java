package io.vit4j.train;

import io.vit4j.base.RandomKey;
import io.vit4j.data.DataLoader;
import io.vit4j.train.arguments.TrainingArguments;
import io.vit4j.train.engine.Engine;
import java.util.Arrays;
import java.util.List;

/** Implements {@code compile_only}: the first micro-batches of a step, forward and backward, without the step itself. */
final class CompileOnly {
    private CompileOnly() {}

    /** Walks as many micro-batches as the pipeline has stages; every rank calls it, and all weights stay as they are. */
    static void walk(TrainingArguments arguments, int stages, int replicas, TrainerData data, EngineChoice chosen) {
        Engine engine = chosen.engine();
        int microBatches = Math.min(arguments.gradientAccumulationSteps(), stages);
        long samples = (long) arguments.perDeviceTrainBatchSize() * replicas * microBatches;
        int[] order = data.order(0);
        int[] rows = Arrays.copyOf(order, (int) Math.min(samples, order.length));
        Engine.Share share = engine.share(rows, arguments.perDeviceTrainBatchSize());
        List<int[]> batches = engine.takesBatches() ? share.batches() : List.of();
        TrainerData.Source source = data.trainSource(chosen.frozen(), () -> false);
        try (DataLoader loader = data.trainLoader(source, batches, RandomKey.of(0))) {
            engine.walk(
                    data.taught(loader, share.batches().size(), engine, 0),
                    share,
                    (double) rows.length * data.entriesOfSample(),
                    RandomKey.of(0));
            engine.finish();
        }
    }
}
