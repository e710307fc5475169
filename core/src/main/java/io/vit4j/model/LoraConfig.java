package io.vit4j.model;

import io.vit4j.base.InputException;
import io.vit4j.base.JsonObject;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * How a model is adapted with low rank (Hu et al. 2021, "LoRA"), under the names and rules of peft's {@code LoraConfig}.
 *
 * <pre>{@code
 * ModelDefinition adapted = definition.withAdapter(LoraConfig.ofRank(8).withTargets("query", "value"));
 * }</pre>
 *
 * @param rank {@code r}: inner size of adapters, where no pattern says another
 * @param alpha {@code lora_alpha}: what an adapter gives is multiplied by alpha over its rank
 * @param dropout {@code lora_dropout}: probability of dropping a number of a map's input before its adapter, in training
 * @param targetModules {@code target_modules}: names of linear maps, or what they end with after a dot; a single one that is no
 *     name is a regular expression of whole names; {@link #ALL_LINEAR} alone is every linear map but the classifier
 * @param rankPattern {@code rank_pattern}: ranks of single maps, by what their names end with after a dot, or a regular expression
 *     of that; the first that fits counts
 * @param alphaPattern {@code alpha_pattern}: the same of alpha
 * @param rankStabilized {@code use_rslora}: whether alpha is divided by the root of the rank instead (Kalajdzievski 2023)
 * @param bias which biases are trained too
 */
public record LoraConfig(
        int rank,
        double alpha,
        double dropout,
        List<String> targetModules,
        Map<String, Integer> rankPattern,
        Map<String, Double> alphaPattern,
        boolean rankStabilized,
        Bias bias) {
    /** Every linear map but the classifier. */
    public static final String ALL_LINEAR = "all-linear";

    private static final String NAME = "[\\w.-]+";

    /** Which biases of the model are trained beside the adapters. */
    public enum Bias {
        /** None. */
        NONE,
        /** All. */
        ALL,
        /** Those of the maps that have an adapter. */
        LORA_ONLY
    }

    /** Checks every value; InputException if one makes no adapter. */
    public LoraConfig {
        targetModules = List.copyOf(targetModules);
        rankPattern = Collections.unmodifiableMap(new LinkedHashMap<>(rankPattern)); // in their order
        alphaPattern = Collections.unmodifiableMap(new LinkedHashMap<>(alphaPattern));
        requireRank(rank);
        rankPattern.values().forEach(LoraConfig::requireRank);
        requireAlpha(alpha);
        alphaPattern.values().forEach(LoraConfig::requireAlpha);
        if (!(dropout >= 0 && dropout < 1)) {
            throw new InputException("lora_dropout is " + dropout + "; it must be at least 0 and below 1");
        }
        if (targetModules.isEmpty()) {
            throw new InputException("no target_modules to adapt; name linear maps, or " + ALL_LINEAR);
        }
    }

    private static void requireRank(int rank) {
        if (rank < 1) {
            throw new InputException("the rank of an adapter is " + rank + "; it must be 1 or more");
        }
    }

    private static void requireAlpha(double alpha) {
        if (!Double.isFinite(alpha)) {
            throw new InputException("the alpha of an adapter is " + alpha + "; it must be a number");
        }
    }

    /** Of one rank for every linear map, with peft's other defaults: alpha 8, nothing dropped, no biases. */
    public static LoraConfig ofRank(int rank) {
        return new LoraConfig(rank, 8, 0, List.of(ALL_LINEAR), Map.of(), Map.of(), false, Bias.NONE);
    }

    /** The same for other maps. */
    public LoraConfig withTargets(String... modules) {
        return new LoraConfig(rank, alpha, dropout, List.of(modules), rankPattern, alphaPattern, rankStabilized, bias);
    }

    /** The same with another alpha. */
    public LoraConfig withAlpha(double other) {
        return new LoraConfig(rank, other, dropout, targetModules, rankPattern, alphaPattern, rankStabilized, bias);
    }

    /** The same with dropout before each adapter. */
    public LoraConfig withDropout(double probability) {
        return new LoraConfig(rank, alpha, probability, targetModules, rankPattern, alphaPattern, rankStabilized, bias);
    }

    /** The same with these biases trained. */
    public LoraConfig withBias(Bias other) {
        return new LoraConfig(rank, alpha, dropout, targetModules, rankPattern, alphaPattern, rankStabilized, other);
    }

    boolean all() {
        return targetModules.equals(List.of(ALL_LINEAR));
    }

    /** Whether a map has an adapter, by its whole name. */
    boolean targets(String module) {
        if (all()) {
            return true;
        }
        if (targetModules.size() == 1 && !targetModules.get(0).matches(NAME)) {
            return BoundedPattern.of(targetModules.get(0)).fits(module);
        }
        return targetModules.stream().anyMatch(target -> module.equals(target) || module.endsWith("." + target));
    }

    /** The rank of a map's adapter. */
    int rankOf(String module) {
        return byPattern(rankPattern, module, rank);
    }

    /** What a map's adapter is multiplied by. */
    LowRank.Settings settingsOf(String module, int rankThere) {
        double above = byPattern(alphaPattern, module, alpha);
        return new LowRank.Settings(above / (rankStabilized ? Math.sqrt(rankThere) : rankThere), dropout);
    }

    private static <T> T byPattern(Map<String, T> pattern, String module, T otherwise) {
        return pattern.entrySet().stream()
                .filter(entry ->
                        BoundedPattern.of("(.*\\.)?(" + entry.getKey() + ")").fits(module))
                .map(Map.Entry::getValue)
                .findFirst()
                .orElse(otherwise);
    }

    /**
     * Reads what {@link #toJson} or peft writes; InputException if it asks for what is not supported here.
     *
     * @param adapted the names of the maps that have adapters, and their ranks, as the weights show them
     */
    public static LoraConfig read(JsonObject json, Map<String, Integer> adapted) {
        if (!json.text("peft_type", "").equals("LORA")) {
            throw json.wrong("peft_type", "LORA, the only kind of adapter that is read");
        }
        for (String unsupported : List.of("use_dora", "fan_in_fan_out")) {
            if (json.bool(unsupported, false)) {
                throw json.wrong(unsupported, "false; adapters of that kind are not read");
            }
        }
        JsonObject alphas = json.object("alpha_pattern");
        Map<String, Double> alphaPattern = new LinkedHashMap<>();
        alphas.keys().forEach(key -> alphaPattern.put(key, alphas.number(key)));
        int rank = json.integer("r", 8);
        Map<String, Integer> ranks = new LinkedHashMap<>();
        adapted.forEach((module, own) -> {
            if (own != rank) {
                ranks.put(module.replace(".", "\\."), own);
            }
        });
        try {
            return new LoraConfig(
                    rank,
                    json.number("lora_alpha", 8),
                    json.number("lora_dropout", 0),
                    new ArrayList<>(adapted.keySet()),
                    ranks,
                    alphaPattern,
                    json.bool("use_rslora", false),
                    bias(json));
        } catch (InputException e) {
            throw new InputException(json.source() + ": " + e.getMessage(), e);
        }
    }

    private static Bias bias(JsonObject json) {
        String name = json.text("bias", "none");
        for (Bias bias : Bias.values()) {
            if (bias.name().equalsIgnoreCase(name)) {
                return bias;
            }
        }
        throw json.wrong("bias", "none, all or lora_only");
    }

    /**
     * The content of {@code adapter_config.json}.
     *
     * @param base name or folder of the model that is adapted
     * @param modules the names of the maps that have adapters
     * @param saved the names of the modules that are trained as a whole
     */
    public JsonObject toJson(String base, List<String> modules, List<String> saved) {
        return JsonObject.empty()
                .with("base_model_name_or_path", base)
                .with("peft_type", "LORA")
                .with("inference_mode", true)
                .with("r", rank)
                .with("lora_alpha", alpha)
                .with("lora_dropout", dropout)
                .with("target_modules", modules)
                .with("modules_to_save", saved)
                .with("rank_pattern", rankPattern)
                .with("alpha_pattern", alphaPattern)
                .with("use_rslora", rankStabilized)
                .with("bias", bias.name().toLowerCase(Locale.ROOT))
                .with("fan_in_fan_out", false)
                .with("init_lora_weights", true)
                .with("use_dora", false);
    }
}
