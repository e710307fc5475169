package io.vit4j.train.arguments;

import io.vit4j.base.InputException;
import io.vit4j.base.NamedSettings;
import io.vit4j.model.ModelDefinition;
import io.vit4j.model.ParameterSpec;
import io.vit4j.train.optimizer.Adafactor;
import io.vit4j.train.optimizer.AdamW;
import io.vit4j.train.optimizer.Lamb;
import io.vit4j.train.optimizer.Lion;
import io.vit4j.train.optimizer.ModelEma;
import io.vit4j.train.optimizer.Muon;
import io.vit4j.train.optimizer.OptimizerFactory;
import io.vit4j.train.optimizer.ParameterGroups;
import io.vit4j.train.optimizer.RmsProp;
import io.vit4j.train.optimizer.Sgd;
import io.vit4j.train.optimizer.StateShape;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.Collectors;

/** The optimizer that {@code optim}, {@code optim_args} and Adam's arguments come to. */
public final class OptimizerArguments {
    private static final int MOST_ITERATIONS = 99;

    private OptimizerArguments() {}

    /** Makes an optimizer for a model in which these are the matrices of hidden layers. */
    @FunctionalInterface
    private interface OfMatrices {
        OptimizerFactory of(Set<String> matrices);
    }

    /** @throws InputException if {@code optim_args} holds what the optimizer has no use for */
    static void check(TrainingArguments arguments) {
        ofMatrices(arguments);
        if (arguments.weightDecayEnd().orElse(0) > 0 && arguments.weightDecay() == 0) {
            throw new InputException(
                    "weight_decay_end needs weight_decay above 0 to begin with; give weight_decay, 0.04 for"
                            + " example");
        }
        if (arguments.modelEmaWarmup() && arguments.modelEmaDecay().isEmpty()) {
            throw new InputException(
                    "model_ema_warmup needs model_ema_decay; give model_ema_decay, 0.9998 for example");
        }
    }

    /** @throws InputException if {@code optim_args} holds what the optimizer has no use for */
    public static OptimizerFactory factory(TrainingArguments arguments, ModelDefinition model) {
        return factory(arguments, hiddenMatrices(model));
    }

    /** The same for weights in which these are the matrices of hidden layers. */
    public static OptimizerFactory factory(TrainingArguments arguments, Set<String> matrices) {
        return ofMatrices(arguments).of(matrices);
    }

    private static OfMatrices ofMatrices(TrainingArguments arguments) {
        TrainingArguments.OptimizerName name = arguments.optim();
        String optim = name.name().toLowerCase(Locale.ROOT);
        NamedSettings given = new NamedSettings("optim_args", optim, arguments.optimArgs());
        OfMatrices made = switch (name) {
            case ADAMW_TORCH -> any(adamW(arguments, true));
            case ADAMW_NO_BIAS_CORRECTION -> any(adamW(arguments, false));
            case SGD -> any(sgd(given));
            case RMSPROP -> any(rmsProp(given));
            case LAMB -> any(lamb(arguments, given, true));
            case LAMB_NO_BIAS_CORRECTION -> any(lamb(arguments, given, false));
            case ADAFACTOR -> any(adafactor(arguments, given));
            case LION_32BIT -> any(lion(arguments));
            case MUON -> muon(arguments, given);
        };
        given.checkAllRead();
        return made;
    }

    private static OfMatrices any(OptimizerFactory factory) {
        return matrices -> factory;
    }

    /** What {@code model_ema_decay} and {@code model_ema_warmup} ask for. */
    public static Optional<ModelEma.Settings> modelEma(TrainingArguments arguments) {
        return arguments.modelEmaDecay().isPresent()
                ? Optional.of(
                        new ModelEma.Settings(arguments.modelEmaDecay().getAsDouble(), arguments.modelEmaWarmup()))
                : Optional.empty();
    }

    /** How {@code weight_decay}, {@code weight_decay_rule} and {@code layer_decay} have each weight stepped. */
    public static ParameterGroups groups(TrainingArguments arguments, ModelDefinition model) {
        ParameterGroups groups = arguments.weightDecayRule() == TrainingArguments.WeightDecayRule.TIMM
                ? ParameterGroups.timm(arguments.weightDecay())
                : ParameterGroups.transformers(arguments.weightDecay());
        return arguments.layerDecay().isPresent()
                ? groups.withLayerDecay(arguments.layerDecay().getAsDouble(), model)
                : groups;
    }

    /**
     * How many numbers are kept of the weights that are trained: the optimizer's, and their average.
     *
     * @param trained names of these weights
     */
    public static long stateNumbers(TrainingArguments arguments, ModelDefinition model, Predicate<String> trained) {
        List<StateShape> kinds = new ArrayList<>(kinds(arguments, model));
        if (arguments.modelEmaDecay().isPresent() || model.views().isPresent()) {
            kinds.add(StateShape.OF_WEIGHTS);
        }
        return model.weights().stream()
                .filter(spec -> trained.test(spec.name()))
                .mapToLong(spec -> kinds.stream()
                        .flatMap(kind -> kind.of(spec).stream())
                        .mapToLong(shape -> spec.withShape(shape).count())
                        .sum())
                .sum();
    }

