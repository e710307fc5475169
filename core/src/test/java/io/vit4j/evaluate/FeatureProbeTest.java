package io.vit4j.evaluate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.vit4j.data.Dataset;
import io.vit4j.data.ProblemType;
import io.vit4j.data.Sample;
import io.vit4j.image.Picture;
import io.vit4j.infer.PictureFeatures;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class FeatureProbeTest {
    /** Of features on the axes, which are their labels, and some labels that are unknown. */
    private static PictureFeatures axes(int pictures) {
        float[] values = new float[pictures * 3];
        for (int i = 0; i < pictures; i++) {
            values[3 * i + i % 3] = 1 + i;
        }
        return new PictureFeatures(values, pictures, 3);
    }

    @Test
    void theWeightsOfNeighboursAreThoseOfTheFormula() {
        PictureFeatures learned = new PictureFeatures(new float[] {2, 0, 0, 3}, 2, 2);
        PictureFeatures asked = new PictureFeatures(new float[] {3, 4}, 1, 2); // cosines 0.6 and 0.8

        float[] scores = FeatureProbe.neighbours(learned, new float[] {1, Float.NaN, 0, 1}, asked, 2);

        double first = Math.exp(0.6 / 0.07);
        double second = Math.exp(0.8 / 0.07);
        assertThat(scores[0]).isCloseTo((float) (first / (first + second)), within(1e-6F));
        assertThat(scores[1]).isEqualTo(1); // of the only one that is known
    }

    @Test
    void onlyTheTwentyNearestAreAsked() {
        PictureFeatures learned = axes(90); // thirty on each axis
        float[] known = new float[90];
        known[0] = 1; // of the first axis

        float[] scores = FeatureProbe.neighbours(learned, known, new PictureFeatures(new float[] {1, 0, 0}, 1, 3), 1);

        assertThat(scores[0]).isCloseTo(1 / 20F, within(1e-6F));
    }

    /** By its own probability, 0.50 against 0.49; a softmax over each row would have it the other way. */
    @Test
    void picturesAreRankedByTheProbabilityOfTheLabelItself() {
        float[] probabilities = {0.5F, 0.5F, 0, 0.49F, 0.255F, 0.255F};
        float[] truth = {1, 0, 0, 0, 1, 0};
        assertThat(FeatureProbe.auroc(probabilities, truth, List.of("a", "b", "c")))
                .hasValue(0.5); // 1 for a, 0 for b; c has no area
    }

    @Test
    void ofAnUnknownClassNothingIsKnown() {
        float[] classes = {-100, 1, Float.NaN};
        Dataset data = new Dataset() {
            @Override
            public int size() {
                return classes.length;
            }

            @Override
            public Sample get(int index) {
                return new Sample("x", new Picture(1, 1, 1, new byte[1]), new float[] {classes[index]});
            }
        };
        assertThat(FeatureProbe.targets(data, ProblemType.SINGLE_LABEL, 2))
                .containsExactly(Float.NaN, Float.NaN, 0, 1, Float.NaN, Float.NaN);
    }

    /** At the minimum the gradient is 0, whatever found it. */
    @Test
    void theRegressionIsTheMinimumOfThePenalisedLoss() {
        int pictures = 200;
        Random random = new Random(3);
        float[] values = new float[pictures * 4];
        float[] truth = new float[pictures];
        for (int i = 0; i < pictures; i++) {
            for (int f = 0; f < 4; f++) {
                values[4 * i + f] = (float) (5 + (f + 1) * random.nextGaussian());
            }
            truth[i] = values[4 * i] + 2 * random.nextGaussian() > 5 ? 1 : 0;
        }
        truth[17] = Float.NaN;
        PictureFeatures features = new PictureFeatures(values, pictures, 4);

        LogisticRegression fitted = LogisticRegression.fit(features, truth, 1);

        float[] probabilities = fitted.probabilities(features);
        for (int f = 0; f <= 4; f++) {
            double slope = f < 4 ? 1e-3 * fitted.weights()[0][f] : 0;
            for (int i = 0; i < pictures; i++) {
                double feature = f < 4 ? (values[4 * i + f] - fitted.mean()[f]) * fitted.scale()[f] : 1;
                slope += Float.isNaN(truth[i]) ? 0 : (probabilities[i] - truth[i]) * feature / 199;
            }
            assertThat(slope).as("of weight %d", f).isCloseTo(0, within(1e-5));
        }
        assertThat(fitted.weights()[0][0]).isGreaterThan(0.5);
    }

    /** Rows far out, of which alone the label is known, bend the loss more than all rows do. */
    @Test
    void theRegressionConvergesIfFewLabelsAreKnown() {
        int pictures = 2000;
        Random random = new Random(4);
        float[] values = new float[pictures * 2];
        float[] truth = new float[pictures];
        for (int i = 0; i < pictures; i++) {
            boolean known = i % 40 == 0;
            values[2 * i] = (float) (random.nextGaussian() * (known ? 20 : 1));
            values[2 * i + 1] = (float) random.nextGaussian();
            truth[i] = known ? random.nextInt(2) : Float.NaN; // nothing to tell: it bends most at weights of 0
        }
        PictureFeatures features = new PictureFeatures(values, pictures, 2);

        LogisticRegression fitted = LogisticRegression.fit(features, truth, 1);

        float[] probabilities = fitted.probabilities(features);
        for (int f = 0; f < 2; f++) {
            double slope = 1e-3 * fitted.weights()[0][f];
            for (int i = 0; i < pictures; i += 40) {
                double feature = (values[2 * i + f] - fitted.mean()[f]) * fitted.scale()[f];
                slope += (probabilities[i] - truth[i]) * feature / 50;
            }
            assertThat(slope).as("of weight %d", f).isCloseTo(0, within(1e-3));
        }
    }

    @Test
    void aLabelThatIsKnownOfNothingIsNotLearned() {
        LogisticRegression fitted = LogisticRegression.fit(
                axes(6), new float[] {Float.NaN, Float.NaN, Float.NaN, Float.NaN, Float.NaN, Float.NaN}, 1);
        assertThat(fitted.weights()[0]).containsOnly(0);
    }

    @Test
    void theRankOfFeaturesIsTheNumberOfDirectionsThatTheyTake() {
        float[] line = {1, 1, 2, 2, 3, 3, 5, 5};
        assertThat(new PictureFeatures(line, 4, 2).effectiveRank()).isCloseTo(1, within(1e-3));
        float[] square = {1, 1, 1, -1, -1, 1, -1, -1};
        assertThat(new PictureFeatures(square, 4, 2).effectiveRank()).isCloseTo(2, within(1e-6));
        assertThat(new PictureFeatures(square, 4, 2).deviation()).isCloseTo(1, within(1e-6));
        assertThat(new PictureFeatures(new float[] {1, 2, 1, 2, 1, 2}, 3, 2).deviation())
                .isCloseTo(0, within(1e-6));
    }
}
