package io.vit4j.infer;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.vit4j.base.DurableFiles;
import io.vit4j.base.InputException;
import io.vit4j.base.Json;
import io.vit4j.data.ProblemType;
import io.vit4j.model.ViTConfig;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * From logits to what is said of a picture: a temperature and thresholds, chosen on validation data and kept with the
 * checkpoint in {@code decision.json}:
 *
 * <pre>{"temperature": 1.31, "thresholds": {"Nodule": 0.18}}</pre>
 *
 * @param temperature that logits are divided by (Guo et al. 2017), above 0
 * @param thresholds least score of a label that is called present, by its name; 0.5 where none is given (0 in
 *     single-label models, where the highest score is called)
 */
public record Decision(double temperature, Map<String, Double> thresholds) {
    /** The file in a checkpoint's folder. */
    public static final String FILE = "decision.json";

    /** Logits as they are. */
    public static final Decision PLAIN = new Decision(1, Map.of());

    /** Checks temperature and thresholds. */
    public Decision {
        if (!(temperature > 0) || Double.isInfinite(temperature)) {
            throw new InputException("temperature is " + temperature + ", not a number above 0");
        }
        thresholds = Map.copyOf(thresholds);
        thresholds.forEach((label, threshold) -> {
            if (threshold.isNaN()) {
                throw new InputException("the threshold of " + label + " is not a number");
            }
        });
    }

    /** That of a checkpoint's folder; {@link #PLAIN} where it has none. */
    public static Decision read(Path folder) {
        Path file = folder.resolve(FILE);
        if (!Files.exists(file)) {
            return PLAIN;
        }
        ObjectNode json = Json.readObject(file);
        JsonNode temperature = json.path("temperature");
        if (!temperature.isMissingNode() && !temperature.isNumber()) {
            throw InputException.in(file, "\"temperature\" is not a number; correct it");
        }
        Map<String, Double> thresholds = new LinkedHashMap<>();
        for (Map.Entry<String, JsonNode> entry : json.path("thresholds").properties()) {
            if (!entry.getValue().isNumber()) {
                throw InputException.in(
                        file, "the threshold of \"" + entry.getKey() + "\" is not a number; correct it");
            }
            thresholds.put(entry.getKey(), entry.getValue().doubleValue());
        }
        try {
            return new Decision(temperature.asDouble(1), thresholds);
        } catch (InputException e) {
            throw InputException.in(file, e.getMessage() + "; correct it", e);
        }
    }

    /** Writes {@link #FILE} into a checkpoint's folder. */
    public void write(DurableFiles files, Path folder) {
        ObjectNode json = Json.object();
        json.put("temperature", temperature);
        ObjectNode byLabel = json.putObject("thresholds");
        thresholds.forEach(byLabel::put);
        files.write(folder.resolve(FILE), Json.pretty(json));
    }

    /** Whether these labels are scored by softmax: as transformers' image-classification pipeline decides. */
    private static ProblemType type(ViTConfig config) {
        return config.problemType()
                .orElse(config.labels().size() > 1 ? ProblemType.SINGLE_LABEL : ProblemType.MULTI_LABEL);
    }

    /** One picture's scores, highest first. */
    List<LabelScore> of(ViTConfig config, float[] logits) {
        ProblemType type = type(config);
        double[] scores = scores(type, logits);
        int highest = 0;
        for (int i = 0; i < scores.length; i++) {
            highest = scores[i] > scores[highest] ? i : highest;
        }
        List<LabelScore> all = new ArrayList<>(scores.length);
        for (int i = 0; i < scores.length; i++) {
            String label = config.labels().get(i);
            boolean present = switch (type) {
                case MULTI_LABEL -> scores[i] >= thresholds.getOrDefault(label, 0.5);
                case SINGLE_LABEL -> i == highest && scores[i] >= thresholds.getOrDefault(label, 0.0);
                case REGRESSION -> thresholds.containsKey(label) && scores[i] >= thresholds.get(label);
            };
            all.add(new LabelScore(label, scores[i], logits[i], present));
        }
        all.sort(Comparator.comparingDouble(LabelScore::score).reversed());
        return all;
    }

    private double[] scores(ProblemType type, float[] logits) {
        double[] scores = new double[logits.length];
        double largest = Double.NEGATIVE_INFINITY;
        for (float logit : logits) {
            largest = Math.max(largest, logit / temperature);
        }
        double sum = 0;
        for (int i = 0; i < scores.length; i++) {
            double logit = logits[i] / temperature;
            scores[i] = switch (type) {
                case MULTI_LABEL -> 1 / (1 + Math.exp(-logit));
                case SINGLE_LABEL -> Math.exp(logit - largest);
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
