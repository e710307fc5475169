package io.vit4j.evaluate;

import io.vit4j.base.JsonObject;
import io.vit4j.data.Split;
import io.vit4j.infer.Ensemble;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * How predictions were made, if not by one model from one view of each picture.
 *
 * @param tta the kinds of views, as {@code --tta} takes them; empty for none
 * @param views how many views of each picture were averaged; 1 for the picture alone
 * @param models names of the models of an ensemble; none for a single one
 * @param weights of these models
 * @param rule where the weights come from; empty for a single model
 * @param int8 what int8 costs; empty if the predictions were made in another type
 */
public record PredictionMethod(
        String tta, int views, List<String> models, List<Double> weights, String rule, Optional<Int8Cost> int8) {
    /** One model, one view. */
    public static final PredictionMethod PLAIN = of("", 1);

    private static final String KEY = "predicted_by";

    /** One model, and the mean over so many views of each picture. */
    public static PredictionMethod of(String tta, int views) {
        return new PredictionMethod(tta, views, List.of(), List.of(), "", Optional.empty());
    }

    /** Copies the lists. */
    public PredictionMethod {
        models = List.copyOf(models);
        weights = List.copyOf(weights);
    }

    /** The same by an ensemble. */
    public PredictionMethod by(Ensemble ensemble) {
        return new PredictionMethod(
                tta,
                views,
                ensemble.models().stream()
                        .map(model ->
                                model.toAbsolutePath().normalize().getFileName().toString())
                        .toList(),
                ensemble.weights(),
                ensemble.rule(),
                int8);
    }

    /** The same in int8. */
    public PredictionMethod in(Int8Cost cost) {
        return new PredictionMethod(tta, views, models, weights, rule, Optional.of(cost));
    }

    /** What an evaluation's file says of it; {@link #PLAIN} if there is no such file. */
    static PredictionMethod read(Path evaluation) {
        if (!Files.exists(evaluation)) {
            return PLAIN;
        }
        JsonObject json = JsonObject.read(evaluation).object(KEY);
        List<String> models = new ArrayList<>();
        List<Double> weights = new ArrayList<>();
        for (JsonObject model : json.objects("models")) {
            models.add(model.text("model"));
            weights.add(model.number("weight"));
        }
        return new PredictionMethod(
                json.text("tta", ""),
                json.integer("views", 1),
                models,
                weights,
                json.text("weights", ""),
                Int8Cost.read(json));
    }

    /** An evaluation's JSON with this in it, if there is anything to say. */
    JsonObject addTo(JsonObject evaluation) {
        if (equals(PLAIN)) {
            return evaluation;
        }
        JsonObject json = JsonObject.empty();
        if (views > 1) {
            json = json.with("tta", tta).with("views", views);
        }
        if (!models.isEmpty()) {
            List<JsonObject> members = new ArrayList<>();
            for (int i = 0; i < models.size(); i++) {
                members.add(JsonObject.empty().with("model", models.get(i)).with("weight", weights.get(i)));
            }
            json = json.with("models", members).with("weights", rule);
        }
        return evaluation.with(KEY, int8.isPresent() ? int8.get().addTo(json) : json);
    }

    /** Whether the models' weights were fitted on this split. */
    public boolean weightsFittedOn(String split) {
        return rule.equals(Ensemble.FITTED) && split.equals(Split.VALIDATION);
    }

    /** For people; empty if there is nothing to say. */
    public String sentence() {
        StringBuilder text = new StringBuilder();
        if (!models.isEmpty()) {
            List<String> members = new ArrayList<>();
            for (int i = 0; i < models.size(); i++) {
                members.add(models.get(i) + String.format(Locale.ROOT, " (%.3f)", weights.get(i)));
            }
            text.append("An ensemble: the probabilities of ")
                    .append(models.size())
                    .append(" models are averaged with the weights ")
                    .append(String.join(", ", members))
                    .append(rule.equals(Ensemble.FITTED) ? ", fitted on validation. " : ". ");
        }
        if (views > 1) {
            text.append("Logits are means over ")
                    .append(views)
                    .append(" views of each picture (")
                    .append(tta)
                    .append("). ");
        }
        int8.ifPresent(cost -> text.append(cost.sentence()));
        return text.toString().strip();
    }
}
