package io.vit4j.train.engine;

import io.vit4j.base.InputException;
import io.vit4j.base.MemoryRoom;
import io.vit4j.base.ResidentMemory;
import io.vit4j.model.BlockCost;
import io.vit4j.model.ModelDefinition;
import io.vit4j.model.Parameters;
import io.vit4j.model.VisionModel;
import io.vit4j.parallel.ModelCost;
import io.vit4j.torch.Device;
import io.vit4j.torch.Dtype;
import io.vit4j.train.arguments.OptimizerArguments;
import io.vit4j.train.arguments.TrainingArguments;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.stream.IntStream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The memory that training takes beyond what the model itself has, from its shape and the run's settings: gradients, the
 * optimizer's state, what walks keep, batches that wait, and the copy that a checkpoint is written from. It is held against
 * real runs by {@code bench/memory}.
 *
 * @param definition the model
 * @param dtype of products
 * @param trained numbers that are trained
 * @param stateNumbers numbers that the optimizer keeps for them, and their average
 * @param lanes that walk side by side and add their gradients into one buffer
 * @param chunkSize samples that a lane walks at a time, at most
 * @param recompute whether only blocks' inputs are kept
 * @param trainedFrom the first block that is trained
 * @param microBatch samples that are handed over at a time
 * @param evalBatch the same while evaluating; 0 if that never happens
 * @param ahead batches that are made ahead of their use
 * @param held batches that are in use at once: one, or all of a step if a teacher must see them first
 */
