package io.vit4j.train.arguments;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.BooleanNode;
import com.fasterxml.jackson.databind.node.DoubleNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.LongNode;
import com.fasterxml.jackson.databind.node.NullNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.node.TextNode;
import io.vit4j.base.InputException;
import io.vit4j.base.Json;
import java.nio.file.Path;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.UnaryOperator;

/**
 * Collects training arguments from one source after another; what comes later holds. Each value is checked when it is
 * set, all of them together by {@link #build()}. The meaning of each is in docs/arguments.md and at the accessor of
 * {@link TrainingArguments} of the same name.
 */
public final class TrainingArgumentsBuilder {
    /** Three ways to say one thing: a later source that says one of them replaces what an earlier one said. */
    private static final Set<String> PRECISION = Set.of("dtype", "bf16", "fp16");

    private final Map<String, JsonNode> given;
    private final Set<String> notes;

    TrainingArgumentsBuilder(Map<String, JsonNode> given, Collection<String> notes) {
        this.given = new LinkedHashMap<>(given);
        this.notes = new LinkedHashSet<>(notes);
    }

    /** @throws InputException where the arguments contradict each other */
    public TrainingArguments build() {
        return new TrainingArguments(given, List.copyOf(notes));
    }

    /** Takes the arguments of a JSON file, an object of names and values; also older names. */
    public TrainingArgumentsBuilder read(Path json) {
        Map<String, JsonNode> values = new LinkedHashMap<>();
        Json.readObject(json).properties().forEach(entry -> values.put(entry.getKey(), entry.getValue()));
        return source(values, name -> json + ": " + name);
    }

    /** Takes arguments by name, with underscores, values written as on a command line; also older names. */
    public TrainingArgumentsBuilder set(Map<String, String> values) {
        Map<String, JsonNode> texts = new LinkedHashMap<>();
        values.forEach((name, value) -> texts.put(name, TextNode.valueOf(value)));
        return source(texts, name -> "--" + name.replace('_', '-'));
    }

    /**
     * Takes one argument by name, with underscores; also an older name.
     *
     * @param value a boolean, number, text, path, enum, list or map; null unsets nothing
     */
    public TrainingArgumentsBuilder set(String name, Object value) {
        add(new ArgumentSource(Map.of(name, json(name, value)), UnaryOperator.identity()));
        return this;
    }

    private TrainingArgumentsBuilder source(Map<String, JsonNode> values, UnaryOperator<String> where) {
        ArgumentSource source = new ArgumentSource(values, where);
        if (source.values().keySet().stream().anyMatch(PRECISION::contains)) {
            given.keySet().removeAll(PRECISION);
        }
        add(source);
        return this;
    }

    private void add(ArgumentSource source) {
        given.putAll(source.values());
        notes.addAll(source.notes());
    }

    private static JsonNode json(String name, Object value) {
        if (value == null) {
            return NullNode.instance;
        } else if (value instanceof JsonNode node) {
            return node;
        } else if (value instanceof Boolean flag) {
            return BooleanNode.valueOf(flag);
        } else if (value instanceof Integer || value instanceof Long || value instanceof Short) {
            return LongNode.valueOf(((Number) value).longValue());
        } else if (value instanceof Number number) {
            return DoubleNode.valueOf(number.doubleValue());
        } else if (value instanceof Enum<?> choice) {
            return TextNode.valueOf(name.equals("augment") ? choice.name().replace('_', '-') : choice.name());
        } else if (value instanceof CharSequence || value instanceof Path) {
            return TextNode.valueOf(value.toString());
        } else if (value instanceof Collection<?> words) {
            ArrayNode list = JsonNodeFactory.instance.arrayNode();
            words.forEach(word -> list.add(json(name, word)));
            return list;
        } else if (value instanceof Map<?, ?> map) {
            ObjectNode object = Json.object();
            map.forEach((key, entry) -> object.set(key.toString(), json(name, entry)));
            return object;
        }
        throw new InputException(name + ": a " + value.getClass().getSimpleName()
                + " is no value of an argument; give a text or a number");
    }

    /** Folder for checkpoints, results and the tuned model. */
    public TrainingArgumentsBuilder outputDir(Path value) {
        return set("output_dir", value);
    }

    /** Train anew into a folder that already holds a run (unless it is resumed). */
    public TrainingArgumentsBuilder overwriteOutputDir(boolean value) {
        return set("overwrite_output_dir", value);
    }

    /** Images of one micro-batch of training, on each replica. */
    public TrainingArgumentsBuilder perDeviceTrainBatchSize(int value) {
        return set("per_device_train_batch_size", value);
    }

