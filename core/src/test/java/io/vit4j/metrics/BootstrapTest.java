package io.vit4j.metrics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.vit4j.base.InputException;
import io.vit4j.base.RandomKey;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ForkJoinPool;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class BootstrapTest {
    private static final List<String> NAMES = List.of("Mass", "Edema", "No Finding");

    /** Resamples as they are defined: the drawn clusters' samples written out one by one, and scored afresh. */
    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
    void countsAResampleAsIfItsSamplesWereWrittenOut(long seed) {
        Random random = new Random(seed);
        int samples = 5 + random.nextInt(200);
        int clusters = 1 + random.nextInt(30);
        EvalPrediction prediction = data(random, samples, 1 + random.nextInt(40), 0.1);
        int[] clusterOf = random.ints(samples, 0, clusters).toArray();
        LabelColumns columns = LabelColumns.of(prediction, NAMES);

        int[][] weightOf = new int[ResampledRoc.LANES][clusters];
        long[] weights = new long[clusters];
        int largest = 0;
        for (int lane = 0; lane < ResampledRoc.LANES; lane++) {
            for (int c = 0; c < clusters; c++) {
                // up to 40,000 in one lane, so that sums must be carried out of the lanes in time
                weightOf[lane][c] = lane == 3 && c % 7 == 0 ? random.nextInt(40_000) : random.nextInt(4);
                weights[c] += ResampledRoc.lane(lane, weightOf[lane][c]);
                largest = Math.max(largest, weightOf[lane][c]);
                assertThat(ResampledRoc.weight(weights[c], lane)).isEqualTo(weightOf[lane][c]);
            }
        }
        for (int j = 0; j < 3; j++) {
            double[] areas = new double[ResampledRoc.LANES];
            double[] positives = new double[ResampledRoc.LANES];
            ResampledRoc.of(Ranking.of(columns.scores[j], columns.truth[j]), clusterOf)
                    .count(weights, largest, areas, positives);
            for (int lane = 0; lane < ResampledRoc.LANES; lane++) {
                int[] w = weightOf[lane];
                int[] sampleWeights = Arrays.stream(clusterOf).map(c -> w[c]).toArray();
                assertThat(areas[lane])
                        .isCloseTo(weightedArea(columns.scores[j], columns.truth[j], sampleWeights), within(1e-12));
            }
        }
    }

    /** Average precision by its definition on the samples written out: the precision at each positive, ties together. */
    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
    void countsAResamplesPrecisionAsIfItsSamplesWereWrittenOut(long seed) {
        Random random = new Random(seed);
        int samples = 5 + random.nextInt(200);
        int clusters = 1 + random.nextInt(30);
        EvalPrediction prediction = data(random, samples, 1 + random.nextInt(40), 0.1);
        int[] clusterOf = random.ints(samples, 0, clusters).toArray();
        LabelColumns columns = LabelColumns.of(prediction, NAMES);
        int[][] weightOf = new int[ResampledRoc.LANES][clusters];
        long[] weights = new long[clusters];
        int largest = 0;
        for (int lane = 0; lane < ResampledRoc.LANES; lane++) {
            for (int c = 0; c < clusters; c++) {
                weightOf[lane][c] = lane == 3 && c % 7 == 0 ? random.nextInt(40_000) : random.nextInt(4);
                weights[c] += ResampledRoc.lane(lane, weightOf[lane][c]);
                largest = Math.max(largest, weightOf[lane][c]);
            }
        }
        for (int j = 0; j < 3; j++) {
            double[] values = new double[ResampledRoc.LANES];
            double[] positives = new double[ResampledRoc.LANES];
            ResampledPrecision.of(Ranking.of(columns.scores[j], columns.truth[j]), clusterOf)
                    .count(weights, largest, values, positives);
            for (int lane = 0; lane < ResampledRoc.LANES; lane++) {
                int[] w = weightOf[lane];
                int[] sampleWeights = Arrays.stream(clusterOf).map(c -> w[c]).toArray();
                assertThat(values[lane])
                        .isCloseTo(
                                weightedPrecision(columns.scores[j], columns.truth[j], sampleWeights), within(1e-12));
            }
        }
    }

    private static double weightedPrecision(float[] scores, byte[] truth, int[] weights) {
        double sum = 0;
        double positives = 0;
        for (int p = 0; p < scores.length; p++) {
            if (truth[p] == 1) {
                double right = 0;
                double called = 0;
                for (int q = 0; q < scores.length; q++) {
                    if (truth[q] >= 0 && scores[q] >= scores[p]) {
                        called += weights[q];
                        right += truth[q] * (double) weights[q];
                    }
                }
                sum += weights[p] == 0 ? 0 : weights[p] * right / called;
                positives += weights[p];
            }
        }
        return positives == 0 ? Double.NaN : sum / positives;
    }

    @Test
    void theEstimatesAreThoseOfTheWholeData() {
        EvalPrediction prediction = data(new Random(5), 500, 1000, 0.05);
        RocAuc whole = RocAuc.of(prediction, NAMES);
        Bootstrap.Intervals intervals =
                new Bootstrap(40, 0.95, RandomKey.of(1)).rocAuc(prediction, NAMES, Bootstrap.eachSampleAlone(500));
        whole.perLabel()
                .forEach((label, area) ->
                        assertThat(intervals.perLabel().get(label).value()).isEqualTo(area));
        assertThat(intervals.averages().get("macro").value()).isEqualTo(whole.macro());
        assertThat(intervals.averages().get("findings").value()).isEqualTo(whole.findings());
        assertThat(intervals.averages().get("micro").value())
                .isEqualTo(RocAuc.micro(prediction, NAMES).orElseThrow());
        assertThat(intervals.averages().get("weighted").value()).isEqualTo(whole.weighted());
        assertThat(intervals.clusters()).isEqualTo(500);

        Bootstrap.Intervals precision = new Bootstrap(40, 0.95, RandomKey.of(1))
                .averagePrecision(prediction, NAMES, Bootstrap.eachSampleAlone(500));
        for (int j = 0; j < 3; j++) {
            Estimate estimate = precision.perLabel().get(NAMES.get(j));
            assertThat(estimate.value())
                    .isCloseTo(
                            PrecisionRecallCurve.averagePrecision(prediction.scores(j), prediction.truth(j))
                                    .orElseThrow(),
                            within(1e-12));
            assertThat(estimate.low()).isLessThan(estimate.value());
            assertThat(estimate.high()).isGreaterThan(estimate.value());
        }
    }

    /** For independent samples DeLong's standard error is that of the bootstrap, up to its noise. */
    @Test
    void agreesWithDeLongWhereSamplesAreIndependent() {
        EvalPrediction prediction = data(new Random(6), 2000, 100_000, 0);
        Bootstrap.Intervals intervals =
                new Bootstrap(2000, 0.95, RandomKey.of(2)).rocAuc(prediction, NAMES, Bootstrap.eachSampleAlone(2000));
        for (int j = 0; j < 3; j++) {
            Estimate deLong = DeLong.interval(prediction.scores(j), prediction.truth(j), 0.95);
            Estimate bootstrap = intervals.perLabel().get(NAMES.get(j));
            assertThat(bootstrap.standardError())
                    .isCloseTo(deLong.standardError(), within(0.06 * deLong.standardError()));
            assertThat(bootstrap.low()).isCloseTo(deLong.low(), within(0.2 * deLong.standardError()));
            assertThat(bootstrap.high()).isCloseTo(deLong.high(), within(0.2 * deLong.standardError()));
        }
    }

    /** Every sample four times over, as four images of one patient: the truth is known no better for it. */
    @Test
    void copiesOfAPatientsImagesDoNotNarrowTheInterval() {
        EvalPrediction once = data(new Random(7), 600, 100_000, 0);
        int[] four = new int[2400];
        Arrays.setAll(four, i -> i / 4);
        Bootstrap bootstrap = new Bootstrap(400, 0.95, RandomKey.of(3));
        Bootstrap.Intervals alone = bootstrap.rocAuc(once, NAMES, Bootstrap.eachSampleAlone(600));
        Bootstrap.Intervals copied = bootstrap.rocAuc(once.rows(four), NAMES, four);
        assertThat(copied.averages().get("macro").low())
                .isCloseTo(alone.averages().get("macro").low(), within(1e-12));
        assertThat(copied.averages().get("macro").high())
                .isCloseTo(alone.averages().get("macro").high(), within(1e-12));
    }

    @Test
    void theSameKeyGivesTheSameIntervalsOnAnyNumberOfThreads() throws Exception {
        EvalPrediction prediction = data(new Random(8), 300, 50, 0.1);
        int[] clusters = Bootstrap.clusters(new Random(8)
                .ints(300, 0, 70)
                .mapToObj(patient -> "patient " + patient)
                .toList());
        Bootstrap bootstrap = new Bootstrap(101, 0.9, RandomKey.of(4));
        Bootstrap.Intervals here = bootstrap.rocAuc(prediction, NAMES, clusters);
        ForkJoinPool five = new ForkJoinPool(5);
        try {
            assertThat(five.submit(() -> bootstrap.rocAuc(prediction, NAMES, clusters))
                            .get())
                    .isEqualTo(here);
        } finally {
            five.shutdown();
        }
        Bootstrap other = new Bootstrap(101, 0.9, RandomKey.of(5));
        assertThat(other.rocAuc(prediction, NAMES, clusters)).isNotEqualTo(here);
    }

    @Test
    void aDifferenceIsCountedOnTheSameResamples() {
        EvalPrediction prediction = data(new Random(9), 300, 1000, 0);
        Bootstrap bootstrap = new Bootstrap(100, 0.95, RandomKey.of(6));
        int[] clusters = Bootstrap.eachSampleAlone(300);
        Bootstrap.Intervals none = bootstrap.difference(prediction, prediction, NAMES, clusters);
        assertThat(none.averages().get("macro")).isEqualTo(new Estimate(0, 0, 0, 0, 0.95));
        EvalPrediction others = data(new Random(10), 300, 1000, 0);
        assertThatThrownBy(() -> bootstrap.difference(prediction, others, NAMES, clusters))
                .isInstanceOf(InputException.class)
                .hasMessageContaining("same samples");
    }

    @Test
    void namesLabelsOfOneClassAndSurvivesResamplesWithoutOne() {
        EvalPrediction prediction = EvalPrediction.multiLabel(
                4, 2, new float[] {1, 1, 2, 2, 3, 3, 4, 4}, new float[] {0, 0, 0, 0, 0, 0, 1, 0});
        Bootstrap.Intervals intervals = new Bootstrap(50, 0.95, RandomKey.of(7))
                .rocAuc(prediction, List.of("rare", "never"), new int[] {9, 9, 7, 5});
        assertThat(intervals.undefinedLabels()).containsExactly("never");
        assertThat(intervals.clusters()).isEqualTo(3);
        assertThat(intervals.perLabel().get("rare")).isEqualTo(new Estimate(1, 0, 1, 1, 0.95));
    }

    @Test
    void refusesARidiculousNumberOfRounds() {
        for (int rounds : new int[] {-1, 0, 1, 2_000_000}) {
            assertThatThrownBy(() -> new Bootstrap(rounds, 0.95, RandomKey.of(1)))
                    .isInstanceOf(InputException.class)
                    .hasMessageContaining("1000 is usual");
        }
    }

    @Test
    void subgroupsAreTheAreasOfTheirSamples() {
        EvalPrediction prediction = data(new Random(11), 400, 1000, 0);
        int[] clusters = Bootstrap.eachSampleAlone(400);
        List<String> ages = new Random(11)
                .ints(400, 0, 100)
                .mapToObj(age -> age == 99 ? " " : Bands.age(Integer.toString(age)))
                .toList();
        List<Subgroups.Group> groups = Subgroups.of(
                prediction, NAMES, "Patient Age", ages, clusters, new Bootstrap(60, 0.95, RandomKey.of(8)));
        assertThat(groups)
                .extracting(Subgroups.Group::group)
                .containsExactly("0-19", "20-39", "40-59", "60-79", "80+", "unknown");
        assertThat(groups.stream().mapToInt(Subgroups.Group::samples).sum()).isEqualTo(400);
        Subgroups.Group young = groups.get(0);
        int[] rows = clusters.clone();
        rows = Arrays.stream(rows).filter(i -> ages.get(i).equals("0-19")).toArray();
        EvalPrediction part = prediction.rows(rows);
        assertThat(young.deLong().get("Mass")).isEqualTo(DeLong.interval(part.scores(0), part.truth(0), 0.95));
        assertThat(young.bootstrap().averages().get("macro").value())
                .isEqualTo(RocAuc.of(part, NAMES).macro());
    }

    @Test
    void aColumnOfManyValuesIsNoGrouping() {
        EvalPrediction prediction = data(new Random(12), 60, 1000, 0);
        List<String> patients = Arrays.stream(Bootstrap.eachSampleAlone(60))
                .mapToObj(Integer::toString)
                .toList();
        Bootstrap bootstrap = new Bootstrap(10, 0.95, RandomKey.of(9));
        int[] clusters = Bootstrap.eachSampleAlone(60);
        assertThatThrownBy(() -> Subgroups.of(prediction, NAMES, "Patient ID", patients, clusters, bootstrap))
                .isInstanceOf(InputException.class)
                .hasMessageContainingAll("Patient ID", "50", "bands");
    }

    /** Scores of so many different values, truth that they tell something of, some of it unknown. */
    private static EvalPrediction data(Random random, int samples, int values, double unknown) {
        float[] scores = new float[samples * 3];
        float[] truth = new float[samples * 3];
        for (int i = 0; i < scores.length; i++) {
            truth[i] = random.nextDouble() < 0.1 + 0.2 * (i % 3) ? 1 : 0;
            scores[i] = random.nextInt(values) + (random.nextInt(3) == 0 ? truth[i] * values / 4 : 0);
            truth[i] = random.nextDouble() < unknown ? Float.NaN : truth[i];
        }
        return EvalPrediction.multiLabel(samples, 3, scores, truth);
    }

    private static double weightedArea(float[] scores, byte[] truth, int[] weights) {
        double right = 0;
        double pairs = 0;
        for (int p = 0; p < scores.length; p++) {
            for (int q = 0; q < scores.length; q++) {
                if (truth[p] == 1 && truth[q] == 0) {
                    double weight = (double) weights[p] * weights[q];
                    pairs += weight;
                    right += weight * (1 + Math.signum(scores[p] - scores[q])) / 2;
                }
            }
        }
        return pairs == 0 ? Double.NaN : right / pairs;
    }
}
