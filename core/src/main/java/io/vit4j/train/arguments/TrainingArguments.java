package io.vit4j.train.arguments;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.vit4j.base.InputException;
import io.vit4j.base.Json;
import io.vit4j.train.schedule.LrSchedule;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;

/**
 * How to train: transformers' arguments by their names, with their meanings and defaults, and vit4j's own beside them
 * (docs/arguments.md lists all). Immutable and consistent.
 *
 * <pre>{@code
 * TrainingArguments args = TrainingArguments.builder().learningRate(2e-4).numTrainEpochs(3).build();
 * TrainingArguments fromFile = TrainingArguments.read(Path.of("arguments.json"));
 * }</pre>
 */
public final class TrainingArguments {
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
        /** Stochastic gradient descent, with momentum where asked for. */
        SGD,
        /** RMSprop (Tieleman and Hinton 2012). */
        RMSPROP,
        /** LAMB (You et al. 2020). */
        LAMB,
        /** LAMB without correcting the moments for their start. */
        LAMB_NO_BIAS_CORRECTION
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

    /** Precisions of training; AUTO is bfloat16 where the processor has it, else float32. */
    public enum Precision {
        /** bfloat16 where the processor has it, else float32. */
        AUTO,
        /** IEEE single precision throughout. */
        FLOAT32,
        /** Products in bfloat16. */
        BFLOAT16,
        /** Products in float16, with loss scaling. */
        FLOAT16
    }

    /** Random changes to training images. */
    public enum Augment {
        /** None. */
        NONE,
        /** A random crop, and a flip half of the time. */
        CROP_FLIP,
        /** Small turns, shifts, scalings and changes of brightness, without flips. */
        XRAY
    }

    /** Orders of the training images. */
    public enum SamplingStrategy {
        /** Another order in each epoch. */
        RANDOM,
        /** The data set's own order. */
        SEQUENTIAL
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
        /** Training goes on without that checkpoint. */
        CONTINUE
    }

    /** Whether the report shows pictures; AUTO: of synthetic data and of the NIH release only. */
    public enum ReportImages {
        /** Of synthetic data and of the NIH release only. */
        AUTO,
        /** Never. */
        NONE,
        /** Always. */
        ALL
    }

    private final Map<String, JsonNode> given;
    private final List<String> notes;

    TrainingArguments(Map<String, JsonNode> given, List<String> notes) {
        this.given = new LinkedHashMap<>(given);
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
        return new TrainingArgumentsBuilder(given, List.of());
    }

    /** These arguments with others in their place, values written as on a command line. */
    public TrainingArguments withOverrides(Map<String, String> overrides) {
        return toBuilder().set(overrides).build();
    }

    /** What the user should know of how the arguments were read, one line each: to be logged once. */
    public List<String> notes() {
        return notes;
    }

    /** Whether the argument was given, as opposed to being at its default. */
    public boolean isGiven(String name) {
        ArgumentTable.get(name);
        return given.containsKey(name);
    }

