package io.vit4j.train.arguments;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.vit4j.base.Json;
import io.vit4j.base.JsonObject;
import io.vit4j.model.Pooling;
import io.vit4j.model.Sides;
import io.vit4j.train.schedule.LrSchedule;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * How to train: transformers' arguments with their names, meanings and defaults, and vit4j's own (docs/arguments.md lists
 * all). Immutable and consistent.
 *
 * <pre>{@code
 * TrainingArguments args = TrainingArguments.builder().learningRate(2e-4).numTrainEpochs(3).build();
 * TrainingArguments fromFile = TrainingArguments.read(Path.of("arguments.json"));
 * }</pre>
 */
public final class TrainingArguments extends ArgumentAccessors {
    /** Samples of an optimizer step that {@code base_learning_rate} is for. */
    private static final double BASE_BATCH = 256;

    /** When something is done: never, every so many steps, at the end of each epoch, at each new best evaluation. */
    public enum Strategy {
        /** Never. */
        NO,
        /** Every so many steps. */
        STEPS,
        /** At the end of each epoch. */
        EPOCH,
        /** Of {@code save_strategy} only. */
        BEST
    }

    /** Optimizers; the names of the same mathematics in transformers come to one. */
    public enum OptimizerName {
        /** AdamW (Loshchilov and Hutter 2019). */
        ADAMW_TORCH,
        /** AdamW as Optimum Graphcore trained with it. */
        ADAMW_NO_BIAS_CORRECTION,
        /** Stochastic gradient descent, with optional momentum. */
        SGD,
        /** RMSprop (Tieleman and Hinton 2012). */
        RMSPROP,
        /** LAMB (You et al. 2020). */
        LAMB,
        /** LAMB without correcting the moments for their start. */
        LAMB_NO_BIAS_CORRECTION,
        /** Adafactor (Shazeer and Stern 2018). */
        ADAFACTOR,
        /** Lion (Chen et al. 2023). */
        LION_32BIT,
        /** Muon (Jordan et al. 2024). */
        MUON
    }

    /** Which weights decay. */
    public enum WeightDecayRule {
        /** All but biases and norms. */
        TRANSFORMERS,
        /** Neither vectors nor position embeddings and tokens. */
        TIMM
    }

    /** Losses; AUTO is what the model's {@code problem_type} says. */
    public enum LossName {
        /** What the model's {@code problem_type} says. */
        AUTO,
        /** Binary cross-entropy of each label. */
        BCE,
        /** Cross-entropy over classes. */
        CROSS_ENTROPY,
        /** Mean squared error. */
        MSE,
        /** Focal loss (Lin et al. 2017). */
        FOCAL,
        /** Asymmetric loss (Ridnik et al. 2021). */
        ASYMMETRIC
    }

    /** What a student learns from its teacher. */
    public enum DistillationType {
        /** Its probabilities. */
        SOFT,
        /** Its decision. */
        HARD
    }

    /** Precisions of training; AUTO is bfloat16 if the processor supports it, else float32. */
    public enum Precision {
        /** bfloat16 if the processor supports it, else float32. */
        AUTO,
        /** IEEE single precision throughout. */
        FLOAT32,
        /** Products in bfloat16. */
        BFLOAT16,
        /** Products in float16, with loss scaling. */
        FLOAT16
    }

    /** Which biases are trained beside low-rank adapters. */
    public enum LoraBias {
        /** None. */
        NONE,
        /** All. */
        ALL,
        /** Those of the linear maps that have an adapter. */
        LORA_ONLY
    }

    /** Orders of the training images. */
    public enum SamplingStrategy {
        /** Another order in each epoch. */
        RANDOM,
        /** The data set's own order. */
        SEQUENTIAL,
        /** Another order in each epoch that reads few shards of the data set at a time. */
        SHARDED
    }

    /** What a loss or gradient that is not finite does. */
    public enum OnNonfinite {
        /** The step is skipped, with a warning. */
        SKIP,
        /** The run ends. */
        STOP
    }

    /** What a checkpoint that cannot be written does. */
    public enum OnSaveError {
        /** The run ends. */
        STOP,
        /** Training continues without that checkpoint. */
        CONTINUE
    }

    /** Whether the report shows pictures; AUTO shows them only for synthetic data and the NIH release. */
    public enum ReportImages {
        /** Of synthetic data and of the NIH release only. */
        AUTO,
        /** Never. */
        NONE,
        /** Always. */
        ALL
    }

    /** What the metrics of averaged weights ({@code model_ema_decay}) have in front. */
    public static final String AVERAGED_METRIC = "eval_ema_";

    private final List<String> notes;

