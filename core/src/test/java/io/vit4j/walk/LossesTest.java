package io.vit4j.walk;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;
import static org.assertj.core.api.Assertions.withinPercentage;

import io.vit4j.base.InputException;
import io.vit4j.data.Targets;
import io.vit4j.torch.Device;
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

    private static void compare(Objective loss, Entry entry) {
        for (float[] labels : new float[][] {KNOWN, PARTLY_KNOWN}) {
            compare(loss, labels, logits -> meanOfKnown(logits, labels, entry));
        }
        assertThat(loss.targets(PARTLY_KNOWN, 4, LABELS).divisor()).isEqualTo(6);
    }

    /** @param formula the mean, of logits */
    private static void compare(Objective loss, float[] labels, ToDoubleFunction<double[]> formula) {
        double[] logits = new double[LOGITS.length];
        Arrays.setAll(logits, i -> LOGITS[i]);
        Targets targets = loss.targets(labels, 4, LABELS);
        double divisor = Math.max(1e-30, targets.divisor());
        try (Scope scope = new Scope()) {
            var at = at(loss, LOGITS, targets, 1 / divisor);
            assertThat(at.loss() / divisor).as("loss").isCloseTo(formula.applyAsDouble(logits), withinPercentage(1e-4));
            float[] gradient = Tensors.toFloats(at.gradient());
            for (int i = 0; i < logits.length; i++) {
                assertThat((double) gradient[i])
                        .as("gradient %d", i)
                        .isCloseTo(slope(formula, logits, i), within(1e-6));
            }
        }
    }

    private static MicroBatchStep.LossAndGradient at(Objective loss, float[] logits, Targets targets, double scale) {
        return MicroBatchStep.lossAndGradient(
                loss, Tensors.of(logits, 4, LABELS), TargetTensors.of(targets, Device.CPU), scale);
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
        compare(new BinaryCrossEntropy(), (j, x, y) -> -y * Math.log(sigmoid(x)) - (1 - y) * Math.log(sigmoid(-x)));
    }

    @Test
    void positivesWeighAsMuchAsTheirLabelSays() {
        float[] weight = {5, 0.5f, 2};
        compare(
                new BinaryCrossEntropy(weight, 0),
                (j, x, y) -> -weight[j] * y * Math.log(sigmoid(x)) - (1 - y) * Math.log(sigmoid(-x)));
    }

    @Test
    void smoothedLabelsAreDrawnTowardsAHalf() {
        compare(new BinaryCrossEntropy(new float[0], 0.2), (j, x, y) -> {
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
        compare(new MeanSquaredError(), (j, x, y) -> (x - y) * (x - y));
    }

    @Test
    void crossEntropyIsItsFormulaWithWeightsSmoothingAndUnknownClasses() {
        for (float[] classes : new float[][] {{2, 0, 1, 0}, {2, NAN, 1, -100}}) {
            for (float[] weight : new float[][] {{}, {3, 0.5f, 1}}) {
                for (double smoothing : new double[] {0, 0.3}) {
                    compare(
                            new CrossEntropy(weight, smoothing),
                            classes,
                            logits -> crossEntropy(logits, classes, weight, smoothing));
                }
            }
        }
        assertThat(new CrossEntropy(new float[] {3, 0.5f, 1}, 0)
                        .targets(new float[] {2, NAN, 0, -100}, 4, LABELS)
                        .divisor())
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
        for (Objective loss : new Objective[] {
            new BinaryCrossEntropy(),
            new MeanSquaredError(),
            FocalLoss.DEFAULTS,
            AsymmetricLoss.DEFAULTS,
            new CrossEntropy(new float[0], 0.1),
            new CrossEntropy(new float[] {1, 2, 3}, 0.1)
        }) {
            int perSample = loss instanceof CrossEntropy ? 1 : LABELS;
            float[] labels = Arrays.copyOf(unknown, 4 * perSample);
            try (Scope scope = new Scope()) {
                Targets targets = loss.targets(labels, 4, LABELS);
                var at = at(loss, LOGITS, targets, 1);
                assertThat(at.loss()).as(loss.toString()).isZero();
                for (float slope : Tensors.toFloats(at.gradient())) {
                    assertThat(Math.abs(slope)).as(loss.toString()).isZero();
                }
                assertThat(targets.divisor()).isZero();
            }
        }
    }

    @Test
    void extremeLogitsGiveFiniteLossesAndGradients() {
        float[] extreme = {100, -100, 1000, -1000, 88, -88, 3e4f, -3e4f, 0, 17, -17, 1};
        for (Objective loss : new Objective[] {
            new BinaryCrossEntropy(new float[] {9, 9, 9}, 0),
            new FocalLoss(0.5, 0.25),
            FocalLoss.DEFAULTS,
            AsymmetricLoss.DEFAULTS,
            new AsymmetricLoss(0.5, 0.5, 0.05),
            new AsymmetricLoss(1, 0.5, 0)
        }) {
            for (float[] labels : new float[][] {KNOWN, new float[12]}) {
                try (Scope scope = new Scope()) {
                    var at = at(loss, extreme, loss.targets(labels, 4, LABELS), 1);
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
            assertThatThrownBy(() -> new CrossEntropy().targets(new float[] {0, 1, wrong, 2}, 4, LABELS))
                    .isInstanceOf(InputException.class)
                    .hasMessageContaining("label is " + wrong)
                    .hasMessageContaining("classes 0 to 2");
        }
        assertThatThrownBy(() -> new CrossEntropy(new float[] {1, 2, 3}, 0).targets(new float[] {3}, 1, 4))
                .isInstanceOf(InputException.class);
        assertThatThrownBy(() -> new BinaryCrossEntropy().targets(new float[8], 4, LABELS))
                .isInstanceOf(InputException.class)
                .hasMessageContaining("2 label values");
    }

    /** Labels between 0 and 1, as mixing two pictures makes them, some unknown. */
    @Test
    void softLabelsOfSeveralLabelsAreTheFormula() {
        float[] soft = {0.3f, 1, 0, 0.75f, NAN, 0.5f, 0.1f, 0.9f, 1, 0, 0.25f, NAN};
        float[] weight = {5, 0.5f, 2};
        for (double smoothing : new double[] {0, 0.2}) {
            compare(
                    new BinaryCrossEntropy(weight, smoothing),
                    soft,
                    logits -> meanOfKnown(logits, soft, (j, x, y) -> {
                        double smooth = (1 - smoothing) * y + smoothing / 2;
                        return -weight[j] * smooth * Math.log(sigmoid(x)) - (1 - smooth) * Math.log(sigmoid(-x));
                    }));
        }
        compare(new MeanSquaredError(), soft, logits -> meanOfKnown(logits, soft, (j, x, y) -> (x - y) * (x - y)));
    }

    /** Shares of every class: -sum of w y log p, over the sum of w y; a row with an unknown share does not count. */
    @Test
    void softClassesAreTheFormula() {
        float[] soft = {0.3f, 0.7f, 0, 0.25f, 0.25f, 0.5f, NAN, 0.5f, 0.5f, 0, 0, 1};
        for (float[] weight : new float[][] {{}, {3, 0.5f, 1}}) {
            for (double smoothing : new double[] {0, 0.3}) {
                compare(new CrossEntropy(weight, smoothing), soft, logits -> {
                    double sum = 0;
                    double counted = 0;
                    for (int i = 0; i < 4; i++) {
                        if (i == 2) {
                            continue;
                        }
                        double[] row = Arrays.copyOfRange(logits, i * LABELS, (i + 1) * LABELS);
                        double normaliser =
                                Math.log(Arrays.stream(row).map(Math::exp).sum());
                        for (int j = 0; j < LABELS; j++) {
                            double w = weight.length == 0 ? 1 : weight[j];
                            double y = soft[i * LABELS + j];
                            sum -= w * (y * (1 - smoothing) + smoothing / LABELS) * (row[j] - normaliser);
                            counted += w * y;
                        }
                    }
                    return sum / counted;
                });
            }
        }
    }

    /** The loss is linear in its targets: mixing two pictures' labels mixes their losses, to rounding. */
    @Test
    void mixedTargetsMixTheLosses() {
        float share = 0.25f;
        float[][] pairs = {{2, 0, 1, 0}, {0, 0, 2, 1}};
        for (Objective loss : new Objective[] {new CrossEntropy(), new CrossEntropy(new float[] {3, 0.5f, 1}, 0.1)}) {
            Targets first = loss.targets(pairs[0], 4, LABELS);
            Targets second = loss.targets(pairs[1], 4, LABELS);
            float[] mixed = new float[4 * LABELS];
            for (int i = 0; i < 4; i++) {
                mixed[i * LABELS + (int) pairs[0][i]] += share;
                mixed[i * LABELS + (int) pairs[1][i]] += 1 - share;
            }
            try (Scope scope = new Scope()) {
                double expected = share * at(loss, LOGITS, first, 1).loss()
                        + (1 - share) * at(loss, LOGITS, second, 1).loss();
                Targets targets = loss.targets(mixed, 4, LABELS);
                assertThat(at(loss, LOGITS, targets, 1).loss()).isCloseTo(expected, withinPercentage(1e-4));
                assertThat(targets.divisor())
                        .isCloseTo(share * first.divisor() + (1 - share) * second.divisor(), within(1e-12));
            }
        }
    }

    /** A batch cut into chunks has the sums of its chunks. */
    @Test
    void rowsOfTargetsAreTheTargetsOfTheRows() {
        for (Objective loss : new Objective[] {
            new BinaryCrossEntropy(new float[] {5, 0.5f, 2}, 0.1), new CrossEntropy(new float[] {3, 0.5f, 1}, 0.1)
        }) {
            float[] labels = loss instanceof CrossEntropy ? new float[] {2, NAN, 1, 0} : PARTLY_KNOWN;
            int each = labels.length / 4;
            Targets whole = loss.targets(labels, 4, LABELS);
            for (int from = 0; from < 4; from += 2) {
                Targets rows = whole.rows(from, 2);
                Targets own = loss.targets(Arrays.copyOfRange(labels, from * each, (from + 2) * each), 2, LABELS);
                assertThat(rows.values()).isEqualTo(own.values());
                assertThat(rows.counted()).isEqualTo(own.counted());
            }
            assertThat(whole.rows(0, 2).divisor() + whole.rows(2, 2).divisor()).isEqualTo(whole.divisor());
        }
    }
}
