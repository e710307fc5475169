package io.vit4j.serve;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import io.vit4j.base.Json;
import java.io.IOException;
import java.time.Duration;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Reads a request of the Open Inference Protocol: JSON, which the data of its tensors may follow. */
final class InferRequestReader {
    private static final String SOURCE = "the request";
    private static final int LONGEST_ID = 256;
    private static final int MOST_TENSORS = 16;
    private static final int MOST_DIMENSIONS = 8;
    private static final int MOST_PARAMETERS = 32;

    private final int mostElements;
    private final long mostNumbers;
    private long numbers; // of all tensors
    private final BinaryData binary;
    private Optional<String> id = Optional.empty();
    private Map<String, Object> parameters = Map.of();
    private final List<Tensor> inputs = new ArrayList<>();
    private final List<InferRequest.Output> outputs = new ArrayList<>();

    /** A tensor while it is read. */
    private static final class Tensor {
        String name = "";
        String datatype = "";
        long[] shape = {};
        Map<String, Object> parameters = Map.of();
        float[] numbers = {};
        int count;
        final List<byte[]> elements = new ArrayList<>();

        void add(float number) {
            if (count == numbers.length) {
                numbers = Arrays.copyOf(numbers, Math.max(1024, count + (count >> 1)));
            }
            numbers[count++] = number;
        }
    }

    private InferRequestReader(int mostElements, long mostNumbers, BinaryData binary) {
        this.mostElements = mostElements;
        this.mostNumbers = mostNumbers;
        this.binary = binary;
    }

    /**
     * Reads a request; InputException or {@link HttpFault} if it is none.
     *
     * @param jsonLength of the JSON in front of binary data; the whole body if there is none
     * @param mostElements pictures of a tensor
     * @param mostNumbers in JSON, of all tensors together: they take more memory than the body does
     */
    static InferRequest read(byte[] body, int jsonLength, int mostElements, long mostNumbers) {
        InferRequestReader reader = new InferRequestReader(mostElements, mostNumbers, new BinaryData(body, jsonLength));
        return Json.stream(body, jsonLength, SOURCE, reader::request);
    }

    private InferRequest request(JsonParser json) throws IOException {
        fields(json, SOURCE, key -> {
            switch (key) {
                case "id" -> id = Optional.of(text(json, "id", LONGEST_ID));
                case "parameters" -> parameters = scalars(json, key);
                case "inputs" -> items(json, key, () -> inputs.add(tensor(json)));
                case "outputs" -> items(json, key, () -> outputs.add(output(json)));
                default -> json.skipChildren();
            }
        });
        List<InferRequest.Input> read = new ArrayList<>();
        for (Tensor tensor : inputs) {
            read.add(finished(tensor));
        }
        binary.requireEnd();
        return new InferRequest(
                id, timeout(), flag(parameters, "binary_data_output").orElse(false), read, outputs);
    }

    private Optional<Duration> timeout() {
        Object value = parameters.get("timeout");
        if (value == null) {
            return Optional.empty();
        }
        if (!(value instanceof Number micros) || micros.doubleValue() < 0) {
            throw HttpFault.badRequest("\"timeout\" is not a number of microseconds");
        }
        return micros.longValue() == 0
                ? Optional.empty()
                : Optional.of(Duration.of(micros.longValue(), ChronoUnit.MICROS));
    }

    private Tensor tensor(JsonParser json) throws IOException {
        Tensor tensor = new Tensor();
        fields(json, "an input", key -> {
            switch (key) {
                case "name" -> tensor.name = text(json, key, LONGEST_ID);
                case "datatype" -> tensor.datatype = text(json, key, LONGEST_ID);
                case "shape" -> tensor.shape = shape(json);
                case "parameters" -> tensor.parameters = scalars(json, key);
                case "data" -> data(json, tensor);
                default -> json.skipChildren();
            }
        });
        return tensor;
    }

    private InferRequest.Output output(JsonParser json) throws IOException {
        Tensor tensor = tensor(json);
        return new InferRequest.Output(tensor.name, flag(tensor.parameters, "binary_data"));
    }

    /** Numbers, or encoded pictures, in lists within lists as deep as JSON may be. */
    private void data(JsonParser json, Tensor tensor) throws IOException {
        if (json.currentToken() != JsonToken.START_ARRAY) {
            throw HttpFault.badRequest("\"data\" is not a list");
        }
        for (int depth = 1; depth > 0; ) {
            JsonToken token = json.nextToken();
            switch (token) {
                case START_ARRAY -> depth++;
                case END_ARRAY -> depth--;
                case VALUE_NUMBER_INT, VALUE_NUMBER_FLOAT -> {
                    if (++numbers > mostNumbers) {
                        throw HttpFault.tooManyPictures(mostElements);
                    }
                    tensor.add(json.getFloatValue());
                }
                case VALUE_STRING -> {
                    if (tensor.elements.size() == mostElements) {
                        throw HttpFault.tooManyPictures(mostElements);
                    }
                    tensor.elements.add(Base64Pictures.decode(json.getText()));
                }
                default ->
                    throw HttpFault.badRequest("\"data\" contains something other than numbers or strings in base64");
            }
        }
    }

