package io.vit4j.serve;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.databind.node.ArrayNode;
import io.vit4j.base.Json;
import io.vit4j.data.ProblemType;
import io.vit4j.infer.Decision;
import io.vit4j.infer.ImageInput;
import io.vit4j.infer.LabelScore;
import io.vit4j.serve.HttpFault.Kind;
import java.io.IOException;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;

/**
 * Image classification as Hugging Face's inference endpoints have it: {@code POST /models/M} with a picture's bytes, or with JSON
 * {@code {"inputs": base64, "parameters": {"top_k": 5, "function_to_apply": "sigmoid"}}}. Scores are those of transformers' pipeline, which
 * knows neither temperature nor thresholds.
 */
final class HuggingFaceDoor {
    private static final int TOP_K = 5;

    private final ModelRepository models;
    private final Pictures pictures;

    HuggingFaceDoor(ModelRepository models, Pictures pictures) {
        this.models = models;
        this.pictures = pictures;
    }

    void addTo(Router router) {
        router.add("POST", "/models/{model}", this::classify);
    }

    private enum Function {
        SIGMOID,
        SOFTMAX,
        NONE;

        static Function parse(String name) {
            return switch (name) {
                case "sigmoid" -> SIGMOID;
                case "softmax" -> SOFTMAX;
                case "none" -> NONE;
                default -> throw HttpFault.badRequest("\"function_to_apply\" is none of sigmoid, softmax, none");
            };
        }

        /** As the pipeline chooses. */
        static Function usual(ProblemType type) {
            return switch (type) {
                case MULTI_LABEL -> SIGMOID;
                case SINGLE_LABEL -> SOFTMAX;
                case REGRESSION -> NONE;
            };
        }

        double[] apply(float[] logits) {
            double largest = IntStream.range(0, logits.length)
                    .mapToDouble(i -> logits[i])
                    .max()
                    .orElse(0);
            double[] scores = IntStream.range(0, logits.length)
                    .mapToDouble(i -> switch (this) {
                        case SIGMOID -> 1 / (1 + Math.exp(-logits[i]));
                        case SOFTMAX -> Math.exp(logits[i] - largest);
                        case NONE -> logits[i];
                    })
                    .toArray();
            double sum = this == SOFTMAX
                    ? IntStream.range(0, scores.length)
                            .mapToDouble(i -> scores[i])
                            .sum()
                    : 1;
            for (int i = 0; i < scores.length; i++) {
                scores[i] /= sum;
            }
            return scores;
        }
    }

    /** What a request says. */
    private static final class Asked {
        byte[] picture = {};
        int topK = TOP_K;
        Optional<Function> function = Optional.empty();
    }

    private CompletableFuture<Reply> classify(Call call) {
        String name = call.parts().get(0);
        return models.get(name).use(served -> {
            Asked asked = asked(call);
            Function function = asked.function.orElseGet(
                    () -> Function.usual(Decision.type(served.classifier().definition())));
            List<ImageInput> images = List.of(ImageInput.of("the picture", asked.picture));
            return pictures.classify(call, name, served, images).thenApply(results -> {
                results.get(0).fault().ifPresent(fault -> {
                    throw new HttpFault(Kind.BAD_PICTURE, fault.getMessage());
                });
                List<LabelScore> scores = served.inOrder(results.get(0));
                float[] logits = new float[scores.size()];
                for (int i = 0; i < logits.length; i++) {
                    logits[i] = (float) scores.get(i).logit();
                }
                return Reply.json(list(served.classifier().labels(), function.apply(logits), asked.topK));
            });
        });
    }

    private static ArrayNode list(List<String> labels, double[] scores, int topK) {
        ArrayNode list = Json.object().arrayNode();
        IntStream.range(0, scores.length)
                .boxed()
                .sorted(Comparator.comparingDouble((Integer i) -> scores[i]).reversed())
                .limit(topK)
                .forEach(i -> list.addObject().put("label", labels.get(i)).put("score", scores[i]));
        return list;
    }

    private static Asked asked(Call call) {
        Asked asked = new Asked();
        if (!call.mediaType().equals(Reply.JSON)) {
            asked.picture = call.body();
        } else {
            Json.stream(call.body(), call.body().length, "the request", json -> {
                json.nextToken();
                fields(json, asked, HuggingFaceDoor::field);
                return asked;
            });
        }
        if (asked.picture.length == 0) {
            throw HttpFault.badRequest("the request has no picture; send its bytes, or JSON with \"inputs\" in base64");
        }
        return asked;
    }

    private interface Field {
        void read(JsonParser json, String key, Asked asked) throws IOException;
    }

    private static void fields(JsonParser json, Asked asked, Field field) throws IOException {
        if (json.currentToken() != JsonToken.START_OBJECT) {
            throw HttpFault.badRequest("the request and its \"parameters\" are objects {...}");
        }
        while (json.nextToken() == JsonToken.FIELD_NAME) {
            String key = json.currentName();
            json.nextToken();
            field.read(json, key, asked);
        }
    }

    private static void field(JsonParser json, String key, Asked asked) throws IOException {
        switch (key) {
            case "inputs" -> {
                if (json.currentToken() != JsonToken.VALUE_STRING) {
                    throw HttpFault.badRequest("\"inputs\" is not one picture in base64");
                }
                asked.picture = Base64Pictures.decode(json.getText());
            }
            case "parameters" -> {
                if (json.currentToken() != JsonToken.VALUE_NULL) {
                    fields(json, asked, HuggingFaceDoor::parameter);
                }
            }
            default -> json.skipChildren();
        }
    }

    private static void parameter(JsonParser json, String key, Asked asked) throws IOException {
        boolean given = json.currentToken() != JsonToken.VALUE_NULL;
        if (key.equals("top_k") && given) {
            if (json.currentToken() != JsonToken.VALUE_NUMBER_INT || json.getDoubleValue() < 1) {
                throw HttpFault.badRequest("\"top_k\" is not a whole number above 0");
            }
            asked.topK = (int) Math.min(Integer.MAX_VALUE, json.getDoubleValue());
        } else if (key.equals("function_to_apply") && given) {
            asked.function = Optional.of(Function.parse(json.getText()));
        } else {
            json.skipChildren();
        }
    }
}
