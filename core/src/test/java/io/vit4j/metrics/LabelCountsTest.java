package io.vit4j.metrics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.vit4j.base.InputException;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class LabelCountsTest {
    private static final float UNKNOWN = Float.NaN;
    private static final EvalPrediction PREDICTION =
            EvalPrediction.multiLabel(4, 3, new float[12], new float[] {1, 1, 0, 1, 0, 0, UNKNOWN, 1, 0, 1, 1, 0});
    private static final List<String> NAMES = List.of("a", "b", "never");

    @Test
    void countsLabelsAndPairs() {
        LabelCounts counts = LabelCounts.of(NAMES, PREDICTION);
        assertThat(counts.samples()).isEqualTo(4);
        assertThat(counts.positives()).containsExactly(3, 3, 0);
        assertThat(counts.negatives()).containsExactly(0, 1, 4);
        assertThat(counts.unknown()).containsExactly(1, 0, 0);
        assertThat(counts.together()).isDeepEqualTo(new long[][] {{3, 2, 0}, {2, 3, 0}, {0, 0, 0}});
    }

    @Test
    void pairsOfMoreLabelsThanAnybodyReadsAreNotCounted() {
        List<String> names = Collections.nCopies(1_000_000, "00000001_000.png");
        LabelCounts.Builder builder = new LabelCounts.Builder(names);
        float[] row = new float[names.size()];
        row[3] = 1;
        row[7] = Float.NaN;
        builder.add(row);
        LabelCounts counts = builder.build();
        assertThat(counts.positives()[3]).isEqualTo(1);
        assertThat(counts.negatives()[4]).isEqualTo(1);
        assertThat(counts.unknown()[7]).isEqualTo(1);
        assertThat(counts.countsPairs()).isFalse();
        assertThat(counts.together()).isEmpty();
        EvalPrediction one = EvalPrediction.singleLabel(1, names.size(), row, new float[] {3});
        assertThatThrownBy(() -> ConfusionMatrix.of(one, names))
                .isInstanceOf(InputException.class)
                .hasMessageContaining("right column");
    }

    @Test
    void positiveWeightsAreNegativesByPositivesWithinBounds() {
        LabelCounts.Builder builder = new LabelCounts.Builder(NAMES);
        for (int i = 0; i < 100; i++) {
            builder.add(new float[] {i < 20 ? 1 : 0, i < 1 ? 1 : 0, 0});
        }
        assertThat(ClassWeights.posWeight(builder.build(), 50)).containsExactly(4, 50, 1);
        assertThatThrownBy(() -> ClassWeights.posWeight(builder.build(), 0)).isInstanceOf(InputException.class);
        assertThatThrownBy(() -> ClassWeights.posWeight(builder.build(), Double.NaN))
                .isInstanceOf(InputException.class);
    }

    /** Values of scikit-learn's compute_class_weight("balanced", ...). */
    @Test
    void balancedWeightsAreThoseOfScikitLearn() {
        List<String> names = List.of("a", "b", "c", "never");
        float[] expected = Oracle.floats(Oracle.PYTHON.at("/single/balanced"));
        assertThat(ClassWeights.balanced(LabelCounts.of(names, Oracle.singleLabel())))
                .containsExactly(expected[0], expected[1], expected[2], 1);
    }

    @ParameterizedTest
    @CsvSource({
        "58,40-59",
        "058Y,40-59",
        "0,0-19",
        "19,0-19",
        "20,20-39",
        "80,80+",
        "011M,0-19",
        "001D,0-19",
        "414,unknown",
        "60.5,60-79",
        "old,unknown",
        "-3,unknown",
        "'',unknown",
        "99999999999,unknown",
        "240M,20-39"
    })
    void agesFallIntoBands(String value, String band) {
        assertThat(Bands.age(value)).isEqualTo(band);
    }

    @ParameterizedTest
    @CsvSource({"0,0", "000,0", "1,1-4", "4,1-4", "5,5-9", "10,10+", "183,10+", "-1,unknown", "x,unknown"})
    void followUpsFallIntoBands(String value, String band) {
        assertThat(Bands.followUp(value)).isEqualTo(band);
    }
}
