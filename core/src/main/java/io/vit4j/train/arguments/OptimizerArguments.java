package io.vit4j.train.arguments;

import io.vit4j.base.InputException;
import io.vit4j.base.NamedSettings;
import io.vit4j.model.ModelDefinition;
import io.vit4j.train.optimizer.AdamW;
import io.vit4j.train.optimizer.Lamb;
import io.vit4j.train.optimizer.OptimizerFactory;
import io.vit4j.train.optimizer.ParameterGroups;
import io.vit4j.train.optimizer.RmsProp;
import io.vit4j.train.optimizer.Sgd;
import java.util.Locale;

/** The optimizer that {@code optim}, {@code optim_args} and Adam's arguments come to. */
public final class OptimizerArguments {
    private OptimizerArguments() {}

    /** @throws InputException if {@code optim_args} holds what the optimizer has no use for */
    public static OptimizerFactory factory(TrainingArguments arguments) {
        TrainingArguments.OptimizerName name = arguments.optim();
        String optim = name.name().toLowerCase(Locale.ROOT);
        NamedSettings given = new NamedSettings("optim_args", optim, arguments.optimArgs());
        OptimizerFactory factory = switch (name) {
            case ADAMW_TORCH -> adamW(arguments, true);
            case ADAMW_NO_BIAS_CORRECTION -> adamW(arguments, false);
            case SGD -> sgd(given);
            case RMSPROP -> rmsProp(given);
            case LAMB -> lamb(arguments, given, true);
            case LAMB_NO_BIAS_CORRECTION -> lamb(arguments, given, false);
        };
        given.checkAllRead();
        return factory;
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

    /** How many numbers the optimizer keeps for each that is trained. */
    public static int buffers(TrainingArguments arguments) {
        boolean momentum = arguments.optimArgs().number("momentum", 0) > 0;
        return switch (arguments.optim()) {
            case ADAMW_TORCH, ADAMW_NO_BIAS_CORRECTION, LAMB, LAMB_NO_BIAS_CORRECTION -> 2;
            case SGD -> momentum ? 1 : 0;
            case RMSPROP -> 1 + (momentum ? 1 : 0) + (arguments.optimArgs().bool("centered", false) ? 1 : 0);
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
}