    /** Passes over the training images; a fraction ends within the last one. */
    public TrainingArgumentsBuilder numTrainEpochs(double value) {
        return set("num_train_epochs", value);
    }

    /** Optimizer steps in all; if positive it overrides num_train_epochs. */
    public TrainingArgumentsBuilder maxSteps(int value) {
        return set("max_steps", value);
    }

    /**
     * Micro-batches whose gradients make one optimizer step; if not given, a parallel configuration's own count
     * holds.
     */
    public TrainingArgumentsBuilder gradientAccumulationSteps(int value) {
        return set("gradient_accumulation_steps", value);
    }

    /** Train on at most so many images, the first ones. */
    public TrainingArgumentsBuilder maxTrainSamples(int value) {
        return set("max_train_samples", value);
    }

    /** Learning rate at its peak. */
    public TrainingArgumentsBuilder learningRate(double value) {
        return set("learning_rate", value);
    }

    /** How the learning rate changes over the run. */
    public TrainingArgumentsBuilder lrSchedulerType(String value) {
        return set("lr_scheduler_type", value);
    }

    /** The schedule's own settings, as JSON or as num_cycles=2,.... */
    public TrainingArgumentsBuilder lrSchedulerKwargs(Map<String, ?> value) {
        return set("lr_scheduler_kwargs", value);
    }

    /** Steps in which the learning rate rises from 0; below 1 a ratio of all steps. */
    public TrainingArgumentsBuilder warmupSteps(double value) {
        return set("warmup_steps", value);
    }

    /** Optimizer; AdamW's fused and paged forms are the same mathematics. */
    public TrainingArgumentsBuilder optim(TrainingArguments.OptimizerName value) {
        return set("optim", value);
    }

    /** The optimizer's own settings, as JSON or as momentum=0.9,.... */
    public TrainingArgumentsBuilder optimArgs(Map<String, ?> value) {
        return set("optim_args", value);
    }

    /** Weight decay of all weights but biases and layer norms. */
    public TrainingArgumentsBuilder weightDecay(double value) {
        return set("weight_decay", value);
    }

    /** Decay of the first moment in Adam and LAMB. */
    public TrainingArgumentsBuilder adamBeta1(double value) {
        return set("adam_beta1", value);
    }

    /** Decay of the second moment in Adam and LAMB. */
    public TrainingArgumentsBuilder adamBeta2(double value) {
        return set("adam_beta2", value);
    }

    /** Added to the denominator in Adam and LAMB. */
    public TrainingArgumentsBuilder adamEpsilon(double value) {
        return set("adam_epsilon", value);
    }

    /** Gradients are scaled down to this norm; 0: never. */
    public TrainingArgumentsBuilder maxGradNorm(double value) {
        return set("max_grad_norm", value);
    }

    /** Train the classifier only (a linear probe). */
    public TrainingArgumentsBuilder freezeBackbone(boolean value) {
        return set("freeze_backbone", value);
    }

    /**
     * Loss; auto takes what the model's problem_type says. Focal and asymmetric are for multi-label data with rare
     * findings.
     */
    public TrainingArgumentsBuilder loss(TrainingArguments.LossName value) {
        return set("loss", value);
    }

    /** The loss's own settings: gamma, alpha (focal); gamma_positive, gamma_negative, clip (asymmetric). */
    public TrainingArgumentsBuilder lossArgs(Map<String, ?> value) {
        return set("loss_args", value);
    }

    /** Weight of positive labels, multi-label: balanced, one number, or label=weight,... as JSON or text. */
    public TrainingArgumentsBuilder posWeight(Object value) {
        return set("pos_weight", value);
    }

    /** Weight of classes, single-label: balanced, or label=weight,... as JSON or text. */
    public TrainingArgumentsBuilder classWeight(Object value) {
        return set("class_weight", value);
    }

    /** Label smoothing. */
    public TrainingArgumentsBuilder labelSmoothingFactor(double value) {
        return set("label_smoothing_factor", value);
    }

    /** Precision of training in one word; instead of bf16 and fp16. */
    public TrainingArgumentsBuilder dtype(String value) {
        return set("dtype", value);
    }

    /**
     * bfloat16 mixed precision; auto takes it where the processor has it. Transformers' default is false, which is
     * exactly float32.
     */
    public TrainingArgumentsBuilder bf16(boolean value) {
        return set("bf16", value);
    }

    /** float16 mixed precision with loss scaling. */
    public TrainingArgumentsBuilder fp16(boolean value) {
        return set("fp16", value);
    }

    /** Evaluate in bfloat16 throughout. */
    public TrainingArgumentsBuilder bf16FullEval(boolean value) {
        return set("bf16_full_eval", value);
    }

