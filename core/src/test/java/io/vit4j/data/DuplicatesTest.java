package io.vit4j.data;

import static org.assertj.core.api.Assertions.assertThat;

import io.vit4j.base.Progress;
import io.vit4j.image.DecodeOptions;
import io.vit4j.image.ImageProcessor;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.function.IntUnaryOperator;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DuplicatesTest {
    @TempDir
    Path folder;

    /** Blurred noise, as pictures have it, changed pixel by pixel. */
    private void draw(String name, int seed, IntUnaryOperator change) throws IOException {
        Random random = new Random(seed);
        int[] coarse = random.ints(10 * 10, 20, 220).toArray();
        BufferedImage image = new BufferedImage(64, 64, BufferedImage.TYPE_BYTE_GRAY);
        for (int y = 0; y < 64; y++) {
            for (int x = 0; x < 64; x++) {
                double fx = x / 7.2;
                double fy = y / 7.2;
                int i = (int) fy * 10 + (int) fx;
                double u = fx - (int) fx;
                double v = fy - (int) fy;
                double level = (1 - v) * ((1 - u) * coarse[i] + u * coarse[i + 1])
                        + v * ((1 - u) * coarse[i + 10] + u * coarse[i + 11]);
                image.getRaster().setSample(x, y, 0, Math.min(255, Math.max(0, change.applyAsInt((int) level))));
            }
        }
        Files.createDirectories(folder.resolve("pictures"));
        ImageIO.write(image, "png", folder.resolve("pictures").resolve(name).toFile());
    }

    private ArrowDataset prepared() throws IOException {
        Path dataset = folder.resolve("dataset");
        try (DataFolder data =
                DataFolder.builder(folder.resolve("pictures")).unlabelled(true).open()) {
            PrepareDataset.builder(data.labels(), data.images(), dataset)
                    .split(Split.byFraction(0, 0, Split.By.IMAGE, 1))
                    .processor(ImageProcessor.defaults().withSize(64, 64), DecodeOptions.DEFAULT)
                    .run(Progress.NONE);
        }
        return ArrowDataset.open(dataset);
    }

    @Test
    void copiesBrighterOnesAndNoisyOnesAreFoundAndOthersAreNot() throws IOException {
        Random noise = new Random(9);
        for (int i = 0; i < 12; i++) {
            draw("a" + i + ".png", i, level -> level);
        }
        draw("b3.png", 3, level -> level); // the same
        draw("c3.png", 3, level -> level + 25); // brighter
        draw("b7.png", 7, level -> level + (int) (3 * noise.nextGaussian())); // noisier
        try (ArrowDataset data = prepared()) {
            Duplicates found = Duplicates.in(data);
            assertThat(found.groups().stream()
                            .map(group -> Arrays.stream(group)
                                    .mapToObj(data::fileName)
                                    .toList()
                                    .toString()))
                    .containsExactlyInAnyOrder("[a3.png, b3.png, c3.png]", "[a7.png, b7.png]");
            assertThat(found.superfluous()).isEqualTo(3);
            assertThat(found.acrossSplits(data)).isEmpty();
            assertThat(found.leaveOut(data).rows(Split.TRAIN)).hasSize(12);
        }
    }

    @Test
    void nothingIsLearnedOfWhatIsHeldBackOrLeftOut() throws IOException {
        for (String name : List.of("a0", "a1", "b0", "b1", "b2", "c0", "c1", "c2", "d0")) {
            draw(name + ".png", name.charAt(0), level -> level);
        }
        try (ArrowDataset data = prepared()) {
            // a: in training and validation; b: the first of a patient who is left out; c: twice in validation, once in
            // test
            ArrowDataset split = data.withSplits(
                    Map.of("train", new int[] {0, 3, 4, 8}, "validation", new int[] {1, 5, 6}, "test", new int[] {7}));
            Duplicates found = Duplicates.in(split);

            assertThat(found.groups()).containsExactly(new int[] {0, 1}, new int[] {2, 3, 4}, new int[] {5, 6, 7});
            assertThat(found.acrossSplits(split)).hasSize(3);
            ArrowDataset left = found.leaveOut(split);
            assertThat(left.rows(Split.TRAIN)).containsExactly(8);
            assertThat(left.rows(Split.VALIDATION)).containsExactly(1, 5);
            assertThat(left.rows(Split.TEST)).containsExactly(7);
        }
    }

    /** As many as ChestX-ray14 has; half of them are the same black picture, so pairs cannot all be listed. */
    @Test
    void duplicatesAmongAHundredThousandPicturesAreFound() {
        Random random = new Random(6);
        long[][] hashes = new long[112_120][4];
        for (int row = 0; row < hashes.length; row += 2) {
            hashes[row] = random.longs(4).toArray();
        }
        hashes[70_000] = differing(hashes[10_000], 10, random);
        hashes[80_000] = differing(hashes[20_000], 11, random);
        hashes[90_000] = hashes[30_000];

        List<int[]> groups = Duplicates.of(hashes).groups();

        assertThat(groups).hasSize(3);
        assertThat(groups.get(0)).hasSize(56_060).startsWith(1, 3, 5);
        assertThat(groups.get(1)).containsExactly(10_000, 70_000);
        assertThat(groups.get(2)).containsExactly(30_000, 90_000);
    }

    private static long[] differing(long[] hash, int bits, Random random) {
        long[] other = hash.clone();
        random.ints(0, 256).distinct().limit(bits).forEach(bit -> other[bit / 64] ^= 1L << bit % 64);
        return other;
    }

    /** Against every pair compared with every other. */
    @Test
    void bandsMissNoPair() {
        Random random = new Random(7);
        long[][] hashes = new long[300][];
        for (int row = 0; row < hashes.length; row++) {
            hashes[row] = row < 20
                    ? random.longs(4).toArray()
                    : differing(hashes[random.nextInt(row)], 1 + random.nextInt(20), random);
        }
        int[] group = IntStream.range(0, 300).toArray();
        for (int a = 0; a < 300; a++) {
            for (int b = 0; b < 300; b++) {
                long[] other = hashes[b];
                long[] one = hashes[a];
                if (IntStream.range(0, 4)
                                        .map(i -> Long.bitCount(one[i] ^ other[i]))
                                        .sum()
                                <= 10
                        && group[a] != group[b]) {
                    int from = Math.max(group[a], group[b]);
                    int to = Math.min(group[a], group[b]);
                    Arrays.setAll(group, i -> group[i] == from ? to : group[i]);
                }
            }
        }
        List<List<Integer>> expected = IntStream.range(0, 300)
                .boxed()
                .collect(Collectors.groupingBy(row -> group[row], TreeMap::new, Collectors.toList()))
                .values()
                .stream()
                .filter(rows -> rows.size() > 1)
                .toList();
        assertThat(expected).hasSizeGreaterThan(5);
        assertThat(Duplicates.of(hashes).groups().stream()
                        .map(rows -> Arrays.stream(rows).boxed().toList()))
                .containsExactlyElementsOf(expected);
    }
}
