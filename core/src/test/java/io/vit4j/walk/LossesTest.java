package io.vit4j.walk;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;
import static org.assertj.core.api.Assertions.withinPercentage;

import io.vit4j.base.InputException;
import io.vit4j.torch.Scope;
import io.vit4j.torch.Tensors;
import java.util.Arrays;
import java.util.function.ToDoubleFunction;
import org.junit.jupiter.api.Test;

/** Losses against their formulas in float64, and their gradients against those formulas' differences. */
class LossesTest {
    private static final float NAN = Float.NaN;
    private static final int LABELS = 3;
    private static final float[] LOGITS = {1.5f, -0.3f, 4, -2, 0.7f, -6, 0.1f, 2.2f, -1.1f, 9, -9, 0.4f};
    private static final float[] KNOWN = {1, 0, 1, 0, 1, 0, 0, 0, 1, 0, 1, 1};
    private static final float[] PARTLY_KNOWN = {1, NAN, 1, 0, 1, NAN, NAN, NAN, NAN, 0, 1, NAN};

    /** One entry's loss: of its column, logit and truth. */
    private interface Entry {
        double of(int column, double logit, double truth);
    }

    private static double sigmoid(double x) {
        return 1 / (1 + Math.exp(-x));
    }

    private static double meanOfKnown(double[] logits, float[] labels, Entry entry) {
        double sum = 0;
        int known = 0;
        for (int i = 0; i < logits.length; i++) {
            if (!Float.isNaN(labels[i])) {
                sum += entry.of(i % LABELS, logits[i], labels[i]);
                known++;
            }
        }
        return known == 0 ? 0 : sum / known;
    }

    private static void compare(Loss loss, Entry entry) {
        for (float[] labels : new float[][] {KNOWN, PARTLY_KNOWN}) {
            compare(loss, labels, LABELS, logits -> meanOfKnown(logits, labels, entry));
        }
        assertThat(loss.counted(PARTLY_KNOWN)).isEqualTo(6);
    }

    private static void compare(Loss loss, float[] labels, int perSample, ToDoubleFunction<double[]> formula) {
        double[] logits = new double[LOGITS.length];
        Arrays.setAll(logits, i -> LOGITS[i]);
        try (Scope scope = new Scope()) {
            var at = MicroBatchStep.lossAndGradient(
                    loss, Tensors.of(LOGITS, 4, LABELS), Tensors.of(labels, 4, perSample), 1);
            assertThat(at.loss()).as("loss").isCloseTo(formula.applyAsDouble(logits), withinPercentage(1e-4));
            float[] gradient = Tensors.toFloats(at.gradient());
            for (int i = 0; i < logits.length; i++) {
                assertThat((double) gradient[i])
                        .as("gradient %d", i)
                        .isCloseTo(slope(formula, logits, i), within(1e-6));
            }
        }
    }

    private static double slope(ToDoubleFunction<double[]> formula, double[] logits, int i) {
        double step = 1e-5;
        double[] up = logits.clone();
        double[] down = logits.clone();
        up[i] += step;
        down[i] -= step;
        return (formula.applyAsDouble(up) - formula.applyAsDouble(down)) / (2 * step);
    }

    @Test
    void binaryCrossEntropyIsItsFormula() {
        compare(
                new Losses.BinaryCrossEntropy(),
                (j, x, y) -> -y * Math.log(sigmoid(x)) - (1 - y) * Math.log(sigmoid(-x)));
    }

    @Test
    void positivesWeighAsMuchAsTheirLabelSays() {
        float[] weight = {5, 0.5f, 2};
        compare(
                new Losses.BinaryCrossEntropy(weight, 0),
                (j, x, y) -> -weight[j] * y * Math.log(sigmoid(x)) - (1 - y) * Math.log(sigmoid(-x)));
    }

    @Test
    void smoothedLabelsAreDrawnTowardsAHalf() {
        compare(new Losses.BinaryCrossEntropy(new float[0], 0.2), (j, x, y) -> {
            double smooth = 0.8 * y + 0.1;
            return -smooth * Math.log(sigmoid(x)) - (1 - smooth) * Math.log(sigmoid(-x));
        });
    }

    @Test
    void focalLossIsItsFormula() {
        for (double gamma : new double[] {0, 0.5, 2}) {
            for (double alpha : new double[] {-1, 0.25, 1}) {
                compare(new FocalLoss(gamma, alpha), (j, x, y) -> {
                    double q = y == 1 ? sigmoid(x) : sigmoid(-x);
                    double weight = alpha < 0 ? 1 : y == 1 ? alpha : 1 - alpha;
                    return -weight * Math.pow(1 - q, gamma) * Math.log(q);
                });
            }
        }
    }

    @Test
    void asymmetricLossIsItsFormula() {
        for (double clip : new double[] {0, 0.05, 0.3}) {
            for (double[] gamma : new double[][] {{0, 4}, {1, 4}, {0, 0}, {2, 1}}) {
                compare(new AsymmetricLoss(gamma[0], gamma[1], clip), (j, x, y) -> {
                    double p = sigmoid(x);
                    double m = Math.max(p - clip, 0);
                    return y == 1
                            ? -Math.pow(1 - p, gamma[0]) * Math.log(p)
                            : -Math.pow(m, gamma[1]) * Math.log(clip == 0 ? sigmoid(-x) : 1 - m);
                });
            }
        }
    }

