package io.vit4j.train.engine;

import io.vit4j.data.DataLoader;
import io.vit4j.model.ModelDefinition;
import io.vit4j.model.VisionModel;
import io.vit4j.torch.Device;
import io.vit4j.torch.Dtype;
import io.vit4j.torch.TorchRuntime;
import io.vit4j.train.arguments.AdapterArguments;
import io.vit4j.train.arguments.TrainingArguments;
import io.vit4j.train.arguments.TrainingArguments.Precision;
import io.vit4j.train.checkpoint.Checkpoint;
import io.vit4j.train.checkpoint.TrainerFiles;
import io.vit4j.walk.BatchChunk;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.stream.IntStream;

/** What arguments, model and machine come to: the choices a run is made of, resolved once. */
public final class TrainingRun {

    /** Loader threads beside a GPU, if it is not said how many. */
    private static final int MOST_CHOSEN = 8;

    private TrainingRun() {}

    /**
     * The arguments with their precision resolved, as the checkpoints hold them: where they leave it open, that of the run
     * that is resumed, else bfloat16 where the processor multiplies it.
     */
    public static TrainingArguments resolved(
            TrainingArguments arguments, Optional<Checkpoint> resumed, boolean hardwareHasBfloat16) {
        if (arguments.dtype() != Precision.AUTO) {
            return arguments;
        }
        Precision before = resumed.map(
                        checkpoint -> TrainerFiles.argumentsOf(checkpoint).dtype())
                .orElse(Precision.AUTO);
        Precision chosen =
                before != Precision.AUTO ? before : hardwareHasBfloat16 ? Precision.BFLOAT16 : Precision.FLOAT32;
        return arguments.withOverrides(Map.of("dtype", chosen.name().toLowerCase(Locale.ROOT)));
    }

    /** The type products are computed in. */
    public static Dtype dtype(TrainingArguments resolved) {
        return Dtype.parse(resolved.dtype().name());
    }

    static Dtype evalDtype(TrainingArguments arguments, Dtype training) {
        return arguments
                .evalDtype()
                .map(precision -> precision == TrainingArguments.Precision.FLOAT16 ? Dtype.FLOAT16 : Dtype.BFLOAT16)
                .orElse(training);
    }

    /** Who makes batches ahead: as many threads as were asked for, or as keep up with what computes. */
    public static DataLoader.Workers workers(TrainingArguments arguments, Device device, int localRanks) {
        int asked = arguments.dataloaderNumWorkers();
        int chosen = device.isCpu()
                ? 1 // makes thousands of batches in the time in which a CPU computes one
                : Math.max(1, Math.min(MOST_CHOSEN, Runtime.getRuntime().availableProcessors() / localRanks / 2));
        return new DataLoader.Workers(
                asked > 0 ? asked : chosen,
                arguments.dataloaderPrefetchFactor().orElse(DataLoader.Workers.PREFETCH_FACTOR));
    }

    /** Names of weights that are not trained. */
    public static Predicate<String> frozen(TrainingArguments arguments, ModelDefinition model) {
        return AdapterArguments.frozen(arguments, model);
    }

    /** The first block that has a weight that is trained; the last if none has. */
    public static int trainedFrom(ModelDefinition model, Predicate<String> frozen) {
        return IntStream.range(0, model.blockCount())
                .filter(block -> model.weightNames(block, block + 1).stream().anyMatch(frozen.negate()))
                .findFirst()
                .orElse(model.blockCount() - 1);
    }

    /** Of training on kept features: one thread, as there is little to do. */
    public static EngineSettings classifierSettings() {
        return new EngineSettings(Dtype.FLOAT32, Dtype.FLOAT32, 1, Integer.MAX_VALUE, false, 0);
    }

    /** @param localRanks ranks on this machine, among which its cores are shared out */
    public static EngineSettings settings(
            TrainingArguments arguments, VisionModel model, Dtype dtype, Device device, int localRanks) {
        int threads = arguments.threads().orElse(Math.max(1, TorchRuntime.threads() / localRanks));
        int lanes = device.isCpu() ? threads : 1;
        int chunkSize = arguments.walkMicroBatch().orElse(BatchChunk.size(model.definition(), dtype, device));
        int trainedFrom = trainedFrom(model.definition(), frozen(arguments, model.definition()));
        return new EngineSettings(
                dtype, evalDtype(arguments, dtype), lanes, chunkSize, arguments.gradientCheckpointing(), trainedFrom);
    }
}
