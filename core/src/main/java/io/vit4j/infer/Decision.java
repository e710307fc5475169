package io.vit4j.infer;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.vit4j.base.DurableFiles;
import io.vit4j.base.InputException;
import io.vit4j.base.Json;
import io.vit4j.base.JsonObject;
import io.vit4j.data.ProblemType;
import io.vit4j.metrics.EvalPrediction;
import io.vit4j.metrics.TemperatureScaling;
import io.vit4j.metrics.ThresholdRule;
import io.vit4j.model.ModelDefinition;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;

/**
 * From logits to predictions: a temperature and thresholds, chosen on validation data and stored with the checkpoint in
 * {@code decision.json}:
 *
 * <pre>{"temperature": 1.31, "thresholds": {"Nodule": 0.18},
 *  "fitted_on": {"split": "validation", "rule": "youden", "pictures": 5000}}</pre>
 *
 * Whoever writes the file by hand leaves {@code fitted_on} out: it is then theirs, and nothing overwrites it unasked.
 *
 * @param temperature that logits are divided by (Guo et al. 2017), above 0
 * @param thresholds least score of a label that is called present, by its name; 0.5 where none is given (0 in
 *     single-label models, where the highest score is called)
 * @param fittedOn where they come from; empty if they were set by hand
 */
public record Decision(double temperature, Map<String, Double> thresholds, Optional<Origin> fittedOn) {
    /** The file in a checkpoint's folder. */
    public static final String FILE = "decision.json";

    /** Logits as they are. */
    public static final Decision PLAIN = new Decision(1, Map.of());

    /**
     * What a decision was fitted on.
     *
     * @param split name of the split
     * @param rule by which thresholds were chosen; see {@link ThresholdRule}
     * @param pictures how many
     */
    public record Origin(String split, String rule, int pictures) {}

    /** Set by hand. */
    public Decision(double temperature, Map<String, Double> thresholds) {
        this(temperature, thresholds, Optional.empty());
    }

    /** Checks temperature and thresholds. */
    public Decision {
        if (!(temperature > 0) || Double.isInfinite(temperature)) {
            throw new InputException("temperature is " + temperature + ", not a number above 0");
        }
        thresholds = Collections.unmodifiableMap(new LinkedHashMap<>(thresholds));
        thresholds.forEach((label, threshold) -> {
            if (threshold.isNaN()) {
                throw new InputException("the threshold of " + label + " is not a number");
            }
        });
    }

    /**
     * The temperature with the lowest loss, and a threshold for every label that has both classes. Single-label data has no
     * thresholds; the highest score is the answer. If no truth is known, the temperature is 1 and there are no thresholds.
     * Fit it on validation data, never on data that is to be measured.
     *
     * @param prediction its scores logits
     * @param labels in the order of its columns
     * @param rule by which thresholds are chosen
     * @param split what the pictures are, for the record
     */
    public static Decision fit(EvalPrediction prediction, List<String> labels, ThresholdRule rule, String split) {
        boolean known = prediction.hasKnown();
        TemperatureScaling scaling =
                known ? TemperatureScaling.fit(prediction) : new TemperatureScaling(1, Double.NaN, Double.NaN);
        Map<String, Double> thresholds = new LinkedHashMap<>();
        if (known && !prediction.singleLabel()) {
            EvalPrediction probabilities = prediction.probabilities(scaling.temperature());
            for (int j = 0; j < labels.size(); j++) {
                String label = labels.get(j);
                rule.choose(probabilities.scores(j), probabilities.truth(j))
                        .ifPresent(threshold -> thresholds.put(label, threshold));
            }
        }
        return new Decision(
                scaling.temperature(),
                thresholds,
                Optional.of(new Origin(split, rule.toString(), prediction.samples())));
    }

    /** Those of logits divided by the temperature: what thresholds are compared with. */
    public EvalPrediction probabilities(EvalPrediction logits) {
        return logits.probabilities(temperature);
    }

    private TemperatureScaling scaling() {
        return new TemperatureScaling(temperature, Double.NaN, Double.NaN);
    }

    /** What the temperature does to the loss of these predictions. */
    public TemperatureScaling lossOn(EvalPrediction prediction) {
        return scaling().on(prediction);
    }

