package io.vit4j.train.arguments;

import io.vit4j.base.InputException;
import io.vit4j.base.NamedSettings;
import io.vit4j.base.NearestName;
import io.vit4j.data.Dataset;
import io.vit4j.data.ProblemType;
import io.vit4j.data.UncertainLabels;
import io.vit4j.metrics.ClassWeights;
import io.vit4j.metrics.LabelCounts;
import io.vit4j.model.ModelDefinition;
import io.vit4j.train.arguments.TrainingArguments.LossName;
import io.vit4j.walk.AsymmetricLoss;
import io.vit4j.walk.BinaryCrossEntropy;
import io.vit4j.walk.CrossEntropy;
import io.vit4j.walk.DistillationLoss;
import io.vit4j.walk.FocalLoss;
import io.vit4j.walk.MeanSquaredError;
import io.vit4j.walk.Objective;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** The loss that {@code loss}, {@code loss_args}, {@code pos_weight}, {@code class_weight} and label smoothing come to. */
public final class LossArguments {
    private static final double LARGEST_GAMMA = 100;

    private LossArguments() {}

    /** @throws InputException if arguments are given that the named loss has no use for */
    static void check(TrainingArguments arguments) {
        LossName name = arguments.loss();
        if (name == LossName.AUTO) {
            focused(name, arguments);
            if (arguments.posWeight().isPresent() && arguments.classWeight().isPresent()) {
                throw new InputException("pos_weight is for multi-label data, class_weight for single-label data; give"
                        + " only the one that fits yours");
            }
        } else {
            require(name, arguments);
        }
    }

    /** How a teacher is learned from, by {@code distillation_type}, {@code distillation_alpha} and {@code distillation_tau}. */
    public static DistillationLoss.Settings distillation(TrainingArguments arguments) {
        return new DistillationLoss.Settings(
                arguments.distillationType() == TrainingArguments.DistillationType.HARD,
                arguments.distillationAlpha(),
                arguments.distillationTau());
    }

    private static void require(LossName name, TrainingArguments arguments) {
        focused(name, arguments);
        refuse(name != LossName.BCE && arguments.posWeight().isPresent(), "pos_weight", name, "loss bce");
        refuse(
                name != LossName.CROSS_ENTROPY && arguments.classWeight().isPresent(),
                "class_weight",
                name,
                "loss cross_entropy");
        refuse(
                name == LossName.FOCAL && (arguments.mixup() > 0 || arguments.cutmix() > 0),
                "mixup or cutmix",
                name,
                "losses of soft labels: bce, cross_entropy, mse or asymmetric");
        refuse(
                name == LossName.FOCAL
                        && UncertainLabels.named(arguments.uncertainLabels()).soft(),
                "uncertain_labels " + arguments.uncertainLabels(),
                name,
                "losses of soft labels: bce or asymmetric");
        refuse(
                (name == LossName.CROSS_ENTROPY || name == LossName.MSE)
                        && UncertainLabels.named(arguments.uncertainLabels()) != UncertainLabels.IGNORE,
                "uncertain_labels",
                name,
                "multi-label data");
        refuse(
                name != LossName.BCE && name != LossName.CROSS_ENTROPY && arguments.labelSmoothingFactor() > 0,
                "label_smoothing_factor",
                name,
                "loss bce or cross_entropy");
    }

    private static void refuse(boolean given, String argument, LossName name, String fitting) {
        if (given) {
            throw new InputException(argument + " has no effect on loss " + lower(name) + "; it is for " + fitting);
        }
    }

    /**
     * The loss of a run.
     *
     * @param train the training split, from whose counts balanced weights come; empty if a model is only evaluated
     */
    public static Objective of(
            TrainingArguments arguments, ModelDefinition config, Dataset any, Optional<Dataset> train) {
        int labels = any.size() == 0 ? 0 : any.labels(0).length;
        LossName name = arguments.loss();
        if (name == LossName.AUTO) {
            name = fitting(config.problemType().orElseGet(() -> problemType(config, labels)));
        }
        require(name, arguments);
        requireShape(name, config, labels);
        double smoothing = arguments.labelSmoothingFactor();
        return switch (name) {
            case BCE ->
                new BinaryCrossEntropy(
                        weights(
                                arguments.posWeight(),
                                "pos_weight",
                                config.labels(),
                                train,
                                counts -> ClassWeights.posWeight(counts, Double.POSITIVE_INFINITY)),
                        smoothing);
            case CROSS_ENTROPY ->
                new CrossEntropy(
                        weights(
                                arguments.classWeight(),
                                "class_weight",
                                config.labels(),
                                train,
                                ClassWeights::balanced),
                        smoothing);
            case MSE -> new MeanSquaredError();
            default -> focused(name, arguments).orElseThrow();
        };
    }