    private static Collection<StateShape> kinds(TrainingArguments arguments, ModelDefinition model) {
        boolean momentum = arguments.optimArgs().number("momentum", 0) > 0;
        int buffers = switch (arguments.optim()) {
            case ADAMW_TORCH, ADAMW_NO_BIAS_CORRECTION, LAMB, LAMB_NO_BIAS_CORRECTION -> 2;
            case SGD -> momentum ? 1 : 0;
            case RMSPROP -> 1 + (momentum ? 1 : 0) + (arguments.optimArgs().bool("centered", false) ? 1 : 0);
            case LION_32BIT -> 1;
            case ADAFACTOR, MUON -> 0;
        };
        return switch (arguments.optim()) {
            case ADAFACTOR ->
                Adafactor.kinds(adafactorSettings(new NamedSettings("optim_args", "adafactor", arguments.optimArgs())))
                        .values();
            case MUON -> Muon.kinds(hiddenMatrices(model)).values();
            default -> Collections.nCopies(buffers, StateShape.OF_WEIGHTS);
        };
    }

    private static OptimizerFactory adamW(TrainingArguments arguments, boolean biasCorrection) {
        AdamW.Settings settings = new AdamW.Settings(
                arguments.adamBeta1(), arguments.adamBeta2(), arguments.adamEpsilon(), biasCorrection);
        return parameters -> new AdamW(parameters, settings);
    }

    private static OptimizerFactory sgd(NamedSettings given) {
        double momentum = given.number("momentum", 0, 0, 1);
        double dampening = given.number("dampening", 0, 0, 1);
        boolean nesterov = given.flag("nesterov", false);
        if (nesterov && (momentum == 0 || dampening != 0)) {
            throw given.wrong("nesterov", "needs momentum above 0 and dampening 0");
        }
        Sgd.Settings settings = new Sgd.Settings(momentum, dampening, nesterov);
        return parameters -> new Sgd(parameters, settings);
    }

    private static OptimizerFactory rmsProp(NamedSettings given) {
        RmsProp.Settings settings = new RmsProp.Settings(
                given.number("alpha", RmsProp.Settings.DEFAULTS.alpha(), 0, 1),
                given.number("eps", RmsProp.Settings.DEFAULTS.epsilon(), 0, 1),
                given.number("momentum", 0, 0, 1),
                given.flag("centered", false));
        return parameters -> new RmsProp(parameters, settings);
    }

    private static OptimizerFactory lamb(TrainingArguments arguments, NamedSettings given, boolean biasCorrection) {
        Lamb.Settings settings = new Lamb.Settings(
                arguments.adamBeta1(),
                arguments.adamBeta2(),
                arguments.adamEpsilon(),
                biasCorrection,
                given.number("max_weight_norm", Double.POSITIVE_INFINITY, 0, Double.POSITIVE_INFINITY));
        return parameters -> new Lamb(parameters, settings);
    }

    private static OptimizerFactory lion(TrainingArguments arguments) {
        Lion.Settings settings = new Lion.Settings(arguments.adamBeta1(), arguments.adamBeta2());
        return parameters -> new Lion(parameters, settings);
    }

    private static OptimizerFactory adafactor(TrainingArguments arguments, NamedSettings given) {
        Adafactor.Settings settings = adafactorSettings(given);
        if (settings.relativeStep() && ArgumentConsistency.says(arguments, "learning_rate")) {
            throw given.wrong("relative_step", "computes the rate from the step; leave learning_rate out");
        }
        if (settings.warmupInit() && !settings.relativeStep()) {
            throw given.wrong("warmup_init", "needs relative_step=true");
        }
        return parameters -> new Adafactor(parameters, settings);
    }

    private static Adafactor.Settings adafactorSettings(NamedSettings given) {
        Adafactor.Settings defaults = Adafactor.Settings.DEFAULTS;
        return new Adafactor.Settings(
                given.number("eps1", defaults.epsilon1(), 0, 1),
                given.number("eps2", defaults.epsilon2(), 0, 1),
                given.number("clip_threshold", defaults.clipThreshold(), Double.MIN_NORMAL, Double.MAX_VALUE),
                given.number("decay_rate", defaults.decayRate(), -1, 0),
                given.has("beta1") ? OptionalDouble.of(given.number("beta1", 0, 0, 1)) : OptionalDouble.empty(),
                given.flag("scale_parameter", defaults.scaleParameter()),
                given.flag("relative_step", defaults.relativeStep()),
                given.flag("warmup_init", defaults.warmupInit()));
    }

    private static OfMatrices muon(TrainingArguments arguments, NamedSettings given) {
        Muon.Settings defaults = Muon.Settings.DEFAULTS;
        String adjustment = given.word("adjust_lr_fn", "original", List.of("original", "match_rms_adamw"));
        Muon.Settings settings = new Muon.Settings(
                given.number("momentum", defaults.momentum(), 0, 1),
                given.flag("nesterov", defaults.nesterov()),
                (int) given.number("ns_steps", defaults.iterations(), 1, MOST_ITERATIONS),
                Muon.RateAdjustment.valueOf(adjustment.toUpperCase(Locale.ROOT)),
                new AdamW.Settings(arguments.adamBeta1(), arguments.adamBeta2(), arguments.adamEpsilon(), true));
        return matrices -> parameters -> new Muon(parameters, matrices, settings);
    }

    /** The matrices of all blocks but the first and the head: what maps hidden states to hidden states. */
    private static Set<String> hiddenMatrices(ModelDefinition model) {
        return model.weights(1, model.blockCount() - 1).stream()
                .filter(spec -> spec.shape().length == 2 && spec.decaysInTimm())
                .map(ParameterSpec::name)
                .collect(Collectors.toUnmodifiableSet());
    }
}
