package io.vit4j.data;

import static org.assertj.core.api.Assertions.assertThat;

import io.vit4j.Shared;
import io.vit4j.base.Progress;
import io.vit4j.image.DecodeOptions;
import io.vit4j.image.ImageProcessor;
import io.vit4j.image.Picture;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The sample of the NIH release, from its own files to stored pixels. */
class RealXraysTest {
    @TempDir
    Path output;

    @Test
    void everyStoredPixelIsPillows() throws IOException {
        Path release = Shared.path("nih-sample");
        Path resized = Shared.path("fixtures/nih-resized");
        Problems problems = new Problems();
        try (DataFolder data = DataFolder.builder(release).problems(problems).open()) {
            LabelTable compared = data.labels()
                    .withRows(data.labels().rows().stream()
                            .filter(row -> Files.exists(reference(resized, row.image())))
                            .toList());
            PrepareDataset.builder(compared, data.images(), output)
                    .problems(problems)
                    .processor(ImageProcessor.defaults(), DecodeOptions.DEFAULT)
                    .run(Progress.NONE);
        }
        try (ArrowDataset dataset = ArrowDataset.open(output)) {
            assertThat(dataset.size()).isGreaterThan(10);
            assertThat(dataset.channels()).isEqualTo(1); // also of those stored as RGBA
            for (int row = 0; row < dataset.size(); row++) {
                Path pillow = reference(resized, dataset.fileName(row));
                assertSame(dataset.get(row).picture(), ImageIO.read(pillow.toFile()), pillow);
            }
            List<String> patients = Arrays.stream(dataset.rows(Split.VALIDATION))
                    .mapToObj(row -> dataset.column("Patient ID", row))
                    .toList();
            assertThat(Arrays.stream(dataset.rows(Split.TRAIN)).mapToObj(row -> dataset.column("Patient ID", row)))
                    .doesNotContainAnyElementsOf(patients);
        }
    }

    private static Path reference(Path folder, String image) {
        return folder.resolve(image.replace(".png", ".bilinear.png"));
    }

    private static void assertSame(Picture stored, BufferedImage expected, Path name) {
        assertThat(expected.getWidth()).isEqualTo(stored.width());
        for (int y = 0; y < stored.height(); y++) {
            for (int x = 0; x < stored.width(); x++) {
                int value = expected.getRaster().getSample(x, y, 0);
                assertThat(stored.pixels()[y * stored.width() + x] & 0xFF)
                        .as("%s at %d,%d", name, x, y)
                        .isEqualTo(value);
            }
        }
    }
}
