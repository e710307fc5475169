package io.vit4j.train.arguments;

import io.vit4j.train.arguments.TrainingArguments.DistillationType;
import io.vit4j.train.arguments.TrainingArguments.LoraBias;
import io.vit4j.train.arguments.TrainingArguments.LossName;
import io.vit4j.train.arguments.TrainingArguments.OnNonfinite;
import io.vit4j.train.arguments.TrainingArguments.OnSaveError;
import io.vit4j.train.arguments.TrainingArguments.OptimizerName;
import io.vit4j.train.arguments.TrainingArguments.ReportImages;
import io.vit4j.train.arguments.TrainingArguments.SamplingStrategy;
import io.vit4j.train.arguments.TrainingArguments.Strategy;
import io.vit4j.train.arguments.TrainingArguments.WeightDecayRule;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/** Sets one argument each. Made from the table by {@code ArgumentSourcesTest}; not to be changed by hand. */
abstract class ArgumentSetters {
    /** Takes one argument by name. */
    public abstract TrainingArgumentsBuilder set(String name, Object value);

    /** Images in one training micro-batch, per replica. */
    public TrainingArgumentsBuilder perDeviceTrainBatchSize(int value) {
        return set("per_device_train_batch_size", value);
    }

    /** Passes over the training images; a fraction ends the run within the last pass. */
    public TrainingArgumentsBuilder numTrainEpochs(double value) {
        return set("num_train_epochs", value);
    }

    /** Total number of optimizer steps; if positive, it overrides num_train_epochs. */
    public TrainingArgumentsBuilder maxSteps(int value) {
        return set("max_steps", value);
    }

    /** Micro-batches per optimizer step; if not given, the parallel configuration's count applies. */
    public TrainingArgumentsBuilder gradientAccumulationSteps(int value) {
        return set("gradient_accumulation_steps", value);
    }

    /** Train on the first images only, at most this many. */
    public TrainingArgumentsBuilder maxTrainSamples(int value) {
        return set("max_train_samples", value);
    }

    /** Peak learning rate. */
    public TrainingArgumentsBuilder learningRate(double value) {
        return set("learning_rate", value);
    }

    /**
     * Peak learning rate for 256 images a step; it overrides learning_rate with this times the images of an optimizer
     * step over 256.
     */
    public TrainingArgumentsBuilder baseLearningRate(double value) {
        return set("base_learning_rate", value);
    }

    /** How the learning rate changes during the run. */
    public TrainingArgumentsBuilder lrSchedulerType(String value) {
        return set("lr_scheduler_type", value);
    }

    /** Settings of the schedule, as JSON or key=value pairs, for example num_cycles=2. */
    public TrainingArgumentsBuilder lrSchedulerKwargs(Map<String, ?> value) {
        return set("lr_scheduler_kwargs", value);
    }

    /** Steps during which the learning rate rises from 0; a value below 1 is a ratio of all steps. */
    public TrainingArgumentsBuilder warmupSteps(double value) {
        return set("warmup_steps", value);
    }

    /** Optimizer; the fused and paged forms of AdamW compute the same. */
    public TrainingArgumentsBuilder optim(OptimizerName value) {
        return set("optim", value);
    }

    /** Settings of the optimizer, as JSON or key=value pairs, for example momentum=0.9. */
    public TrainingArgumentsBuilder optimArgs(Map<String, ?> value) {
        return set("optim_args", value);
    }

    /** Weight decay of the weights that weight_decay_rule says. */
    public TrainingArgumentsBuilder weightDecay(double value) {
        return set("weight_decay", value);
    }

    /**
     * Weight decay at the end of the run: it goes there from weight_decay by a cosine, as in DINO; if not given, it
     * stays.
     */
    public TrainingArgumentsBuilder weightDecayEnd(double value) {
        return set("weight_decay_end", value);
    }

