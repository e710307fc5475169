package io.vit4j.serve;

import io.vit4j.base.DurableFiles;
import io.vit4j.base.RandomKey;
import io.vit4j.data.ProblemType;
import io.vit4j.image.Picture;
import io.vit4j.image.PngEncoder;
import io.vit4j.infer.Decision;
import io.vit4j.infer.ImageClassifier;
import io.vit4j.model.SmallModels;
import java.nio.file.Path;
import java.util.Map;

/** A small model of findings with thresholds, and pictures for it. */
final class TestModels {
    static final String[] FINDINGS = {"Nodule", "Hernia", "Mass"};

    private TestModels() {}

    static Path save(Path folder) {
        SmallModels.save(folder, ProblemType.MULTI_LABEL, FINDINGS);
        new Decision(1.7, Map.of("Nodule", 0.0, "Hernia", 1.0)).write(DurableFiles.SYSTEM, folder);
        return folder;
    }

    /** On one thread, so that a picture is always computed in the same way. */
    static ServerSettings settings() {
        return new ServerSettings()
                .port(0)
                .classifier(ImageClassifier.Options.defaults().withThreads(1).withCapacity(8));
    }

    static byte[] png(int seed, int side) {
        byte[] pixels = new byte[side * side];
        RandomKey.Stream random = RandomKey.of(seed).stream();
        for (int i = 0; i < pixels.length; i++) {
            pixels[i] = (byte) random.nextInt(256);
        }
        return PngEncoder.encode(new Picture(side, side, 1, pixels));
    }
}
