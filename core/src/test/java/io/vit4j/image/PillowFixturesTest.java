package io.vit4j.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import io.vit4j.Shared;
import io.vit4j.base.Json;
import java.nio.file.Path;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What Pillow makes of real and odd pictures at 224x224, in three filters. */
class PillowFixturesTest {
    private static final int JPEG_TOLERANCE = 2; // decoders may differ by rounding in the inverse transform

    static Stream<JsonNode> oddImages() {
        return images("odd-images-resized");
    }

    static Stream<JsonNode> xRays() {
        return images("nih-resized");
    }

    private static Stream<JsonNode> images(String folder) {
        Path list = Shared.path("fixtures/" + folder + "/images.json");
        return StreamSupport.stream(Json.read(list).spliterator(), false);
    }

    @ParameterizedTest
    @MethodSource
    void oddImages(JsonNode image) {
        String file = image.get("file").textValue();
        compare(image, Shared.path("fixtures/odd-images/" + file), Shared.path("fixtures/odd-images-resized"));
    }

    @ParameterizedTest
    @MethodSource
    void xRays(JsonNode image) {
        String file = image.get("file").textValue();
        compare(image, Shared.path("nih-sample/images/" + file), Shared.path("fixtures/nih-resized"));
    }

    private static void compare(JsonNode image, Path original, Path resized) {
        Picture picture = ImageDecoder.decode(original);
        assertThat(picture.width()).isEqualTo(image.get("width").intValue());
        assertThat(picture.height()).isEqualTo(image.get("height").intValue());
        boolean grey = Stream.of("1", "L", "LA").anyMatch(image.get("mode").textValue()::equals);
        assertThat(picture.channels()).isEqualTo(grey ? 1 : 3);
        int compared = 0;
        for (Filter filter : Filter.values()) {
            JsonNode file = image.get(filter.name().toLowerCase(java.util.Locale.ROOT));
            if (file == null) {
                continue;
            }
            Picture expected = ImageDecoder.decode(resized.resolve(file.textValue()));
            Picture actual = Resampler.resize(picture, expected.width(), expected.height(), filter);
            int tolerance = original.toString().endsWith(".jpg") ? JPEG_TOLERANCE : 0;
            assertThat(furthest(actual, expected))
                    .as("%s by %s", original, filter)
                    .isLessThanOrEqualTo(tolerance);
            compared++;
        }
        assumeTrue(compared > 0, "no filter to compare");
    }

    /** The largest difference of two pictures' levels; grey counts as three equal channels. */
    static int furthest(Picture a, Picture b) {
        assertThat(a.width() + "x" + a.height()).isEqualTo(b.width() + "x" + b.height());
        int furthest = 0;
        for (int i = 0; i < a.width() * a.height() * 3; i++) {
            furthest = Math.max(furthest, Math.abs(level(a, i) - level(b, i)));
        }
        return furthest;
    }

    private static int level(Picture picture, int i) {
        return picture.pixels()[picture.channels() == 3 ? i : i / 3] & 0xFF;
    }
}
