package io.vit4j.data.augment;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.vit4j.base.RandomKey;
import io.vit4j.data.Batch;
import io.vit4j.data.Collator;
import io.vit4j.data.DataLoader;
import io.vit4j.data.Dataset;
import io.vit4j.data.ImageTransform;
import io.vit4j.data.Sample;
import io.vit4j.data.UncertainLabels;
import io.vit4j.image.Picture;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class MixingTest {
    private static final int[] STEP = {4, 7, 1, 9, 3, 0, 8};

    private static final Dataset PICTURES = new Dataset() {
        @Override
        public int size() {
            return 10;
        }

        @Override
        public Sample get(int index) {
            byte[] pixels = new byte[6 * 5 * 3];
            Arrays.fill(pixels, (byte) (20 * index));
            return new Sample("picture-" + index, new Picture(6, 5, 3, pixels), new float[] {index % 2, 1});
        }
    };

    private static final Collator PLAIN = new ErasingCollator(
            Collator.normalising(
                    (picture, out, channels) -> {
                        for (byte value : picture.pixels()) {
                            out.put(value & 0xFF);
                        }
                    },
                    3),
            new RandomErasing(0.5, 0.02, 0.33, 0.3, 3.3, Double.NaN));

    /** Pixels and labels of the step's samples, in their order, however it is cut into batches. */
    private static List<Float> loaded(Mixing mixing, int threads, int... sizes) {
        Mixing.Epoch epoch = mixing.epoch(List.of(STEP), 3, 1);
        List<int[]> batches = new ArrayList<>();
        int from = 0;
        for (int size : sizes) {
            batches.add(Arrays.copyOfRange(STEP, from, from += size));
        }
        List<Float> pixels = new ArrayList<>();
        List<Float> labels = new ArrayList<>();
        try (DataLoader loader = new DataLoader(
                PICTURES,
                batches,
                new MixingCollator(PLAIN, epoch, 0),
                ImageTransform.none(),
                RandomKey.of(2),
                DataLoader.Workers.of(threads))) {
            while (loader.hasNext()) {
                try (Batch batch = loader.next()) {
                    assertThat(batch.files()).hasSize(batch.size());
                    for (int i = 0; i < batch.pixelValues().limit(); i++) {
                        pixels.add(batch.pixelValues().get(i));
                    }
                    for (float label : batch.labels()) {
                        labels.add(label);
                    }
                }
            }
        }
        pixels.addAll(labels);
        return pixels;
    }

    @ParameterizedTest
    @EnumSource
    void samplesAreTheSameHoweverTheStepIsDividedAndLoaded(Mixing.Mode mode) {
        Mixing mixing = new Mixing(0.8, 1, 0.9, 0.5, mode);
        List<Float> whole = loaded(mixing, 0, 7);
        assertThat(loaded(mixing, 3, 2, 1, 4)).isEqualTo(whole);
        assertThat(loaded(mixing, 1, 1, 1, 1, 1, 1, 1, 1)).isEqualTo(whole);
        assertThat(loaded(new Mixing(0, 0.5, 0, 0, mode), 0, 7)).isNotEqualTo(whole);
    }

    @Test
    void partnersAreMirroredAndShareRatiosAsTheModeSays() {
        assertThat(ratios(Mixing.Mode.BATCH)).hasSize(1);
        assertThat(ratios(Mixing.Mode.PAIR)).hasSize(3);
        assertThat(ratios(Mixing.Mode.ELEM)).hasSize(6);
    }

    private static Set<Double> ratios(Mixing.Mode mode) {
        Mixing.Epoch epoch = new Mixing(1, 0, 1, 0.5, mode).epoch(List.of(STEP), 0, 5);
        Set<Double> ratios = new HashSet<>();
        for (int i = 0; i < STEP.length; i++) {
            int other = STEP.length - 1 - i;
            assertThat(epoch.has(STEP[i])).isEqualTo(i != other);
            if (i != other) {
                Mixing.Mixture mixture = epoch.of(STEP[i]);
                assertThat(mixture.partner()).isEqualTo(STEP[other]);
                assertThat(mixture.cut()).isFalse();
                ratios.add(mixture.ratio());
            }
        }
        return ratios;
    }

    @Test
    void anotherStepOrSeedDrawsOtherRatios() {
        Mixing mixing = new Mixing(1, 0, 1, 0, Mixing.Mode.BATCH);
        double ratio = mixing.epoch(List.of(STEP), 3, 1).of(4).ratio();
        assertThat(mixing.epoch(List.of(new int[] {5}, STEP), 2, 1).of(4).ratio())
                .isEqualTo(ratio);
        assertThat(mixing.epoch(List.of(STEP), 4, 1).of(4).ratio()).isNotEqualTo(ratio);
        assertThat(mixing.epoch(List.of(STEP), 3, 2).of(4).ratio()).isNotEqualTo(ratio);
    }

    /** The distribution functions of Beta(1/2, 1/2), Beta(1, 1) and Beta(2, 2) are known in closed form. */
    @Test
    void ratiosHaveTheBetaDistribution() {
        assertThat(distance(0.5, x -> 2 / Math.PI * Math.asin(Math.sqrt(x)))).isLessThan(0.012);
        assertThat(distance(1, x -> x)).isLessThan(0.012);
        assertThat(distance(2, x -> x * x * (3 - 2 * x))).isLessThan(0.012);
        double[] narrow = drawn(0.01); // nearly always at an end, and never no number
        assertThat(Arrays.stream(narrow).filter(x -> x < 0.01).count()).isBetween(9_200L, 10_000L);
        assertThat(Arrays.stream(narrow).allMatch(x -> x >= 0 && x <= 1)).isTrue();
    }

    private static double[] drawn(double alpha) {
        double[] drawn = new double[20_000];
        Arrays.setAll(drawn, i -> BetaDistribution.symmetric(alpha, RandomKey.of(i).with("beta").stream()));
        Arrays.sort(drawn);
        return drawn;
    }

    /** Kolmogorov's; above 0.012 once in a hundred times of 20,000 numbers. */
    private static double distance(double alpha, java.util.function.DoubleUnaryOperator distribution) {
        double[] drawn = drawn(alpha);
        double furthest = 0;
        for (int i = 0; i < drawn.length; i++) {
            double expected = distribution.applyAsDouble(drawn[i]);
            furthest = Math.max(furthest, Math.abs(expected - (i + 0.5) / drawn.length));
        }
        return furthest;
    }

    @ParameterizedTest
    @EnumSource
    void unknownLabelsCountAsTheirPolicySays(UncertainLabels policy) {
        int count = 3000;
        Dataset data = new Dataset() {
            @Override
            public int size() {
                return count;
            }

            @Override
            public Sample get(int index) {
                return new Sample("", new Picture(1, 1, 1, new byte[1]), new float[] {1, Float.NaN, 0});
            }
        };
        Dataset counted = policy.counted(data, 4);
        double[] unknown = new double[count];
        for (int i = 0; i < count; i++) {
            float[] labels = counted.labels(i);
            assertThat(labels[0]).isEqualTo(1);
            assertThat(labels[2]).isZero();
            assertThat(counted.get(i).labels()).isEqualTo(labels);
            unknown[i] = labels[1];
        }
        Arrays.sort(unknown);
        double[] ends = switch (policy) {
            case IGNORE -> new double[] {Double.NaN, Double.NaN};
            case ZEROS -> new double[] {0, 0};
            case ONES -> new double[] {1, 1};
            case ZEROS_LSR -> new double[] {0, 0.3};
            case ONES_LSR -> new double[] {0.55, 0.85};
        };
        if (policy == UncertainLabels.IGNORE) {
            assertThat(unknown).containsOnly(Double.NaN);
            return;
        }
        assertThat(unknown[0]).isBetween(ends[0] - 1e-7, ends[0] + 0.001);
        assertThat(unknown[count - 1]).isBetween(ends[1] - 0.001, ends[1] + 1e-7);
        assertThat(Arrays.stream(unknown).average().orElseThrow()).isCloseTo((ends[0] + ends[1]) / 2, within(0.01));
    }
}
