package com.example.mixer;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.onnxruntime.OnnxJavaType;
import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import io.vit4j.Tuned;
import io.vit4j.Vit4j;
import io.vit4j.base.JsonObject;
import io.vit4j.base.Progress;
import io.vit4j.data.Split;
import io.vit4j.infer.LabelScore;
import io.vit4j.model.ModelDefinition;
import io.vit4j.parallel.ModelCost;
import io.vit4j.torch.Dtype;
import java.awt.image.BufferedImage;
import java.io.File;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Random;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class MixerTest {
    @TempDir
    Path folder;

    /** Stripes that lie and stripes that stand: of equal lightness, so that only their places tell them apart. */
    private void draw(String label, File file, Random random) throws IOException {
        BufferedImage image = new BufferedImage(16, 16, BufferedImage.TYPE_BYTE_GRAY);
        int phase = random.nextInt(4);
        for (int y = 0; y < 16; y++) {
            for (int x = 0; x < 16; x++) {
                boolean light = ((label.equals("lying") ? y : x) + phase) / 4 % 2 == 0;
                image.getRaster().setSample(x, y, 0, (light ? 150 : 50) + random.nextInt(50));
            }
        }
        ImageIO.write(image, "png", file);
    }

    @Test
    void aFamilyOfOnesOwnIsTrainedSavedAndPredictsLikeAnyOther() throws IOException {
        Random random = new Random(6);
        for (String label : List.of("lying", "standing")) {
            Path of = Files.createDirectories(folder.resolve("photos").resolve(label));
            for (int i = 0; i < 60; i++) {
                draw(label, of.resolve(i + ".png").toFile(), random);
            }
        }
        ModelDefinition mixer = ModelDefinition.of(JsonObject.empty()
                .with("model_type", "mlp_mixer")
                .with("image_size", 16)
                .with("patch_size", 4)
                .with("hidden_size", 32)
                .with("num_hidden_layers", 2));
        Tuned tuned = Vit4j.fromScratch(mixer)
                .on(folder.resolve("photos"), prepare -> prepare.split(Split.byFraction(0.3, 0, Split.By.IMAGE, 1)))
                .epochs(8)
                .learningRate(3e-3)
                .arguments(more -> more.perDeviceTrainBatchSize(8))
                .output(folder.resolve("tuned"))
                .run(Progress.NONE);
        double auroc = tuned.evaluation().orElseThrow().rocAuc().macro();
        assertTrue(auroc > 0.9, "AUROC " + auroc);

        Path picture = folder.resolve("new.png");
        draw("lying", picture.toFile(), random);
        LabelScore first = Vit4j.predict(folder.resolve("tuned"))
                .run(List.of(picture), Progress.NONE)
                .get(0)
                .scores()
                .get(0);
        assertEquals("lying", first.label());
        Path graph = Vit4j.export(folder.resolve("tuned").toString())
                .withPreprocessing(true)
                .output(folder.resolve("tuned.onnx"))
                .run(Progress.NONE)
                .get(0);
        assertEquals(first.logit(), largestInOnnxRuntime(graph, picture), 1e-4);
    }

    /** The largest logit of a picture, as another engine computes it. */
    private static float largestInOnnxRuntime(Path graph, Path picture) throws IOException {
        BufferedImage image = ImageIO.read(picture.toFile());
        ByteBuffer pixels = ByteBuffer.allocateDirect(16 * 16 * 3);
        for (int i = 0; i < 16 * 16; i++) {
            byte grey = (byte) image.getRaster().getSample(i % 16, i / 16, 0);
            pixels.put(grey).put(grey).put(grey);
        }
        try (OrtSession session =
                        OrtEnvironment.getEnvironment().createSession(graph.toString(), new OrtSession.SessionOptions());
                OnnxTensor input = OnnxTensor.createTensor(
                        OrtEnvironment.getEnvironment(), pixels.flip(), new long[] {1, 16, 16, 3}, OnnxJavaType.UINT8);
                OrtSession.Result result = session.run(Map.of("pixels", input))) {
            float[] logits = ((float[][]) result.get(0).getValue())[0];
            return Math.max(logits[0], logits[1]);
        } catch (OrtException e) {
            throw new AssertionError(e);
        }
    }

    /** What it is said to cost is what plans and memory checks go by. */
    @Test
    void itsCostIsThatOfItsProducts() {
        ModelDefinition mixer = ModelDefinition.preset("mixer-tiny");
        double layer = 2.0 * 2 * 196 * 128 * (64 + 512);
        double stem = 2.0 * 3 * 16 * 16 * 196 * 128;
        double head = 2.0 * 128 * mixer.labels().size();
        assertEquals(stem + 8 * layer + head, new ModelCost(mixer, Dtype.FLOAT32).forwardFlops(), 1);
    }
}
