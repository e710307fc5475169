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
import java.util.Random;
import java.util.function.IntUnaryOperator;
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

    @Test
    void copiesBrighterOnesAndNoisyOnesAreFoundAndOthersAreNot() throws IOException {
        Random noise = new Random(9);
        for (int i = 0; i < 12; i++) {
            draw("a" + i + ".png", i, level -> level);
        }
        draw("b3.png", 3, level -> level); // the same
        draw("c3.png", 3, level -> level + 25); // brighter
        draw("b7.png", 7, level -> level + (int) (3 * noise.nextGaussian())); // noisier
        Path dataset = folder.resolve("dataset");
        try (DataFolder data =
                DataFolder.builder(folder.resolve("pictures")).unlabelled(true).open()) {
            PrepareDataset.builder(data.labels(), data.images(), dataset)
                    .split(Split.byFraction(0, 0, Split.By.IMAGE, 1))
                    .processor(ImageProcessor.defaults().withSize(64, 64), DecodeOptions.DEFAULT)
                    .run(Progress.NONE);
        }
        try (ArrowDataset data = ArrowDataset.open(dataset)) {
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
    void ofAGroupThePictureThatIsHeldBackStays() throws IOException {
        draw("a.png", 1, level -> level);
        draw("b.png", 1, level -> level);
        draw("c.png", 2, level -> level);
        Path dataset = folder.resolve("dataset");
        try (DataFolder data =
                DataFolder.builder(folder.resolve("pictures")).unlabelled(true).open()) {
            PrepareDataset.builder(data.labels(), data.images(), dataset)
                    .split(Split.byFraction(0, 0, Split.By.IMAGE, 1))
                    .processor(ImageProcessor.defaults().withSize(64, 64), DecodeOptions.DEFAULT)
                    .run(Progress.NONE);
        }
        try (ArrowDataset data = ArrowDataset.open(dataset)) {
            ArrowDataset split =
                    data.withSplits(java.util.Map.of("train", new int[] {0, 2}, "validation", new int[] {1}));
            Duplicates found = Duplicates.in(split);
            assertThat(found.acrossSplits(split)).hasSize(1);
            assertThat(found.leaveOut(split).rows(Split.TRAIN)).containsExactly(2);
            assertThat(found.leaveOut(split).rows(Split.VALIDATION)).containsExactly(1);
        }
    }
}