    /**
     * Which weights decay. transformers: all but biases and norms; timm: neither biases, norms and other vectors, nor
     * position embeddings, class and register tokens.
     */
    public TrainingArgumentsBuilder weightDecayRule(WeightDecayRule value) {
        return set("weight_decay_rule", value);
    }

    /**
     * Layer-wise decay of the learning rate: it is multiplied by this once for each layer between a weight and the
     * head.
     */
    public TrainingArgumentsBuilder layerDecay(double value) {
        return set("layer_decay", value);
    }

    /** Decay rate of the first moment in Adam, LAMB, Lion and Muon. */
    public TrainingArgumentsBuilder adamBeta1(double value) {
        return set("adam_beta1", value);
    }

    /** Decay rate of the second moment in Adam, LAMB, Lion and Muon. */
    public TrainingArgumentsBuilder adamBeta2(double value) {
        return set("adam_beta2", value);
    }

    /** Added to the denominator in Adam and LAMB. */
    public TrainingArgumentsBuilder adamEpsilon(double value) {
        return set("adam_epsilon", value);
    }

    /** Gradients are scaled down to at most this norm; 0 turns clipping off. */
    public TrainingArgumentsBuilder maxGradNorm(double value) {
        return set("max_grad_norm", value);
    }

    /**
     * Keep an exponential moving average of the weights with this decay, 0.9998 for example: it is evaluated beside the
     * weights (eval_ema_...) and saved in each checkpoint's folder ema. With load_best_model_at_end, a
     * metric_for_best_model of eval_ema_... keeps the averaged weights.
     */
    public TrainingArgumentsBuilder modelEmaDecay(double value) {
        return set("model_ema_decay", value);
    }

    /** Let the average's decay rise to model_ema_decay: 1 - n^(-2/3) at step n. */
    public TrainingArgumentsBuilder modelEmaWarmup(boolean value) {
        return set("model_ema_warmup", value);
    }

    /** Train only the classifier (a linear probe). */
    public TrainingArgumentsBuilder freezeBackbone(boolean value) {
        return set("freeze_backbone", value);
    }

    /**
     * Train low-rank adapters (LoRA) of this rank beside the frozen model, and the classifier; 0 trains the model's own
     * weights.
     */
    public TrainingArgumentsBuilder loraRank(int value) {
        return set("lora_rank", value);
    }

    /** What an adapter gives is multiplied by this over its rank. */
    public TrainingArgumentsBuilder loraAlpha(double value) {
        return set("lora_alpha", value);
    }

    /** Probability of dropping a number of an adapter's input. */
    public TrainingArgumentsBuilder loraDropout(double value) {
        return set("lora_dropout", value);
    }

    /**
     * Linear maps that get an adapter, by the ends of their names, separated by commas, for example query,value; or one
     * regular expression of whole names; all-linear is every one but the classifier.
     */
    public TrainingArgumentsBuilder loraTargetModules(List<String> value) {
        return set("lora_target_modules", value);
    }

    /** Other ranks for single maps by the ends of their names, for example value=16. */
    public TrainingArgumentsBuilder loraRankPattern(Map<String, ?> value) {
        return set("lora_rank_pattern", value);
    }

    /** Other alphas for single maps by the ends of their names. */
    public TrainingArgumentsBuilder loraAlphaPattern(Map<String, ?> value) {
        return set("lora_alpha_pattern", value);
    }

    /** Divide lora_alpha by the square root of the rank instead of the rank. */
    public TrainingArgumentsBuilder useRslora(boolean value) {
        return set("use_rslora", value);
    }

    /** Biases that are trained beside adapters; lora_only are those of the maps that have one. */
    public TrainingArgumentsBuilder loraBias(LoraBias value) {
        return set("lora_bias", value);
    }

    /** Train only biases and the classifier (BitFit). */
    public TrainingArgumentsBuilder bitfit(boolean value) {
        return set("bitfit", value);
    }

    /** Do not train the embeddings and this many of the first layers. */
    public TrainingArgumentsBuilder freezeLayers(int value) {
        return set("freeze_layers", value);
    }

