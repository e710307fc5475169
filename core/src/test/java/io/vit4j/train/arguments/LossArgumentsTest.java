package io.vit4j.train.arguments;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.vit4j.base.InputException;
import io.vit4j.data.Dataset;
import io.vit4j.data.ProblemType;
import io.vit4j.data.Sample;
import io.vit4j.image.Picture;
import io.vit4j.model.ModelDefinition;
import io.vit4j.walk.AsymmetricLoss;
import io.vit4j.walk.BinaryCrossEntropy;
import io.vit4j.walk.CrossEntropy;
import io.vit4j.walk.FocalLoss;
import io.vit4j.walk.MeanSquaredError;
import io.vit4j.walk.Objective;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class LossArgumentsTest {
    private static final float NAN = Float.NaN;
    private static final Dataset FINDINGS =
            labelled(new float[][] {{1, 0, 0}, {0, 0, NAN}, {1, 1, 0}, {0, 0, 0}, {0, 0, 0}});
    private static final Dataset CLASSES = labelled(new float[][] {{0}, {2}, {2}, {2}, {NAN}});

    private static Dataset labelled(float[][] labels) {
        return new Dataset() {
            @Override
            public int size() {
                return labels.length;
            }

            @Override
            public Sample get(int index) {
                return new Sample(index + ".png", new Picture(1, 1, 1, new byte[1]), labels[index]);
            }
        };
    }

    private static Objective loss(Dataset data, ProblemType type, Map<String, String> given) {
        ModelDefinition config =
                ModelDefinition.preset("vit-tiny").withLabels(List.of("Nodule", "Hernia", "Mass"), type);
        return LossArguments.of(TrainingArguments.builder().set(given).build(), config, data, Optional.of(data));
    }

    @Test
    void balancedPositivesWeighNegativesOverPositives() {
        Objective loss = loss(FINDINGS, ProblemType.MULTI_LABEL, Map.of("pos_weight", "balanced"));
        assertThat(((BinaryCrossEntropy) loss).posWeight()).containsExactly(1.5f, 4, 1);
    }

    @Test
    void balancedClassesWeighAsInScikitLearn() {
        Objective loss = loss(CLASSES, ProblemType.SINGLE_LABEL, Map.of("class_weight", "balanced"));
        assertThat(((CrossEntropy) loss).classWeight()).containsExactly(2, 1, 4 / 6f);
    }

    @Test
    void weightsMayBeGivenByLabelOrForAll() {
        Objective byLabel = loss(FINDINGS, ProblemType.MULTI_LABEL, Map.of("pos_weight", "Hernia=50"));
        assertThat(((BinaryCrossEntropy) byLabel).posWeight()).containsExactly(1, 50, 1);
        Objective all = loss(FINDINGS, ProblemType.MULTI_LABEL, Map.of("pos_weight", "3"));
        assertThat(((BinaryCrossEntropy) all).posWeight()).containsExactly(3, 3, 3);
    }

    @Test
    void theLossThatFitsTheLabelsIsTakenUnlessAnotherIsNamed() {
        assertThat(loss(FINDINGS, ProblemType.MULTI_LABEL, Map.of())).isInstanceOf(BinaryCrossEntropy.class);
        assertThat(loss(CLASSES, ProblemType.SINGLE_LABEL, Map.of())).isInstanceOf(CrossEntropy.class);
        assertThat(loss(FINDINGS, ProblemType.REGRESSION, Map.of())).isInstanceOf(MeanSquaredError.class);
        assertThat(loss(FINDINGS, ProblemType.MULTI_LABEL, Map.of("loss", "focal", "loss_args", "gamma=3")))
                .isEqualTo(new FocalLoss(3, 0.25));
        assertThat(loss(FINDINGS, ProblemType.MULTI_LABEL, Map.of("loss", "asymmetric", "loss_args", "clip=0.1")))
                .isEqualTo(new AsymmetricLoss(0, 4, 0.1));
    }

    @Test
    void argumentsThatWouldBeSilentlyMissedAreErrors() {
        refused(FINDINGS, ProblemType.MULTI_LABEL, Map.of("class_weight", "balanced"), "class_weight has no effect");
        refused(CLASSES, ProblemType.SINGLE_LABEL, Map.of("pos_weight", "2"), "pos_weight has no effect");
        refused(
                FINDINGS,
                ProblemType.MULTI_LABEL,
                Map.of("loss", "focal", "label_smoothing_factor", "0.1"),
                "label_smoothing_factor has no effect on loss focal");
        refused(FINDINGS, ProblemType.MULTI_LABEL, Map.of("pos_weight", "Hernai=2"), "did you mean Hernia?");
        refused(FINDINGS, ProblemType.MULTI_LABEL, Map.of("loss", "cross_entropy"), "takes 1 label values");
        refused(CLASSES, ProblemType.SINGLE_LABEL, Map.of("loss", "focal"), "takes 3 label values");
        refused(
                FINDINGS,
                ProblemType.MULTI_LABEL,
                Map.of("loss_args", "gamma=2"),
                "gamma is not a setting of loss auto");
        refused(
                FINDINGS,
                ProblemType.MULTI_LABEL,
                Map.of("loss", "focal", "loss_args", "gama=2"),
                "did you mean gamma?");
        assertThatThrownBy(() -> LossArguments.of(
                        TrainingArguments.builder()
                                .set(Map.of("pos_weight", "balanced"))
                                .build(),
                        ModelDefinition.preset("vit-tiny"),
                        labelled(new float[][] {{1, 0}}),
                        Optional.empty()))
                .isInstanceOf(InputException.class)
                .hasMessageContaining("needs the training data");
    }

    private static void refused(Dataset data, ProblemType type, Map<String, String> given, String message) {
        assertThatThrownBy(() -> loss(data, type, given))
                .as(given.toString())
                .isInstanceOf(InputException.class)
                .hasMessageContaining(message);
    }
}
