package io.vit4j.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import io.vit4j.Shared;
import io.vit4j.base.Json;
import java.nio.FloatBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** What Pillow, and transformers behind it, make of real and odd pictures at 224x224, in three filters. */
class PillowFixturesTest {
    private static final int JPEG_TOLERANCE = 2; // decoders may differ by rounding in the inverse transform

    @Test
    void oddPicturesAreResizedToTheByte() {
        assertThat(compareAll("odd-images-resized", "fixtures/odd-images")).isEqualTo(14);
    }

    @Test
    void realXRaysAreResizedToTheByte() {
        assertThat(compareAll("nih-resized", "nih-sample/images")).isGreaterThanOrEqualTo(10);
    }

    private static int compareAll(String expected, String originals) {
        Path folder = Shared.path("fixtures/" + expected);
        List<JsonNode> images = new ArrayList<>();
        Json.read(folder.resolve("images.json")).forEach(images::add);
        Map<String, JsonNode> lastWriter = new HashMap<>(); // rgb.bmp and rgb.jpg were written to the same name
        images.forEach(image -> lastWriter.put(image.get("bilinear").textValue(), image));
        for (JsonNode image : images) {
            Path original = Shared.path(originals + "/" + image.get("file").textValue());
            Picture picture = ImageDecoder.decode(original);
            assertThat(picture.width()).isEqualTo(image.get("width").intValue());
            assertThat(picture.height()).isEqualTo(image.get("height").intValue());
            boolean grey = Set.of("1", "L", "LA").contains(image.get("mode").textValue());
            assertThat(picture.channels()).isEqualTo(grey ? 1 : 3);
            if (lastWriter.get(image.get("bilinear").textValue()) == image) {
                compareResized(image, picture, folder);
            }
            compareNormalised(image, picture);
        }
        return images.size();
    }

    private static void compareResized(JsonNode image, Picture picture, Path folder) {
        for (Filter filter : List.of(Filter.BILINEAR, Filter.BICUBIC, Filter.LANCZOS)) {
            String file = image.get(filter.name().toLowerCase(Locale.ROOT)).textValue();
            Picture expected = ImageDecoder.decode(folder.resolve(file));
            Picture actual = Resampler.resize(picture, 224, 224, filter);
            int tolerance = image.get("file").textValue().endsWith(".jpg") ? JPEG_TOLERANCE : 0;
            assertThat(Pictures.furthest(actual, expected))
                    .as("%s by %s", image.get("file"), filter)
                    .isLessThanOrEqualTo(tolerance);
        }
    }

    /** Mean and standard deviation of what ViTImageProcessor hands to the model. */
    private static void compareNormalised(JsonNode image, Picture picture) {
        ImageProcessor processor = ImageProcessor.defaults();
        FloatBuffer values = FloatBuffer.allocate(3 * 224 * 224);
        processor.normalise(processor.apply(picture), values, 3);
        assertThat(values.hasRemaining()).isFalse();
        double mean = 0;
        for (float value : values.array()) {
            mean += value;
        }
        mean /= values.capacity();
        double variance = 0;
        for (float value : values.array()) {
            variance += (value - mean) * (value - mean);
        }
        double std = Math.sqrt(variance / values.capacity());
        double tolerance = image.get("file").textValue().endsWith(".jpg") ? 1e-4 : 2e-7;
        assertThat(mean)
                .as("%s", image)
                .isCloseTo(image.get("pixel_values_mean").doubleValue(), within(tolerance));
        assertThat(std).as("%s", image).isCloseTo(image.get("pixel_values_std").doubleValue(), within(tolerance));
    }
}
