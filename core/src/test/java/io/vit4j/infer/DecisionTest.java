package io.vit4j.infer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.vit4j.base.DurableFiles;
import io.vit4j.data.ProblemType;
import io.vit4j.metrics.EvalPrediction;
import io.vit4j.metrics.OperatingPoint;
import io.vit4j.metrics.TemperatureScaling;
import io.vit4j.metrics.ThresholdRule;
import io.vit4j.metrics.Thresholds;
import io.vit4j.model.ModelDefinition;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DecisionTest {
    private static final List<String> LABELS = List.of("Mass", "Edema", "Hernia");
    private static final int SAMPLES = 300;

    @TempDir
    Path folder;

    /** Logits that are three times as sure as they should be; nobody has the last label. */
    private static EvalPrediction validation() {
        Random random = new Random(1);
        float[] logits = new float[SAMPLES * 3];
        float[] truth = new float[logits.length];
        for (int i = 0; i < logits.length; i++) {
            truth[i] = i % 3 < 2 && random.nextInt(4) == 0 ? 1 : 0;
            logits[i] = (float) (3 * (random.nextGaussian() + 1.5 * truth[i] - 1));
        }
        return EvalPrediction.multiLabel(SAMPLES, 3, logits, truth);
    }

    /** Picture by picture, what is called present is what the rule's operating point counts on the same pictures. */
    @Test
    void picturesAreCalledAsTheRuleChose() {
        EvalPrediction prediction = validation();
        Decision decision = Decision.fit(prediction, LABELS, ThresholdRule.sensitivity(0.9), "validation");
        assertThat(decision.temperature())
                .isGreaterThan(1)
                .isCloseTo(TemperatureScaling.fit(prediction).temperature(), within(1e-12));
        assertThat(decision.thresholds()).containsOnlyKeys("Mass", "Edema");
        assertThat(decision.fittedOn()).contains(new Decision.Origin("validation", "sensitivity=0.9", SAMPLES));
        ModelDefinition config = ModelDefinition.preset("vit-tiny").withLabels(LABELS, ProblemType.MULTI_LABEL);
        for (int j = 0; j < 2; j++) {
            OperatingPoint expected =
                    new Thresholds(prediction.scores(j), prediction.truth(j), 0.95).atSensitivity(0.9);
            long found = 0;
            long spared = 0;
            for (int i = 0; i < SAMPLES; i++) {
                String label = LABELS.get(j);
                float[] logits = Arrays.copyOfRange(prediction.predictions(), 3 * i, 3 * i + 3);
                boolean present = decision.of(config, logits).stream()
                        .anyMatch(score -> score.label().equals(label) && score.present());
                boolean has = prediction.truth(j)[i] == 1;
                found += has && present ? 1 : 0;
                spared += !has && !present ? 1 : 0;
            }
            assertThat(found).isEqualTo(expected.sensitivity().successes());
            assertThat(spared).isEqualTo(expected.specificity().successes());
        }
    }

    @Test
    void whatIsWrittenIsReadAgain() {
        Decision decision = Decision.fit(validation(), LABELS, ThresholdRule.YOUDEN, "validation");
        decision.write(DurableFiles.SYSTEM, folder);
        assertThat(Decision.read(folder)).isEqualTo(decision);
    }

    @Test
    void ofSingleLabelDataOnlyTheTemperatureIsFitted() {
        EvalPrediction several = validation();
        float[] classes = new float[SAMPLES];
        for (int i = 0; i < SAMPLES; i++) {
            classes[i] = i % 3;
        }
        EvalPrediction single = EvalPrediction.singleLabel(SAMPLES, 3, several.predictions(), classes);
        Decision decision = Decision.fit(single, LABELS, ThresholdRule.YOUDEN, "validation");
        assertThat(decision.thresholds()).isEmpty();
        assertThat(decision.temperature())
                .isCloseTo(TemperatureScaling.fit(single).temperature(), within(1e-12));
    }

    @Test
    void whereNothingIsKnownNothingIsChosen() {
        float[] unknown = new float[6];
        Arrays.fill(unknown, Float.NaN);
        Decision decision = Decision.fit(
                EvalPrediction.multiLabel(2, 3, new float[6], unknown), LABELS, ThresholdRule.YOUDEN, "validation");
        assertThat(decision.temperature()).isEqualTo(1);
        assertThat(decision.thresholds()).isEmpty();
        assertThat(decision.fittedOn()).map(Decision.Origin::pictures).isEqualTo(Optional.of(2));
    }
}
