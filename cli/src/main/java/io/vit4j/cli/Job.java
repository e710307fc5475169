package io.vit4j.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.vit4j.base.InputException;
import io.vit4j.base.Json;
import io.vit4j.base.NearestName;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;

/**
 * The steps of a job, read from a JSON file: {@code prepare}, {@code train} and {@code evaluate}, each with the options of that
 * command by name. A list of objects repeats a step. What one step writes is what the next reads, unless the file says otherwise.
 */
final class Job {
    private static final String PREPARE = "prepare";
    private static final String TRAIN = "train";
    private static final String EVALUATE = "evaluate";
    private static final List<String> COMMANDS = List.of(PREPARE, TRAIN, EVALUATE);
    private static final String MODEL = "--model";
    private static final String OUTPUT = "--output";
    private static final String DATASET = "--dataset";
    private static final String IMAGE_SIZE = "--image-size";
    private static final String REPORT_IMAGES = "--report-images";
    private static final String RESUME = "--resume-from-checkpoint";

    /** Spellings that a command takes for the same. */
    private static final Map<String, String> SAME = Map.of("--model-name-or-path", MODEL, "--output-dir", OUTPUT);

    /**
     * One command of a job.
     *
     * @param name of the command; with a number from the second of its kind on
     * @param options by name, with hyphens; a list for each that is given several times, {@code true} for one without a value
     */
    record Step(String name, String command, Map<String, JsonNode> options) {
        /** The words of the command line. */
        List<String> words() {
            List<String> words = new ArrayList<>(List.of(command));
            options.forEach((option, value) -> {
                if (value.isArray()) {
                    value.forEach(each -> words.add(option + "=" + text(each)));
                } else {
                    words.add(option + "=" + text(value));
                }
            });
            return words;
        }

        /** What the step does, to compare with what an earlier run did. */
        ObjectNode settings() {
            ObjectNode settings = Json.object();
            options.forEach(settings::set);
            return settings;
        }

        /** The same in place of what an earlier run left. */
        Step again() {
            Map<String, JsonNode> fresh = new LinkedHashMap<>(options);
            switch (command) {
                case PREPARE -> fresh.put("--overwrite", Json.value(true));
                case TRAIN -> {
                    fresh.remove(RESUME);
                    fresh.put("--overwrite-output-dir", Json.value(true));
                }
                default -> {} // an evaluation replaces the one before
            }
            return new Step(name, command, fresh);
        }

        private Step with(String option, JsonNode value) {
            Map<String, JsonNode> all = new LinkedHashMap<>(options);
            all.putIfAbsent(option, value);
            return new Step(name, command, all);
        }

        private Step with(String option, String value) {
            return with(option, Json.value(value));
        }
    }

    private Job() {}

    /** InputException if it is no such file. */
    static List<Step> read(Path file, Path output) {
        ObjectNode json = Json.readObject(file);
        for (Map.Entry<String, JsonNode> entry : json.properties()) {
            if (!COMMANDS.contains(entry.getKey())) {
                throw InputException.in(
                        file,
                        "\"" + entry.getKey() + "\" is no step; a job has " + String.join(", ", COMMANDS)
                                + "; did you mean " + NearestName.to(entry.getKey(), COMMANDS) + "?");
            }
        }
        if (json.isEmpty()) {
            throw InputException.in(file, "has no step; a job has " + String.join(", ", COMMANDS));
        }
        List<Step> prepare = steps(file, json, PREPARE);
        List<Step> train = steps(file, json, TRAIN);
        List<Step> evaluate = steps(file, json, EVALUATE);
        if (prepare.size() > 1 || train.size() > 1) {
            throw InputException.in(
                    file,
                    "only " + EVALUATE + " can be a list of several; write a file for each data set and each model");
        }
        return joined(prepare, train, evaluate, output);
    }

    private static List<Step> joined(List<Step> prepare, List<Step> train, List<Step> evaluate, Path output) {
        List<Step> steps = new ArrayList<>();
        Function<String, JsonNode> trained =
                option -> train.isEmpty() ? null : train.get(0).options().get(option);
        Path dataset = output.resolve("dataset");
        Path model = output.resolve("model");
        for (Step step : prepare) {
            Step whole = step.with(OUTPUT, dataset.toString());
            for (String shared : List.of(MODEL, IMAGE_SIZE)) { // pictures as the model that will see them wants them
                whole = trained.apply(shared) == null ? whole : whole.with(shared, trained.apply(shared));
            }
            steps.add(whole);
            dataset = Path.of(whole.options().get(OUTPUT).asText());
        }
        JsonNode images = trained.apply(REPORT_IMAGES);
        for (Step step : train) {
            Step whole = step.with(OUTPUT, model.toString())
                    .with(DATASET, dataset.toString())
                    .with(RESUME, "true");
            if (!evaluate.isEmpty()) { // whose report takes this one's place
                whole.options().put(REPORT_IMAGES, Json.value("none"));
            }
            steps.add(whole);
            model = Path.of(whole.options().get(OUTPUT).asText());
        }
        for (Step step : evaluate) {
            Step whole = step.with(MODEL, model.toString()).with(DATASET, dataset.toString());
            steps.add(images == null ? whole : whole.with(REPORT_IMAGES, images));
        }
        return steps;
    }

    private static List<Step> steps(Path file, ObjectNode json, String command) {
        JsonNode given = json.path(command);
        if (given.isMissingNode()) {
            return List.of();
        }
        List<Step> steps = new ArrayList<>();
        for (JsonNode each : given.isArray() ? given : List.of(given)) {
            if (!each.isObject()) {
                throw InputException.in(
                        file,
                        command + " is " + Json.describe(each) + "; write an object with the options of vit4j "
                                + command);
            }
            String name = steps.isEmpty() ? command : command + " " + (steps.size() + 1);
            steps.add(new Step(name, command, options(file, name, each)));
        }
        return steps;
    }

    private static Map<String, JsonNode> options(Path file, String name, JsonNode given) {
        Map<String, JsonNode> options = new LinkedHashMap<>();
        for (Map.Entry<String, JsonNode> entry : given.properties()) {
            String hyphens = "--" + entry.getKey().replace('_', '-');
            String option = SAME.getOrDefault(hyphens, hyphens);
            if (entry.getValue().isNull()) {
                continue;
            }
            if (options.put(option, entry.getValue()) != null) {
                throw InputException.in(file, name + " gives " + option.substring(2) + " twice; keep one");
            }
        }
        return options;
    }

    private static String text(JsonNode value) {
        return value.isValueNode() ? value.asText() : Json.line(value);
    }
}