    /** Every honoured argument with the value that holds: the content of {@code training_args.json}. */
    public ObjectNode toJson() {
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
        ObjectNode before = toJson();
        ObjectNode after = now.toJson();
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

    /** Folder for checkpoints, results and the tuned model. */
    public Path outputDir() {
        return path("output_dir", value("output_dir").asText());
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

    /** The learning rate at each of so many steps. */
    public LrSchedule lrSchedule(long totalSteps) {
        ObjectNode settings = lrSchedulerKwargs().deepCopy();
        if (lrSchedulerType().equals("reduce_lr_on_plateau") && !settings.has("mode")) {
            settings.put("mode", greaterIsBetter() ? "max" : "min");
        }
        return LrSchedule.of(
                lrSchedulerType(),
                learningRate(),
                warmupSteps(totalSteps),
                totalSteps,
                Json.typed(settings, "lr_scheduler_kwargs"));
    }

    /** Steps in which the learning rate rises from 0, of so many in all. */
    public long warmupSteps(long totalSteps) {
        return stepsOf(value("warmup_steps"), totalSteps);
    }

    /** Steps between two log lines, of so many in all. */
    public long loggingSteps(long totalSteps) {
        return stepsOf(value("logging_steps"), totalSteps);
    }

    /** Steps between two evaluations, of so many in all. */
    public long evalSteps(long totalSteps) {
        return stepsOf(evalStepsOrRatio(), totalSteps);
    }

    /** Steps between two checkpoints, of so many in all. */
    public long saveSteps(long totalSteps) {
        return stepsOf(value("save_steps"), totalSteps);
    }

    /** {@code eval_steps}, or {@code logging_steps} in its place. */
    JsonNode evalStepsOrRatio() {
        JsonNode steps = value("eval_steps");
        return steps.isNull() || steps.doubleValue() == 0 ? value("logging_steps") : steps;
    }

    private static long stepsOf(JsonNode stepsOrRatio, long totalSteps) {
        double value = stepsOrRatio.doubleValue();
        return value < 1 ? (long) Math.ceil(totalSteps * value) : (long) value;
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

    /** Metric that says which evaluation is best, always with {@code eval_}; empty where none is needed. */
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

    /** Whether to go on from a checkpoint, be it a named one or the newest good one of the output folder. */
    public boolean resume() {
        return !value("resume_from_checkpoint").isNull();
    }

    /** The checkpoint's folder to go on from; empty with {@link #resume()}: the newest good one of the output folder. */
    public Optional<Path> resumeFromCheckpoint() {
        JsonNode checkpoint = value("resume_from_checkpoint");
        return checkpoint.isTextual()
                ? Optional.of(path("resume_from_checkpoint", checkpoint.asText()))
                : Optional.empty();
    }

    /** Seed of the data's order. */
    public long dataSeed() {
        JsonNode said = value("data_seed");
        return said.isNull() ? seed() : said.longValue();
    }

    /** Time in which all ranks must have met. */
    public Duration rendezvousTimeout() {
        return Duration.ofSeconds(value("rendezvous_timeout").longValue());
    }

    /** Time after which a collective gives up. */
    public Duration ddpTimeout() {
        return Duration.ofSeconds(value("ddp_timeout").longValue());
    }

    /** Train anew into a folder that already holds a run (unless it is resumed). */
    public boolean overwriteOutputDir() {
        return value("overwrite_output_dir").booleanValue();
    }

    /** Images of one micro-batch of training, on each replica. */
    public int perDeviceTrainBatchSize() {
        return value("per_device_train_batch_size").intValue();
    }

    /** Passes over the training images; a fraction ends within the last one. */
    public double numTrainEpochs() {
        return value("num_train_epochs").doubleValue();
    }

    /** Micro-batches whose gradients make one optimizer step; if not given, a parallel configuration's own count holds. */
    public int gradientAccumulationSteps() {
        return value("gradient_accumulation_steps").intValue();
    }

    /** Train on at most so many images, the first ones. */
    public OptionalInt maxTrainSamples() {
        return optionalInt("max_train_samples");
    }

    /** Learning rate at its peak. */
    public double learningRate() {
        return value("learning_rate").doubleValue();
    }

    /** How the learning rate changes over the run. */
    public String lrSchedulerType() {
        return value("lr_scheduler_type").asText();
    }

    /** The schedule's own settings, as JSON or as num_cycles=2,. */
    public ObjectNode lrSchedulerKwargs() {
        return dictionary("lr_scheduler_kwargs");
    }

    /** Optimizer; AdamW's fused and paged forms are the same mathematics. */
    public OptimizerName optim() {
        return choice("optim", OptimizerName.class);
    }

    /** The optimizer's own settings, as JSON or as momentum=0.9,. */
    public ObjectNode optimArgs() {
        return dictionary("optim_args");
    }

    /** Weight decay of all weights but biases and layer norms. */
    public double weightDecay() {
        return value("weight_decay").doubleValue();
    }

    /** Decay of the first moment in Adam and LAMB. */
    public double adamBeta1() {
        return value("adam_beta1").doubleValue();
    }

    /** Decay of the second moment in Adam and LAMB. */
    public double adamBeta2() {
        return value("adam_beta2").doubleValue();
    }

    /** Added to the denominator in Adam and LAMB. */
    public double adamEpsilon() {
        return value("adam_epsilon").doubleValue();
    }

    /** Gradients are scaled down to this norm; 0: never. */
    public double maxGradNorm() {
        return value("max_grad_norm").doubleValue();
    }

    /** Train the classifier only (a linear probe). */
    public boolean freezeBackbone() {
        return value("freeze_backbone").booleanValue();
    }

    /** Loss; auto takes what the model's problem_type says. Focal and asymmetric are for multi-label data with rare findings. */
    public LossName loss() {
        return choice("loss", LossName.class);
    }

    /** The loss's own settings: gamma, alpha (focal); gamma_positive, gamma_negative, clip (asymmetric). */
    public ObjectNode lossArgs() {
        return dictionary("loss_args");
    }

    /** Weight of positive labels, multi-label: balanced, one number, or label=weight,... as JSON or text. */
    public Optional<LabelWeights> posWeight() {
        return weights("pos_weight");
    }

    /** Weight of classes, single-label: balanced, or label=weight,... as JSON or text. */
    public Optional<LabelWeights> classWeight() {
        return weights("class_weight");
    }

    /** Label smoothing. */
    public double labelSmoothingFactor() {
        return value("label_smoothing_factor").doubleValue();
    }

    /** Loss scale of float16: constant, or the start value of auto_loss_scaling. */
    public OptionalDouble lossScaling() {
        return optionalDouble("loss_scaling");
    }

    /** Let the loss scale grow and back off by itself. */
    public boolean autoLossScaling() {
        return value("auto_loss_scaling").booleanValue();
    }

    /** Recompute each block's activations in the backward pass instead of keeping them. */
    public boolean gradientCheckpointing() {
        return value("gradient_checkpointing").booleanValue();
    }

    /** Images that walk through the model at once; chosen by itself if unset. Changes speed and memory only. */
    public OptionalInt walkMicroBatch() {
        return optionalInt("walk_micro_batch");
    }

    /** Threads for computing; all of this process's cores if unset. */
    public OptionalInt threads() {
        return optionalInt("threads");
    }

    /** Do not use a GPU. */
    public boolean useCpu() {
        return value("use_cpu").booleanValue();
    }

    /** Random changes to training images: crop and flip, or for X-rays small turns, shifts, scalings and brightness without flips. */
    public Augment augment() {
        return choice("augment", Augment.class);
    }

    /** Order of the training images; sequential is the data set's own order. */
    public SamplingStrategy trainSamplingStrategy() {
        return choice("train_sampling_strategy", SamplingStrategy.class);
    }

    /** Leave out the last, incomplete batch of an epoch. */
    public boolean dataloaderDropLast() {
        return value("dataloader_drop_last").booleanValue();
    }

    /** Threads that assemble batches ahead; 0 chooses by itself. */
    public int dataloaderNumWorkers() {
        return value("dataloader_num_workers").intValue();
    }

    /** Batches that each of these threads holds ready. */
    public OptionalInt dataloaderPrefetchFactor() {
        return optionalInt("dataloader_prefetch_factor");
    }

    /** When loss and learning rate are logged. */
    public Strategy loggingStrategy() {
        return choice("logging_strategy", Strategy.class);
    }

    /** Log the first step too. */
    public boolean loggingFirstStep() {
        return value("logging_first_step").booleanValue();
    }

    /** Further files to log to, several with commas between; all is every kind. */
    public List<String> reportTo() {
        return list("report_to");
    }

    /** Whether the report shows pictures of patients; auto: only of synthetic data and of the NIH release. */
    public ReportImages reportImages() {
        return choice("report_images", ReportImages.class);
    }

    /** Name of the run in reports. */
    public Optional<String> runName() {
        return optionalText("run_name");
    }

    /** When to evaluate while training. */
    public Strategy evalStrategy() {
        return choice("eval_strategy", Strategy.class);
    }

    /** Epochs (or steps, as eval_strategy counts) before the first evaluation. */
    public double evalDelay() {
        return value("eval_delay").doubleValue();
    }

    /** Evaluate once before the first step. */
    public boolean evalOnStart() {
        return value("eval_on_start").booleanValue();
    }

    /** Images of one batch of evaluation, on each replica. */
    public int perDeviceEvalBatchSize() {
        return value("per_device_eval_batch_size").intValue();
    }

    /** Evaluate on at most so many images, the first ones. */
    public OptionalInt maxEvalSamples() {
        return optionalInt("max_eval_samples");
    }

    /** Evaluate the loss only, no metrics. */
    public boolean predictionLossOnly() {
        return value("prediction_loss_only").booleanValue();
    }

    /** End with the weights of the best evaluation. */
    public boolean loadBestModelAtEnd() {
        return value("load_best_model_at_end").booleanValue();
    }

    /** Stop after so many evaluations without improvement. */
    public OptionalInt earlyStoppingPatience() {
        return optionalInt("early_stopping_patience");
    }

    /** What counts as an improvement of the metric. */
    public double earlyStoppingThreshold() {
        return value("early_stopping_threshold").doubleValue();
    }

    /** When checkpoints are written. */
    public Strategy saveStrategy() {
        return choice("save_strategy", Strategy.class);
    }

    /** Checkpoints without the optimizer's state, which cannot be resumed from. */
    public boolean saveOnlyModel() {
        return value("save_only_model").booleanValue();
    }

    /** When resuming within an epoch, begin its data anew. */
    public boolean ignoreDataSkip() {
        return value("ignore_data_skip").booleanValue();
    }

    /** Resume even if arguments that change the mathematics differ. */
    public boolean allowChangedArguments() {
        return value("allow_changed_arguments").booleanValue();
    }

    /** What a loss or gradient that is not finite does: skip the step, or stop the run. */
    public OnNonfinite onNonfinite() {
        return choice("on_nonfinite", OnNonfinite.class);
    }

    /** What a failed checkpoint does (a full disk, say). */
    public OnSaveError onSaveError() {
        return choice("on_save_error", OnSaveError.class);
    }

    /** Seed of everything random. */
    public long seed() {
        return value("seed").longValue();
    }

    /** Parallel configuration: a file, a folder with ipu_config.json, or a hub name. */
    public Optional<String> parallel() {
        return optionalText("parallel");
    }

    /** Changes to that configuration: a=1,b=[6 6]. */
    public Optional<String> ipuConfigOverrides() {
        return optionalText("ipu_config_overrides");
    }

    /** Ranks in all; replicas are this divided by the pipeline's stages. */
    public OptionalInt nIpu() {
        return optionalInt("n_ipu");
    }

    /** Which value of a configuration's dictionaries holds. */
    public Optional<String> podType() {
        return optionalText("pod_type");
    }

    /** Load everything, walk one batch, print placement and memory, and end. */
    public boolean compileOnly() {
        return value("compile_only").booleanValue();
    }

    /** Size of the buckets in which gradients are all-reduced, in MiB. */
    public OptionalInt ddpBucketCapMb() {
        return optionalInt("ddp_bucket_cap_mb");
    }

    /** The value that holds: the given one or the default. */
    JsonNode value(String name) {
        JsonNode value = given.get(name);
        return value == null ? ArgumentTable.get(name).initial() : value;
    }

    private OptionalInt optionalInt(String name) {
        JsonNode value = value(name);
        return value.isNull() ? OptionalInt.empty() : OptionalInt.of(value.intValue());
    }

    private OptionalDouble optionalDouble(String name) {
        JsonNode value = value(name);
        return value.isNull() ? OptionalDouble.empty() : OptionalDouble.of(value.doubleValue());
    }

    private Optional<String> optionalText(String name) {
        JsonNode value = value(name);
        return value.isNull() ? Optional.empty() : Optional.of(value.asText());
    }

    private ObjectNode dictionary(String name) {
        return value(name) instanceof ObjectNode object ? object.deepCopy() : Json.object();
    }

    private List<String> list(String name) {
        List<String> words = new ArrayList<>();
        value(name).forEach(word -> words.add(word.asText()));
        return List.copyOf(words);
    }

    private <E extends Enum<E>> E choice(String name, Class<E> type) {
        return Enum.valueOf(type, value(name).asText().toUpperCase(Locale.ROOT).replace('-', '_'));
    }

    private Optional<LabelWeights> weights(String name) {
        JsonNode value = value(name);
        if (value.isNull()) {
            return Optional.empty();
        }
        if (value.isNumber()) {
            return Optional.of(new LabelWeights.Uniform(value.doubleValue()));
        }
        if (value.isTextual()) {
            return Optional.of(new LabelWeights.Balanced());
        }
        Map<String, Double> byLabel = new LinkedHashMap<>();
        value.properties()
                .forEach(entry -> byLabel.put(entry.getKey(), entry.getValue().doubleValue()));
        return Optional.of(new LabelWeights.ByLabel(Map.copyOf(byLabel)));
    }

    /** The path of a text, {@code ~} being the user's home as in transformers. */
    private static Path path(String name, String text) {
        boolean fromHome = text.equals("~") || text.startsWith("~/");
        try {
            return Path.of(fromHome ? System.getProperty("user.home") + text.substring(1) : text);
        } catch (InvalidPathException e) {
            throw new InputException(name + ": " + text + " cannot be a path; correct it", e);
        }
    }
}