    private static LossName fitting(ProblemType type) {
        return switch (type) {
            case MULTI_LABEL -> LossName.BCE;
            case SINGLE_LABEL -> LossName.CROSS_ENTROPY;
            case REGRESSION -> LossName.MSE;
        };
    }

    /** Where the checkpoint does not say: one logit is regression, one class number a sample single-label. */
    private static ProblemType problemType(ModelDefinition config, int labels) {
        if (config.labels().size() == 1) {
            return ProblemType.REGRESSION;
        }
        return labels == 1 ? ProblemType.SINGLE_LABEL : ProblemType.MULTI_LABEL;
    }

    private static void requireShape(LossName name, ModelDefinition config, int labels) {
        int expected = name == LossName.CROSS_ENTROPY ? 1 : config.labels().size();
        if (labels != 0 && labels != expected) {
            throw new InputException(
                    "loss " + lower(name) + " takes " + expected + " label values per sample, but the data has "
                            + labels + "; give a loss that fits the data's labels");
        }
    }

    /** The loss with settings of its own; none if the name is of another. All settings given must be its. */
    private static Optional<Objective> focused(LossName name, TrainingArguments arguments) {
        NamedSettings given = new NamedSettings("loss_args", "loss " + lower(name), arguments.lossArgs());
        Optional<Objective> loss = Optional.empty();
        if (name == LossName.FOCAL) {
            loss = Optional.of(new FocalLoss(
                    given.number("gamma", FocalLoss.DEFAULTS.gamma(), 0, LARGEST_GAMMA),
                    given.number("alpha", FocalLoss.DEFAULTS.alpha(), -1, 1)));
        } else if (name == LossName.ASYMMETRIC) {
            loss = Optional.of(new AsymmetricLoss(
                    given.number("gamma_positive", AsymmetricLoss.DEFAULTS.gammaPositive(), 0, LARGEST_GAMMA),
                    given.number("gamma_negative", AsymmetricLoss.DEFAULTS.gammaNegative(), 0, LARGEST_GAMMA),
                    given.number("clip", AsymmetricLoss.DEFAULTS.clip(), 0, 1)));
        }
        given.checkAllRead();
        return loss;
    }

    private interface Balance {
        float[] of(LabelCounts counts);
    }

    /** One weight a label; empty if none is asked for. */
    private static float[] weights(
            Optional<LabelWeights> asked,
            String argument,
            List<String> labels,
            Optional<Dataset> train,
            Balance balance) {
        if (asked.isEmpty()) {
            return new float[0];
        }
        float[] weights = new float[labels.size()];
        Arrays.fill(weights, 1);
        if (asked.get() instanceof LabelWeights.Uniform uniform) {
            Arrays.fill(weights, (float) uniform.weight());
        } else if (asked.get() instanceof LabelWeights.ByLabel byLabel) {
            byLabel.weights()
                    .forEach((label, weight) -> weights[number(label, labels, argument)] = weight.floatValue());
        } else {
            return balance.of(counts(
                    train.orElseThrow(() -> new InputException(argument
                            + " balanced needs the training data to count its labels; give explicit weights instead")),
                    labels));
        }
        return weights;
    }

    private static int number(String label, List<String> labels, String argument) {
        int number = labels.indexOf(label);
        if (number < 0) {
            throw new InputException(argument + ": " + label + " is not a label of this model; did you mean "
                    + NearestName.to(label, labels) + "?");
        }
        return number;
    }

    /** How often each label is present and absent; of class numbers, each class against the rest. */
    private static LabelCounts counts(Dataset data, List<String> labels) {
        long[] positives = new long[labels.size()];
        long[] negatives = new long[labels.size()];
        long[] unknown = new long[labels.size()];
        for (int i = 0; i < data.size(); i++) {
            float[] row = data.labels(i);
            for (int j = 0; j < labels.size(); j++) {
                float truth = row.length == 1 && labels.size() > 1 ? (row[0] == j ? 1 : 0) : row[j];
                (Float.isNaN(truth) ? unknown : truth >= 0.5 ? positives : negatives)[j]++;
            }
        }
        return new LabelCounts(labels, data.size(), positives, negatives, unknown, new long[0][]);
    }

    private static String lower(LossName name) {
        return name.name().toLowerCase(Locale.ROOT);
    }
}