    /**
     * Make the model for pictures of another size, N or HxW (rows by columns): position embeddings are interpolated
     * once, and the tuned checkpoint has that size. The data set must be prepared with the same --image-size.
     */
    public TrainingArgumentsBuilder imageSize(String value) {
        return set("image_size", value);
    }

    /**
     * What the classifier reads: the class token, the mean of the patches, or both, for families that leave the choice;
     * if not given, what the checkpoint says.
     */
    public TrainingArgumentsBuilder pooling(String value) {
        return set("pooling", value);
    }

    /**
     * Stochastic depth: how often what a layer adds is left out for a picture, rising linearly from 0 to this rate at
     * the last layer (the same for all layers in DINOv2 and DINOv3, as in transformers). Unset: the checkpoint's own
     * rate.
     */
    public TrainingArgumentsBuilder dropPath(double value) {
        return set("drop_path", value);
    }

    /** Loss; auto follows the model's problem_type. focal and asymmetric suit multi-label data with rare findings. */
    public TrainingArgumentsBuilder loss(LossName value) {
        return set("loss", value);
    }

    /** Settings of the loss: gamma, alpha (focal); gamma_positive, gamma_negative, clip (asymmetric). */
    public TrainingArgumentsBuilder lossArgs(Map<String, ?> value) {
        return set("loss_args", value);
    }

    /**
     * Weight of positive labels in multi-label training: balanced, one number, or a weight per label, as JSON or
     * label=weight pairs.
     */
    public TrainingArgumentsBuilder posWeight(Object value) {
        return set("pos_weight", value);
    }

    /** Weight of classes in single-label training: balanced, or a weight per label, as JSON or label=weight pairs. */
    public TrainingArgumentsBuilder classWeight(Object value) {
        return set("class_weight", value);
    }

    /** How much of each label is spread over all classes. */
    public TrainingArgumentsBuilder labelSmoothingFactor(double value) {
        return set("label_smoothing_factor", value);
    }

    /**
     * How training counts unknown labels of multi-label data: not at all (U-Ignore), as 0 (U-Zeros), as 1 (U-Ones), or
     * as a number drawn from 0 to 0.3 (zeros_lsr) or from 0.55 to 0.85 (ones_lsr) for each picture and label.
     * Evaluation leaves them out.
     */
    public TrainingArgumentsBuilder uncertainLabels(String value) {
        return set("uncertain_labels", value);
    }

    /**
     * Tuned model whose predictions are learned beside the labels: a folder, or a name on the hub. It may be of another
     * architecture and picture size, but must predict the same labels.
     */
    public TrainingArgumentsBuilder teacher(String value) {
        return set("teacher", value);
    }

    /** What is learned of the teacher: its probabilities, or its decision, as DeiT's argument of the same name. */
    public TrainingArgumentsBuilder distillationType(DistillationType value) {
        return set("distillation_type", value);
    }

    /** Share of the teacher's part in the loss, as in DeiT. */
    public TrainingArgumentsBuilder distillationAlpha(double value) {
        return set("distillation_alpha", value);
    }

    /** Temperature that logits are divided by to compare probabilities, as in DeiT. */
    public TrainingArgumentsBuilder distillationTau(double value) {
        return set("distillation_tau", value);
    }

    /** Training precision; replaces bf16 and fp16. */
    public TrainingArgumentsBuilder dtype(String value) {
        return set("dtype", value);
    }

    /**
     * bfloat16 mixed precision; auto uses it if the processor supports it. transformers' default is false, which is
     * exact float32.
     */
    public TrainingArgumentsBuilder bf16(boolean value) {
        return set("bf16", value);
    }

    /** float16 mixed precision with loss scaling. */
    public TrainingArgumentsBuilder fp16(boolean value) {
        return set("fp16", value);
    }

    /** Evaluate entirely in bfloat16. */
    public TrainingArgumentsBuilder bf16FullEval(boolean value) {
        return set("bf16_full_eval", value);
    }

