package io.vit4j.serve;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.vit4j.base.InputException;
import io.vit4j.base.IoReason;
import io.vit4j.base.Json;
import io.vit4j.base.OpenFiles;
import io.vit4j.infer.Decision;
import io.vit4j.infer.ImageClassifier;
import io.vit4j.serve.HttpFault.Kind;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;

/** What the server has: its models, what each is, its card; and the order to load a newer version of one. */
final class RepositoryDoor {
    private static final String CARD = "README.md";
    private static final long LONGEST_CARD = 1 << 20;
    private static final List<String> EVALUATIONS = List.of("evaluation-test.json", "evaluation-validation.json");
    private static final long LONGEST_EVALUATION = 16 << 20;

    private final ModelRepository models;

    RepositoryDoor(ModelRepository models) {
        this.models = models;
    }

    void addTo(Router router) {
        router.add("POST", "/v2/repository/index", Door.at(call -> index()));
        router.add("POST", "/v2/repository/models/{model}/load", this::load);
        router.add("GET", "/v1/models/{model}", this::describe);
        router.add("GET", "/v1/models/{model}/card", this::card);
        router.add("GET", "/v1/models/{model}/evaluation", this::evaluation);
    }

    private Reply index() {
        ArrayNode list = Json.object().arrayNode();
        models.all()
                .forEach(model -> list.addObject()
                        .put("name", model.name())
                        .put("version", model.version())
                        .put("state", "READY"));
        return Reply.json(list);
    }

    private CompletableFuture<Reply> load(Call call) {
        ServedModel model = models.get(call.parts().get(0));
        return model.load()
                .exceptionally(e -> {
                    throw e instanceof InputException broken
                            ? HttpFault.badRequest("version " + model.version() + " stays: " + broken.getMessage())
                            : new CompletionException(e);
                })
                .thenApply(done ->
                        Reply.json(Json.object().put("name", model.name()).put("version", model.version())));
    }

    private CompletableFuture<Reply> describe(Call call) {
        String name = call.parts().get(0);
        return models.get(name).use(served -> CompletableFuture.completedFuture(Reply.json(description(name, served))));
    }

    private static ObjectNode description(String name, ServedVersion served) {
        ImageClassifier model = served.classifier();
        Decision decision = model.decision();
        ObjectNode json = Json.object().put("name", name).put("version", served.number());
        json.put("architecture", model.definition().architecture().modelType());
        json.put("problem_type", Decision.type(model.definition()).configName());
        json.put("temperature", decision.temperature());
        ArrayNode labels = json.putArray("labels");
        for (String label : model.labels()) {
            ObjectNode each = labels.addObject().put("label", label);
            OptionalDouble threshold = decision.threshold(model.definition(), label);
            if (threshold.isPresent()) {
                each.put("threshold", threshold.getAsDouble());
            }
        }
        json.put("has_card", Files.isRegularFile(served.found().folder().resolve(CARD)));
        json.put("has_evaluation", evaluation(served.found().folder()).isPresent());
        return json;
    }

    /** What {@code vit4j evaluate} wrote into a model's folder: of the test split if it is there, or else of another. */
    private static Optional<Path> evaluation(Path folder) {
        return EVALUATIONS.stream()
                .map(folder::resolve)
                .filter(Files::isRegularFile)
                .findFirst();
    }

    private CompletableFuture<Reply> evaluation(Call call) {
        return models.get(call.parts().get(0))
                .use(served -> CompletableFuture.completedFuture(evaluation(
                                served.found().folder())
                        .map(RepositoryDoor::evaluated)
                        .orElseThrow(() -> new HttpFault(
                                Kind.NOT_FOUND,
                                "this model has not been evaluated (" + String.join(", ", EVALUATIONS)
                                        + " in its folder)"))));
    }

    private static Reply evaluated(Path file) {
        try {
            if (Files.size(file) > LONGEST_EVALUATION) {
                throw new HttpFault(Kind.NOT_FOUND, "this model's evaluation is too long to be shown");
            }
            return Reply.json(
                    Json.parse(OpenFiles.bytes(file), file.getFileName().toString()));
        } catch (IOException | InputException e) {
            throw new HttpFault(
                    Kind.NOT_FOUND,
                    "this model's evaluation cannot be read ("
                            + (e instanceof IOException fault ? IoReason.of(fault) : e.getMessage()) + ")");
        }
    }

    private CompletableFuture<Reply> card(Call call) {
        return models.get(call.parts().get(0))
                .use(served -> CompletableFuture.completedFuture(
                        card(served.found().folder().resolve(CARD))));
    }

    private static Reply card(Path file) {
        try {
            if (!Files.isRegularFile(file) || Files.size(file) > LONGEST_CARD) {
                throw new HttpFault(Kind.NOT_FOUND, "this model has no card (" + CARD + " in its folder)");
            }
            return Reply.of("text/markdown; charset=utf-8", OpenFiles.text(file).getBytes(StandardCharsets.UTF_8));
        } catch (IOException e) {
            throw new HttpFault(Kind.NOT_FOUND, "this model's card cannot be read (" + IoReason.of(e) + ")");
        }
    }
}
