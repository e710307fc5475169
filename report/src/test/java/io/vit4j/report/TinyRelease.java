package io.vit4j.report;

import io.vit4j.base.Progress;
import io.vit4j.data.ArrowDataset;
import io.vit4j.data.ImageFolder;
import io.vit4j.data.LabelTable;
import io.vit4j.data.NihLabelFile;
import io.vit4j.data.PictureReader;
import io.vit4j.data.PrepareDataset;
import io.vit4j.data.Problems;
import io.vit4j.data.Split;
import io.vit4j.image.ImageProcessor;
import io.vit4j.image.Picture;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;

/** A data set in the layout of the NIH release: grey noise with a bright quarter for each label. */
final class TinyRelease {
    static final int SIZE = 16;
    static final List<String> LABELS = List.of("Edema", "Mass", "No Finding");

    private TinyRelease() {}

    /** Three pictures a patient; every label in every split. @param prefix of the file names */
    static ArrowDataset write(Path folder, int patients, String prefix) {
        try {
            Path images = Files.createDirectories(folder.resolve("images"));
            StringBuilder csv = new StringBuilder(
                    "Image Index,Finding Labels,Follow-up #,Patient ID,Patient Age,Patient Gender,View Position\n");
            for (int patient = 1; patient <= patients; patient++) {
                for (int visit = 0; visit < 3; visit++) {
                    Random random = new Random(patient * 100L + visit);
                    String name = prefix + String.format("%08d_%03d.png", patient, visit);
                    int findings = (patient * 7 + visit * 3 + patient / 5) % 4; // bits: Edema, Mass
                    Files.write(images.resolve(name), pixels(findings, random));
                    csv.append(name)
                            .append(',')
                            .append(List.of("No Finding", "Edema", "Mass", "Edema|Mass")
                                    .get(findings));
                    csv.append(',')
                            .append(visit)
                            .append(',')
                            .append(patient)
                            .append(',')
                            .append(20 + patient % 60);
                    csv.append(patient % 2 == 0 ? ",M," : ",F,").append(visit == 0 ? "PA\n" : "AP\n");
                }
            }
            Path labels = Files.writeString(folder.resolve("Data_Entry_2017.csv"), csv);
            Problems problems = new Problems();
            LabelTable table = NihLabelFile.read(labels, NihLabelFile.NoFinding.KEEP, problems);
            PictureReader raw = (bytes, name) -> new Picture(SIZE, SIZE, 1, bytes);
            PrepareDataset.builder(table, new ImageFolder(images), folder.resolve("dataset"))
                    .split(Split.byFraction(0.4, 0.1, Split.By.PATIENT, 3))
                    .problems(problems)
                    .workers(1)
                    .pictures(
                            raw,
                            SIZE,
                            SIZE,
                            SIZE,
                            SIZE,
                            ImageProcessor.defaults().withSize(SIZE, SIZE).toJson(),
                            io.vit4j.base.JsonObject.empty())
                    .run(Progress.NONE);
            return ArrowDataset.open(folder.resolve("dataset"));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static byte[] pixels(int findings, Random random) {
        byte[] pixels = new byte[SIZE * SIZE];
        random.nextBytes(pixels);
        for (int y = 0; y < SIZE; y++) {
            for (int x = 0; x < SIZE; x++) {
                boolean edema = (findings & 1) != 0 && y < SIZE / 2 && x < SIZE / 2;
                boolean mass = (findings & 2) != 0 && y >= SIZE / 2 && x >= SIZE / 2;
                int noise = pixels[y * SIZE + x] & 0x3F;
                pixels[y * SIZE + x] = (byte) (edema || mass ? 170 + noise : 40 + noise);
            }
        }
        return pixels;
    }
}