    /** Evaluate entirely in float16. */
    public TrainingArgumentsBuilder fp16FullEval(boolean value) {
        return set("fp16_full_eval", value);
    }

    /** Loss scale for float16: constant, or the initial value if auto_loss_scaling is on. */
    public TrainingArgumentsBuilder lossScaling(double value) {
        return set("loss_scaling", value);
    }

    /** Adjust the loss scale automatically. */
    public TrainingArgumentsBuilder autoLossScaling(boolean value) {
        return set("auto_loss_scaling", value);
    }

    /** Recompute each block's activations in the backward pass instead of keeping them; saves memory, costs time. */
    public TrainingArgumentsBuilder gradientCheckpointing(boolean value) {
        return set("gradient_checkpointing", value);
    }

    /** Images computed at once within a lane; chosen automatically if unset. Affects only speed and memory. */
    public TrainingArgumentsBuilder walkMicroBatch(int value) {
        return set("walk_micro_batch", value);
    }

    /** Compute threads; all cores of this process if unset. */
    public TrainingArgumentsBuilder threads(int value) {
        return set("threads", value);
    }

    /** Use the CPU even if there is a GPU. */
    public TrainingArgumentsBuilder useCpu(boolean value) {
        return set("use_cpu", value);
    }

    /**
     * Random changes to training images: one or more of crop-flip, flip, xray, randaugment, autoaugment,
     * trivialaugment, 3-augment, color-jitter, affine, elastic and erasing, with + between them and settings after a
     * colon, for example crop-flip+randaugment:num_ops=2,magnitude=9. xray suits X-rays, and never flips. See
     * docs/augmentation.md.
     */
    public TrainingArgumentsBuilder augment(String value) {
        return set("augment", value);
    }

    /**
     * Blend each training image, and its labels, with another of the same global batch (mixup); the ratio is drawn from
     * Beta(mixup, mixup), 0 turns it off. timm's argument of this name.
     */
    public TrainingArgumentsBuilder mixup(double value) {
        return set("mixup", value);
    }

    /**
     * Paste a rectangle of another training image of the same global batch, and mix the labels by its area (CutMix);
     * the ratio is drawn from Beta(cutmix, cutmix), 0 turns it off. timm's argument of this name.
     */
    public TrainingArgumentsBuilder cutmix(double value) {
        return set("cutmix", value);
    }

    /** Probability of mixing by mixup or cutmix at all. */
    public TrainingArgumentsBuilder mixupProb(double value) {
        return set("mixup_prob", value);
    }

    /** Probability of cutmix instead of mixup, if both are on. */
    public TrainingArgumentsBuilder mixupSwitchProb(double value) {
        return set("mixup_switch_prob", value);
    }

    /** Which images share a drawn ratio: all of a global batch, the two that are mixed with each other, or none. */
    public TrainingArgumentsBuilder mixupMode(String value) {
        return set("mixup_mode", value);
    }

    /**
     * Order of the training images; sequential keeps the data set's order; sharded shuffles the shards, then the images
     * of four at a time.
     */
    public TrainingArgumentsBuilder trainSamplingStrategy(SamplingStrategy value) {
        return set("train_sampling_strategy", value);
    }

    /** Drop the last, incomplete batch of an epoch. */
    public TrainingArgumentsBuilder dataloaderDropLast(boolean value) {
        return set("dataloader_drop_last", value);
    }

    /** Threads that assemble batches in advance; 0 chooses automatically: one with a CPU, up to eight with a GPU. */
    public TrainingArgumentsBuilder dataloaderNumWorkers(int value) {
        return set("dataloader_num_workers", value);
    }

    /** Batches that each of these threads assembles in advance; 2 if not given. */
    public TrainingArgumentsBuilder dataloaderPrefetchFactor(int value) {
        return set("dataloader_prefetch_factor", value);
    }

