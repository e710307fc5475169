package io.vit4j.train.arguments;

import com.fasterxml.jackson.databind.JsonNode;
import io.vit4j.base.JsonObject;
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
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;

/** What arguments say, each by itself. Made from the table by {@code ArgumentSourcesTest}; not to be changed by hand. */
abstract class ArgumentAccessors extends ArgumentValues {
    ArgumentAccessors(Map<String, JsonNode> given) {
        super(given);
    }

    /** Images in one training micro-batch, per replica. */
    public int perDeviceTrainBatchSize() {
        return value("per_device_train_batch_size").intValue();
    }

    /** Passes over the training images; a fraction ends the run within the last pass. */
    public double numTrainEpochs() {
        return value("num_train_epochs").doubleValue();
    }

    /** Micro-batches per optimizer step; if not given, the parallel configuration's count applies. */
    public int gradientAccumulationSteps() {
        return value("gradient_accumulation_steps").intValue();
    }

    /** Train on the first images only, at most this many. */
    public OptionalInt maxTrainSamples() {
        return optionalInt("max_train_samples");
    }

    /** Peak learning rate. */
    public double learningRate() {
        return value("learning_rate").doubleValue();
    }

    /**
     * Peak learning rate for 256 images a step; it overrides learning_rate with this times the images of an optimizer
     * step over 256.
     */
    public OptionalDouble baseLearningRate() {
        return optionalDouble("base_learning_rate");
    }

    /** How the learning rate changes during the run. */
    public String lrSchedulerType() {
        return value("lr_scheduler_type").asText();
    }

    /** Settings of the schedule, as JSON or key=value pairs, for example num_cycles=2. */
    public JsonObject lrSchedulerKwargs() {
        return dictionary("lr_scheduler_kwargs");
    }

    /** Steps during which the learning rate rises from 0; a value below 1 is a ratio of all steps. */
    public long warmupSteps(long totalSteps) {
        return steps("warmup_steps", totalSteps);
    }

    /** Optimizer; the fused and paged forms of AdamW compute the same. */
    public OptimizerName optim() {
        return choice("optim", OptimizerName.class);
    }

    /** Settings of the optimizer, as JSON or key=value pairs, for example momentum=0.9. */
    public JsonObject optimArgs() {
        return dictionary("optim_args");
    }

    /** Weight decay of the weights that weight_decay_rule says. */
    public double weightDecay() {
        return value("weight_decay").doubleValue();
    }

    /**
     * Weight decay at the end of the run: it goes there from weight_decay by a cosine, as in DINO; if not given, it
     * stays.
     */
    public OptionalDouble weightDecayEnd() {
        return optionalDouble("weight_decay_end");
    }

    /**
     * Which weights decay. transformers: all but biases and norms; timm: neither biases, norms and other vectors, nor
     * position embeddings, class and register tokens.
     */
    public WeightDecayRule weightDecayRule() {
        return choice("weight_decay_rule", WeightDecayRule.class);
    }

    /**
     * Layer-wise decay of the learning rate: it is multiplied by this once for each layer between a weight and the
     * head.
     */
    public OptionalDouble layerDecay() {
        return optionalDouble("layer_decay");
    }

    /** Decay rate of the first moment in Adam, LAMB, Lion and Muon. */
    public double adamBeta1() {
        return value("adam_beta1").doubleValue();
    }

    /** Decay rate of the second moment in Adam, LAMB, Lion and Muon. */
    public double adamBeta2() {
        return value("adam_beta2").doubleValue();
    }

    /** Added to the denominator in Adam and LAMB. */
    public double adamEpsilon() {
        return value("adam_epsilon").doubleValue();
    }

    /** Gradients are scaled down to at most this norm; 0 turns clipping off. */
    public double maxGradNorm() {
        return value("max_grad_norm").doubleValue();
    }

    /**
     * Keep an exponential moving average of the weights with this decay, 0.9998 for example: it is evaluated beside the
     * weights (eval_ema_...) and saved in each checkpoint's folder ema. With load_best_model_at_end, a
     * metric_for_best_model of eval_ema_... keeps the averaged weights.
     */
    public OptionalDouble modelEmaDecay() {
        return optionalDouble("model_ema_decay");
    }

    /** Let the average's decay rise to model_ema_decay: 1 - n^(-2/3) at step n. */
    public boolean modelEmaWarmup() {
        return value("model_ema_warmup").booleanValue();
    }

