package io.vit4j.metrics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class SpreadTest {
    /** {@code scipy.stats.t.ppf(0.975, degrees)} of SciPy 1.17. */
    @Test
    void studentsQuantilesAreScipys() {
        int[] degrees = {1, 2, 3, 4, 9, 30};
        double[] expected = {
            12.706204736174694,
            4.302652729749462,
            3.1824463052837078,
            2.7764451051977934,
            2.262157162798205,
            2.0422724563012378
        };
        for (int i = 0; i < degrees.length; i++) {
            assertThat(StudentT.halfWidth(0.95, degrees[i])).isCloseTo(expected[i], within(1e-9));
        }
        assertThat(StudentT.halfWidth(0.90, 5)).isCloseTo(2.0150483733330233, within(1e-9));
    }

    @Test
    void theSpreadLeavesOutWhatIsUndefined() {
        Spread spread = Spread.of(1, Double.NaN, 2, 6);
        assertThat(spread.count()).isEqualTo(3);
        assertThat(spread.mean()).isEqualTo(3);
        assertThat(spread.deviation()).isCloseTo(Math.sqrt(7), within(1e-12));
        assertThat(spread.interval(0.95).high()).isCloseTo(3 + 4.302652729749462 * Math.sqrt(7.0 / 3), within(1e-9));
        assertThat(Spread.of(5).interval(0.95).low()).isNaN();
    }

    /** A fold without a sick patient has no AUROC; that of the others still counts. */
    @Test
    void aMetricThatSomeRepetitionsLackIsThatOfTheOthers() {
        Map<String, Spread> spreads = Spread.of(List.of(
                new Metrics(Map.of("eval_loss", 1.0)),
                new Metrics(Map.of("eval_loss", 3.0, "eval_roc_auc", 0.75)),
                new Metrics(Map.of("eval_loss", 2.0, "eval_roc_auc", 0.25))));
        assertThat(spreads).containsOnlyKeys("eval_loss", "eval_roc_auc");
        assertThat(spreads.get("eval_loss").count()).isEqualTo(3);
        assertThat(spreads.get("eval_roc_auc").count()).isEqualTo(2);
        assertThat(spreads.get("eval_roc_auc").mean()).isEqualTo(0.5);
    }
}
