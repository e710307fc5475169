package io.vit4j.metrics;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.vit4j.base.RandomKey;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.Test;

class ResultsAsJsonTest {
    private final ObjectMapper json = new ObjectMapper();

    @Test
    void everyResultIsWrittenAsItsFieldsAre() {
        EvalPrediction prediction = Oracle.multilabel("first", "truth");
        int[] alone = Bootstrap.eachSampleAlone(prediction.samples());
        Bootstrap bootstrap = new Bootstrap(20, 0.95, RandomKey.of(1));
        float[] scores = prediction.scores(0);
        float[] truth = prediction.truth(0);
        List<String> sexes = Collections.nCopies(prediction.samples(), "F");
        assertThat(tree(RocAuc.of(prediction, Oracle.names()))
                        .at("/perLabel/Mass")
                        .isNumber())
                .isTrue();
        assertThat(tree(RocCurve.of(scores, truth, true)).at("/fpr/0").isNumber())
                .isTrue();
        assertThat(tree(DeLong.interval(scores, truth, 0.95)).at("/low").isNumber())
                .isTrue();
        assertThat(tree(bootstrap.rocAuc(prediction, Oracle.names(), alone))
                        .at("/averages/macro/high")
                        .isNumber())
                .isTrue();
        assertThat(tree(new Thresholds(scores, truth, 0.95).youden())
                        .at("/sensitivity/low")
                        .isNumber())
                .isTrue();
        assertThat(tree(Calibration.of(prediction.probabilities().scores(0), truth, 10, Calibration.Edges.UNIFORM))
                        .at("/bins/0/samples")
                        .isNumber())
                .isTrue();
        assertThat(tree(Subgroups.of(prediction, Oracle.names(), "sex", sexes, alone, bootstrap))
                        .at("/0/deLong/Mass/value")
                        .isNumber())
                .isTrue();
        assertThat(tree(ModelComparison.of(prediction, prediction, Oracle.names(), alone, bootstrap))
                        .at("/perLabel/Mass/p")
                        .isNumber())
                .isTrue();
        assertThat(tree(LabelCounts.of(Oracle.names(), prediction))
                        .at("/together/0/0")
                        .isNumber())
                .isTrue();
        assertThat(tree(ConfusionMatrix.of(Oracle.singleLabel(), List.of("a", "b", "c", "d")))
                        .at("/counts/0/0")
                        .isNumber())
                .isTrue();
    }

    private JsonNode tree(Object result) {
        return json.valueToTree(result);
    }
}
