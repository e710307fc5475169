package io.vit4j.metrics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.vit4j.base.InputException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ThresholdRuleTest {
    private static final float[] SCORES = {0.125f, 0.25f, 0.375f, 0.5f, 0.75f};
    private static final float[] TRUTH = {0, 0, 1, 0, 1};

    @Test
    void aThresholdLiesHalfWayBelowTheLastScoreThatIsCalled() {
        assertThat(ThresholdRule.YOUDEN.choose(SCORES, TRUTH)).hasValue((0.375 + 0.25) / 2);
        assertThat(ThresholdRule.specificity(1).choose(SCORES, TRUTH)).hasValue((0.75 + 0.5) / 2);
        assertThat(ThresholdRule.sensitivity(0).choose(SCORES, TRUTH)).hasValue((0.75 + 1) / 2);
        assertThat(ThresholdRule.specificity(0).choose(SCORES, TRUTH)).hasValue(0.125 / 2);
        assertThat(ThresholdRule.parse("f1").choose(SCORES, TRUTH)).hasValue((0.375 + 0.25) / 2);
    }

    /** The points are those that ThresholdsTest compares with scikit-learn's. */
    @ParameterizedTest
    @ValueSource(
            strings = {"youden", "f1", "sensitivity=0.9", "sensitivity=0.5", "specificity=0.9", "specificity=0.99"})
    void theCallsAreThoseOfTheRulesOperatingPoint(String text) {
        EvalPrediction probabilities = Oracle.multilabel("first", "truth").probabilities();
        ThresholdRule rule = ThresholdRule.parse(text);
        assertThat(rule).hasToString(text);
        for (int j = 0; j < 3; j++) {
            Thresholds thresholds = new Thresholds(probabilities.scores(j), probabilities.truth(j), 0.95);
            OperatingPoint expected = switch (rule.kind()) {
                case YOUDEN -> thresholds.youden();
                case F1 -> thresholds.largestF1();
                case SENSITIVITY -> thresholds.atSensitivity(rule.least());
                case SPECIFICITY -> thresholds.atSpecificity(rule.least());
            };
            double chosen =
                    rule.choose(probabilities.scores(j), probabilities.truth(j)).orElseThrow();
            OperatingPoint measured = thresholds.at(text, chosen);
            assertThat(measured.sensitivity()).isEqualTo(expected.sensitivity());
            assertThat(measured.specificity()).isEqualTo(expected.specificity());
            assertThat(measured.ppv()).isEqualTo(expected.ppv());
        }
    }

    @Test
    void ofOneClassThereIsNothingToChoose() {
        assertThat(ThresholdRule.YOUDEN.choose(SCORES, new float[5])).isEmpty();
    }

    @Test
    void aRuleThatIsNoneIsNamedWithThoseThatAre() {
        for (String wrong : new String[] {"best", "sensitivity", "sensitivity=2", "specificity=-1", ""}) {
            assertThatThrownBy(() -> ThresholdRule.parse(wrong)).isInstanceOf(InputException.class);
        }
        assertThat(ThresholdRule.parse(" Sensitivity >= .95 ")).isEqualTo(ThresholdRule.sensitivity(0.95));
    }
}
