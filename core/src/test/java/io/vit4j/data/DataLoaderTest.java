package io.vit4j.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.vit4j.base.InputException;
import io.vit4j.base.RandomKey;
import io.vit4j.data.augment.RandomResizedCrop;
import io.vit4j.data.augment.XrayAugmentation;
import io.vit4j.image.Picture;
import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class DataLoaderTest {
    private static final int SIDE = 6;
    private static final RandomKey KEY = RandomKey.of(3).with(0);

    /** Grey pictures whose every pixel, and whose label, is the sample's number. */
    private static Dataset numbered(int size) {
        return new Dataset() {
            @Override
            public int size() {
                return size;
            }

            @Override
            public Sample get(int index) {
                byte[] pixels = new byte[SIDE * SIDE];
                Arrays.fill(pixels, (byte) index);
                return new Sample(index + ".png", new Picture(SIDE, SIDE, 1, pixels), new float[] {index, -index});
            }
        };
    }

    private static void asFloats(Picture picture, FloatBuffer out, int channels) {
        for (int c = 0; c < channels; c++) {
            for (byte value : picture.pixels()) {
                out.put(value & 0xFF);
            }
        }
    }

    private static final Collator COLLATOR = Collator.normalising(DataLoaderTest::asFloats, 3);

    private static DataLoader loader(Dataset dataset, List<int[]> plan, int workers) {
        return new DataLoader(dataset, plan, COLLATOR, ImageTransform.none(), KEY, DataLoader.Workers.of(workers));
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 4})
    void batchesComeInTheOrderOfThePlanWithPixelsAndLabels(int workers) {
        int[] order = Sampler.random(1337).order(250, 2);
        List<int[]> plan = BatchPlan.of(order, 8, false);
        int seen = 0;
        try (DataLoader loader = loader(numbered(250), plan, workers)) {
            while (loader.hasNext()) {
                try (Batch batch = loader.next()) {
                    int n = batch.size();
                    assertThat(batch.rows()).isEqualTo(Arrays.copyOfRange(order, seen, seen + n));
                    assertThat(batch.files().get(n - 1)).isEqualTo(order[seen + n - 1] + ".png");
                    assertThat(batch.pixelValues().isDirect()).isTrue();
                    assertThat(batch.pixelValues().order()).isEqualTo(java.nio.ByteOrder.nativeOrder());
                    assertThat(batch.pixelValues().position()).isZero();
                    for (int i = 0; i < batch.pixelValues().remaining(); i++) {
                        assertThat(batch.pixelValues().get(i)).isEqualTo(order[seen + i / (3 * SIDE * SIDE)]);
                    }
                    for (int i = 0; i < n; i++) {
                        assertThat(batch.labels()[2 * i]).isEqualTo(order[seen + i]);
                        assertThat(batch.labels()[2 * i + 1]).isEqualTo(-order[seen + i]);
                    }
                    seen += n;
                }
            }
            assertThat(loader.waitSeconds()).isPositive();
        }
        assertThat(seen).isEqualTo(250);
    }

    @Test
    void buffersAreUsedAgainOnlyOnceClosed() {
        List<int[]> plan = BatchPlan.of(Sampler.sequential().order(64, 0), 4, true);
        List<Batch> open = new ArrayList<>();
        java.util.Set<Integer> distinct = new java.util.HashSet<>();
        try (DataLoader loader = loader(numbered(64), plan, 2)) {
            while (loader.hasNext()) {
                Batch batch = loader.next();
                distinct.add(System.identityHashCode(batch.pixelValues()));
                open.add(batch);
                if (open.size() == 3) {
                    Batch oldest = open.remove(0);
                    assertThat(oldest.pixelValues().get(0)).isEqualTo(oldest.rows()[0]); // not yet overwritten
                    oldest.close();
                    oldest.close(); // no harm
                }
            }
        }
        assertThat(distinct).hasSizeLessThan(16);
    }

    @Test
    void manyEpochsTakeNoMoreBuffersThanOne() {
        List<int[]> plan = BatchPlan.of(Sampler.sequential().order(64, 0), 4, true);
        FloatBuffers buffers = DataLoader.buffersFor(DataLoader.Workers.of(2));
        java.util.Set<FloatBuffer> distinct = java.util.Collections.newSetFromMap(new java.util.IdentityHashMap<>());
        for (int epoch = 0; epoch < 20; epoch++) {
            try (DataLoader loader = new DataLoader(
                    numbered(64), plan, COLLATOR, ImageTransform.none(), KEY, DataLoader.Workers.of(2), buffers)) {
                while (loader.hasNext()) {
                    try (Batch batch = loader.next()) {
                        distinct.add(batch.pixelValues());
                    }
                }
            }
        }
        assertThat(distinct).hasSizeLessThanOrEqualTo(6); // two ahead a worker, one being read, one being filled
    }

    @Test
    void buffersOfEqualContentAreStillTwo() {
        FloatBuffers buffers = new FloatBuffers(4);
        FloatBuffer first = buffers.take(10);
        FloatBuffer second = buffers.take(10);
        buffers.giveBack(first);
        buffers.giveBack(second);
        FloatBuffer again = buffers.take(8);
        assertThat(again.remaining()).isEqualTo(8);
        assertThat(buffers.take(10)).isNotSameAs(again);
        assertThat(buffers.take(10)).isNotSameAs(again);
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 3})
    void aWorkersFaultReachesTheConsumerWithTheFilesName(int workers) {
        Dataset broken = Datasets.map(numbered(20), sample -> {
            if (sample.file().equals("13.png")) {
                throw new InputException("torn");
            }
            return sample;
        });
        List<int[]> plan = BatchPlan.of(Sampler.sequential().order(20, 0), 4, true);
        try (DataLoader loader = loader(broken, plan, workers)) {
            for (int i = 0; i < 3; i++) {
                loader.next().close();
            }
            assertThatThrownBy(loader::next).isInstanceOf(InputException.class).hasMessage("sample 13: torn");
        }
        ImageTransform strange = (picture, key) -> {
            throw new UnsupportedOperationException("no");
        };
        try (DataLoader loader = new DataLoader(
                numbered(4), plan.subList(0, 1), COLLATOR, strange, KEY, DataLoader.Workers.of(workers))) {
            assertThatThrownBy(loader::next)
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessageContaining("0.png cannot be loaded");
        }
    }

    @Test
    void picturesOfDifferentSizesAreOneLine() {
        Dataset mixed = Datasets.map(
                numbered(2),
                sample -> sample.file().equals("1.png")
                        ? new Sample("1.png", new Picture(1, 2, 1, new byte[2]), sample.labels())
                        : sample);
        try (DataLoader loader = loader(mixed, List.of(new int[] {0, 1}), 0)) {
            assertThatThrownBy(loader::next)
                    .isInstanceOf(InputException.class)
                    .hasMessageContaining("1.png: a picture of 1x2");
        }
    }

    @Test
    void closingEndsTheThreadsAtAnyMoment() throws InterruptedException {
        CountDownLatch started = new CountDownLatch(1);
        Dataset slow = Datasets.map(numbered(1000), sample -> {
            started.countDown();
            try {
                Thread.sleep(5);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
            return sample;
        });
        DataLoader loader = loader(slow, BatchPlan.of(Sampler.sequential().order(1000, 0), 100, true), 3);
        started.await();
        List<Thread> threads = loaderThreads();
        assertThat(threads).isNotEmpty();
        loader.close();
        for (Thread thread : threads) {
            thread.join(5_000); // a pool says that it has ended a moment before its last thread has
            assertThat(thread.isAlive()).isFalse();
        }
        assertThat(loaderThreads()).isEmpty();
        assertThatThrownBy(loader::next).isInstanceOf(IllegalStateException.class);
    }

    private static List<Thread> loaderThreads() {
        return Thread.getAllStackTraces().keySet().stream()
                .filter(thread -> thread.isAlive() && thread.getName().startsWith("loader-"))
                .toList();
    }

    @Test
    void transformsSeeTheSampleEpochAndSeedWhateverTheWorkersAndTheStart() {
        ImageTransform noise = (picture, key) -> {
            byte[] pixels = picture.pixels().clone();
            pixels[0] = (byte) key.stream().nextLong();
            return new Picture(SIDE, SIDE, 1, pixels);
        };
        List<int[]> plan = BatchPlan.of(Sampler.random(5).order(60, 0), 7, false);
        List<Float> inline = firstPixels(plan, noise, KEY, 0);
        assertThat(inline.stream().distinct().count()).isGreaterThan(40);
        assertThat(firstPixels(plan, noise, KEY, 4)).isEqualTo(inline);
        assertThat(firstPixels(plan.subList(4, plan.size()), noise, KEY, 2))
                .isEqualTo(inline.subList(28, inline.size()));
        assertThat(firstPixels(plan, noise, RandomKey.of(3).with(1), 0)).isNotEqualTo(inline);
    }

    private static List<Float> firstPixels(List<int[]> plan, ImageTransform transform, RandomKey key, int workers) {
        List<Float> pixels = new ArrayList<>();
        try (DataLoader loader =
                new DataLoader(numbered(60), plan, COLLATOR, transform, key, DataLoader.Workers.of(workers))) {
            while (loader.hasNext()) {
                try (Batch batch = loader.next()) {
                    for (int i = 0; i < batch.size(); i++) {
                        pixels.add(batch.pixelValues().get(i * 3 * SIDE * SIDE));
                    }
                }
            }
        }
        return pixels;
    }

    @Test
    void samplersGiveEveryNumberOnceAndAnotherOrderEachEpoch() {
        int[] first = Sampler.random(9).order(1000, 0);
        assertThat(first)
                .doesNotHaveDuplicates()
                .hasSize(1000)
                .isNotEqualTo(Sampler.random(9).order(1000, 1));
        assertThat(first)
                .isEqualTo(Sampler.random(9).order(1000, 0))
                .isNotEqualTo(Sampler.random(10).order(1000, 0));
        assertThat(Arrays.stream(first).sum()).isEqualTo(1000 * 999 / 2);
        assertThat(Sampler.sequential().order(5, 3)).containsExactly(0, 1, 2, 3, 4);
        assertThat(Sampler.random(9).order(0, 0)).isEmpty();
    }

    @Test
    void aShortLastBatchIsKeptOrDropped() {
        int[] order = Sampler.sequential().order(10, 0);
        assertThat(BatchPlan.of(order, 4, false)).hasSize(3).last().isEqualTo(new int[] {8, 9});
        assertThat(BatchPlan.of(order, 4, true)).hasSize(2);
        assertThat(BatchPlan.of(order, 5, true)).hasSize(2);
        assertThat(BatchPlan.of(order, Integer.MAX_VALUE, false)).hasSize(1);
        assertThat(BatchPlan.of(new int[0], 4, false)).isEmpty();
        // the walkthrough: 106,514 images, 128 a step
        assertThat(BatchPlan.of(new int[106_514], 128, true)).hasSize(832);
    }

    @Test
    void aCropTakesTheMiddleAsTorchvisionDoes() {
        Picture picture = new Picture(5, 4, 1, new byte[] {
            0, 1, 2, 3, 4,
            10, 11, 12, 13, 14,
            20, 21, 22, 23, 24,
            30, 31, 32, 33, 34
        });
        assertThat(new CentreCrop(2, 3).apply(picture, KEY).pixels()).containsExactly(11, 12, 13, 21, 22, 23);
        // (5 - 2) / 2 = 1.5 and (4 - 1) / 2 = 1.5 go to the even 2
        assertThat(new CentreCrop(1, 2).apply(picture, KEY).pixels()).containsExactly(22, 23);
        assertThat(new CentreCrop(4, 5).apply(picture, KEY)).isSameAs(picture);
    }

    private static Picture gradient(int height, int width, int channels) {
        byte[] pixels = new byte[height * width * channels];
        for (int i = 0; i < pixels.length; i++) {
            pixels[i] = (byte) (40 + i / channels % width + i / channels / width);
        }
        return new Picture(width, height, channels, pixels);
    }

    @Test
    void randomResizedCropsHaveTheSizesAskedForAndStayInThePicture() {
        Random random = new Random(1);
        for (int i = 0; i < 300; i++) {
            Picture picture = gradient(1 + random.nextInt(40), 1 + random.nextInt(40), random.nextBoolean() ? 1 : 3);
            RandomKey key = RandomKey.of(i);
            Picture crop = RandomResizedCrop.standard(9, 7).apply(picture, key);
            assertThat(crop.height()).isEqualTo(9);
            assertThat(crop.width()).isEqualTo(7);
            assertThat(crop.pixels())
                    .isEqualTo(
                            RandomResizedCrop.standard(9, 7).apply(picture, key).pixels());
            for (byte value : crop.pixels()) {
                assertThat(value & 0xFF).isBetween(40, 40 + 80); // a mean of the source's values
            }
        }
    }

    @Test
    void cropsAreMirroredHalfOfTheTimeAndXraysNever() {
        int mirrored = 0;
        for (int i = 0; i < 2000; i++) {
            Picture rising = gradient(20, 20, 1);
            byte[] crop = RandomResizedCrop.standard(8, 8)
                    .apply(rising, RandomKey.of(i))
                    .pixels();
            mirrored += (crop[7] & 0xFF) < (crop[0] & 0xFF) ? 1 : 0;
            byte[] xray = new XrayAugmentation(16, 16, 7, 0.05, 0.1, 0.1, 0.1, 0.1, 0)
                    .apply(rising, RandomKey.of(i))
                    .pixels();
            assertThat(xray[7 * 16 + 12] & 0xFF).isGreaterThan(xray[7 * 16 + 3] & 0xFF);
        }
        assertThat(mirrored).isBetween(900, 1100); // 1000 and 4.5 deviations
    }

    @Test
    void anXrayAugmentationWithoutAnyChangeIsTheMiddle() {
        Picture picture = gradient(20, 24, 3);
        assertThat(new XrayAugmentation(16, 20, 0, 0, 0, 0, 0, 0, 0)
                        .apply(picture, KEY)
                        .pixels())
                .isEqualTo(new CentreCrop(16, 20).apply(picture, KEY).pixels());
    }

    @Test
    void anXrayIsTurnedAndBrightenedWithinItsBounds() {
        // A straight edge through the middle, turned by at most 7 degrees, moves at most 8 pixels 64 from the middle.
        int side = 129;
        byte[] pixels = new byte[side * side];
        for (int y = 0; y < side; y++) {
            Arrays.fill(pixels, y * side + 65, (y + 1) * side, (byte) 200);
        }
        Picture edge = new Picture(side, side, 1, pixels);
        boolean moved = false;
        for (int i = 0; i < 200; i++) {
            byte[] turned = new XrayAugmentation(side, side, 7, 0, 0, 0.1, 0, 0, 0)
                    .apply(edge, RandomKey.of(i))
                    .pixels();
            assertThat(turned[56]).isZero();
            assertThat(turned[74] & 0xFF).isBetween(180, 220);
            moved |= turned[60] != 0 || (turned[70] & 0xFF) < 100;
        }
        assertThat(moved).isTrue();
    }
}
