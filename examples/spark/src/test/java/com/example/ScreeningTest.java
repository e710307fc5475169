package com.example;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.vit4j.base.DurableFiles;
import io.vit4j.base.JsonObject;
import io.vit4j.data.ProblemType;
import io.vit4j.image.Picture;
import io.vit4j.image.PngEncoder;
import io.vit4j.model.ModelDefinition;
import io.vit4j.model.VisionModel;
import io.vit4j.torch.Device;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ScreeningTest {
    private static final String MODEL = """
            {"model_type": "vit", "hidden_size": 48, "num_hidden_layers": 2, "num_attention_heads": 3,
             "intermediate_size": 96, "image_size": 32, "patch_size": 8}
            """;

    @TempDir
    Path folder;

    private void draw(Path file, boolean light, int seed) throws Exception {
        byte[] pixels = new byte[32 * 32];
        Random random = new Random(seed);
        for (int i = 0; i < pixels.length; i++) {
            pixels[i] = (byte) (random.nextInt(90) + (light ? 150 : 20));
        }
        Files.createDirectories(file.getParent());
        Files.write(file, PngEncoder.encode(new Picture(32, 32, 1, pixels)));
    }

    @Test
    void newPicturesAreNamed() throws Exception {
        for (int i = 0; i < 60; i++) {
            draw(folder.resolve("pictures/" + (i % 2 == 0 ? "light" : "dark") + "/" + i + ".png"), i % 2 == 0, i);
        }
        draw(folder.resolve("new/light.png"), true, 100);
        draw(folder.resolve("new/dark.png"), false, 101);
        Files.writeString(folder.resolve("new/broken.png"), "no picture");
        ModelDefinition definition = ModelDefinition.of(JsonObject.parse(MODEL, "the model's shape"))
                .withLabels(List.of("a", "b"), ProblemType.SINGLE_LABEL);
        Path checkpoint = Files.createDirectories(folder.resolve("checkpoint"));
        try (VisionModel model = VisionModel.fromScratch(definition, Device.CPU, 1)) {
            model.save(DurableFiles.SYSTEM, checkpoint);
        }
        try (SparkSession spark = SparkSession.builder()
                .master("local[2]")
                .config("spark.ui.enabled", false)
                .config("spark.driver.host", "127.0.0.1")
                .config("spark.driver.bindAddress", "127.0.0.1")
                .getOrCreate()) {
            List<Row> rows = Screening.run(
                            spark,
                            folder.resolve("pictures").toString(),
                            checkpoint.toString(),
                            folder.resolve("work").toString(),
                            2,
                            folder.resolve("new").toString())
                    .collectAsList();

            assertEquals(3, rows.size());
            for (Row row : rows) {
                String path = row.getString(0);
                if (path.endsWith("broken.png")) {
                    assertTrue(row.isNullAt(1) && !row.isNullAt(2));
                    continue;
                }
                Map<String, Double> scores = row.getJavaMap(1);
                assertTrue(scores.get(path.endsWith("light.png") ? "light" : "dark") > 0.5, row.toString());
            }
        }
    }
}
