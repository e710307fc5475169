package io.vit4j.train.arguments;

import com.fasterxml.jackson.databind.JsonNode;
import io.vit4j.base.InputException;
import io.vit4j.data.augment.Augmentation;
import io.vit4j.train.arguments.TrainingArguments.Precision;
import io.vit4j.train.arguments.TrainingArguments.Strategy;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/** Whether the arguments agree with each other, as transformers' {@code __post_init__} asks and vit4j's own need. */
final class ArgumentConsistency {
    /** A run's length is not known yet; no schedule's settings are right or wrong by it. */
    private static final int SOME_STEPS = 1000;

    private ArgumentConsistency() {}

    /**
     * @return what the user should know of arguments that have no effect beside the others
     * @throws InputException if they contradict each other
     */
    static List<String> check(TrainingArguments args) {
        checkLength(args);
        checkPrecision(args);
        checkIntervals(args);
        checkBestModel(args);
        args.imageSize();
        Augmentation.parse(args.augment());
        args.lrSchedule(SOME_STEPS);
        OptimizerArguments.check(args);
        LossArguments.check(args);
        AdapterArguments.check(args);
        return withoutEffect(args);
    }

    private static void checkLength(TrainingArguments args) {
        if (args.value("max_steps").intValue() == 0) {
            throw new InputException("max_steps is 0, which trains nothing; give a positive number, or -1 to train for"
                    + " num_train_epochs");
        }
    }

    private static void checkPrecision(TrainingArguments args) {
        boolean fp16 = args.value("fp16").booleanValue();
        JsonNode bf16 = args.value("bf16");
        boolean saysBf16 = bf16.isBoolean() && bf16.booleanValue();
        if (fp16 && saysBf16) {
            throw new InputException("fp16 and bf16 are both true; give only one of them");
        }
        if (args.isGiven("dtype")) {
            Precision dtype = args.dtype();
            boolean otherwise = fp16 && dtype != Precision.FLOAT16
                    || saysBf16 && dtype != Precision.BFLOAT16
                    || bf16.isBoolean() && !saysBf16 && dtype == Precision.BFLOAT16;
            if (otherwise) {
                throw new InputException("dtype " + args.value("dtype").asText() + " contradicts bf16 " + bf16.asText()
                        + " and fp16 " + fp16 + "; give only dtype");
            }
        }
        if (args.value("bf16_full_eval").booleanValue()
                && args.value("fp16_full_eval").booleanValue()) {
            throw new InputException("fp16_full_eval and bf16_full_eval are both true; give only one of them");
        }
    }

    private static void checkIntervals(TrainingArguments args) {
        boolean noLoggingSteps = args.value("logging_steps").doubleValue() == 0;
        if (args.loggingStrategy() == Strategy.STEPS && noLoggingSteps) {
            throw new InputException("logging_strategy steps needs logging_steps above 0; give logging_steps, or"
                    + " logging_strategy no");
        }
        if (args.evalStrategy() == Strategy.STEPS && args.evalStepsOrRatio().doubleValue() == 0) {
            throw new InputException("eval_strategy steps needs eval_steps or logging_steps above 0; give eval_steps");
        }
    }

    private static void checkBestModel(TrainingArguments args) {
        boolean evaluates = args.evalStrategy() != Strategy.NO;
        requireEvaluation(
                evaluates,
                args.lrSchedulerType().equals("reduce_lr_on_plateau"),
                "lr_scheduler_type reduce_lr_on_plateau");
        requireEvaluation(evaluates, args.earlyStoppingPatience().isPresent(), "early_stopping_patience");
        requireEvaluation(evaluates, args.saveStrategy() == Strategy.BEST, "save_strategy best");
        requireEvaluation(evaluates, args.loadBestModelAtEnd(), "load_best_model_at_end");
        if (!args.loadBestModelAtEnd() || args.saveStrategy() == Strategy.BEST) {
            return;
        }
        if (args.evalStrategy() != args.saveStrategy()) {
            throw new InputException("load_best_model_at_end needs eval_strategy and save_strategy to be the same, but"
                    + " they are " + args.value("eval_strategy").asText() + " and "
                    + args.value("save_strategy").asText() + "; give both the same value");
        }
        if (args.evalStrategy() == Strategy.STEPS) {
            checkMultiple(args.value("save_steps"), args.evalStepsOrRatio());
        }
    }

    private static void requireEvaluation(boolean evaluates, boolean needed, String what) {
        if (needed && !evaluates) {
            throw new InputException(what + " needs evaluations during training; use eval_strategy steps or epoch");
        }
    }

    private static void checkMultiple(JsonNode save, JsonNode eval) {
        // Ratios such as 0.1 are compared as they were written, not as the doubles nearest to them.
        BigDecimal remainder = new BigDecimal(save.asText()).remainder(new BigDecimal(eval.asText()));
        boolean mixed = save.doubleValue() < 1 != eval.doubleValue() < 1;
        if (mixed || remainder.signum() != 0) {
            throw new InputException(
                    "load_best_model_at_end needs save_steps to be a multiple of eval_steps, but they are "
                            + save.asText() + " and " + eval.asText()
                            + (mixed ? ", a ratio and a count; give both in the same form" : "; change one of them"));
        }
    }

    private static List<String> withoutEffect(TrainingArguments args) {
        List<String> notes = new ArrayList<>();
        boolean scales = args.lossScaling().isPresent() || args.autoLossScaling();
        if (scales && args.dtype() != Precision.FLOAT16) {
            notes.add("loss_scaling and auto_loss_scaling have no effect: only fp16 needs a loss scale");
        }
        if (args.teacher().isEmpty() && says(args, "distillation_type", "distillation_alpha", "distillation_tau")) {
            notes.add("distillation_type, distillation_alpha and distillation_tau have no effect without teacher");
        }
        if (says(args, "mixup_prob", "mixup_switch_prob", "mixup_mode") && args.mixup() == 0 && args.cutmix() == 0) {
            notes.add("mixup_prob, mixup_switch_prob and mixup_mode have no effect without mixup or cutmix");
        }
        return notes;
    }

    /** Whether one of them is not at its default. */
    static boolean says(TrainingArguments args, String... names) {
        return Stream.of(names)
                .anyMatch(
                        name -> !args.value(name).equals(ArgumentTable.get(name).initialValue()));
    }
}
