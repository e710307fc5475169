package io.vit4j.model;

import io.vit4j.TestDevice;
import io.vit4j.base.DurableFiles;
import io.vit4j.base.Json;
import io.vit4j.data.ProblemType;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** ViTs that take a moment, for tests that need no fixture: 32x32 pictures, patches of 8, three layers of width 32. */
public final class SmallModels {
    private SmallModels() {}

    public static ViTConfig config(ProblemType type, String... labels) {
        return ViTConfig.of(Json.parseObject("""
                                {"hidden_size": 32, "num_hidden_layers": 3, "num_attention_heads": 2,
                                 "intermediate_size": 48, "image_size": 32, "patch_size": 8, "initializer_range": 0.3}
                                """, "small model"), Path.of("config.json"))
                .withLabels(List.of(labels), type);
    }

    public static ViTForImageClassification fromScratch(ProblemType type, String... labels) {
        return ViTForImageClassification.fromScratch(config(type, labels), TestDevice.here(), 7);
    }

    /** A checkpoint's folder with such a model. */
    public static Path save(Path folder, ProblemType type, String... labels) {
        try (ViTForImageClassification model = fromScratch(type, labels)) {
            Files.createDirectories(folder);
            model.save(DurableFiles.SYSTEM, folder);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return folder;
    }
}
