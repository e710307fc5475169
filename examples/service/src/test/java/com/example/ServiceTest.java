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
import io.vit4j.serve.ModelServer;
import io.vit4j.torch.Device;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ServiceTest {
    private static final String MODEL = """
            {"model_type": "vit", "hidden_size": 48, "num_hidden_layers": 2, "num_attention_heads": 3,
             "intermediate_size": 96, "image_size": 32, "patch_size": 8}
            """;

    @TempDir
    Path folder;

    @Test
    void aPictureIsAnswered() throws Exception {
        ModelDefinition definition = ModelDefinition.of(JsonObject.parse(MODEL, "the model's shape"))
                .withLabels(List.of("ripe", "unripe"), ProblemType.SINGLE_LABEL);
        try (VisionModel model = VisionModel.fromScratch(definition, Device.CPU, 1)) {
            model.save(DurableFiles.SYSTEM, folder);
        }
        byte[] png = PngEncoder.encode(new Picture(40, 40, 1, new byte[1600]));
        try (ModelServer server = Service.start(folder, 0)) {
            HttpResponse<String> answer = HttpClient.newHttpClient()
                    .send(
                            HttpRequest.newBuilder(server.address().resolve("/models/mine"))
                                    .POST(HttpRequest.BodyPublishers.ofByteArray(png))
                                    .build(),
                            HttpResponse.BodyHandlers.ofString());
            assertEquals(200, answer.statusCode());
            assertTrue(answer.body().contains("\"label\":\"unripe\""), answer.body());
        }
    }
}
