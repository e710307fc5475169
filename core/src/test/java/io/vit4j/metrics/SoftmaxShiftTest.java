package io.vit4j.metrics;

import static org.assertj.core.api.Assertions.assertThat;

import io.vit4j.base.RandomKey;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A number added to all logits of a row changes no probability, and so may change no number of single-label data. */
class SoftmaxShiftTest {
    private static final List<String> NAMES = List.of("cat", "dog", "No Finding");
    private static final int SAMPLES = 90;

    /** Logits in eighths, to which any number of eighths is added without rounding. */
    private static EvalPrediction logits(long seed, boolean shifted) {
        Random random = new Random(seed);
        Random shift = new Random(seed + 1000);
        float[] logits = new float[SAMPLES * 3];
        float[] classes = new float[SAMPLES];
        for (int i = 0; i < SAMPLES; i++) {
            classes[i] = random.nextInt(10) == 0 ? Float.NaN : random.nextInt(3);
            float added = shifted ? (shift.nextInt(20_001) - 10_000) / 8f : 0;
            for (int j = 0; j < 3; j++) {
                logits[3 * i + j] = Math.round(8 * random.nextGaussian()) / 8f + (classes[i] == j ? 1 : 0) + added;
            }
        }
        return EvalPrediction.singleLabel(SAMPLES, 3, logits, classes);
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5})
    void aShiftOfEveryRowChangesNoNumber(long seed) {
        EvalPrediction plain = logits(seed, false);
        EvalPrediction shifted = logits(seed, true);
        assertThat(shifted.predictions()).isNotEqualTo(plain.predictions());
        int[] clusters = new int[SAMPLES];
        Arrays.setAll(clusters, i -> i / 3);
        Bootstrap bootstrap = new Bootstrap(40, 0.95, RandomKey.of(seed));

        assertThat(new SingleLabelMetrics(NAMES).compute(shifted))
                .isEqualTo(new SingleLabelMetrics(NAMES).compute(plain));
        assertThat(RocAuc.of(shifted, NAMES)).isEqualTo(RocAuc.of(plain, NAMES));
        assertThat(RocAuc.micro(shifted, NAMES)).isEqualTo(RocAuc.micro(plain, NAMES));
        assertThat(bootstrap.rocAuc(shifted, NAMES, clusters)).isEqualTo(bootstrap.rocAuc(plain, NAMES, clusters));
        assertThat(bootstrap.averagePrecision(shifted, NAMES, clusters))
                .isEqualTo(bootstrap.averagePrecision(plain, NAMES, clusters));
        for (AverageDeLong.Average average : AverageDeLong.Average.values()) {
            assertThat(AverageDeLong.interval(shifted, NAMES, average, 0.95))
                    .isEqualTo(AverageDeLong.interval(plain, NAMES, average, 0.95));
        }
        for (int j = 0; j < 3; j++) {
            assertThat(shifted.scores(j)).isEqualTo(plain.scores(j));
        }
        assertThat(TemperatureScaling.fit(shifted)).isEqualTo(TemperatureScaling.fit(plain));
        assertThat(shifted.probabilities(1.7).predictions())
                .isEqualTo(plain.probabilities(1.7).predictions());
        assertThat(Calibration.ofTopLabel(shifted, 10, Calibration.Edges.UNIFORM))
                .isEqualTo(Calibration.ofTopLabel(plain, 10, Calibration.Edges.UNIFORM));
        ModelComparison same = ModelComparison.of(plain, shifted, NAMES, clusters, bootstrap);
        assertThat(same.difference().averages().get("macro").value()).isZero();
        assertThat(same.perLabel().get("cat").difference()).isZero();
    }

    /** By their logits every picture of the one class ranks above every picture of the other, for both classes. */
    @Test
    void aPerfectModelIsPerfectWhateverItsRowsAreShiftedBy() {
        float[] logits = {-50, -51, -49, -48, 51, 50, 53, 54}; // the right one is always the larger
        EvalPrediction perfect = EvalPrediction.singleLabel(4, 2, logits, new float[] {0, 1, 0, 1});
        List<String> names = List.of("cat", "dog");
        assertThat(RocAuc.of(perfect, names).macro()).isEqualTo(1);
        assertThat(PrecisionRecallCurve.averagePrecision(perfect.scores(1), perfect.truth(1)))
                .hasValue(1);
        assertThat(DeLong.interval(perfect.scores(0), perfect.truth(0), 0.95).value())
                .isEqualTo(1);
    }
}
