package io.vit4j.serve;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.vit4j.base.Json;
import io.vit4j.infer.Classification;
import io.vit4j.infer.ImageClassifier;
import io.vit4j.infer.ImageInput;
import io.vit4j.serve.HttpFault.Kind;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.function.BooleanSupplier;

/**
 * The Open Inference Protocol, version 2 (KServe, Triton): health, metadata, inference with the extension for binary data. A model takes
 * encoded pictures ({@code image}, BYTES) or prepared ones ({@code pixel_values}, FP32).
 */
final class InferenceProtocol {
    static final String JSON_LENGTH = "Inference-Header-Content-Length";
    private static final String IMAGE = "image";
    private static final String PIXELS = "pixel_values";

    private final ModelRepository models;
    private final Pictures pictures;
    private final BooleanSupplier ready;
    private final String version;

    /** @param ready whether the server takes requests */
    InferenceProtocol(ModelRepository models, Pictures pictures, BooleanSupplier ready, String version) {
        this.models = models;
        this.pictures = pictures;
        this.ready = ready;
        this.version = version;
    }

    void addTo(Router router) {
        router.addOpen(
                "GET",
                "/v2/health/live",
                true,
                Door.at(call -> Reply.json(Json.object().put("live", true))));
        router.addOpen("GET", "/v2/health/ready", true, Door.at(call -> health()));
        router.add("GET", "/v2", Door.at(call -> server()));
        for (String of : List.of("/v2/models/{model}", "/v2/models/{model}/versions/{version}")) {
            router.add("GET", of, this::metadata);
            router.add("GET", of + "/ready", this::modelReady);
            router.add("POST", of + "/infer", this::infer);
        }
    }

    private Reply health() {
        boolean isReady = ready.getAsBoolean();
        return Reply.json(isReady ? 200 : 503, Json.object().put("ready", isReady));
    }

    private Reply server() {
        ObjectNode json = Json.object().put("name", "vit4j").put("version", version);
        json.putArray("extensions").add("binary_tensor_data").add("model_repository");
        return Reply.json(json);
    }

    private static Optional<String> version(Call call) {
        return call.parts().stream().skip(1).findFirst();
    }

    private CompletableFuture<Reply> modelReady(Call call) {
        String name = call.parts().get(0);
        return models.get(name)
                .use(
                        version(call),
                        served -> CompletableFuture.completedFuture(
                                Reply.json(Json.object().put("name", name).put("ready", true))));
    }

    private CompletableFuture<Reply> metadata(Call call) {
        String name = call.parts().get(0);
        return models.get(name)
                .use(version(call), served -> CompletableFuture.completedFuture(Reply.json(metadata(name, served))));
    }

    private static ObjectNode metadata(String name, ServedVersion served) {
        ImageClassifier model = served.classifier();
        int labels = model.labels().size();
        ObjectNode json = Json.object().put("name", name);
        json.putArray("versions").add(served.number());
        json.put("platform", "vit4j");
        ArrayNode inputs = json.putArray("inputs");
        tensor(inputs, IMAGE, "BYTES", -1);
        tensor(
                inputs,
                PIXELS,
                "FP32",
                -1,
                model.definition().channels(),
                model.processor().height(),
                model.processor().width());
        ArrayNode outputs = json.putArray("outputs");
        tensor(outputs, "logits", "FP32", -1, labels);
        tensor(outputs, "scores", "FP64", -1, labels);
        tensor(outputs, "present", "BOOL", -1, labels);
        ArrayNode names = json.putObject("parameters").putArray("labels");
        model.labels().forEach(names::add);
        return json;
    }

    private static void tensor(ArrayNode list, String name, String datatype, int... shape) {
        ArrayNode sizes =
                list.addObject().put("name", name).put("datatype", datatype).putArray("shape");
        for (int size : shape) {
            sizes.add(size);
        }
    }

