package io.vit4j.train.checkpoint;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.vit4j.base.InputException;
import io.vit4j.base.Json;
import io.vit4j.base.JsonObject;
import io.vit4j.metrics.Metrics;
import io.vit4j.train.arguments.TrainingArguments;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;

/**
 * The state of a run: {@code trainer_state.json}, with the keys of transformers' {@code TrainerState}. Changed by the
 * trainer alone; callbacks read it.
 */
public final class TrainerState {
    /** The file in a checkpoint and in the output folder. */
    public static final String FILE = "trainer_state.json";

    private long globalStep;
    private double epoch;
    private long maxSteps;
    private int trainSamples;
    private double numTrainEpochs;
    private int trainBatchSize;
    private long loggingSteps;
    private long evalSteps;
    private long saveSteps;
    private OptionalDouble bestMetric = OptionalDouble.empty();
    private long bestGlobalStep = -1;
    private Optional<String> bestModelCheckpoint = Optional.empty();
    private int evaluationsWithoutGain;
    private long skippedSteps;
    private double lossSum;
    private double lossSinceLog;
    private long lastLoggedStep;
    private double totalFlos;
    private double trainSeconds;
    private JsonObject lrScheduler = JsonObject.empty();
    private JsonObject lossScale = JsonObject.empty();
    private final List<LogEntry> logHistory = new ArrayList<>();

    /** Optimizer steps done. */
    public long globalStep() {
        return globalStep;
    }

    /** Epochs done, with a fraction within one. */
    public double epoch() {
        return epoch;
    }

    /** Steps among them that moved no weight, as a gradient was not finite. */
    public long skippedSteps() {
        return skippedSteps;
    }

    /** Steps that moved weights: what Adam's bias correction and the learning rate's schedule count by. */
    public long optimizerSteps() {
        return globalStep - skippedSteps;
    }

    /** The step in hand moves no weights. */
    public void skipped() {
        skippedSteps++;
    }

    /** Optimizer steps of the whole run. */
    public long maxSteps() {
        return maxSteps;
    }

    /** {@return epochs of the whole run} */
    public double numTrainEpochs() {
        return numTrainEpochs;
    }

    /** The best value so far of the metric that decides. */
    public OptionalDouble bestMetric() {
        return bestMetric;
    }

    /** {@return the step of the best evaluation so far; below 0 if there was none} */
    public long bestGlobalStep() {
        return bestGlobalStep;
    }

    /** The checkpoint that was saved at the best evaluation, as its folder's name. */
    public Optional<String> bestModelCheckpoint() {
        return bestModelCheckpoint;
    }

    /** Everything logged so far, oldest first; for any thread. */
    public List<LogEntry> logHistory() {
        synchronized (logHistory) {
            return List.copyOf(logHistory);
        }
    }

    /** Floating-point operations of all forward and backward walks so far. */
    public double totalFlos() {
        return totalFlos;
    }

    /** Seconds of training so far, over all interruptions. */
    public double trainSeconds() {
        return trainSeconds;
    }

    /** Training samples that the run was begun with; 0 before it begins. */
    int trainSamples() {
        return trainSamples;
    }

    /** Takes note of the run's length and intervals. */
    public void plan(long maxSteps, double epochs, int trainSamples, TrainingArguments arguments) {
        this.trainSamples = trainSamples;
        this.maxSteps = maxSteps;
        this.numTrainEpochs = epochs;
        this.trainBatchSize = arguments.perDeviceTrainBatchSize();
        this.loggingSteps = arguments.loggingSteps(maxSteps);
        this.evalSteps = arguments.evalSteps(maxSteps);
        this.saveSteps = arguments.saveSteps(maxSteps);
    }

    /** Takes note of a step that is done. */
    public void stepped(double epoch, double loss, double flos) {
        globalStep++;
        this.epoch = epoch;
        lossSum += loss;
        lossSinceLog += loss;
        totalFlos += flos;
    }

    /** The mean loss since the last log; starts the next mean. */
    public double takeMeanLoss() {
        double mean = lossSinceLog / Math.max(1, globalStep - lastLoggedStep);
        lossSinceLog = 0;
        lastLoggedStep = globalStep;
        return mean;
    }

    /** Whether a log would say something new. */
    public boolean hasUnlogged() {
        return globalStep > lastLoggedStep;
    }

    /** The mean loss of all steps of the run, also of those before an interruption. */
    public double meanLoss() {
        return lossSum / Math.max(1, globalStep);
    }

    /** Adds seconds of training. */
    public void addSeconds(double seconds) {
        trainSeconds += seconds;
    }

    /** Adds an entry to the log history, with the epoch and step it is of. */
    public void log(Metrics metrics) {
        synchronized (logHistory) {
            logHistory.add(new LogEntry(metrics, epoch, globalStep));
        }
    }

    /** Takes note of an evaluation; true if it is the best so far. */
    public boolean evaluated(double metric, boolean greaterIsBetter, double threshold) {
        if (Double.isNaN(metric)) {
            evaluationsWithoutGain++;
            return false;
        }
        boolean first = bestMetric.isEmpty();
        boolean better =
                first || (greaterIsBetter ? metric > bestMetric.getAsDouble() : metric < bestMetric.getAsDouble());
        boolean patient = first || Math.abs(metric - bestMetric.getAsDouble()) > threshold;
        evaluationsWithoutGain = better && patient ? 0 : evaluationsWithoutGain + 1;
        if (better) {
            bestMetric = OptionalDouble.of(metric);
            bestGlobalStep = globalStep;
        }
        return better;
    }

    void bestCheckpoint(Optional<String> folder) {
        bestModelCheckpoint = folder;
    }

