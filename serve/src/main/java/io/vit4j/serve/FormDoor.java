package io.vit4j.serve;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.vit4j.base.Json;
import io.vit4j.infer.Classification;
import io.vit4j.infer.Decision;
import io.vit4j.infer.ImageClassifier;
import io.vit4j.infer.LabelScore;
import io.vit4j.model.ModelDefinition;
import io.vit4j.serve.HttpFault.Kind;
import java.util.List;
import java.util.OptionalDouble;
import java.util.concurrent.CompletableFuture;

/**
 * Forms with pictures: {@code :predict} answers with scores, thresholds and the decision that is kept with the model, {@code :explain} with
 * a picture of where the model looked.
 */
final class FormDoor {
    private final ModelRepository models;
    private final Pictures pictures;
    private final Explainers explainers;

    FormDoor(ModelRepository models, Pictures pictures, Explainers explainers) {
        this.models = models;
        this.pictures = pictures;
        this.explainers = explainers;
    }

    void addTo(Router router) {
        router.add("POST", "/v1/models/{model}:predict", this::predict);
        router.add("POST", "/v1/models/{model}:explain", this::explain);
    }

    private CompletableFuture<Reply> predict(Call call) {
        String name = call.parts().get(0);
        return models.get(name).use(served -> {
            FormParts form = FormParts.read(call, pictures.most());
            form.requireOnly(List.of());
            return pictures.classify(call, name, served, form.pictures()).thenApply(results -> {
                if (results.stream().allMatch(result -> result.fault().isPresent())) {
                    throw new HttpFault(
                            Kind.BAD_PICTURE,
                            results.get(0).fault().orElseThrow().getMessage());
                }
                return Reply.json(answer(name, served, results));
            });
        });
    }

    private static ObjectNode answer(String name, ServedVersion served, List<Classification> results) {
        ObjectNode json = Json.object().put("model", name).put("version", served.number());
        ArrayNode predictions = json.putArray("predictions");
        for (Classification result : results) {
            ObjectNode prediction = predictions.addObject().put("name", result.name());
            if (result.fault().isPresent()) {
                prediction.put("error", result.fault().get().getMessage());
            } else {
                scores(prediction, served.classifier(), result.scores());
            }
        }
        return json;
    }

    private static void scores(ObjectNode prediction, ImageClassifier model, List<LabelScore> scores) {
        ModelDefinition definition = model.definition();
        Decision decision = model.decision();
        ArrayNode present = prediction.putArray("present");
        ArrayNode labels = prediction.putArray("labels");
        for (LabelScore score : scores) {
            if (score.present()) {
                present.add(score.label());
            }
            ObjectNode label = labels.addObject()
                    .put("label", score.label())
                    .put("score", score.score())
                    .put("logit", (float) score.logit());
            OptionalDouble threshold = decision.threshold(definition, score.label());
            if (threshold.isPresent()) {
                label.put("threshold", threshold.getAsDouble());
            }
            label.put("present", score.present());
        }
    }

    private CompletableFuture<Reply> explain(Call call) {
        return models.get(call.parts().get(0)).use(served -> {
            FormParts form = FormParts.read(call, 1);
            form.requireOnly(List.of("label", "method"));
            return explainers.explain(call, served, form).thenApply(png -> Reply.of("image/png", png));
        });
    }
}