    /** When to evaluate during training. */
    public TrainingArgumentsBuilder evalStrategy(Strategy value) {
        return set("eval_strategy", value);
    }

    /** Steps between evaluations; a value below 1 is a ratio of all steps; logging_steps if unset. */
    public TrainingArgumentsBuilder evalSteps(double value) {
        return set("eval_steps", value);
    }

    /** Epochs or steps (depending on eval_strategy) before the first evaluation. */
    public TrainingArgumentsBuilder evalDelay(double value) {
        return set("eval_delay", value);
    }

    /** Also evaluate before the first step. */
    public TrainingArgumentsBuilder evalOnStart(boolean value) {
        return set("eval_on_start", value);
    }

    /** Images in one evaluation batch, per replica. */
    public TrainingArgumentsBuilder perDeviceEvalBatchSize(int value) {
        return set("per_device_eval_batch_size", value);
    }

    /** Evaluate on the first images only, at most this many. */
    public TrainingArgumentsBuilder maxEvalSamples(int value) {
        return set("max_eval_samples", value);
    }

    /** Evaluate only the loss, without metrics. */
    public TrainingArgumentsBuilder predictionLossOnly(boolean value) {
        return set("prediction_loss_only", value);
    }

    /** Finish with the weights of the best evaluation. */
    public TrainingArgumentsBuilder loadBestModelAtEnd(boolean value) {
        return set("load_best_model_at_end", value);
    }

    /** Metric that decides which evaluation is best, with or without the prefix eval_; loss if unset. */
    public TrainingArgumentsBuilder metricForBestModel(String value) {
        return set("metric_for_best_model", value);
    }

    /** Whether a higher value of that metric is better; if unset, true unless its name ends in loss. */
    public TrainingArgumentsBuilder greaterIsBetter(boolean value) {
        return set("greater_is_better", value);
    }

    /** Stop after this many evaluations without improvement. */
    public TrainingArgumentsBuilder earlyStoppingPatience(int value) {
        return set("early_stopping_patience", value);
    }

    /** Minimum change of the metric that counts as an improvement. */
    public TrainingArgumentsBuilder earlyStoppingThreshold(double value) {
        return set("early_stopping_threshold", value);
    }

    /** Folder for checkpoints, results and the tuned model. */
    public TrainingArgumentsBuilder outputDir(Path value) {
        return set("output_dir", value);
    }

    /** Start a new run in a folder that already contains one (unless that run is resumed). */
    public TrainingArgumentsBuilder overwriteOutputDir(boolean value) {
        return set("overwrite_output_dir", value);
    }

    /** When to write checkpoints. */
    public TrainingArgumentsBuilder saveStrategy(Strategy value) {
        return set("save_strategy", value);
    }

    /** Steps between checkpoints; a value below 1 is a ratio of all steps. */
    public TrainingArgumentsBuilder saveSteps(double value) {
        return set("save_steps", value);
    }

    /** Number of checkpoints to keep, including the best one; 0 or unset keeps all. */
    public TrainingArgumentsBuilder saveTotalLimit(int value) {
        return set("save_total_limit", value);
    }

    /** Save checkpoints without the optimizer's state; they cannot be resumed. */
    public TrainingArgumentsBuilder saveOnlyModel(boolean value) {
        return set("save_only_model", value);
    }

    /**
     * true continues from the newest complete checkpoint in the output folder, or starts if there is none; a folder
     * continues from that checkpoint.
     */
    public TrainingArgumentsBuilder resumeFromCheckpoint(String value) {
        return set("resume_from_checkpoint", value);
    }

    /** When resuming within an epoch, start its data again from the beginning. */
    public TrainingArgumentsBuilder ignoreDataSkip(boolean value) {
        return set("ignore_data_skip", value);
    }

    /** Resume even if arguments that change the mathematics differ. */
    public TrainingArgumentsBuilder allowChangedArguments(boolean value) {
        return set("allow_changed_arguments", value);
    }