    TrainingArguments(Map<String, JsonNode> given, List<String> notes) {
        super(given);
        List<String> all = new ArrayList<>(notes);
        all.addAll(ArgumentConsistency.check(this));
        this.notes = List.copyOf(all);
    }

    /** Nothing given yet. */
    public static TrainingArguments defaults() {
        return builder().build();
    }

    /** {@return arguments of which none is given yet} */
    public static TrainingArgumentsBuilder builder() {
        return new TrainingArgumentsBuilder(Map.of(), List.of());
    }

    /** The arguments of a JSON file, an object of names and values. */
    public static TrainingArguments read(Path json) {
        return builder().read(json).build();
    }

    /** These arguments, to be changed. */
    public TrainingArgumentsBuilder toBuilder() {
        return new TrainingArgumentsBuilder(given(), List.of());
    }

    /** These arguments with others in their place, values written as on a command line. */
    public TrainingArguments withOverrides(Map<String, String> overrides) {
        return toBuilder().set(overrides).build();
    }

    /** What the user should know of how the arguments were read, one line each: to be logged once. */
    public List<String> notes() {
        return notes;
    }

    /** Those that were given, as opposed to being at their defaults; {@link TrainingArgumentsBuilder#read(JsonObject)} takes them. */
    public JsonObject givenToJson() {
        ObjectNode all = Json.object();
        given().forEach(all::set);
        return Json.typed(all, "arguments");
    }

    /** Whether the argument was given, as opposed to being at its default. */
    public boolean isGiven(String name) {
        ArgumentTable.get(name);
        return given().containsKey(name);
    }

    /** Every honoured argument with its effective value: the content of {@code training_args.json}. */
    public JsonObject toJson() {
        return Json.typed(node(), "training_args.json");
    }

    private ObjectNode node() {
        ObjectNode json = Json.object();
        for (Argument argument : ArgumentTable.all()) {
            if (argument.honoured()) {
                json.set(argument.name(), value(argument.name()));
            }
        }
        if (evalStrategy() == Strategy.STEPS) {
            json.set("eval_steps", evalStepsOrRatio());
        }
        metricForBestModel()
                .ifPresent(metric ->
                        json.put("metric_for_best_model", metric).put("greater_is_better", greaterIsBetter()));
        Precision dtype = dtype();
        json.put("dtype", dtype.name().toLowerCase(Locale.ROOT)).put("fp16", dtype == Precision.FLOAT16);
        if (dtype != Precision.AUTO) {
            json.put("bf16", dtype == Precision.BFLOAT16);
        }
        return json;
    }

    /** One argument that two runs differ in. */
    public record Difference(String name, String before, String after) {
        @Override
        public String toString() {
            return name + ": " + before + ", now " + after;
        }
    }

    /**
     * Where later weights would be others than with these arguments. Left out are the batch sizes, since the same global
     * batch may be divided in several ways, and the length of the run.
     */
    public List<Difference> differencesThatChangeTheMathematics(TrainingArguments now) {
        return differences(now, Argument.Effect.MATHEMATICS);
    }

    /** The arguments of one effect that differ, in the table's order. */
    public List<Difference> differences(TrainingArguments now, Argument.Effect effect) {
        ObjectNode before = node();
        ObjectNode after = now.node();
        List<Difference> differences = new ArrayList<>();
        for (Argument argument : ArgumentTable.all()) {
            String name = argument.name();
            if (argument.honoured()
                    && argument.effect() == effect
                    && !before.get(name).equals(after.get(name))) {
                differences.add(new Difference(name, Json.line(before.get(name)), Json.line(after.get(name))));
            }
        }
        return differences;
    }

    /** Folder for TensorBoard's files. */
    public Path loggingDir() {
        return optionalText("logging_dir")
                .map(text -> path("logging_dir", text))
                .orElse(outputDir().resolve("runs"));
    }

    /** Optimizer steps in all, which then overrides {@link #numTrainEpochs()}. */
    public OptionalInt maxSteps() {
        int steps = value("max_steps").intValue();
        return steps > 0 ? OptionalInt.of(steps) : OptionalInt.empty();
    }

    /**
     * The same with {@code learning_rate} as {@code base_learning_rate} has it (Goyal et al. 2017); these arguments if it is not given.
     *
     * @param samples that an optimizer step learns from
     */
    public TrainingArguments scaledTo(long samples) {
        return baseLearningRate().isEmpty()
                ? this
                : withOverrides(Map.of(
                        "learning_rate", Double.toString(baseLearningRate().getAsDouble() * samples / BASE_BATCH)));
    }