    /** Evaluate in float16 throughout. */
    public TrainingArgumentsBuilder fp16FullEval(boolean value) {
        return set("fp16_full_eval", value);
    }

    /** Loss scale of float16: constant, or the start value of auto_loss_scaling. */
    public TrainingArgumentsBuilder lossScaling(double value) {
        return set("loss_scaling", value);
    }

    /** Let the loss scale grow and back off by itself. */
    public TrainingArgumentsBuilder autoLossScaling(boolean value) {
        return set("auto_loss_scaling", value);
    }

    /** Recompute each block's activations in the backward pass instead of keeping them. */
    public TrainingArgumentsBuilder gradientCheckpointing(boolean value) {
        return set("gradient_checkpointing", value);
    }

    /**
     * Images that walk through the model at once; chosen by itself if unset. Changes speed and memory only.
     */
    public TrainingArgumentsBuilder walkMicroBatch(int value) {
        return set("walk_micro_batch", value);
    }

    /** Threads for computing; all of this process's cores if unset. */
    public TrainingArgumentsBuilder threads(int value) {
        return set("threads", value);
    }

    /** Do not use a GPU. */
    public TrainingArgumentsBuilder useCpu(boolean value) {
        return set("use_cpu", value);
    }

    /**
     * Random changes to training images: crop and flip, or for X-rays small turns, shifts, scalings and brightness
     * without flips.
     */
    public TrainingArgumentsBuilder augment(TrainingArguments.Augment value) {
        return set("augment", value);
    }

    /** Order of the training images; sequential is the data set's own order. */
    public TrainingArgumentsBuilder trainSamplingStrategy(TrainingArguments.SamplingStrategy value) {
        return set("train_sampling_strategy", value);
    }

    /** Leave out the last, incomplete batch of an epoch. */
    public TrainingArgumentsBuilder dataloaderDropLast(boolean value) {
        return set("dataloader_drop_last", value);
    }

    /** Threads that assemble batches ahead; 0 chooses by itself. */
    public TrainingArgumentsBuilder dataloaderNumWorkers(int value) {
        return set("dataloader_num_workers", value);
    }

    /** Batches that each of these threads holds ready. */
    public TrainingArgumentsBuilder dataloaderPrefetchFactor(int value) {
        return set("dataloader_prefetch_factor", value);
    }

    /** When loss and learning rate are logged. */
    public TrainingArgumentsBuilder loggingStrategy(TrainingArguments.Strategy value) {
        return set("logging_strategy", value);
    }

    /** Steps between two log lines; below 1 a ratio of all steps. */
    public TrainingArgumentsBuilder loggingSteps(double value) {
        return set("logging_steps", value);
    }

    /** Log the first step too. */
    public TrainingArgumentsBuilder loggingFirstStep(boolean value) {
        return set("logging_first_step", value);
    }

    /** Folder for TensorBoard's files; runs in the output folder if unset. */
    public TrainingArgumentsBuilder loggingDir(Path value) {
        return set("logging_dir", value);
    }

    /** Further files to log to, several with commas between; all is every kind. */
    public TrainingArgumentsBuilder reportTo(List<String> value) {
        return set("report_to", value);
    }

    /** Whether the report shows pictures of patients; auto: only of synthetic data and of the NIH release. */
    public TrainingArgumentsBuilder reportImages(TrainingArguments.ReportImages value) {
        return set("report_images", value);
    }

    /** Name of the run in reports. */
    public TrainingArgumentsBuilder runName(String value) {
        return set("run_name", value);
    }

    /** No progress bars. */
    public TrainingArgumentsBuilder disableTqdm(boolean value) {
        return set("disable_tqdm", value);
    }

    /** When to evaluate while training. */
    public TrainingArgumentsBuilder evalStrategy(TrainingArguments.Strategy value) {
        return set("eval_strategy", value);
    }

    /** Steps between two evaluations; below 1 a ratio of all steps; logging_steps if unset. */
    public TrainingArgumentsBuilder evalSteps(double value) {
        return set("eval_steps", value);
    }

    /** Epochs (or steps, as eval_strategy counts) before the first evaluation. */
    public TrainingArgumentsBuilder evalDelay(double value) {
        return set("eval_delay", value);
    }

    /** Evaluate once before the first step. */
    public TrainingArgumentsBuilder evalOnStart(boolean value) {
        return set("eval_on_start", value);
    }

    /** Images of one batch of evaluation, on each replica. */
    public TrainingArgumentsBuilder perDeviceEvalBatchSize(int value) {
        return set("per_device_eval_batch_size", value);
    }

    /** Evaluate on at most so many images, the first ones. */
    public TrainingArgumentsBuilder maxEvalSamples(int value) {
        return set("max_eval_samples", value);
    }

