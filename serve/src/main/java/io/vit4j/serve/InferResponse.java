package io.vit4j.serve;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.vit4j.base.Json;
import io.vit4j.infer.Classification;
import io.vit4j.infer.LabelScore;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.List;

/** A response of the Open Inference Protocol: the tensors that were asked for, in JSON or behind it. */
final class InferResponse {
    private static final List<String> ALL = List.of("logits", "scores", "present");

    private final String name;
    private final ServedVersion served;
    private final InferRequest request;
    private final List<InferRequest.Output> outputs;
    private final ByteArrayOutputStream binary = new ByteArrayOutputStream();

    /** A fault if the request asks for what there is not. */
    InferResponse(String name, ServedVersion served, InferRequest request) {
        this.name = name;
        this.served = served;
        this.request = request;
        outputs = request.outputs().isEmpty()
                ? ALL.stream()
                        .map(output -> new InferRequest.Output(output, java.util.Optional.empty()))
                        .toList()
                : request.outputs();
        for (InferRequest.Output output : outputs) {
            if (!ALL.contains(output.name())) {
                throw HttpFault.badRequest("there is no output of that name; there are " + String.join(", ", ALL));
            }
        }
    }

    Reply of(List<Classification> results) {
        ObjectNode json = Json.object().put("model_name", name).put("model_version", served.number());
        request.id().ifPresent(id -> json.put("id", id));
        ArrayNode tensors = json.putArray("outputs");
        for (InferRequest.Output output : outputs) {
            add(tensors.addObject(), output, results);
        }
        if (binary.size() == 0) {
            return Reply.json(json);
        }
        byte[] text = Json.line(json).getBytes(StandardCharsets.UTF_8);
        ByteBuffer body = ByteBuffer.allocate(Math.addExact(text.length, binary.size()));
        body.put(text).put(binary.toByteArray());
        return Reply.of("application/octet-stream", body.array())
                .with(InferenceProtocol.JSON_LENGTH, Integer.toString(text.length));
    }

    private void add(ObjectNode tensor, InferRequest.Output output, List<Classification> results) {
        int labels = served.classifier().labels().size();
        tensor.put("name", output.name()).put("datatype", datatype(output.name()));
        tensor.putArray("shape").add(results.size()).add(labels);
        boolean asBinary = output.binary().orElse(request.binaryOutput());
        ArrayNode data = asBinary ? Json.object().arrayNode() : tensor.putArray("data");
        ByteBuffer bytes = ByteBuffer.allocate(
                        Math.multiplyExact(Double.BYTES, Math.multiplyExact(results.size(), labels)))
                .order(ByteOrder.LITTLE_ENDIAN);
        for (Classification result : results) {
            for (LabelScore score : served.inOrder(result)) {
                value(output.name(), score, asBinary, data, bytes);
            }
        }
        if (asBinary) {
            tensor.putObject("parameters").put("binary_data_size", bytes.position());
            binary.write(bytes.array(), 0, bytes.position());
        }
    }

    private static void value(String output, LabelScore score, boolean asBinary, ArrayNode data, ByteBuffer bytes) {
        switch (output) {
            case "logits" -> {
                if (asBinary) {
                    bytes.putFloat((float) score.logit());
                } else {
                    data.add((float) score.logit());
                }
            }
            case "scores" -> {
                if (asBinary) {
                    bytes.putDouble(score.score());
                } else {
                    data.add(score.score());
                }
            }
            default -> {
                if (asBinary) {
                    bytes.put((byte) (score.present() ? 1 : 0));
                } else {
                    data.add(score.present());
                }
            }
        }
    }

    private static String datatype(String output) {
        return switch (output) {
            case "logits" -> "FP32";
            case "scores" -> "FP64";
            default -> "BOOL";
        };
    }
}
