package io.vit4j.search;

import io.vit4j.base.InputException;
import io.vit4j.base.JsonObject;
import io.vit4j.base.NearestName;
import io.vit4j.base.RandomKey;
import io.vit4j.train.arguments.ArgumentTable;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * What a sweep tries, as its file says; names and values are those of sweeps in Weights &amp; Biases:
 *
 * <pre>{"method": "random", "trials": 20, "seed": 42,
 *  "metric": {"name": "eval_roc_auc", "goal": "maximize"},
 *  "parameters": {
 *    "learning_rate": {"min": 1e-5, "max": 1e-3, "distribution": "log_uniform_values"},
 *    "weight_decay": {"values": [0, 0.05]}}}</pre>
 *
 * @param method how settings are chosen
 * @param metric that decides, with {@code eval_}
 * @param maximize whether more of it is better
 * @param parameters what is tried, by the names of training arguments
 * @param trials how many settings are drawn; of a grid all are tried
 * @param seed of the draw
 * @param halving of {@link Method#SUCCESSIVE_HALVING} only
 */
public record Search(
        Method method,
        String metric,
        boolean maximize,
        List<Parameter> parameters,
        int trials,
        long seed,
        Optional<Halving> halving) {
    /** More settings than anybody waits for. */
    private static final int MOST_TRIALS = 10_000;

    /** Draws for one trial before the settings are held to be exhausted. */
    private static final int ATTEMPTS = 1000;

    /** What a sweep sets itself, or what makes no sense for several runs. */
    private static final Set<String> NOT_SEARCHED = Set.of(
            "output_dir", "overwrite_output_dir", "resume_from_checkpoint", "compile_only", "do_train", "do_eval");

    private static final Set<String> KEYS =
            Set.of("method", "metric", "parameters", "trials", "seed", "halving", "name", "description");

    /** How settings are chosen. */
    public enum Method {
        /** Every combination of values. */
        GRID,
        /** Each parameter is drawn by itself (Bergstra and Bengio 2012). */
        RANDOM,
        /** Settings drawn at random get few epochs, the better ones more (Jamieson and Talwalkar 2016). */
        SUCCESSIVE_HALVING
    }

    /** Copies the list. */
    public Search {
        parameters = List.copyOf(parameters);
    }

    /** The search of a JSON file; InputException if it cannot be carried out. */
    public static Search read(Path file) {
        JsonObject json = JsonObject.read(file);
        try {
            return of(json);
        } catch (InputException e) {
            throw e.getMessage().startsWith(file.toString()) ? e : InputException.in(file, e.getMessage(), e);
        }
    }

    /** The search of a JSON object. */
    public static Search of(JsonObject json) {
        for (String key : json.keys()) {
            if (!KEYS.contains(key)) {
                throw new InputException(
                        "\"" + key + "\" means nothing in a sweep; did you mean " + NearestName.to(key, KEYS) + "?");
            }
        }
        Method method = method(json.text("method", "random"));
        List<Parameter> parameters = new ArrayList<>();
        JsonObject byName = json.object("parameters");
        for (String name : byName.keys()) {
            requireArgument(name);
            parameters.add(Parameter.of(name, byName.object(name)));
        }
        if (parameters.isEmpty()) {
            throw new InputException("names no \"parameters\" to try; give training arguments with their values");
        }
        JsonObject metric = json.object("metric");
        String name = metric.text("name", "eval_loss");
        String whole = name.startsWith("eval_") ? name : "eval_" + name;
        Optional<Halving> halving = method == Method.SUCCESSIVE_HALVING
                ? Optional.of(Halving.of(json.object("halving")))
                : Optional.empty();
        if (halving.isEmpty() && json.has("halving")) {
            throw new InputException(
                    "has \"halving\", but its method is " + method.name().toLowerCase(Locale.ROOT)
                            + "; use \"method\": \"successive_halving\", or leave \"halving\" out");
        }
        halving.ifPresent(h -> requireArgument(h.resource()));
        Search search = new Search(
                method,
                whole,
                maximizes(metric, whole),
                parameters,
                trials(json, method, parameters),
                json.has("seed") ? json.count("seed") : 42,
                halving);
        search.halving.ifPresent(h -> parameters.forEach(parameter -> {
            if (parameter.name().equals(h.resource())) {
                throw new InputException(
                        h.resource() + " is what halving gives more of; it cannot be among the parameters, too");
            }
        }));
        return search;
    }

    private static Method method(String name) {
        String wanted = name.toUpperCase(Locale.ROOT).replace('-', '_');
        for (Method method : Method.values()) {
            if (method.name().equals(wanted)) {
                return method;
            }
        }
        throw new InputException("its method is \"" + name + "\"; use grid, random or successive_halving");
    }

    private static void requireArgument(String name) {
        if (ArgumentTable.find(name).isEmpty()) {
            throw new InputException(name + " is not a training argument; did you mean "
                    + NearestName.to(name, ArgumentTable.names()) + "?");
        }
        if (NOT_SEARCHED.contains(name)) {
            throw new InputException(name + " is set for every trial; leave it out of the parameters");
        }
    }

    /** As {@code goal} says; else a loss or an error is made small, and anything else large. */
    private static boolean maximizes(JsonObject metric, String name) {
        if (!metric.has("goal")) {
            return !(name.endsWith("loss") || name.endsWith("mse") || name.endsWith("mae"));
        }
        return switch (metric.text("goal")) {
            case "maximize" -> true;
            case "minimize" -> false;
            default ->
                throw new InputException(
                        "its metric's goal is \"" + metric.text("goal") + "\"; use minimize or maximize");
        };
    }

    private static int trials(JsonObject json, Method method, List<Parameter> parameters) {
        if (method == Method.GRID) {
            long all = 1;
            for (Parameter parameter : parameters) {
                all = Math.min(MOST_TRIALS + 1L, all * parameter.values().size());
            }
            if (all == 0) {
                throw new InputException("a grid needs \"values\" for every parameter, which "
                        + parameters.stream()
                                .filter(p -> p.values().isEmpty())
                                .findFirst()
                                .orElseThrow()
                                .name()
                        + " has not; list them, or use \"method\": \"random\"");
            }
            if (json.has("trials")) {
                throw new InputException("a grid tries all of its settings; leave \"trials\" out");
            }
            return requireFew(all);
        }
        if (!json.has("trials")) {
            throw new InputException("lacks \"trials\", the number of settings to draw");
        }
        return requireFew(json.count("trials"));
    }

    private static int requireFew(long trials) {
        if (trials < 1 || trials > MOST_TRIALS) {
            throw new InputException("asks for " + (trials > MOST_TRIALS ? "more than " + MOST_TRIALS : trials + "")
                    + " trials; use from 1 to " + MOST_TRIALS);
        }
        return (int) trials;
    }

    /**
     * What is tried, in order: for each trial the values of training arguments, as on a command line. Of a random search the values are
     * a function of seed, number of the trial and name of the parameter; no setting comes twice.
     */
    public List<Map<String, String>> settings() {
        return method == Method.GRID ? grid() : drawn();
    }

    /** The last parameter changes fastest. */
    private List<Map<String, String>> grid() {
        List<Map<String, String>> all = List.of(Map.of());
        for (Parameter parameter : parameters) {
            List<Map<String, String>> longer = new ArrayList<>();
            for (Map<String, String> begun : all) {
                for (String value : parameter.values()) {
                    Map<String, String> setting = new LinkedHashMap<>(begun);
                    setting.put(parameter.name(), value);
                    longer.add(setting);
                }
            }
            all = longer;
        }
        return all;
    }

    private List<Map<String, String>> drawn() {
        Set<Map<String, String>> all = new LinkedHashSet<>();
        RandomKey key = RandomKey.of(seed).with("sweep");
        for (int trial = 0; trial < trials; trial++) {
            int attempt = 0;
            while (!all.add(drawn(key.with(trial).with(attempt)))) {
                if (++attempt == ATTEMPTS) {
                    throw new InputException("asks for " + trials + " trials, but there are hardly more than "
                            + all.size() + " different settings; use fewer, or \"method\": \"grid\"");
                }
            }
        }
        return List.copyOf(all);
    }

    private Map<String, String> drawn(RandomKey key) {
        Map<String, String> setting = new LinkedHashMap<>();
        parameters.forEach(p -> setting.put(p.name(), p.draw(key.with(p.name()).stream())));
        return setting;
    }

    /** Whether one score is better than another. */
    public boolean isBetter(double score, double than) {
        return maximize ? score > than : score < than;
    }

    /** {@return all of it, in the form of its file} */
    public JsonObject toJson() {
        JsonObject byName = JsonObject.empty();
        for (Parameter parameter : parameters) {
            byName = byName.with(parameter.name(), parameter.toJson());
        }
        JsonObject json = JsonObject.empty()
                .with("method", method.name().toLowerCase(Locale.ROOT))
                .with(
                        "metric",
                        JsonObject.empty().with("name", metric).with("goal", maximize ? "maximize" : "minimize"))
                .with("parameters", byName)
                .with("trials", trials)
                .with("seed", seed);
        return halving.map(h -> json.with("halving", h.toJson())).orElse(json);
    }
}
