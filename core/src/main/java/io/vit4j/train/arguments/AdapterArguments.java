package io.vit4j.train.arguments;

import io.vit4j.base.InputException;
import io.vit4j.base.JsonObject;
import io.vit4j.model.LoraConfig;
import io.vit4j.model.ModelDefinition;
import io.vit4j.model.ParameterSpec;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;

/** Which weights arguments train: all, adapters, biases, the upper layers, or the classifier alone. */
public final class AdapterArguments {
    private AdapterArguments() {}

    /** The adapters that the arguments ask for; empty if they ask for none. */
    public static Optional<LoraConfig> lora(TrainingArguments arguments) {
        if (arguments.loraRank() == 0) {
            return Optional.empty();
        }
        JsonObject ranks = arguments.loraRankPattern();
        Map<String, Integer> rankPattern = new LinkedHashMap<>();
        ranks.keys().forEach(module -> rankPattern.put(module, ranks.integer(module)));
        JsonObject alphas = arguments.loraAlphaPattern();
        Map<String, Double> alphaPattern = new LinkedHashMap<>();
        alphas.keys().forEach(module -> alphaPattern.put(module, alphas.number(module)));
        return Optional.of(new LoraConfig(
                arguments.loraRank(),
                arguments.loraAlpha(),
                arguments.loraDropout(),
                arguments.loraTargetModules(),
                rankPattern,
                alphaPattern,
                arguments.useRslora(),
                LoraConfig.Bias.valueOf(arguments.loraBias().name())));
    }

    /** The model with the adapters that the arguments ask for. */
    public static ModelDefinition adapted(ModelDefinition model, TrainingArguments arguments) {
        return lora(arguments)
                .map(lora -> model.withAdapter(lora, frozenBlocks(arguments, model.layers())))
                .orElse(model);
    }

    /** How many of the first blocks are frozen: the embeddings and the layers above them, or none. */
    public static int frozenBlocks(TrainingArguments arguments, int layers) {
        int frozen = arguments.freezeLayers();
        if (frozen > layers) {
            throw new InputException("freeze_layers is " + frozen + ", but the model has " + layers
                    + " layers; freeze at most as many, or use freeze_backbone");
        }
        return frozen == 0 ? 0 : 1 + frozen;
    }

    /** The names of weights that are not trained. */
    public static Predicate<String> frozen(TrainingArguments arguments, ModelDefinition model) {
        if (arguments.freezeBackbone()) {
            return Predicate.not(model.classifierWeights()::contains);
        }
        if (lora(arguments).isPresent() && model.adapter().isEmpty()) {
            throw new IllegalArgumentException("lora_rank is for a model with adapters; make it with adapted()");
        }
        Set<String> below = model.weightNames(0, frozenBlocks(arguments, model.layers()));
        Set<String> heads = model.newWeights();
        boolean biases = arguments.bitfit();
        return name -> !model.trains(name)
                || below.contains(name)
                || biases && !ParameterSpec.isBias(name) && !heads.contains(name);
    }

    static void check(TrainingArguments arguments) {
        boolean adapts = lora(arguments).isPresent();
        if (adapts && arguments.bitfit()) {
            throw new InputException("lora_rank and bitfit are both given; for adapters and biases give lora_rank and"
                    + " lora_bias all");
        }
        if (arguments.freezeBackbone() && (adapts || arguments.bitfit() || arguments.freezeLayers() > 0)) {
            throw new InputException("freeze_backbone trains only the classifier; leave out either it or "
                    + (adapts ? "lora_rank" : arguments.bitfit() ? "bitfit" : "freeze_layers"));
        }
    }
}
