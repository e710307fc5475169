package io.vit4j.train.arguments;

import io.vit4j.base.InputException;
import java.util.List;

/** Which arguments have no meaning in pretraining: those of labels and of what predicts them, and of weights that are not trained. */
public final class PretrainingArguments {
    /** In the table's order. */
    static final List<String> WITHOUT_MEANING = List.of(
            "freeze_backbone",
            "lora_rank",
            "lora_alpha",
            "lora_dropout",
            "lora_target_modules",
            "lora_rank_pattern",
            "lora_alpha_pattern",
            "use_rslora",
            "lora_bias",
            "bitfit",
            "freeze_layers",
            "pooling",
            "loss",
            "loss_args",
            "pos_weight",
            "class_weight",
            "label_smoothing_factor",
            "uncertain_labels",
            "teacher",
            "distillation_type",
            "distillation_alpha",
            "distillation_tau",
            "mixup",
            "cutmix",
            "mixup_prob",
            "mixup_switch_prob",
            "mixup_mode");

    private PretrainingArguments() {}

    /** InputException if one of them asks for something. */
    public static void check(TrainingArguments arguments) {
        List<String> given = WITHOUT_MEANING.stream()
                .filter(name -> ArgumentConsistency.says(arguments, name))
                .toList();
        if (!given.isEmpty()) {
            boolean one = given.size() == 1;
            throw new InputException(String.join(", ", given) + (one ? " is" : " are")
                    + " for training with labels and " + (one ? "has" : "have") + " no meaning in pretraining; leave "
                    + (one ? "it" : "them") + " out");
        }
    }
}
