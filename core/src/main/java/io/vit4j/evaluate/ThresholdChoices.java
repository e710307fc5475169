package io.vit4j.evaluate;

import io.vit4j.infer.Decision;
import io.vit4j.metrics.EvalPrediction;
import io.vit4j.metrics.ThresholdRule;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Temperature and thresholds that a report measures: those stored with the model and used for predictions, and those of the
 * usual rules, chosen on the validation split.
 *
 * @param decision the temperature; empty if there is nothing to choose on and nothing kept
 * @param thresholds by the titles of their rules, those of each label; none if there is nothing to choose on
 * @param chosenOn where they were chosen, in words; empty if there are none
 */
public record ThresholdChoices(
        Optional<Decision> decision, Map<String, Map<String, Double>> thresholds, Optional<String> chosenOn) {
    /** Nothing is chosen. */
    public static final ThresholdChoices NONE = new ThresholdChoices(Optional.empty(), Map.of(), Optional.empty());

    private static final String KEPT = "Stored with the model";

    private static final List<ThresholdRule> RULES =
            List.of(ThresholdRule.YOUDEN, ThresholdRule.sensitivity(0.9), ThresholdRule.specificity(0.9));

    private static final double SAME = 1e-6;

    /**
     * Chooses thresholds by the usual rules.
     *
     * @param validation where choices may be made
     * @param kept with the model; its temperature goes before one fitted here
     */
    public static ThresholdChoices of(Optional<SplitPredictions> validation, Optional<Decision> kept) {
        Optional<SplitPredictions> known = validation
                .filter(evaluation -> !evaluation.prediction().regression())
                .filter(evaluation -> evaluation.prediction().hasKnown());
        Optional<Decision> decision = kept.or(() -> known.map(evaluation ->
                Decision.fit(evaluation.prediction(), evaluation.labels(), ThresholdRule.YOUDEN, evaluation.split())));
        Map<String, Map<String, Double>> thresholds = new LinkedHashMap<>();
        known.ifPresent(evaluation -> {
            for (ThresholdRule rule : RULES) {
                thresholds.put(rule.title(), choose(rule, evaluation, decision.orElseThrow()));
            }
        });
        kept.map(Decision::thresholds)
                .filter(those -> !those.isEmpty())
                .filter(those -> thresholds.values().stream().noneMatch(chosen -> same(chosen, those)))
                .ifPresent(those -> thresholds.put(KEPT, those));
        return new ThresholdChoices(
                decision,
                thresholds,
                known.map(SplitPredictions::split)
                        .or(() -> kept.filter(k -> !k.thresholds().isEmpty())
                                .map(k ->
                                        k.fittedOn().map(Decision.Origin::split).orElse("other data"))));
    }

    private static Map<String, Double> choose(ThresholdRule rule, SplitPredictions validation, Decision decision) {
        EvalPrediction probabilities = decision.probabilities(validation.prediction());
        List<String> labels = validation.labels();
        Map<String, Double> chosen = new LinkedHashMap<>();
        for (int j = 0; j < labels.size(); j++) {
            String label = labels.get(j);
            rule.choose(probabilities.scores(j), probabilities.truth(j))
                    .ifPresent(threshold -> chosen.put(label, threshold));
        }
        return chosen;
    }

    private static boolean same(Map<String, Double> these, Map<String, Double> those) {
        return these.keySet().equals(those.keySet())
                && these.entrySet().stream()
                        .allMatch(e -> Math.abs(e.getValue() - those.get(e.getKey())) <= SAME * e.getValue());
    }

    /** The titles of the rules, in the order in which they are shown. */
    public List<String> rules() {
        return List.copyOf(thresholds.keySet());
    }
}