    /** Evaluate the loss only, no metrics. */
    public TrainingArgumentsBuilder predictionLossOnly(boolean value) {
        return set("prediction_loss_only", value);
    }

    /** End with the weights of the best evaluation. */
    public TrainingArgumentsBuilder loadBestModelAtEnd(boolean value) {
        return set("load_best_model_at_end", value);
    }

    /** Metric that says which evaluation is best, with or without eval_; loss if unset. */
    public TrainingArgumentsBuilder metricForBestModel(String value) {
        return set("metric_for_best_model", value);
    }

    /** Whether more of that metric is better; if unset, true for all but those ending in loss. */
    public TrainingArgumentsBuilder greaterIsBetter(boolean value) {
        return set("greater_is_better", value);
    }

    /** Stop after so many evaluations without improvement. */
    public TrainingArgumentsBuilder earlyStoppingPatience(int value) {
        return set("early_stopping_patience", value);
    }

    /** What counts as an improvement of the metric. */
    public TrainingArgumentsBuilder earlyStoppingThreshold(double value) {
        return set("early_stopping_threshold", value);
    }

    /** When checkpoints are written. */
    public TrainingArgumentsBuilder saveStrategy(TrainingArguments.Strategy value) {
        return set("save_strategy", value);
    }

    /** Steps between two checkpoints; below 1 a ratio of all steps. */
    public TrainingArgumentsBuilder saveSteps(double value) {
        return set("save_steps", value);
    }

    /** Keep so many checkpoints, the best one among them; 0 or unset: all. */
    public TrainingArgumentsBuilder saveTotalLimit(int value) {
        return set("save_total_limit", value);
    }

    /** Checkpoints without the optimizer's state, which cannot be resumed from. */
    public TrainingArgumentsBuilder saveOnlyModel(boolean value) {
        return set("save_only_model", value);
    }

    /**
     * true: go on from the newest good checkpoint of the output folder, or start where there is none; or a
     * checkpoint's folder.
     */
    public TrainingArgumentsBuilder resumeFromCheckpoint(String value) {
        return set("resume_from_checkpoint", value);
    }

    /** When resuming within an epoch, begin its data anew. */
    public TrainingArgumentsBuilder ignoreDataSkip(boolean value) {
        return set("ignore_data_skip", value);
    }

    /** Resume even if arguments that change the mathematics differ. */
    public TrainingArgumentsBuilder allowChangedArguments(boolean value) {
        return set("allow_changed_arguments", value);
    }

    /** What a loss or gradient that is not finite does: skip the step, or stop the run. */
    public TrainingArgumentsBuilder onNonfinite(TrainingArguments.OnNonfinite value) {
        return set("on_nonfinite", value);
    }

    /** What a failed checkpoint does (a full disk, say). */
    public TrainingArgumentsBuilder onSaveError(TrainingArguments.OnSaveError value) {
        return set("on_save_error", value);
    }

    /** Seed of everything random. */
    public TrainingArgumentsBuilder seed(long value) {
        return set("seed", value);
    }

    /** Seed of the data's order; seed if unset. */
    public TrainingArgumentsBuilder dataSeed(long value) {
        return set("data_seed", value);
    }

    /** Parallel configuration: a file, a folder with ipu_config.json, or a hub name. */
    public TrainingArgumentsBuilder parallel(String value) {
        return set("parallel", value);
    }

    /** Changes to that configuration: a=1,b=[6 6]. */
    public TrainingArgumentsBuilder ipuConfigOverrides(String value) {
        return set("ipu_config_overrides", value);
    }

    /** Ranks in all; replicas are this divided by the pipeline's stages. */
    public TrainingArgumentsBuilder nIpu(int value) {
        return set("n_ipu", value);
    }

    /** Which value of a configuration's dictionaries holds. */
    public TrainingArgumentsBuilder podType(String value) {
        return set("pod_type", value);
    }

    /** Load everything, walk one batch, print placement and memory, and end. */
    public TrainingArgumentsBuilder compileOnly(boolean value) {
        return set("compile_only", value);
    }

    /** Seconds in which all ranks must have met. */
    public TrainingArgumentsBuilder rendezvousTimeout(int value) {
        return set("rendezvous_timeout", value);
    }

    /** Seconds after which a collective gives up. */
    public TrainingArgumentsBuilder ddpTimeout(int value) {
        return set("ddp_timeout", value);
    }

    /** Size of the buckets in which gradients are all-reduced, in MiB. */
    public TrainingArgumentsBuilder ddpBucketCapMb(int value) {
        return set("ddp_bucket_cap_mb", value);
    }
}