    private CompletableFuture<Reply> infer(Call call) {
        String name = call.parts().get(0);
        return models.get(name).use(version(call), served -> {
            InferRequest request = InferRequestReader.read(
                    call.body(), jsonLength(call), pictures.most(), pictures.most() * size(served));
            InferResponse response = new InferResponse(name, served, request);
            Call timed = request.timeout().map(call::within).orElse(call);
            return classify(timed, name, served, request).thenApply(results -> response.of(results));
        });
    }

    /** {@return the numbers of a prepared picture} */
    private static long size(ServedVersion served) {
        ImageClassifier model = served.classifier();
        return (long) model.definition().channels()
                * model.processor().height()
                * model.processor().width();
    }

    private static int jsonLength(Call call) {
        Optional<String> header = call.headers().first(JSON_LENGTH);
        int length = call.body().length;
        if (header.isEmpty()) {
            return length;
        }
        try {
            int json = Integer.parseInt(header.get().strip());
            if (json >= 0 && json <= length) {
                return json;
            }
        } catch (NumberFormatException e) {
            // as of a number that cannot be
        }
        throw HttpFault.badRequest(JSON_LENGTH + " is not a number of bytes of the body");
    }

    private CompletableFuture<List<Classification>> classify(
            Call call, String name, ServedVersion served, InferRequest request) {
        if (request.inputs().size() != 1) {
            throw HttpFault.badRequest("a request has one input, " + IMAGE + " or " + PIXELS + "; this one has "
                    + request.inputs().size());
        }
        InferRequest.Input input = request.inputs().get(0);
        return switch (input.name()) {
            case IMAGE -> encoded(call, name, served, input);
            case PIXELS -> prepared(call, name, served, input);
            default -> throw HttpFault.badRequest("there is no input of that name; give " + IMAGE + " or " + PIXELS);
        };
    }

    private CompletableFuture<List<Classification>> encoded(
            Call call, String name, ServedVersion served, InferRequest.Input input) {
        long[] shape = input.shape();
        boolean fits = shape.length == 1 || shape.length == 2 && shape[1] == 1;
        if (!input.datatype().equals("BYTES")
                || !fits
                || shape[0] != input.elements().size()) {
            throw HttpFault.badRequest(
                    "input " + IMAGE + " is BYTES of shape [pictures], with as many elements in base64 or"
                            + " binary; this one does not agree with itself");
        }
        List<ImageInput> images = new ArrayList<>();
        for (int i = 0; i < input.elements().size(); i++) {
            images.add(ImageInput.of("picture " + i, input.elements().get(i)));
        }
        return pictures.classify(call, name, served, images).thenApply(InferenceProtocol::allOrFault);
    }

    /** A tensor has no place for a fault, so one picture that cannot be read fails the request. */
    private static List<Classification> allOrFault(List<Classification> results) {
        results.stream().flatMap(result -> result.fault().stream()).findFirst().ifPresent(fault -> {
            throw new HttpFault(Kind.BAD_PICTURE, fault.getMessage());
        });
        return results;
    }

    private CompletableFuture<List<Classification>> prepared(
            Call call, String name, ServedVersion served, InferRequest.Input input) {
        ImageClassifier model = served.classifier();
        long[] each = {
            model.definition().channels(),
            model.processor().height(),
            model.processor().width()
        };
        long size = size(served);
        long[] shape = input.shape();
        long count = input.numbers().length / size;
        boolean fits = shape.length == 4
                && shape[0] == count
                && shape[1] == each[0]
                && shape[2] == each[1]
                && shape[3] == each[2]
                && count * size == input.numbers().length;
        if (!input.datatype().equals("FP32") || !fits) {
            throw HttpFault.badRequest("input " + PIXELS + " is FP32 of shape [pictures, " + each[0] + ", " + each[1]
                    + ", " + each[2] + "], with as many numbers; this one does not agree with itself");
        }
        for (float number : input.numbers()) {
            if (!Float.isFinite(number)) {
                throw HttpFault.badRequest("input " + PIXELS + " contains a number that is not finite");
            }
        }
        List<float[]> pixels = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            pixels.add(java.util.Arrays.copyOfRange(input.numbers(), (int) (i * size), (int) ((i + 1) * size)));
        }
        return pictures.classifyPrepared(call, name, served, pixels);
    }
}