    /** Train only the classifier (a linear probe). */
    public boolean freezeBackbone() {
        return value("freeze_backbone").booleanValue();
    }

    /**
     * Train low-rank adapters (LoRA) of this rank beside the frozen model, and the classifier; 0 trains the model's own
     * weights.
     */
    public int loraRank() {
        return value("lora_rank").intValue();
    }

    /** What an adapter gives is multiplied by this over its rank. */
    public double loraAlpha() {
        return value("lora_alpha").doubleValue();
    }

    /** Probability of dropping a number of an adapter's input. */
    public double loraDropout() {
        return value("lora_dropout").doubleValue();
    }

    /**
     * Linear maps that get an adapter, by the ends of their names, separated by commas, for example query,value; or one
     * regular expression of whole names; all-linear is every one but the classifier.
     */
    public List<String> loraTargetModules() {
        return list("lora_target_modules");
    }

    /** Other ranks for single maps by the ends of their names, for example value=16. */
    public JsonObject loraRankPattern() {
        return dictionary("lora_rank_pattern");
    }

    /** Other alphas for single maps by the ends of their names. */
    public JsonObject loraAlphaPattern() {
        return dictionary("lora_alpha_pattern");
    }

    /** Divide lora_alpha by the square root of the rank instead of the rank. */
    public boolean useRslora() {
        return value("use_rslora").booleanValue();
    }

    /** Biases that are trained beside adapters; lora_only are those of the maps that have one. */
    public LoraBias loraBias() {
        return choice("lora_bias", LoraBias.class);
    }

    /** Train only biases and the classifier (BitFit). */
    public boolean bitfit() {
        return value("bitfit").booleanValue();
    }

    /** Do not train the embeddings and this many of the first layers. */
    public int freezeLayers() {
        return value("freeze_layers").intValue();
    }

    /**
     * Stochastic depth: how often what a layer adds is left out for a picture, rising linearly from 0 to this rate at
     * the last layer (the same for all layers in DINOv2 and DINOv3, as in transformers). Unset: the checkpoint's own
     * rate.
     */
    public OptionalDouble dropPath() {
        return optionalDouble("drop_path");
    }

    /** Loss; auto follows the model's problem_type. focal and asymmetric suit multi-label data with rare findings. */
    public LossName loss() {
        return choice("loss", LossName.class);
    }

    /** Settings of the loss: gamma, alpha (focal); gamma_positive, gamma_negative, clip (asymmetric). */
    public JsonObject lossArgs() {
        return dictionary("loss_args");
    }

    /**
     * Weight of positive labels in multi-label training: balanced, one number, or a weight per label, as JSON or
     * label=weight pairs.
     */
    public Optional<LabelWeights> posWeight() {
        return weights("pos_weight");
    }

    /** Weight of classes in single-label training: balanced, or a weight per label, as JSON or label=weight pairs. */
    public Optional<LabelWeights> classWeight() {
        return weights("class_weight");
    }

    /** How much of each label is spread over all classes. */
    public double labelSmoothingFactor() {
        return value("label_smoothing_factor").doubleValue();
    }

    /**
     * How training counts unknown labels of multi-label data: not at all (U-Ignore), as 0 (U-Zeros), as 1 (U-Ones), or
     * as a number drawn from 0 to 0.3 (zeros_lsr) or from 0.55 to 0.85 (ones_lsr) for each picture and label.
     * Evaluation leaves them out.
     */
    public String uncertainLabels() {
        return value("uncertain_labels").asText();
    }

    /**
     * Tuned model whose predictions are learned beside the labels: a folder, or a name on the hub. It may be of another
     * architecture and picture size, but must predict the same labels.
     */
    public Optional<String> teacher() {
        return optionalText("teacher");
    }

    /** What is learned of the teacher: its probabilities, or its decision, as DeiT's argument of the same name. */
    public DistillationType distillationType() {
        return choice("distillation_type", DistillationType.class);
    }

    /** Share of the teacher's part in the loss, as in DeiT. */
    public double distillationAlpha() {
        return value("distillation_alpha").doubleValue();
    }

    /** Temperature that logits are divided by to compare probabilities, as in DeiT. */
    public double distillationTau() {
        return value("distillation_tau").doubleValue();
    }