    /** The learning rate at each of so many steps. */
    public LrSchedule lrSchedule(long totalSteps) {
        JsonObject settings = lrSchedulerKwargs();
        if (lrSchedulerType().equals("reduce_lr_on_plateau") && !settings.has("mode")) {
            settings = settings.with("mode", greaterIsBetter() ? "max" : "min");
        }
        return LrSchedule.of(lrSchedulerType(), learningRate(), warmupSteps(totalSteps), totalSteps, settings);
    }

    /**
     * What weight decay is multiplied with at a step, from 0, of so many: it goes from {@code weight_decay} to {@code weight_decay_end} by a
     * cosine.
     */
    public double decayFactor(long step, long steps) {
        if (weightDecayEnd().isEmpty() || weightDecay() == 0) {
            return 1;
        }
        double last = weightDecayEnd().getAsDouble() / weightDecay();
        return last + 0.5 * (1 - last) * (1 + Math.cos(Math.PI * step / steps));
    }

    /** Steps between two evaluations, of so many in all. */
    public long evalSteps(long totalSteps) {
        return stepsOf(evalStepsOrRatio(), totalSteps);
    }

    /** {@code eval_steps}, or {@code logging_steps} in its place. */
    JsonNode evalStepsOrRatio() {
        JsonNode steps = value("eval_steps");
        return steps.isNull() || steps.doubleValue() == 0 ? value("logging_steps") : steps;
    }

    /** Precision of training, from {@code dtype}, {@code bf16} and {@code fp16}. */
    public Precision dtype() {
        Precision said = optionalText("dtype")
                .map(dtype -> choice("dtype", Precision.class))
                .orElse(Precision.AUTO);
        if (said != Precision.AUTO) {
            return said;
        }
        if (value("fp16").booleanValue()) {
            return Precision.FLOAT16;
        }
        JsonNode bf16 = value("bf16");
        return !bf16.isBoolean() ? Precision.AUTO : bf16.booleanValue() ? Precision.BFLOAT16 : Precision.FLOAT32;
    }

    /** Precision of evaluation, from {@code bf16_full_eval} and {@code fp16_full_eval}; empty: that of training. */
    public Optional<Precision> evalDtype() {
        return value("bf16_full_eval").booleanValue()
                ? Optional.of(Precision.BFLOAT16)
                : value("fp16_full_eval").booleanValue() ? Optional.of(Precision.FLOAT16) : Optional.empty();
    }

    /** Metric that decides which evaluation is best, always with {@code eval_}; empty if none is needed. */
    public Optional<String> metricForBestModel() {
        boolean needed = loadBestModelAtEnd()
                || earlyStoppingPatience().isPresent()
                || saveStrategy() == Strategy.BEST
                || lrSchedulerType().equals("reduce_lr_on_plateau");
        return optionalText("metric_for_best_model")
                .or(() -> needed ? Optional.of("loss") : Optional.empty())
                .map(metric -> metric.startsWith("eval_") ? metric : "eval_" + metric);
    }

    /** Whether more of that metric is better. */
    public boolean greaterIsBetter() {
        JsonNode said = value("greater_is_better");
        return said.isNull() ? !metricForBestModel().orElse("loss").endsWith("loss") : said.booleanValue();
    }

    /** No progress bars. */
    public boolean disableTqdm() {
        return value("disable_tqdm").booleanValue();
    }

    /** Keep so many checkpoints, the best one among them; empty: all. */
    public OptionalInt saveTotalLimit() {
        int limit = value("save_total_limit").intValue();
        return limit > 0 ? OptionalInt.of(limit) : OptionalInt.empty();
    }

    /** Whether to continue from a checkpoint, either a named one or the newest complete one in the output folder. */
    public boolean resume() {
        return !value("resume_from_checkpoint").isNull();
    }

    /**
     * The folder of the checkpoint to continue from; if empty and {@link #resume()} is set, the newest complete one in the
     * output folder.
     */
    public Optional<Path> resumeFromCheckpoint() {
        JsonNode checkpoint = value("resume_from_checkpoint");
        return checkpoint.isTextual()
                ? Optional.of(path("resume_from_checkpoint", checkpoint.asText()))
                : Optional.empty();
    }

    /** The size of pictures that the model is made for; empty: the checkpoint's own. */
    public Optional<Sides> imageSize() {
        return optionalText("image_size").map(text -> Sides.parse("image_size", text));
    }

    /** What the classifier reads; empty: what the checkpoint says. */
    public Optional<Pooling> pooling() {
        return optionalText("pooling").map(Pooling::parse);
    }

    /** Seed of the data's order. */
    public long dataSeed() {
        JsonNode said = value("data_seed");
        return said.isNull() ? seed() : said.longValue();
    }
}