public record MemoryNeed(
        ModelDefinition definition,
        Dtype dtype,
        long trained,
        long stateNumbers,
        int lanes,
        int chunkSize,
        boolean recompute,
        int trainedFrom,
        int microBatch,
        int evalBatch,
        int ahead,
        int held) {
    private static final Logger LOG = LoggerFactory.getLogger(MemoryNeed.class);

    /**
     * Java's heap and code while it trains, evaluates and draws its report, libraries' own buffers, and the holes that the C
     * library's allocator leaves: what was measured beyond the rest, from ViT-Ti to ViT-B.
     */
    public static final long BESIDES = 256L << 20;

    /** A step's, which are kept, and those of an evaluation. */
    private static final int WEIGHT_COPIES = 2;

    /** Of a run that uses one batch at a time. */
    public MemoryNeed(
            ModelDefinition definition,
            Dtype dtype,
            long trained,
            long stateNumbers,
            int lanes,
            int chunkSize,
            boolean recompute,
            int trainedFrom,
            int microBatch,
            int evalBatch,
            int ahead) {
        this(
                definition,
                dtype,
                trained,
                stateNumbers,
                lanes,
                chunkSize,
                recompute,
                trainedFrom,
                microBatch,
                evalBatch,
                ahead,
                1);
    }

    /** Of a run of {@link LocalEngine}. */
    public static MemoryNeed of(
            TrainingArguments arguments, VisionModel model, EngineSettings settings, boolean evaluates) {
        Predicate<String> frozen = TrainingRun.frozen(arguments, model.definition());
        long trained = model.parameters().entries().stream()
                .filter(entry -> !frozen.test(entry.name()))
                .mapToLong(Parameters.Entry::count)
                .sum();
        return new MemoryNeed(
                model.definition(),
                settings.dtype(),
                trained,
                OptimizerArguments.stateNumbers(arguments, model.definition(), trains(model, frozen)),
                settings.lanes(),
                settings.chunkSize(),
                settings.recompute(),
                settings.trainedFrom(),
                arguments.perDeviceTrainBatchSize(),
                evaluates ? arguments.perDeviceEvalBatchSize() : 0,
                TrainingRun.workers(arguments, model.parameters().device(), 1).ahead(),
                model.definition().views().isPresent() ? arguments.gradientAccumulationSteps() : 1);
    }

    private static Predicate<String> trains(VisionModel model, Predicate<String> frozen) {
        return name -> !frozen.test(name) && model.parameters().entry(name).isPresent();
    }

    /** Without the copy for checkpoints, which a run can do without. */
    public long training() {
        return gradients() + optimizer() + walks() + batches() + BESIDES;
    }

    /** What a checkpoint is written from while training goes on. */
    public long copy() {
        return Float.BYTES * (trained + stateNumbers);
    }

    /** Bytes of the gradients of what is trained. */
    public long gradients() {
        return Float.BYTES * trained;
    }

    /** Bytes of the optimizer's state. */
    public long optimizer() {
        return Float.BYTES * stateNumbers;
    }

    /** What all lanes keep between forward and backward, and what the block in hand takes for a moment. */
    public long walks() {
        ModelCost cost = new ModelCost(definition, dtype);
        int samples = Math.min(chunkSize, (microBatch + lanes - 1) / lanes); // of a lane's share
        double kept = 0; // not long: absurd sizes must not come round to little
        double moment = 0;
        double gradients = 0;
        double weights = 0;
        for (int block = 0; block < cost.blocks(); block++) {
            weights += cost.stepWeightBytes(block);
            BlockCost ofBlock = cost.of(block);
            boolean trains = block >= trainedFrom;
            kept += !trains ? 0 : recompute ? cost.inputBytes(block) : ofBlock.keptBytes();
            // a block that is recomputed or only passed through has for a moment what it would keep
            double here = (recompute || !trains ? ofBlock.keptBytes() : 0.0) + (trains ? ofBlock.backwardBytes() : 0.0);
            moment = Math.max(moment, here);
            gradients = Math.max(gradients, trains ? dtype.bytes() * cost.trained(block) : 0);
        }
        return bounded(lanes * (samples * (kept + moment) + gradients) + WEIGHT_COPIES * weights);
    }

    /** Bytes of the batches that are in use or wait. */
    public long batches() {
        double picture = Float.BYTES * definition.shapes().get(0).numbers();
        double waiting = picture * ((double) Math.max(microBatch, lanes) + evalBatch) * (ahead + 1 + held);
        return bounded(waiting + taught());
    }

    /** What a teacher says of the batches of a step: logits, probabilities, and their copy as targets. */
    private double taught() {
        return definition
                .views()
                .map(views -> (double) views.globals() * views.settings().head().prototypes())
                .map(numbers -> Float.BYTES * numbers * (3.0 * microBatch * held + evalBatch))
                .orElse(0.0);
    }

    /** More than any machine has, and little enough to be added up. */
    private static long bounded(double bytes) {
        return (long) Math.min(bytes, 1L << 58);
    }

    /** These settings with another size of chunks, and so on. */
    private MemoryNeed with(int newLanes, int newChunkSize, boolean newRecompute, int newMicroBatch) {
        return new MemoryNeed(
                definition,
                dtype,
                trained,
                stateNumbers,
                newLanes,
                newChunkSize,
                newRecompute,
                trainedFrom,
                newMicroBatch,
                evalBatch,
                ahead,
                held);
    }

    /**
     * Refuses a run on the CPU that cannot fit.
     *
     * @param room empty if the system does not say
     * @return false, and a line in the log, where checkpoints must be written without a copy of the state
     */
    public boolean isRoomForCopy(Optional<MemoryRoom> room, Device device) {
        if (room.isEmpty()) {
            return true;
        }
        String left = MemoryRoom.inGib(room.get().bytes()) + " " + room.get().source() + " are left";
        LOG.debug(
                "Training needs about {} more memory than the {} in use, and {} for copies of the state; {}",
                MemoryRoom.inGib(training()),
                MemoryRoom.inGib(ResidentMemory.now().orElse(0)),
                MemoryRoom.inGib(copy()),
                left);
        boolean fits = device.isCpu() ? check(room.get()) : copy() <= room.get().bytes();
        if (!fits) {
            LOG.info(
                    "Training pauses while a checkpoint is written: a copy of the state would take {}, and {}",
                    MemoryRoom.inGib(copy()),
                    left);
        }
        return fits;
    }

    /**
     * Refuses a run that cannot fit, and says what would.
     *
     * @return whether there is also room for the copy that checkpoints are written from in the background
     */
    public boolean check(MemoryRoom room) {
        if (training() <= room.bytes()) {
            return training() + copy() <= room.bytes();
        }
        throw new InputException("training needs about " + MemoryRoom.inGib(training()) + " more memory ("
                + MemoryRoom.inGib(gradients()) + " for gradients, " + MemoryRoom.inGib(optimizer())
                + " for the optimizer, " + MemoryRoom.inGib(walks()) + " for activations, "
                + MemoryRoom.inGib(batches()) + " for batches), and " + MemoryRoom.inGib(room.bytes()) + " "
                + room.source() + " are left; "
                + fitting(room.bytes())
                        .map(fit -> "what would fit: " + fit.options() + " (about "
                                + MemoryRoom.inGib(fit.need().training()) + ")")
                        .orElse("no setting would make it fit; use a smaller model, or more memory"));
    }

    /** Other settings, by the options that ask for them. */
    private record Fit(String options, MemoryNeed need) {}

    /** The first settings that fit, those that change the least before those that cost the most time. */
    private Optional<Fit> fitting(long bytes) {
        return alternatives().stream()
                .filter(fit -> fit.need().training() <= bytes)
                .findFirst();
    }

    private List<Fit> alternatives() {
        List<Fit> fits = new ArrayList<>();
        if (chunkSize > 1 && microBatch > lanes) {
            fits.add(new Fit("--walk-micro-batch 1", with(lanes, 1, recompute, microBatch)));
        }
        String batches =
                "--per-device-train-batch-size " + lanes + " with correspondingly more --gradient-accumulation-steps";
        if (microBatch > lanes) {
            fits.add(new Fit(batches, with(lanes, 1, recompute, lanes)));
        }
        if (!recompute) {
            fits.add(new Fit("--gradient-checkpointing true", with(lanes, chunkSize, true, microBatch)));
            fits.add(new Fit("--gradient-checkpointing true --walk-micro-batch 1", with(lanes, 1, true, microBatch)));
            fits.add(new Fit("--gradient-checkpointing true " + batches, with(lanes, 1, true, lanes)));
        }
        IntStream.of(2, 1)
                .filter(fewer -> fewer < lanes)
                .forEach(fewer -> fits.add(new Fit(
                        "--threads " + fewer
                                + " --gradient-checkpointing true --per-device-train-batch-size 1 with correspondingly more"
                                + " --gradient-accumulation-steps",
                        with(fewer, 1, true, 1))));
        return fits;
    }

    /** What to change where memory ran out all the same. */
    public static String mend() {
        return "lower --per-device-train-batch-size and raise --gradient-accumulation-steps accordingly, or"
                + " use --gradient-checkpointing true, --walk-micro-batch 1 or fewer --threads";
    }
}
