package io.vit4j.train;

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

    public TrainingArgumentsBuilder outputDir(Path value) {
        return set("output_dir", value);
    }

    public TrainingArgumentsBuilder overwriteOutputDir(boolean value) {
        return set("overwrite_output_dir", value);
    }

    public TrainingArgumentsBuilder perDeviceTrainBatchSize(int value) {
        return set("per_device_train_batch_size", value);
    }

    public TrainingArgumentsBuilder numTrainEpochs(double value) {
        return set("num_train_epochs", value);
    }

    public TrainingArgumentsBuilder maxSteps(int value) {
        return set("max_steps", value);
    }

    public TrainingArgumentsBuilder gradientAccumulationSteps(int value) {
        return set("gradient_accumulation_steps", value);
    }

    public TrainingArgumentsBuilder maxTrainSamples(int value) {
        return set("max_train_samples", value);
    }

    public TrainingArgumentsBuilder learningRate(double value) {
        return set("learning_rate", value);
    }

    public TrainingArgumentsBuilder lrSchedulerType(String value) {
        return set("lr_scheduler_type", value);
    }

    public TrainingArgumentsBuilder lrSchedulerKwargs(Map<String, ?> value) {
        return set("lr_scheduler_kwargs", value);
    }

    public TrainingArgumentsBuilder warmupSteps(double value) {
        return set("warmup_steps", value);
    }

    public TrainingArgumentsBuilder optim(TrainingArguments.OptimizerName value) {
        return set("optim", value);
    }

    public TrainingArgumentsBuilder optimArgs(Map<String, ?> value) {
        return set("optim_args", value);
    }

    public TrainingArgumentsBuilder weightDecay(double value) {
        return set("weight_decay", value);
    }

    public TrainingArgumentsBuilder adamBeta1(double value) {
        return set("adam_beta1", value);
    }

    public TrainingArgumentsBuilder adamBeta2(double value) {
        return set("adam_beta2", value);
    }

    public TrainingArgumentsBuilder adamEpsilon(double value) {
        return set("adam_epsilon", value);
    }

    public TrainingArgumentsBuilder maxGradNorm(double value) {
        return set("max_grad_norm", value);
    }

    public TrainingArgumentsBuilder freezeBackbone(boolean value) {
        return set("freeze_backbone", value);
    }

    public TrainingArgumentsBuilder loss(TrainingArguments.LossName value) {
        return set("loss", value);
    }

    public TrainingArgumentsBuilder lossArgs(Map<String, ?> value) {
        return set("loss_args", value);
    }

    public TrainingArgumentsBuilder posWeight(Object value) {
        return set("pos_weight", value);
    }

    public TrainingArgumentsBuilder classWeight(Object value) {
        return set("class_weight", value);
    }

    public TrainingArgumentsBuilder labelSmoothingFactor(double value) {
        return set("label_smoothing_factor", value);
    }

    public TrainingArgumentsBuilder dtype(String value) {
        return set("dtype", value);
    }

    public TrainingArgumentsBuilder bf16(boolean value) {
        return set("bf16", value);
    }

    public TrainingArgumentsBuilder fp16(boolean value) {
        return set("fp16", value);
    }

    public TrainingArgumentsBuilder bf16FullEval(boolean value) {
        return set("bf16_full_eval", value);
    }

    public TrainingArgumentsBuilder fp16FullEval(boolean value) {
        return set("fp16_full_eval", value);
    }

    public TrainingArgumentsBuilder lossScaling(double value) {
        return set("loss_scaling", value);
    }

    public TrainingArgumentsBuilder autoLossScaling(boolean value) {
        return set("auto_loss_scaling", value);
    }

    public TrainingArgumentsBuilder gradientCheckpointing(boolean value) {
        return set("gradient_checkpointing", value);
    }

    public TrainingArgumentsBuilder walkMicroBatch(int value) {
        return set("walk_micro_batch", value);
    }

    public TrainingArgumentsBuilder threads(int value) {
        return set("threads", value);
    }

    public TrainingArgumentsBuilder useCpu(boolean value) {
        return set("use_cpu", value);
    }

    public TrainingArgumentsBuilder augment(TrainingArguments.Augment value) {
        return set("augment", value);
    }

    public TrainingArgumentsBuilder trainSamplingStrategy(TrainingArguments.SamplingStrategy value) {
        return set("train_sampling_strategy", value);
    }

    public TrainingArgumentsBuilder dataloaderDropLast(boolean value) {
        return set("dataloader_drop_last", value);
    }

    public TrainingArgumentsBuilder dataloaderNumWorkers(int value) {
        return set("dataloader_num_workers", value);
    }

    public TrainingArgumentsBuilder dataloaderPrefetchFactor(int value) {
        return set("dataloader_prefetch_factor", value);
    }

    public TrainingArgumentsBuilder loggingStrategy(TrainingArguments.Strategy value) {
        return set("logging_strategy", value);
    }

    public TrainingArgumentsBuilder loggingSteps(double value) {
        return set("logging_steps", value);
    }

    public TrainingArgumentsBuilder loggingFirstStep(boolean value) {
        return set("logging_first_step", value);
    }

    public TrainingArgumentsBuilder loggingDir(Path value) {
        return set("logging_dir", value);
    }

    public TrainingArgumentsBuilder reportTo(List<String> value) {
        return set("report_to", value);
    }

    public TrainingArgumentsBuilder reportImages(TrainingArguments.ReportImages value) {
        return set("report_images", value);
    }

    public TrainingArgumentsBuilder runName(String value) {
        return set("run_name", value);
    }

    public TrainingArgumentsBuilder disableTqdm(boolean value) {
        return set("disable_tqdm", value);
    }

    public TrainingArgumentsBuilder evalStrategy(TrainingArguments.Strategy value) {
        return set("eval_strategy", value);
    }

    public TrainingArgumentsBuilder evalSteps(double value) {
        return set("eval_steps", value);
    }

    public TrainingArgumentsBuilder evalDelay(double value) {
        return set("eval_delay", value);
    }

    public TrainingArgumentsBuilder evalOnStart(boolean value) {
        return set("eval_on_start", value);
    }

    public TrainingArgumentsBuilder perDeviceEvalBatchSize(int value) {
        return set("per_device_eval_batch_size", value);
    }

    public TrainingArgumentsBuilder maxEvalSamples(int value) {
        return set("max_eval_samples", value);
    }

    public TrainingArgumentsBuilder predictionLossOnly(boolean value) {
        return set("prediction_loss_only", value);
    }

    public TrainingArgumentsBuilder loadBestModelAtEnd(boolean value) {
        return set("load_best_model_at_end", value);
    }

    public TrainingArgumentsBuilder metricForBestModel(String value) {
        return set("metric_for_best_model", value);
    }

    public TrainingArgumentsBuilder greaterIsBetter(boolean value) {
        return set("greater_is_better", value);
    }

    public TrainingArgumentsBuilder earlyStoppingPatience(int value) {
        return set("early_stopping_patience", value);
    }

    public TrainingArgumentsBuilder earlyStoppingThreshold(double value) {
        return set("early_stopping_threshold", value);
    }

    public TrainingArgumentsBuilder saveStrategy(TrainingArguments.Strategy value) {
        return set("save_strategy", value);
    }

    public TrainingArgumentsBuilder saveSteps(double value) {
        return set("save_steps", value);
    }

    public TrainingArgumentsBuilder saveTotalLimit(int value) {
        return set("save_total_limit", value);
    }

    public TrainingArgumentsBuilder saveOnlyModel(boolean value) {
        return set("save_only_model", value);
    }

    public TrainingArgumentsBuilder resumeFromCheckpoint(String value) {
        return set("resume_from_checkpoint", value);
    }

    public TrainingArgumentsBuilder ignoreDataSkip(boolean value) {
        return set("ignore_data_skip", value);
    }

    public TrainingArgumentsBuilder allowChangedArguments(boolean value) {
        return set("allow_changed_arguments", value);
    }

    public TrainingArgumentsBuilder onNonfinite(TrainingArguments.OnNonfinite value) {
        return set("on_nonfinite", value);
    }

    public TrainingArgumentsBuilder onSaveError(TrainingArguments.OnSaveError value) {
        return set("on_save_error", value);
    }

    public TrainingArgumentsBuilder seed(long value) {
        return set("seed", value);
    }

    public TrainingArgumentsBuilder dataSeed(long value) {
        return set("data_seed", value);
    }

    public TrainingArgumentsBuilder parallel(String value) {
        return set("parallel", value);
    }

    public TrainingArgumentsBuilder ipuConfigOverrides(String value) {
        return set("ipu_config_overrides", value);
    }

    public TrainingArgumentsBuilder nIpu(int value) {
        return set("n_ipu", value);
    }

    public TrainingArgumentsBuilder podType(String value) {
        return set("pod_type", value);
    }

    public TrainingArgumentsBuilder compileOnly(boolean value) {
        return set("compile_only", value);
    }

    public TrainingArgumentsBuilder rendezvousTimeout(int value) {
        return set("rendezvous_timeout", value);
    }

    public TrainingArgumentsBuilder ddpTimeout(int value) {
        return set("ddp_timeout", value);
    }

    public TrainingArgumentsBuilder ddpBucketCapMb(int value) {
        return set("ddp_bucket_cap_mb", value);
    }
}
