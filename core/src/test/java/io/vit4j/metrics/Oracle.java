package io.vit4j.metrics;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.stream.StreamSupport;

/** Reference values that lie beside these tests, with the scripts that made them: oracle.py, oracle.R and regression.py. */
final class Oracle {
    static final JsonNode PYTHON = read("oracle.json");
    static final JsonNode R = read("delong.json");
    static final JsonNode REGRESSION = read("regression.json");

    private Oracle() {}

    static float[] floats(JsonNode array) {
        float[] values = new float[array.size()];
        for (int i = 0; i < values.length; i++) {
            values[i] = array.get(i).isNull() ? Float.NaN : (float) array.get(i).doubleValue();
        }
        return values;
    }

    static double[] doubles(JsonNode array) {
        return StreamSupport.stream(array.spliterator(), false)
                .mapToDouble(JsonNode::doubleValue)
                .toArray();
    }

    static List<String> names() {
        return StreamSupport.stream(PYTHON.at("/multi/names").spliterator(), false)
                .map(JsonNode::textValue)
                .toList();
    }

    /** Four labels: the second with unknown truth, the fourth of one class only. */
    static EvalPrediction multilabel(String scores, String truth) {
        float[] predictions = floats(PYTHON.at("/multi/" + scores));
        return EvalPrediction.multiLabel(predictions.length / 4, 4, predictions, floats(PYTHON.at("/multi/" + truth)));
    }

    /** Four classes, the last neither true nor predicted. */
    static EvalPrediction singleLabel() {
        float[] logits = floats(PYTHON.at("/single/logits"));
        return EvalPrediction.singleLabel(logits.length / 4, 4, logits, floats(PYTHON.at("/single/classes")));
    }

    private static JsonNode read(String file) {
        try (InputStream in = Oracle.class.getResourceAsStream(file)) {
            return new ObjectMapper().readTree(in);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
