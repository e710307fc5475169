package io.vit4j.train.arguments;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.vit4j.base.InputException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class PretrainingArgumentsTest {
    /** What a run of pretraining reads; a new argument belongs here, or among those that are refused. */
    private static final List<String> READ = List.of(
            "per_device_train_batch_size",
            "num_train_epochs",
            "max_steps",
            "gradient_accumulation_steps",
            "max_train_samples",
            "learning_rate",
            "base_learning_rate",
            "lr_scheduler_type",
            "lr_scheduler_kwargs",
            "warmup_steps",
            "optim",
            "optim_args",
            "weight_decay",
            "weight_decay_rule",
            "weight_decay_end",
            "layer_decay",
            "adam_beta1",
            "adam_beta2",
            "adam_epsilon",
            "max_grad_norm",
            "model_ema_decay",
            "model_ema_warmup",
            "image_size",
            "drop_path",
            "dtype",
            "bf16",
            "fp16",
            "bf16_full_eval",
            "fp16_full_eval",
            "loss_scaling",
            "auto_loss_scaling",
            "gradient_checkpointing",
            "walk_micro_batch",
            "threads",
            "use_cpu",
            "augment",
            "train_sampling_strategy",
            "dataloader_drop_last",
            "dataloader_num_workers",
            "dataloader_prefetch_factor",
            "eval_strategy",
            "eval_steps",
            "eval_delay",
            "eval_on_start",
            "per_device_eval_batch_size",
            "max_eval_samples",
            "prediction_loss_only",
            "load_best_model_at_end",
            "metric_for_best_model",
            "greater_is_better",
            "early_stopping_patience",
            "early_stopping_threshold",
            "output_dir",
            "overwrite_output_dir",
            "save_strategy",
            "save_steps",
            "save_total_limit",
            "save_only_model",
            "resume_from_checkpoint",
            "ignore_data_skip",
            "allow_changed_arguments",
            "on_nonfinite",
            "on_save_error",
            "logging_strategy",
            "logging_steps",
            "logging_first_step",
            "logging_dir",
            "report_to",
            "report_images",
            "run_name",
            "disable_tqdm",
            "seed",
            "data_seed",
            "parallel",
            "ipu_config_overrides",
            "n_ipu",
            "pod_type",
            "compile_only",
            "rendezvous_timeout",
            "rendezvous_secret",
            "interface",
            "ddp_timeout",
            "ddp_bucket_cap_mb");

    @Test
    void everyArgumentIsReadOrRefused() {
        TreeSet<String> known = new TreeSet<>(READ);
        assertThat(known).doesNotContainAnyElementsOf(PretrainingArguments.WITHOUT_MEANING);
        known.addAll(PretrainingArguments.WITHOUT_MEANING);
        assertThat(known)
                .containsExactlyInAnyOrderElementsOf(ArgumentTable.all().stream()
                        .filter(Argument::honoured)
                        .map(Argument::name)
                        .toList());
    }

    static List<String> withoutMeaning() {
        return PretrainingArguments.WITHOUT_MEANING;
    }

    @ParameterizedTest
    @MethodSource("withoutMeaning")
    void whatHasNoMeaningIsRefused(String name) {
        TrainingArguments arguments = TrainingArguments.builder()
                .outputDir(Path.of("out"))
                .set(Map.of(name, another(ArgumentTable.get(name))))
                .set(name.equals("loss_args") ? Map.of("loss", "focal") : Map.of())
                .build();
        assertThatThrownBy(() -> PretrainingArguments.check(arguments))
                .isInstanceOf(InputException.class)
                .hasMessageContaining(name)
                .hasMessageContaining("in pretraining; leave ");
    }

    /** A value that is not the default. */
    private static String another(Argument argument) {
        return switch (argument.name()) {
            case "loss" -> "focal";
            case "loss_args" -> "gamma=1";
            case "pooling" -> "mean";
            case "uncertain_labels" -> "zeros";
            case "mixup_mode" -> "elem";
            case "distillation_type" -> "hard";
            case "lora_bias" -> "all";
            case "teacher", "lora_target_modules" -> "value";
            case "lora_rank_pattern", "lora_alpha_pattern" -> "value=2";
            default ->
                switch (argument.type()) {
                    case BOOLEAN -> "true";
                    case INTEGER -> "3";
                    case WEIGHTS -> "2";
                    default -> "0.25";
                };
        };
    }

    @Test
    void whatIsAtItsDefaultIsNotRefused() {
        TrainingArguments arguments = TrainingArguments.builder()
                .recipe("mae")
                .outputDir(Path.of("out"))
                .set(Map.of("loss", "auto", "mixup", "0"))
                .build();
        assertThatCode(() -> PretrainingArguments.check(arguments)).doesNotThrowAnyException();
    }
}
