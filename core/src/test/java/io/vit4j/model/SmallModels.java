package io.vit4j.model;

import io.vit4j.TestDevice;
import io.vit4j.base.DurableFiles;
import io.vit4j.base.JsonObject;
import io.vit4j.data.ProblemType;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** ViTs that take a moment, for tests that need no fixture: 32x32 pictures, patches of 8, three layers of width 32. */
public final class SmallModels {
    private SmallModels() {}

    /** A ViT's configuration. */
    public static JsonObject vit(int hidden, int layers, int heads, int intermediate, int side, int patch) {
        return JsonObject.empty()
                .with("model_type", "vit")
                .with("hidden_size", hidden)
                .with("num_hidden_layers", layers)
                .with("num_attention_heads", heads)
                .with("intermediate_size", intermediate)
                .with("image_size", side)
                .with("patch_size", patch);
    }

    public static ModelDefinition config(ProblemType type, String... labels) {
        return ModelDefinition.of(vit(32, 3, 2, 48, 32, 8).with("initializer_range", 0.3))
                .withLabels(List.of(labels), type);
    }

    public static VisionModel fromScratch(ProblemType type, String... labels) {
        return VisionModel.fromScratch(config(type, labels), TestDevice.here(), 7);
    }

    /** A checkpoint's folder with such a model. */
    public static Path save(Path folder, ProblemType type, String... labels) {
        try (VisionModel model = fromScratch(type, labels)) {
            Files.createDirectories(folder);
            model.save(DurableFiles.SYSTEM, folder);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return folder;
    }
}
