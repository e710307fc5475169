package io.vit4j.metrics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.vit4j.base.InputException;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class OpinionPoolTest {
    private static final int SAMPLES = 24;

    private static float[] floats(JsonNode list) {
        float[] values = new float[list.size()];
        for (int i = 0; i < values.length; i++) {
            values[i] = list.get(i).isNull() ? Float.NaN : (float) list.get(i).asDouble();
        }
        return values;
    }

    private static List<EvalPrediction> members(JsonNode oracle, boolean single) {
        List<EvalPrediction> members = new ArrayList<>();
        float[] truth = floats(oracle.path("truth"));
        for (JsonNode logits : oracle.path("logits")) {
            members.add(
                    single
                            ? EvalPrediction.singleLabel(SAMPLES, 3, floats(logits), truth)
                            : EvalPrediction.multiLabel(SAMPLES, 2, floats(logits), truth));
        }
        return members;
    }

    /** SciPy's, written by opinion_pool.py. */
    @Test
    void fittedWeightsAreThoseThatScipyFinds() throws IOException {
        JsonNode oracles;
        try (InputStream in = OpinionPoolTest.class.getResourceAsStream("opinion-pool.json")) {
            oracles = new ObjectMapper().readTree(in);
        }
        for (String kind : List.of("multi", "single")) {
            JsonNode oracle = oracles.path(kind);
            List<EvalPrediction> members = members(oracle, kind.equals("single"));
            double[] weights = OpinionPool.fit(members);
            for (int m = 0; m < 3; m++) {
                assertThat(weights[m]).isCloseTo(oracle.path("weights").get(m).asDouble(), within(1e-3));
            }
            double loss = oracle.path("loss").asDouble();
            assertThat(OpinionPool.of(members, weights).meanLoss()).isCloseTo(loss, within(1e-7));
        }
    }

    @Test
    void thePoolIsTheMeanOfProbabilities() {
        float[] truth = {1, 0};
        EvalPrediction a = EvalPrediction.multiLabel(1, 2, new float[] {2, -90}, truth);
        EvalPrediction b = EvalPrediction.multiLabel(1, 2, new float[] {-1, -90}, truth);
        EvalPrediction pool = OpinionPool.of(List.of(a, b), new double[] {0.25, 0.75});
        double present = 0.25 / (1 + Math.exp(-2)) + 0.75 / (1 + Math.exp(1));
        assertThat(pool.predictions()[0]).isCloseTo((float) Math.log(present / (1 - present)), within(1e-6f));
        assertThat(pool.predictions()[1]).isCloseTo(-90, within(1e-4f)); // where probabilities are 0 in float32
        EvalPrediction c = EvalPrediction.singleLabel(1, 2, new float[] {3, 3}, new float[] {0});
        EvalPrediction d = EvalPrediction.singleLabel(1, 2, new float[] {101, 100}, new float[] {0});
        float[] probabilities =
                OpinionPool.of(List.of(c, d), new double[] {0.5, 0.5}).softmax().predictions();
        assertThat(probabilities[0]).isCloseTo((float) (0.25 + 0.5 / (1 + Math.exp(-1))), within(1e-6f));
        EvalPrediction e = EvalPrediction.regression(1, 1, new float[] {4}, new float[] {1});
        EvalPrediction f = EvalPrediction.regression(1, 1, new float[] {8}, new float[] {1});
        assertThat(OpinionPool.of(List.of(e, f), new double[] {0.75, 0.25}).predictions())
                .containsExactly(5);
        assertThat(e.meanLoss()).isEqualTo(9);
        assertThatThrownBy(() -> OpinionPool.fit(List.of(e, f)))
                .isInstanceOf(InputException.class)
                .hasMessageContaining("a regression has not");
    }
}