    private InferRequest.Input finished(Tensor tensor) {
        Object size = tensor.parameters.get("binary_data_size");
        if (size == null) {
            return new InferRequest.Input(
                    tensor.name,
                    tensor.datatype,
                    tensor.shape,
                    Arrays.copyOf(tensor.numbers, tensor.count),
                    tensor.elements);
        }
        if (!(size instanceof Long bytes) || tensor.count > 0 || !tensor.elements.isEmpty()) {
            throw HttpFault.badRequest(
                    "\"binary_data_size\" is not a whole number, or the tensor has \"data\" too; give one of them");
        }
        if (tensor.datatype.equals("BYTES")) {
            List<byte[]> elements = binary.elements(bytes, mostElements + 1);
            if (elements.size() > mostElements) {
                throw HttpFault.tooManyPictures(mostElements);
            }
            return new InferRequest.Input(tensor.name, tensor.datatype, tensor.shape, new float[0], elements);
        }
        return new InferRequest.Input(tensor.name, tensor.datatype, tensor.shape, binary.numbers(bytes), List.of());
    }

    private long[] shape(JsonParser json) throws IOException {
        List<Long> sizes = new ArrayList<>();
        items(json, "shape", () -> {
            if (json.currentToken() != JsonToken.VALUE_NUMBER_INT
                    || json.getNumberType() == JsonParser.NumberType.BIG_INTEGER
                    || json.getLongValue() < 0
                    || sizes.size() == MOST_DIMENSIONS) {
                throw HttpFault.badRequest("\"shape\" is not a short list of whole numbers");
            }
            sizes.add(json.getLongValue());
        });
        return sizes.stream().mapToLong(Long::longValue).toArray();
    }

    private interface Step<K> {
        void run(K key) throws IOException;
    }

    private interface Item {
        void read() throws IOException;
    }

    private static void fields(JsonParser json, String what, Step<String> step) throws IOException {
        if (json.currentToken() == null) {
            json.nextToken();
        }
        if (json.currentToken() != JsonToken.START_OBJECT) {
            throw HttpFault.badRequest(what + " is not an object {...}");
        }
        while (json.nextToken() == JsonToken.FIELD_NAME) {
            String key = json.currentName();
            json.nextToken();
            step.run(key);
        }
    }

    private void items(JsonParser json, String what, Item item) throws IOException {
        if (json.currentToken() != JsonToken.START_ARRAY) {
            throw HttpFault.badRequest("\"" + what + "\" is not a list");
        }
        for (int count = 0; json.nextToken() != JsonToken.END_ARRAY; count++) {
            if (count == MOST_TENSORS) {
                throw HttpFault.badRequest("\"" + what + "\" has more than " + MOST_TENSORS + " items");
            }
            item.read();
        }
    }

    private static String text(JsonParser json, String key, int longest) throws IOException {
        if (json.currentToken() != JsonToken.VALUE_STRING || json.getTextLength() > longest) {
            throw HttpFault.badRequest("\"" + key + "\" is not a string of at most " + longest + " characters");
        }
        return json.getText();
    }

    /** An object's strings, numbers and booleans; other values are for other servers. */
    private static Map<String, Object> scalars(JsonParser json, String what) throws IOException {
        Map<String, Object> values = new HashMap<>();
        fields(json, "\"" + what + "\"", key -> {
            if (values.size() == MOST_PARAMETERS) {
                throw HttpFault.badRequest("\"" + what + "\" has more than " + MOST_PARAMETERS + " items");
            }
            switch (json.currentToken()) {
                case VALUE_NUMBER_INT -> {
                    if (json.getNumberType() != JsonParser.NumberType.BIG_INTEGER) {
                        values.put(key, json.getLongValue());
                    } else {
                        values.put(key, json.getDoubleValue());
                    }
                }
                case VALUE_NUMBER_FLOAT -> values.put(key, json.getDoubleValue());
                case VALUE_TRUE, VALUE_FALSE -> values.put(key, json.getBooleanValue());
                case VALUE_STRING -> values.put(key, text(json, key, LONGEST_ID));
                default -> json.skipChildren();
            }
        });
        return values;
    }

    private static Optional<Boolean> flag(Map<String, Object> parameters, String key) {
        Object value = parameters.get(key);
        if (value == null) {
            return Optional.empty();
        }
        if (value instanceof Boolean flag) {
            return Optional.of(flag);
        }
        throw HttpFault.badRequest("\"" + key + "\" is neither true nor false");
    }
}