    /** Loss scale for float16: constant, or the initial value if auto_loss_scaling is on. */
    public OptionalDouble lossScaling() {
        return optionalDouble("loss_scaling");
    }

    /** Adjust the loss scale automatically. */
    public boolean autoLossScaling() {
        return value("auto_loss_scaling").booleanValue();
    }

    /** Recompute each block's activations in the backward pass instead of keeping them; saves memory, costs time. */
    public boolean gradientCheckpointing() {
        return value("gradient_checkpointing").booleanValue();
    }

    /** Images computed at once within a lane; chosen automatically if unset. Affects only speed and memory. */
    public OptionalInt walkMicroBatch() {
        return optionalInt("walk_micro_batch");
    }

    /** Compute threads; all cores of this process if unset. */
    public OptionalInt threads() {
        return optionalInt("threads");
    }

    /** Use the CPU even if there is a GPU. */
    public boolean useCpu() {
        return value("use_cpu").booleanValue();
    }

    /**
     * Random changes to training images: one or more of crop-flip, flip, xray, randaugment, autoaugment,
     * trivialaugment, 3-augment, color-jitter, affine, elastic and erasing, with + between them and settings after a
     * colon, for example crop-flip+randaugment:num_ops=2,magnitude=9. xray suits X-rays, and never flips. See
     * docs/augmentation.md.
     */
    public String augment() {
        return value("augment").asText();
    }

    /**
     * Blend each training image, and its labels, with another of the same global batch (mixup); the ratio is drawn from
     * Beta(mixup, mixup), 0 turns it off. timm's argument of this name.
     */
    public double mixup() {
        return value("mixup").doubleValue();
    }

    /**
     * Paste a rectangle of another training image of the same global batch, and mix the labels by its area (CutMix);
     * the ratio is drawn from Beta(cutmix, cutmix), 0 turns it off. timm's argument of this name.
     */
    public double cutmix() {
        return value("cutmix").doubleValue();
    }

    /** Probability of mixing by mixup or cutmix at all. */
    public double mixupProb() {
        return value("mixup_prob").doubleValue();
    }

    /** Probability of cutmix instead of mixup, if both are on. */
    public double mixupSwitchProb() {
        return value("mixup_switch_prob").doubleValue();
    }

    /** Which images share a drawn ratio: all of a global batch, the two that are mixed with each other, or none. */
    public String mixupMode() {
        return value("mixup_mode").asText();
    }

    /**
     * Order of the training images; sequential keeps the data set's order; sharded shuffles the shards, then the images
     * of four at a time.
     */
    public SamplingStrategy trainSamplingStrategy() {
        return choice("train_sampling_strategy", SamplingStrategy.class);
    }

    /** Drop the last, incomplete batch of an epoch. */
    public boolean dataloaderDropLast() {
        return value("dataloader_drop_last").booleanValue();
    }

    /** Threads that assemble batches in advance; 0 chooses automatically: one with a CPU, up to eight with a GPU. */
    public int dataloaderNumWorkers() {
        return value("dataloader_num_workers").intValue();
    }

    /** Batches that each of these threads assembles in advance; 2 if not given. */
    public OptionalInt dataloaderPrefetchFactor() {
        return optionalInt("dataloader_prefetch_factor");
    }

    /** When to evaluate during training. */
    public Strategy evalStrategy() {
        return choice("eval_strategy", Strategy.class);
    }

    /** Epochs or steps (depending on eval_strategy) before the first evaluation. */
    public double evalDelay() {
        return value("eval_delay").doubleValue();
    }

    /** Also evaluate before the first step. */
    public boolean evalOnStart() {
        return value("eval_on_start").booleanValue();
    }

    /** Images in one evaluation batch, per replica. */
    public int perDeviceEvalBatchSize() {
        return value("per_device_eval_batch_size").intValue();
    }

    /** Evaluate on the first images only, at most this many. */
    public OptionalInt maxEvalSamples() {
        return optionalInt("max_eval_samples");
    }

    /** Evaluate only the loss, without metrics. */
    public boolean predictionLossOnly() {
        return value("prediction_loss_only").booleanValue();
    }

    /** Finish with the weights of the best evaluation. */
    public boolean loadBestModelAtEnd() {
        return value("load_best_model_at_end").booleanValue();
    }

