package io.vit4j.report;

import static org.assertj.core.api.Assertions.assertThat;

import io.vit4j.base.JsonObject;
import io.vit4j.base.Progress;
import io.vit4j.data.ArrowDataset;
import io.vit4j.data.ImageFolder;
import io.vit4j.data.NihLabelFile;
import io.vit4j.data.PrepareDataset;
import io.vit4j.data.Problems;
import io.vit4j.data.Split;
import io.vit4j.image.Picture;
import java.awt.image.BufferedImage;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DatasetInspectionTest {
    @TempDir
    Path folder;

    @Test
    void countsAreThoseOfTheRows() throws Exception {
        try (ArrowDataset data = TinyRelease.write(folder, 30, "")) {
            DatasetInspection inspection = DatasetInspection.of(data);
            for (String split : List.of(Split.TRAIN, Split.VALIDATION, Split.TEST)) {
                int[] rows = data.rows(split);
                DatasetInspection.SplitSummary summary = inspection.splits().get(split);
                assertThat(summary.pictures()).isEqualTo(rows.length);
                assertThat(summary.patients()).contains(rows.length / 3);
                for (int j = 0; j < 3; j++) {
                    int label = j;
                    assertThat(summary.counts().positives()[j])
                            .isEqualTo(Arrays.stream(rows)
                                    .filter(r -> data.labels(r)[label] == 1)
                                    .count());
                }
            }
            assertThat(inspection.firstRows()).hasSize(11);
            assertThat(inspection.warnings()).noneMatch(w -> w.contains("both") || w.contains("repeat"));
            assertThat(inspection.text()).contains("Edema + Mass", "train", "Patient Gender");

            Path png = folder.resolve("pictures.png");
            DatasetInspection.pictures(data, png);
            BufferedImage image = ImageIO.read(png.toFile());
            assertThat(image.getWidth()).isEqualTo(18 + 4 * 318);
            int[] varied = PictureGrid.varied(data, data.rows(Split.TRAIN), 12);
            assertThat(varied).hasSize(12).doesNotHaveDuplicates();
            assertThat(IntStream.of(varied).limit(3).mapToObj(r -> PictureGrid.labelsOf(data, r)))
                    .anyMatch(labels -> labels.contains("Mass"));
        }
    }

    /** Two equal pictures, a blank one, a patient on both sides, a label nobody in validation has. */
    @Test
    void everyTrapIsNamed() throws Exception {
        Path images = Files.createDirectories(folder.resolve("images"));
        StringBuilder csv = new StringBuilder("Image Index,Finding Labels,Patient ID,OriginalImage[Width,Height]\n");
        for (int i = 0; i < 12; i++) {
            byte[] pixels = new byte[16];
            Arrays.fill(pixels, (byte) (i == 11 ? 0 : i + 1));
            pixels[0] = (byte) (i == 11 ? 0 : 200);
            Files.write(images.resolve(i + ".png"), i == 7 ? Files.readAllBytes(images.resolve("0.png")) : pixels);
            csv.append(i)
                    .append(".png,")
                    .append(i == 0 ? "Hernia" : "Mass")
                    .append(",")
                    .append(i / 6)
                    .append(",");
            csv.append(i == 3 ? "2000,1000\n" : i == 4 ? "3,4\n" : "1000,1000\n");
        }
        Path list = Files.writeString(folder.resolve("validation.txt"), "6.png\n7.png\n8.png\n5.png\n");
        Problems problems = new Problems();
        PrepareDataset.builder(
                        NihLabelFile.read(
                                Files.writeString(folder.resolve("Data_Entry_2017.csv"), csv),
                                NihLabelFile.NoFinding.KEEP,
                                problems),
                        new ImageFolder(images),
                        folder.resolve("dataset"))
                .split(new Split(new Split.ListFile(list), new Split.Fraction(0), Optional.empty(), Split.By.IMAGE, 1))
                .problems(problems)
                .pictures(
                        (bytes, name) -> new Picture(4, 4, 1, bytes),
                        4,
                        4,
                        4,
                        4,
                        JsonObject.empty(),
                        JsonObject.empty())
                .run(Progress.NONE);
        try (ArrowDataset data = ArrowDataset.open(folder.resolve("dataset"))) {
            assertThat(DatasetInspection.of(data).warnings())
                    .anyMatch(w -> w.contains("no picture of validation has: Hernia"))
                    .anyMatch(w -> w.contains("every picture of validation has: Mass"))
                    .anyMatch(w -> w.startsWith("2 patients are in both train and validation"))
                    .anyMatch(w -> w.contains("rows 0 and 7") && w.contains("1 of them in another split"))
                    .anyMatch(w -> w.contains("1 pictures have a single shade"))
                    .anyMatch(w -> w.contains("1 originals are smaller"))
                    .anyMatch(w -> w.contains("1 originals are more than 1.6"));
        }
    }

    @Test
    void aTablesColumnsLineUpAndNothingMovesTheCursor() {
        String text = new TextTable()
                .row(List.of("label", "count"))
                .row(List.of("a\u001b[2Jb", "1,000"))
                .row(List.of("c", "7"))
                .toString();
        assertThat(text).isEqualTo("  label        count\n  a\\u001b[2Jb  1,000\n  c                7\n");
    }
}
