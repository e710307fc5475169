package io.vit4j.metrics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.vit4j.base.RandomKey;
import io.vit4j.metrics.AverageDeLong.Average;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class AverageDeLongTest {
    private static final List<String> NAMES = List.of("Mass", "Edema", "No Finding");
    private static final int SAMPLES = 3000;

    /** The average over one label is that label, whose numbers DeLongTest compares with pROC's. */
    @ParameterizedTest
    @EnumSource(Average.class)
    void ofOneLabelItIsDeLongs(Average average) {
        EvalPrediction first = column(Oracle.multilabel("first", "truth"), 1);
        EvalPrediction second = column(Oracle.multilabel("second", "truth"), 1);
        Estimate expected = DeLong.interval(first.scores(0), first.truth(0), 0.95);
        Estimate interval =
                AverageDeLong.interval(first, List.of("Mass"), average, 0.95).orElseThrow();
        assertThat(interval.value()).isCloseTo(expected.value(), within(1e-12));
        assertThat(interval.standardError()).isCloseTo(expected.standardError(), within(1e-12));
        assertThat(interval.low()).isCloseTo(expected.low(), within(1e-12));

        DeLong.PairedTest test = AverageDeLong.compare(first, second, List.of("Mass"), average, 0.95)
                .orElseThrow();
        DeLong.PairedTest of = DeLong.compare(first.scores(0), second.scores(0), first.truth(0), 0.95);
        assertThat(test.z()).isCloseTo(of.z(), within(1e-9));
        assertThat(test.p()).isCloseTo(of.p(), within(1e-9));
        assertThat(test.high()).isCloseTo(of.high(), within(1e-12));
    }

    /** Two copies of a label are one label: nothing is gained by counting it twice. */
    @Test
    void aLabelThatComesTwiceMakesTheMacroAverageNoSurer() {
        EvalPrediction once = column(Oracle.multilabel("first", "complete_truth"), 1);
        float[] scores = new float[2 * once.samples()];
        float[] truth = new float[scores.length];
        for (int i = 0; i < scores.length; i++) {
            scores[i] = once.predictions()[i / 2];
            truth[i] = once.labelIds()[i / 2];
        }
        EvalPrediction twice = EvalPrediction.multiLabel(once.samples(), 2, scores, truth);
        assertThat(AverageDeLong.interval(twice, List.of("A", "B"), Average.MACRO, 0.95)
                        .orElseThrow()
                        .standardError())
                .isCloseTo(DeLong.interval(once.scores(0), once.truth(0), 0.95).standardError(), within(1e-12));
    }

    /** Labels that depend on one another, and two models that do: the bootstrap, which assumes nothing, finds the same. */
    @Test
    void itIsTheSpreadThatTheBootstrapFinds() {
        Random random = new Random(3);
        EvalPrediction[] models = dependent(random);
        Bootstrap bootstrap = new Bootstrap(2000, 0.95, RandomKey.of(4));
        int[] alone = Bootstrap.eachSampleAlone(SAMPLES);
        Bootstrap.Intervals expected = bootstrap.rocAuc(models[0], NAMES, alone);
        Bootstrap.Intervals difference = bootstrap.difference(models[0], models[1], NAMES, alone);
        for (Average average : Average.values()) {
            String key = average.name().toLowerCase(java.util.Locale.ROOT);
            Estimate interval =
                    AverageDeLong.interval(models[0], NAMES, average, 0.95).orElseThrow();
            Estimate spread = expected.averages().get(key);
            assertThat(interval.value()).isCloseTo(spread.value(), within(1e-12));
            assertThat(interval.standardError())
                    .as(key)
                    .isCloseTo(spread.standardError(), within(0.07 * spread.standardError()));
            DeLong.PairedTest test = AverageDeLong.compare(models[0], models[1], NAMES, average, 0.95)
                    .orElseThrow();
            Estimate between = difference.averages().get(key);
            assertThat(test.difference()).isCloseTo(between.value(), within(1e-12));
            assertThat(test.standardError())
                    .as("difference of " + key)
                    .isCloseTo(between.standardError(), within(0.07 * between.standardError()));
        }
    }

    @Test
    void whatCannotBeAveragedIsAbsent() {
        EvalPrediction none = EvalPrediction.multiLabel(2, 1, new float[2], new float[2]);
        EvalPrediction one = EvalPrediction.multiLabel(3, 1, new float[] {1, 2, 3}, new float[] {0, 0, 1});
        for (Average average : Average.values()) {
            assertThat(AverageDeLong.interval(none, List.of("Mass"), average, 0.95))
                    .isEmpty();
            assertThat(AverageDeLong.compare(one, one, List.of("Mass"), average, 0.95))
                    .isEmpty();
            Estimate wide =
                    AverageDeLong.interval(one, List.of("Mass"), average, 0.95).orElseThrow();
            assertThat(wide.standardError()).isNaN();
            assertThat(wide.low()).isZero();
        }
        assertThat(AverageDeLong.interval(one, List.of("No Finding"), Average.FINDINGS, 0.95))
                .isEmpty();
    }

    private static EvalPrediction column(EvalPrediction of, int label) {
        return EvalPrediction.multiLabel(of.samples(), 1, of.scores(label), of.truth(label));
    }

    private static EvalPrediction[] dependent(Random random) {
        float[] first = new float[SAMPLES * 3];
        float[] second = new float[first.length];
        float[] truth = new float[first.length];
        for (int i = 0; i < SAMPLES; i++) {
            double ill = random.nextGaussian();
            double blur = random.nextGaussian();
            for (int j = 0; j < 3; j++) {
                int at = 3 * i + j;
                truth[at] = ill + random.nextGaussian() > 1.2 - 0.3 * j ? 1 : 0;
                double common = 1.2 * truth[at] + 0.7 * blur + random.nextGaussian();
                first[at] = (float) common;
                second[at] = (float) (common + 0.8 * random.nextGaussian());
            }
        }
        return new EvalPrediction[] {
            EvalPrediction.multiLabel(SAMPLES, 3, first, truth), EvalPrediction.multiLabel(SAMPLES, 3, second, truth)
        };
    }
}
