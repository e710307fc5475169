package io.vit4j.metrics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;

class EvalPredictionTest {
    @Test
    void holdsOneClassASampleOrOneTruthALabel() {
        assertThat(EvalPrediction.singleLabel(2, 3, new float[6], new float[2]).singleLabel())
                .isTrue();
        assertThat(EvalPrediction.multiLabel(2, 3, new float[6], new float[6]).singleLabel())
                .isFalse();
        assertThat(EvalPrediction.multiLabel(2, 1, new float[2], new float[2]).singleLabel())
                .isFalse();
        assertThatThrownBy(() -> EvalPrediction.multiLabel(2, 3, new float[6], new float[3]))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("3 values");
        assertThatThrownBy(() -> EvalPrediction.multiLabel(2, 3, new float[5], new float[6]))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> EvalPrediction.multiLabel(-2, -3, new float[6], new float[6]))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> EvalPrediction.multiLabel(1 << 16, 1 << 16, new float[0], new float[0]))
                .isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void oneClassASampleIsEachClassAgainstTheRest() {
        EvalPrediction prediction = EvalPrediction.singleLabel(3, 2, new float[6], new float[] {1, 0, -100});
        assertThat(prediction.truth(0)).containsExactly(0, 1, Float.NaN);
        assertThat(prediction.truth(1)).containsExactly(1, 0, Float.NaN);
    }

    @Test
    void probabilitiesAreSigmoidsOrASoftmax() {
        float[] logits = {0, 1000, -1000, (float) Math.log(3)};
        EvalPrediction multi = EvalPrediction.multiLabel(2, 2, logits, new float[4]);
        assertThat(multi.probabilities().predictions()).containsExactly(new float[] {0.5f, 1, 0, 0.75f}, within(1e-7f));
        EvalPrediction single = EvalPrediction.singleLabel(2, 2, logits, new float[2]);
        assertThat(single.probabilities().predictions()).containsExactly(0, 1, 0, 1);
        assertThat(EvalPrediction.singleLabel(1, 2, new float[] {1, 1 + (float) Math.log(3)}, new float[1])
                        .softmax()
                        .predictions())
                .containsExactly(new float[] {0.25f, 0.75f}, within(1e-6f));
    }

    @Test
    void rowsAreTakenInTheOrderAsked() {
        EvalPrediction whole = EvalPrediction.singleLabel(3, 2, new float[] {1, 2, 3, 4, 5, 6}, new float[] {0, 1, 0});
        assertThat(whole.rows(new int[] {2, 0}))
                .isEqualTo(EvalPrediction.singleLabel(2, 2, new float[] {5, 6, 1, 2}, new float[] {0, 0}));
    }
}
