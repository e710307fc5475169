package io.vit4j.bench;

import io.vit4j.base.Progress;
import io.vit4j.base.RandomKey;
import io.vit4j.image.Filter;
import io.vit4j.image.ImageDecoder;
import io.vit4j.image.PngEncoder;
import io.vit4j.image.Resampler;
import io.vit4j.synth.Prevalence;
import io.vit4j.synth.SyntheticRelease;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;

/** Makes a release of any number of pictures out of a few drawn ones, which are linked again and again; see bench/scale. */
public final class LargeRelease {
    private static final int DRAWN = 64;
    private static final int SIDE = 256;
    private static final int MOST_PICTURES_OF_A_PATIENT = 7;
    private static final List<String> FINDINGS = List.of(
            "Atelectasis",
            "Cardiomegaly",
            "Consolidation",
            "Edema",
            "Effusion",
            "Emphysema",
            "Fibrosis",
            "Hernia",
            "Infiltration",
            "Mass",
            "Nodule",
            "Pleural_Thickening",
            "Pneumonia",
            "Pneumothorax");

    private LargeRelease() {}

    /** {@code LargeRelease FOLDER PICTURES}: writes {@code FOLDER/images} and the label file beside it. */
    public static void main(String[] args) throws IOException {
        Path folder = Path.of(args[0]);
        int count = Integer.parseInt(args[1]);
        List<Path> sources = sources(folder.resolve("drawn"), Math.min(DRAWN, count));
        Path images = Files.createDirectories(folder.resolve("images"));
        RandomKey.Stream random = RandomKey.of(1).stream();
        StringBuilder rows = new StringBuilder("Image Index,Finding Labels,Follow-up #,Patient ID\r\n");
        int patient = 0;
        int followUp = MOST_PICTURES_OF_A_PATIENT;
        for (int i = 0; i < count; i++) {
            if (followUp >= random.nextInt(MOST_PICTURES_OF_A_PATIENT)) {
                patient++;
                followUp = 0;
            } else {
                followUp++;
            }
            String name = String.format(Locale.ROOT, "%08d_%03d.png", patient, followUp);
            Files.createLink(images.resolve(name), sources.get(i % sources.size()));
            String finding = random.nextInt(2) == 0 ? "No Finding" : FINDINGS.get(random.nextInt(FINDINGS.size()));
            rows.append(String.join(",", name, finding, Integer.toString(followUp), Integer.toString(patient)))
                    .append("\r\n");
        }
        Files.writeString(folder.resolve(SyntheticRelease.LABEL_FILE), rows);
    }

    private static List<Path> sources(Path folder, int count) throws IOException {
        SyntheticRelease.write(
                new SyntheticRelease.Options(folder, count, 1, Prevalence.of("balanced")),
                Runtime.getRuntime().availableProcessors(),
                Progress.NONE);
        List<Path> sources = new ArrayList<>();
        try (Stream<Path> files = Files.list(folder.resolve("images"))) {
            for (Path file : files.sorted().toList()) {
                Path small = folder.resolve(sources.size() + ".png");
                Files.write(
                        small,
                        PngEncoder.encode(Resampler.resize(ImageDecoder.decode(file), SIDE, SIDE, Filter.BILINEAR)));
                sources.add(small);
            }
        }
        return sources;
    }
}