    /** What to do if a loss or gradient is not finite: skip the step, or stop the run. */
    public TrainingArgumentsBuilder onNonfinite(OnNonfinite value) {
        return set("on_nonfinite", value);
    }

    /** What to do if a checkpoint cannot be saved, for example because the disk is full. */
    public TrainingArgumentsBuilder onSaveError(OnSaveError value) {
        return set("on_save_error", value);
    }

    /** When to log the loss and the learning rate. */
    public TrainingArgumentsBuilder loggingStrategy(Strategy value) {
        return set("logging_strategy", value);
    }

    /** Steps between log lines; a value below 1 is a ratio of all steps. */
    public TrainingArgumentsBuilder loggingSteps(double value) {
        return set("logging_steps", value);
    }

    /** Also log the first step. */
    public TrainingArgumentsBuilder loggingFirstStep(boolean value) {
        return set("logging_first_step", value);
    }

    /** Folder for TensorBoard files; the subfolder runs of the output folder if unset. */
    public TrainingArgumentsBuilder loggingDir(Path value) {
        return set("logging_dir", value);
    }

    /** Additional log files to write, separated by commas; all writes every kind. */
    public TrainingArgumentsBuilder reportTo(List<String> value) {
        return set("report_to", value);
    }

    /** Whether the report shows pictures of patients; auto shows them only for synthetic data and the NIH release. */
    public TrainingArgumentsBuilder reportImages(ReportImages value) {
        return set("report_images", value);
    }

    /** Name of the run, shown in reports. */
    public TrainingArgumentsBuilder runName(String value) {
        return set("run_name", value);
    }

    /** Turn off progress bars. */
    public TrainingArgumentsBuilder disableTqdm(boolean value) {
        return set("disable_tqdm", value);
    }

    /** Random seed. */
    public TrainingArgumentsBuilder seed(long value) {
        return set("seed", value);
    }

    /** Random seed for the order of the data; seed if unset. */
    public TrainingArgumentsBuilder dataSeed(long value) {
        return set("data_seed", value);
    }

    /** Parallel configuration: a file, a folder with an ipu_config.json, or a name on the hub. */
    public TrainingArgumentsBuilder parallel(String value) {
        return set("parallel", value);
    }

    /** Changes to that configuration, for example a=1,b=[6 6]. */
    public TrainingArgumentsBuilder ipuConfigOverrides(String value) {
        return set("ipu_config_overrides", value);
    }

    /** Total number of ranks; replicas are this number divided by the number of pipeline stages. */
    public TrainingArgumentsBuilder nIpu(int value) {
        return set("n_ipu", value);
    }

    /** Which value to use if the configuration gives one per machine. */
    public TrainingArgumentsBuilder podType(String value) {
        return set("pod_type", value);
    }

    /** Load everything, run one batch, print placement and memory, and exit. */
    public TrainingArgumentsBuilder compileOnly(boolean value) {
        return set("compile_only", value);
    }

    /** Seconds within which all ranks must connect. */
    public TrainingArgumentsBuilder rendezvousTimeout(int value) {
        return set("rendezvous_timeout", value);
    }

    /**
     * File with a secret that all ranks share and strangers do not know; required on a network unless
     * VIT4J_RENDEZVOUS_SECRET is set.
     */
    public TrainingArgumentsBuilder rendezvousSecret(String value) {
        return set("rendezvous_secret", value);
    }

    /** Network interface on which this rank listens; by default the one through which it reaches rank 0. */
    public TrainingArgumentsBuilder interfaceName(String value) {
        return set("interface", value);
    }

    /** Seconds after which a collective operation gives up. */
    public TrainingArgumentsBuilder ddpTimeout(int value) {
        return set("ddp_timeout", value);
    }

    /** Size in MiB of the buckets in which gradients are all-reduced. */
    public TrainingArgumentsBuilder ddpBucketCapMb(int value) {
        return set("ddp_bucket_cap_mb", value);
    }
}