    /** Evaluations in a row that did not better the metric by the threshold. */
    public int evaluationsWithoutGain() {
        return evaluationsWithoutGain;
    }

    /** What the schedule of the learning rate remembers. */
    public JsonObject lrScheduler() {
        return lrScheduler;
    }

    /** Keeps what the schedule of the learning rate remembers. */
    public void lrScheduler(JsonObject state) {
        lrScheduler = state;
    }

    /** What the loss scale remembers. */
    public JsonObject lossScale() {
        return lossScale;
    }

    /** Keeps what the loss scale remembers. */
    public void lossScale(JsonObject state) {
        lossScale = state;
    }

    /** {@return the content of {@code trainer_state.json}} */
    public JsonObject toJson() {
        ObjectNode json = Json.object();
        json.put("best_global_step", bestGlobalStep < 0 ? null : bestGlobalStep);
        json.put("best_metric", bestMetric.isEmpty() ? null : bestMetric.getAsDouble());
        json.put("best_model_checkpoint", bestModelCheckpoint.orElse(null));
        json.put("epoch", epoch);
        json.put("eval_steps", evalSteps);
        json.put("global_step", globalStep);
        json.put("is_hyper_param_search", false);
        json.put("is_local_process_zero", true);
        json.put("is_world_process_zero", true);
        ArrayNode history = json.putArray("log_history");
        logHistory.forEach(entry -> history.add(Json.untyped(entry.toJson())));
        json.put("logging_steps", loggingSteps);
        json.put("max_steps", maxSteps);
        json.put("num_train_epochs", numTrainEpochs);
        json.put("save_steps", saveSteps);
        json.put("total_flos", totalFlos);
        json.put("train_batch_size", trainBatchSize);
        ObjectNode own = json.putObject("vit4j");
        own.put("skipped_steps", skippedSteps);
        own.put("loss_sum", lossSum);
        own.put("loss_since_log", lossSinceLog);
        own.put("last_logged_step", lastLoggedStep);
        own.put("evaluations_without_gain", evaluationsWithoutGain);
        own.put("train_seconds", trainSeconds);
        own.put("train_samples", trainSamples);
        own.set("lr_scheduler", Json.untyped(lrScheduler));
        own.set("loss_scale", Json.untyped(lossScale));
        return Json.typed(json, FILE);
    }

    /** Reads what {@link #toJson} wrote; InputException if it could not be what a run wrote. */
    public static TrainerState read(Path file) {
        JsonObject json = JsonObject.read(file);
        try {
            return of(json);
        } catch (InputException e) {
            String fileName = InputException.in(file, "").getMessage();
            throw InputException.in(
                    file,
                    "is not a training state written by vit4j ("
                            + e.getMessage().replace(fileName, "").replaceFirst("; (?:correct|add) it$", "")
                            + "); resume from another checkpoint",
                    e);
        }
    }

    private static TrainerState of(JsonObject json) {
        TrainerState state = new TrainerState();
        state.globalStep = json.count("global_step");
        state.epoch = atLeastZero(json, "epoch");
        state.bestGlobalStep = json.has("best_global_step") ? done(json, "best_global_step", state) : -1;
        state.bestMetric = json.anyNumber("best_metric");
        state.bestModelCheckpoint =
                json.has("best_model_checkpoint") ? Optional.of(inRunsFolder(json)) : Optional.empty();
        state.totalFlos = json.has("total_flos") ? atLeastZero(json, "total_flos") : 0;
        if (!json.has("log_history")) {
            throw json.wrong("log_history", "a list of objects");
        }
        json.objects("log_history").forEach(entry -> state.logHistory.add(LogEntry.of(entry)));
        state.maxSteps = json.count("max_steps");
        if (!json.has("vit4j")) {
            throw json.wrong("vit4j", "an object");
        }
        JsonObject own = json.object("vit4j");
        state.skippedSteps = done(own, "skipped_steps", state);
        state.lossSum = anyNumber(own, "loss_sum");
        state.lossSinceLog = anyNumber(own, "loss_since_log");
        state.lastLoggedStep = done(own, "last_logged_step", state);
        state.evaluationsWithoutGain = number(own, "evaluations_without_gain");
        state.trainSamples = number(own, "train_samples");
        state.trainSeconds = atLeastZero(own, "train_seconds");
        state.lrScheduler = own.object("lr_scheduler");
        state.lossScale = own.object("loss_scale");
        return state;
    }

    /** The name of a checkpoint's folder, which cannot lead out of the run's. */
    private static String inRunsFolder(JsonObject json) {
        String name = json.text("best_model_checkpoint");
        if (!Checkpoint.isName(name)) {
            throw new InputException(
                    "\"best_model_checkpoint\" is " + name + ", not the name of a checkpoint's folder");
        }
        return name;
    }

    /** A step that the run has done. */
    private static long done(JsonObject json, String key, TrainerState state) {
        long step = json.count(key);
        if (step > state.globalStep) {
            throw json.wrong(key, "a step up to global_step, " + state.globalStep);
        }
        return step;
    }

    private static int number(JsonObject json, String key) {
        if (json.count(key) > Integer.MAX_VALUE) {
            throw json.wrong(key, "a number that a run can reach");
        }
        return (int) json.count(key);
    }

    private static double atLeastZero(JsonObject json, String key) {
        double value = json.number(key);
        if (!(value >= 0) || Double.isInfinite(value)) {
            throw json.wrong(key, "a number of at least 0");
        }
        return value;
    }

    private static double anyNumber(JsonObject json, String key) {
        return json.anyNumber(key).orElseThrow(() -> json.wrong(key, "a number"));
    }
}
