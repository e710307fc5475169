package io.vit4j.cli.plan;

import io.vit4j.base.RandomKey;
import io.vit4j.cli.bench.RandomBatches;
import io.vit4j.model.ModelDefinition;
import io.vit4j.model.VisionModel;
import io.vit4j.torch.Device;
import io.vit4j.torch.Dtype;
import io.vit4j.torch.TorchRuntime;
import io.vit4j.train.engine.Engine;
import io.vit4j.train.engine.EngineSettings;
import io.vit4j.train.engine.LocalEngine;
import io.vit4j.train.engine.TrainingRun;
import io.vit4j.train.optimizer.AdamW;
import io.vit4j.train.optimizer.Optimizer;
import io.vit4j.train.optimizer.ParameterGroups;
import io.vit4j.walk.BatchChunk;
import java.util.function.Predicate;
import java.util.stream.Stream;

/** Whole training steps of a rank that has all blocks, on random pictures. */
final class StepLoad implements AutoCloseable {
    private static final double WEIGHT_DECAY = 0.01;
    private static final double LEARNING_RATE = 1e-5;

    private final VisionModel model;
    private final RandomBatches batches;
    private final LocalEngine engine;
    private final int batch;
    private long steps;

    /** @param batch samples of a step */
    StepLoad(ModelDefinition config, Dtype dtype, int lanes, int batch) {
        this.batch = batch;
        if (lanes == 1) {
            TorchRuntime.useOneThreadHere();
        }
        model = VisionModel.fromScratch(config, Device.CPU, 1);
        Predicate<String> frozen = name -> !config.trains(name);
        model.parameters().trainable(frozen);
        batches = new RandomBatches(config, batch, Device.CPU);
        engine = new LocalEngine(
                model,
                new EngineSettings(
                        dtype,
                        dtype,
                        lanes,
                        BatchChunk.size(config, dtype, Device.CPU),
                        false,
                        TrainingRun.trainedFrom(config, frozen)),
                batches.objective(),
                new AdamW(model.parameters(), AdamW.Settings.DEFAULTS),
                ParameterGroups.transformers(WEIGHT_DECAY));
    }

    /** Forward, backward, clipping and AdamW; the seconds they take. */
    double step() {
        long start = System.nanoTime();
        steps++;
        double entries = (double) batch * model.definition().outputs();
        engine.walk(
                Stream.generate(batches::next).iterator(),
                Engine.Share.whole(new int[batch], batch),
                entries,
                RandomKey.of(1).with(steps));
        double norm = engine.gradientNorm();
        engine.step(new Optimizer.Step(LEARNING_RATE, steps, Math.min(1, 1 / norm)));
        engine.finish();
        return (System.nanoTime() - start) / 1e9;
    }

    @Override
    public void close() {
        engine.close();
        model.close();
    }
}
