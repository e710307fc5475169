package io.vit4j.walk;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.vit4j.Shared;
import io.vit4j.base.DurableFiles;
import io.vit4j.hub.CheckpointFiles;
import io.vit4j.model.Context;
import io.vit4j.model.Pretrained;
import io.vit4j.model.Sides;
import io.vit4j.model.StepWeights;
import io.vit4j.model.VisionModel;
import io.vit4j.torch.Device;
import io.vit4j.torch.Dtype;
import io.vit4j.torch.Scope;
import io.vit4j.torch.Tensors;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Families whose configurations are of square pictures in transformers see wide ones as it does: with the logits that wide_pictures.py beside
 * the fixtures printed.
 */
class WidePicturesTest {
    private static final int HEIGHT = 8;
    private static final int WIDTH = 14;

    @TempDir
    Path folder;

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            dinov2                | 0.0689307 0.4324087 -0.1817418
            dinov2_with_registers | 0.1865690 0.3530775 -0.1338775
            dinov3                | 1.2003363 0.2083969 -1.3037388
            clip                  | -0.1189665 0.8861310 0.2533663
            siglip                | -0.2692331 1.7983067 0.6895400
            beit                  | -0.9771795 -0.3808299 0.4648321
            beit_shared           | 0.4183514 0.5056052 0.6559843
            data2vec-vision       | -0.0268143 0.1517702 -0.2377959
            """)
    void logitsAreThoseOfTransformersAlsoWhenReadAgain(String family, String logits) throws IOException {
        float[] expected = new float[3];
        String[] said = logits.split(" ");
        for (int i = 0; i < said.length; i++) {
            expected[i] = Float.parseFloat(said[i]);
        }
        Path checkpoint = Shared.model("families/" + family).resolve("checkpoint");
        Pretrained.Options wide =
                Pretrained.Options.asItIs(Device.CPU).withImageSize(Optional.of(new Sides(HEIGHT, WIDTH)));
        Path saved = Files.createDirectories(folder.resolve("saved"));
        try (VisionModel model = Pretrained.load(checkpoint, wide).model()) {
            assertThat(logits(model)).containsExactly(expected, within(1e-5f));
            model.save(DurableFiles.SYSTEM, saved);
        }
        assertThat(CheckpointFiles.config(saved).integers("image_size")).hasSizeLessThan(2);
        try (VisionModel again =
                Pretrained.load(saved, Pretrained.Options.asItIs(Device.CPU)).model()) {
            assertThat(again.definition().imageWidth()).isEqualTo(WIDTH);
            assertThat(logits(again)).containsExactly(expected, within(1e-5f));
        }
    }

    private static float[] logits(VisionModel model) {
        float[] pixels = new float[3 * HEIGHT * WIDTH];
        for (int i = 0; i < pixels.length; i++) {
            pixels[i] = (float) Math.sin(i / 10.0);
        }
        try (Scope scope = new Scope();
                StepWeights weights = new StepWeights(Dtype.FLOAT32)) {
            return Tensors.toFloats(new Walk(model.blocks())
                    .infer(Tensors.of(pixels, 1, 3, HEIGHT, WIDTH), Context.inference(weights)));
        }
    }
}