    /** Stop after this many evaluations without improvement. */
    public OptionalInt earlyStoppingPatience() {
        return optionalInt("early_stopping_patience");
    }

    /** Minimum change of the metric that counts as an improvement. */
    public double earlyStoppingThreshold() {
        return value("early_stopping_threshold").doubleValue();
    }

    /** Folder for checkpoints, results and the tuned model. */
    public Path outputDir() {
        return path("output_dir");
    }

    /** Start a new run in a folder that already contains one (unless that run is resumed). */
    public boolean overwriteOutputDir() {
        return value("overwrite_output_dir").booleanValue();
    }

    /** When to write checkpoints. */
    public Strategy saveStrategy() {
        return choice("save_strategy", Strategy.class);
    }

    /** Steps between checkpoints; a value below 1 is a ratio of all steps. */
    public long saveSteps(long totalSteps) {
        return steps("save_steps", totalSteps);
    }

    /** Save checkpoints without the optimizer's state; they cannot be resumed. */
    public boolean saveOnlyModel() {
        return value("save_only_model").booleanValue();
    }

    /** When resuming within an epoch, start its data again from the beginning. */
    public boolean ignoreDataSkip() {
        return value("ignore_data_skip").booleanValue();
    }

    /** Resume even if arguments that change the mathematics differ. */
    public boolean allowChangedArguments() {
        return value("allow_changed_arguments").booleanValue();
    }

    /** What to do if a loss or gradient is not finite: skip the step, or stop the run. */
    public OnNonfinite onNonfinite() {
        return choice("on_nonfinite", OnNonfinite.class);
    }

    /** What to do if a checkpoint cannot be saved, for example because the disk is full. */
    public OnSaveError onSaveError() {
        return choice("on_save_error", OnSaveError.class);
    }

    /** When to log the loss and the learning rate. */
    public Strategy loggingStrategy() {
        return choice("logging_strategy", Strategy.class);
    }

    /** Steps between log lines; a value below 1 is a ratio of all steps. */
    public long loggingSteps(long totalSteps) {
        return steps("logging_steps", totalSteps);
    }

    /** Also log the first step. */
    public boolean loggingFirstStep() {
        return value("logging_first_step").booleanValue();
    }

    /** Additional log files to write, separated by commas; all writes every kind. */
    public List<String> reportTo() {
        return list("report_to");
    }

    /** Whether the report shows pictures of patients; auto shows them only for synthetic data and the NIH release. */
    public ReportImages reportImages() {
        return choice("report_images", ReportImages.class);
    }

    /** Name of the run, shown in reports. */
    public Optional<String> runName() {
        return optionalText("run_name");
    }

    /** Random seed. */
    public long seed() {
        return value("seed").longValue();
    }

    /** Parallel configuration: a file, a folder with an ipu_config.json, or a name on the hub. */
    public Optional<String> parallel() {
        return optionalText("parallel");
    }

    /** Changes to that configuration, for example a=1,b=[6 6]. */
    public Optional<String> ipuConfigOverrides() {
        return optionalText("ipu_config_overrides");
    }

    /** Total number of ranks; replicas are this number divided by the number of pipeline stages. */
    public OptionalInt nIpu() {
        return optionalInt("n_ipu");
    }

    /** Which value to use if the configuration gives one per machine. */
    public Optional<String> podType() {
        return optionalText("pod_type");
    }

    /** Load everything, run one batch, print placement and memory, and exit. */
    public boolean compileOnly() {
        return value("compile_only").booleanValue();
    }

    /** Seconds within which all ranks must connect. */
    public Duration rendezvousTimeout() {
        return seconds("rendezvous_timeout");
    }

    /**
     * File with a secret that all ranks share and strangers do not know; required on a network unless
     * VIT4J_RENDEZVOUS_SECRET is set.
     */
    public Optional<String> rendezvousSecret() {
        return optionalText("rendezvous_secret");
    }

    /** Network interface on which this rank listens; by default the one through which it reaches rank 0. */
    public Optional<String> interfaceName() {
        return optionalText("interface");
    }

    /** Seconds after which a collective operation gives up. */
    public Duration ddpTimeout() {
        return seconds("ddp_timeout");
    }

    /** Size in MiB of the buckets in which gradients are all-reduced. */
    public OptionalInt ddpBucketCapMb() {
        return optionalInt("ddp_bucket_cap_mb");
    }
}