    /** That of a checkpoint's folder; {@link #PLAIN} where it has none. */
    public static Decision read(Path folder) {
        Path file = folder.resolve(FILE);
        if (!Files.exists(file)) {
            return PLAIN;
        }
        JsonObject json = JsonObject.read(file);
        JsonObject byLabel = json.object("thresholds");
        Map<String, Double> thresholds = new LinkedHashMap<>();
        for (String label : byLabel.keys()) {
            if (!byLabel.has(label)) {
                throw byLabel.wrong(label, "a number");
            }
            thresholds.put(label, byLabel.number(label));
        }
        try {
            return new Decision(json.number("temperature", 1), thresholds, origin(json.object("fitted_on")));
        } catch (InputException e) {
            throw e.getMessage().startsWith(file.toString())
                    ? e
                    : InputException.in(file, e.getMessage() + "; correct it", e);
        }
    }

    private static Optional<Origin> origin(JsonObject json) {
        return json.keys().isEmpty()
                ? Optional.empty()
                : Optional.of(new Origin(json.text("split", ""), json.text("rule", ""), json.integer("pictures", 0)));
    }

    /** Writes {@link #FILE} into a checkpoint's folder. */
    public void write(DurableFiles files, Path folder) {
        files.write(folder.resolve(FILE), toJson().pretty());
    }

    /** {@return what {@link #FILE} says} */
    public JsonObject toJson() {
        ObjectNode json = Json.object();
        json.put("temperature", temperature);
        ObjectNode byLabel = json.putObject("thresholds");
        thresholds.forEach(byLabel::put);
        fittedOn.ifPresent(origin -> json.putObject("fitted_on")
                .put("split", origin.split())
                .put("rule", origin.rule())
                .put("pictures", origin.pictures()));
        return Json.typed(json, FILE);
    }

    /** How these labels are scored: as transformers' image-classification pipeline decides. */
    public static ProblemType type(ModelDefinition config) {
        return config.problemType()
                .orElseGet(() -> ProblemType.ofOutputs(config.labels().size()));
    }

    /**
     * The least score at which a label is called present.
     *
     * @return the label's own, or what holds for the model's kind of labels; empty if the label is never called, as in regression
     */
    public OptionalDouble threshold(ModelDefinition model, String label) {
        double threshold = thresholds.getOrDefault(label, unlessGiven(type(model)));
        return Double.isNaN(threshold) ? OptionalDouble.empty() : OptionalDouble.of(threshold);
    }

    /**
     * One picture's scores, highest first. Labels of one name have their numbers behind it, see {@link ModelDefinition#labels}.
     *
     * @param logits one per label, in the model's order
     */
    public List<LabelScore> of(ModelDefinition model, float[] logits) {
        ProblemType type = type(model);
        double[] scores = scores(type, logits);
        int highest = 0;
        for (int i = 0; i < scores.length; i++) {
            highest = scores[i] > scores[highest] ? i : highest;
        }
        List<String> names = model.labels();
        List<LabelScore> all = new ArrayList<>(scores.length);
        for (int i = 0; i < scores.length; i++) {
            String label = names.get(i);
            double threshold = thresholds.getOrDefault(label, unlessGiven(type));
            boolean present = scores[i] >= threshold && (type != ProblemType.SINGLE_LABEL || i == highest);
            all.add(new LabelScore(label, scores[i], logits[i], present, threshold));
        }
        all.sort(Comparator.comparingDouble(LabelScore::score).reversed());
        return all;
    }

    /** The threshold of a label that has none of its own. Nothing reaches NaN. */
    private static double unlessGiven(ProblemType type) {
        return switch (type) {
            case MULTI_LABEL -> 0.5;
            case SINGLE_LABEL -> 0;
            case REGRESSION -> Double.NaN;
        };
    }

    private double[] scores(ProblemType type, float[] logits) {
        double[] scores = new double[logits.length];
        double largest = Double.NEGATIVE_INFINITY;
        for (float logit : logits) {
            largest = Math.max(largest, logit);
        }
        double sum = 0;
        for (int i = 0; i < scores.length; i++) {
            scores[i] = switch (type) {
                case MULTI_LABEL -> 1 / (1 + Math.exp(-logits[i] / temperature));
                case SINGLE_LABEL -> Math.exp((logits[i] - largest) / temperature);
                case REGRESSION -> logits[i];
            };
            sum += scores[i];
        }
        for (int i = 0; type == ProblemType.SINGLE_LABEL && i < scores.length; i++) {
            scores[i] /= sum;
        }
        return scores;
    }
}