    @Test
    void meanSquaredErrorIsItsFormula() {
        compare(new Losses.MeanSquaredError(), (j, x, y) -> (x - y) * (x - y));
    }

    @Test
    void crossEntropyIsItsFormulaWithWeightsSmoothingAndUnknownClasses() {
        for (float[] classes : new float[][] {{2, 0, 1, 0}, {2, NAN, 1, -100}}) {
            for (float[] weight : new float[][] {{}, {3, 0.5f, 1}}) {
                for (double smoothing : new double[] {0, 0.3}) {
                    compare(
                            new Losses.CrossEntropy(weight, smoothing),
                            classes,
                            1,
                            logits -> crossEntropy(logits, classes, weight, smoothing));
                }
            }
        }
        assertThat(new Losses.CrossEntropy(new float[] {3, 0.5f, 1}, 0).counted(new float[] {2, NAN, 0, -100}))
                .isEqualTo(4);
    }

    /** As PyTorch documents {@code CrossEntropyLoss}. */
    private static double crossEntropy(double[] logits, float[] classes, float[] weight, double smoothing) {
        double sum = 0;
        double weights = 0;
        for (int i = 0; i < classes.length; i++) {
            if (classes[i] >= 0) {
                double[] row = Arrays.copyOfRange(logits, i * LABELS, (i + 1) * LABELS);
                double normaliser = Math.log(Arrays.stream(row).map(Math::exp).sum());
                for (int j = 0; j < LABELS; j++) {
                    double target = (j == classes[i] ? 1 - smoothing : 0) + smoothing / LABELS;
                    sum -= target * (weight.length == 0 ? 1 : weight[j]) * (row[j] - normaliser);
                }
                weights += weight.length == 0 ? 1 : weight[(int) classes[i]];
            }
        }
        return sum / weights;
    }

    @Test
    void aBatchOfWhichNothingIsKnownTeachesNothing() {
        float[] unknown = new float[12];
        Arrays.fill(unknown, NAN);
        for (Loss loss : new Loss[] {
            new Losses.BinaryCrossEntropy(),
            new Losses.MeanSquaredError(),
            FocalLoss.DEFAULTS,
            AsymmetricLoss.DEFAULTS,
            new Losses.CrossEntropy(0.1),
            new Losses.CrossEntropy(new float[] {1, 2, 3}, 0.1)
        }) {
            int perSample = loss instanceof Losses.CrossEntropy ? 1 : LABELS;
            float[] labels = Arrays.copyOf(unknown, 4 * perSample);
            try (Scope scope = new Scope()) {
                var at = MicroBatchStep.lossAndGradient(
                        loss, Tensors.of(LOGITS, 4, LABELS), Tensors.of(labels, 4, perSample), 1);
                assertThat(at.loss()).as(loss.toString()).isZero();
                for (float slope : Tensors.toFloats(at.gradient())) {
                    assertThat(Math.abs(slope)).as(loss.toString()).isZero();
                }
                assertThat(loss.counted(labels)).isZero();
            }
        }
    }

    @Test
    void extremeLogitsGiveFiniteLossesAndGradients() {
        float[] extreme = {100, -100, 1000, -1000, 88, -88, 3e4f, -3e4f, 0, 17, -17, 1};
        for (Loss loss : new Loss[] {
            new Losses.BinaryCrossEntropy(new float[] {9, 9, 9}, 0),
            new FocalLoss(0.5, 0.25),
            FocalLoss.DEFAULTS,
            AsymmetricLoss.DEFAULTS,
            new AsymmetricLoss(0.5, 0.5, 0.05),
            new AsymmetricLoss(1, 0.5, 0)
        }) {
            for (float[] labels : new float[][] {KNOWN, new float[12]}) {
                try (Scope scope = new Scope()) {
                    var at = MicroBatchStep.lossAndGradient(
                            loss, Tensors.of(extreme, 4, LABELS), Tensors.of(labels, 4, LABELS), 1);
                    assertThat(at.loss()).as(loss.toString()).isFinite();
                    for (float slope : Tensors.toFloats(at.gradient())) {
                        assertThat(slope).as(loss.toString()).isFinite();
                    }
                }
            }
        }
    }

    @Test
    void aClassThatTheModelLacksIsNamed() {
        for (float wrong : new float[] {3, -1, 0.5f}) {
            try (Scope scope = new Scope()) {
                assertThatThrownBy(() -> new Losses.CrossEntropy(0)
                                .mean(Tensors.of(LOGITS, 4, LABELS), Tensors.of(new float[] {0, 1, wrong, 2}, 4, 1)))
                        .isInstanceOf(InputException.class)
                        .hasMessageContaining("label is " + wrong)
                        .hasMessageContaining("classes 0 to 2");
            }
        }
        assertThatThrownBy(() -> new Losses.CrossEntropy(new float[] {1, 2, 3}, 0).counted(new float[] {3}))
                .isInstanceOf(InputException.class);
    }
}
