package io.vit4j.infer;

import io.vit4j.base.DurableFiles;
import io.vit4j.base.InputException;
import io.vit4j.base.JsonObject;
import io.vit4j.metrics.EvalPrediction;
import io.vit4j.metrics.OpinionPool;
import io.vit4j.model.ModelDefinition;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;

/**
 * Models whose probabilities are averaged, kept as {@code ensemble.json} in a folder, which then stands for a model:
 *
 * <pre>{"models": [{"folder": "../tuned-a", "weight": 0.3}, {"folder": "../tuned-b", "weight": 0.7}],
 *  "weights": "fitted", "fitted_on": "validation"}</pre>
 *
 * @param models their folders
 * @param weights one a model, not negative, with the sum 1
 * @param rule where the weights come from: {@code equal}, {@code fitted} or {@code given}
 */
public record Ensemble(List<Path> models, List<Double> weights, String rule) {
    /** The file in its folder. */
    public static final String FILE = "ensemble.json";

    /** The rule of weights that were fitted on the validation split. */
    public static final String FITTED = "fitted";

    /** The rule of weights that are all the same. */
    public static final String EQUAL = "equal";

    private static final double SUM_ERROR = 1e-6;

    /** Checks models and weights. */
    public Ensemble {
        models = List.copyOf(models);
        weights = List.copyOf(weights);
        if (new LinkedHashSet<>(models).size() < models.size()) {
            throw new InputException("an ensemble names the same model twice; give each once, with its weight");
        }
        if (weights.size() != models.size()) {
            throw new InputException(
                    weights.size() + " weights for " + models.size() + " models; give one for each model");
        }
        double sum = weights.stream().mapToDouble(Double::doubleValue).sum();
        if (weights.stream().anyMatch(weight -> !(weight >= 0)) || !(Math.abs(sum - 1) <= SUM_ERROR)) {
            throw new InputException(
                    "the weights " + weights + " of an ensemble must not be negative, and their sum must be 1");
        }
    }

    /** All models alike. */
    public static Ensemble equal(List<Path> models) {
        return new Ensemble(models, Collections.nCopies(models.size(), 1.0 / models.size()), EQUAL);
    }

    /** Weights in one word, separated by commas: {@code 0.3,0.7}. */
    public static Ensemble given(List<Path> models, String words) {
        List<Double> weights = new ArrayList<>();
        for (String word : words.split(",")) {
            try {
                weights.add(Double.parseDouble(word.strip()));
            } catch (NumberFormatException e) {
                throw new InputException(
                        "--ensemble-weights " + words + ": use equal, fitted, or numbers such as 0.3,0.7", e);
            }
        }
        return new Ensemble(models, weights, "given");
    }

    /** Weights with the lowest log loss on these predictions of the validation split, one of each model. */
    public static Ensemble fitted(List<Path> models, List<EvalPrediction> validation) {
        double[] weights = OpinionPool.fit(validation);
        List<Double> all = new ArrayList<>();
        for (double weight : weights) {
            all.add(weight);
        }
        return new Ensemble(models, all, FITTED);
    }

    /**
     * Checks that a model can be asked together with an ensemble's first one.
     *
     * @param folder of the model, for the message of the InputException
     */
    public static void requireSameLabels(Path folder, ModelDefinition model, ModelDefinition first) {
        boolean same = model.labels().size() == first.labels().size()
                && model.labels().containsAll(first.labels())
                && Decision.type(model) == Decision.type(first);
        if (!same) {
            throw InputException.in(
                    folder,
                    "has the labels " + model.labels() + " ("
                            + Decision.type(model).configName() + "), but the first model " + first.labels() + " ("
                            + Decision.type(first).configName() + "); models of an ensemble need the same labels");
        }
    }

    /** The predictions of its models as one. */
    public EvalPrediction pooled(List<EvalPrediction> members) {
        return OpinionPool.of(
                members, weights.stream().mapToDouble(Double::doubleValue).toArray());
    }

    /** That of a folder; empty if it is none's. */
    public static Optional<Ensemble> read(Path folder) {
        Path file = folder.resolve(FILE);
        if (!Files.exists(file)) {
            return Optional.empty();
        }
        JsonObject json = JsonObject.read(file);
        List<Path> models = new ArrayList<>();
        List<Double> weights = new ArrayList<>();
        for (JsonObject model : json.objects("models")) {
            models.add(folder.resolve(model.text("folder")).normalize());
            weights.add(model.number("weight"));
        }
        try {
            return Optional.of(new Ensemble(models, weights, json.text("weights")));
        } catch (InputException e) {
            throw InputException.in(file, e.getMessage() + "; correct it", e);
        }
    }

    /** Writes {@link #FILE} into a folder; the models are named relative to it. */
    public void write(DurableFiles files, Path folder) {
        Path from = folder.toAbsolutePath().normalize();
        List<JsonObject> members = new ArrayList<>();
        for (int i = 0; i < models.size(); i++) {
            Path to = models.get(i).toAbsolutePath().normalize();
            boolean sameRoot = from.getRoot().equals(to.getRoot()); // Windows has several
            members.add(JsonObject.empty()
                    .with(
                            "folder",
                            (sameRoot ? from.relativize(to) : to).toString().replace('\\', '/'))
                    .with("weight", weights.get(i)));
        }
        JsonObject json = JsonObject.empty().with("models", members).with("weights", rule);
        files.write(folder.resolve(FILE), (rule.equals(FITTED) ? json.with("fitted_on", "validation") : json).pretty());
    }
}
