package io.vit4j.image;

import static org.assertj.core.api.Assertions.assertThat;

import io.vit4j.base.RandomKey;
import java.io.IOException;
import java.nio.FloatBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The code of docs/image.md is this code, and does what the page says. */
class ImagePageTest {
    private static final Path ROOT = Path.of("").toAbsolutePath().getParent();
    private static final Pattern BLOCK = Pattern.compile("```java\n(.*?)```", Pattern.DOTALL);

    static float[] pixelValues(Path checkpoint, List<Path> files) {
        ImageProcessor processor = ImageProcessor.read(checkpoint); // a folder with preprocessor_config.json
        List<Picture> pictures = files.stream().map(ImageDecoder::decode).toList();
        return processor.pixelValues(pictures); // [files, 3, height, width]
    }

    static void fill(ImageProcessor processor, List<Picture> pictures, FloatBuffer tensor) {
        for (Picture picture : pictures) {
            processor.normalise(processor.apply(picture), tensor, 3); // each moves the buffer's position
        }
    }

    static Picture scan(Path file) {
        DecodeOptions options = DecodeOptions.DEFAULT
                .withExifOrientation(ExifOrientation.IGNORE) // leave pictures as they are stored
                .withGrey16(new Grey16.Bits(12)) // 16-bit grey holds 12 bits
                .withMaxPixels(200_000_000); // refuse only what is larger
        return ImageDecoder.decode(file, options);
    }

    @Test
    void filesBecomeTheTensorThatTheSettingsAskFor(@TempDir Path folder) throws IOException {
        Files.writeString(
                folder.resolve(ImageProcessor.FILE),
                "{\"do_resize\": false, \"size\": {\"height\": 2, \"width\": 3}, \"image_mean\": [0, 0.5, 1],"
                        + " \"image_std\": [1, 0.5, 2]}");
        List<Path> files = new ArrayList<>();
        List<Picture> pictures = new ArrayList<>();
        for (int i = 0; i < 2; i++) {
            Picture picture = Pictures.natural(3, 2, 3, RandomKey.of(i));
            files.add(Files.write(folder.resolve("photo-" + i), PngEncoder.encode(picture)));
            pictures.add(picture);
        }
        float[] values = pixelValues(folder, files);
        assertThat(values).hasSize(2 * 3 * 2 * 3);
        float[] mean = {0, 0.5f, 1};
        float[] std = {1, 0.5f, 2};
        for (int i = 0; i < values.length; i++) {
            int channel = i / 6 % 3;
            int level = pictures.get(i / 18).pixels()[i % 6 * 3 + channel] & 0xFF;
            assertThat(values[i]).isEqualTo(((float) (level * (1 / 255.0)) - mean[channel]) / std[channel]);
        }
        FloatBuffer tensor = FloatBuffer.allocate(values.length);
        fill(ImageProcessor.read(folder), pictures, tensor);
        assertThat(tensor.array()).isEqualTo(values);
        Pictures.assertSame(scan(files.get(0)), pictures.get(0));
    }

    @Test
    void thePageShowsThisCode() throws IOException {
        Path tests = Path.of("src/test/java/io/vit4j/image");
        String code = Files.readString(tests.resolve("ImagePageTest.java"))
                + Files.readString(tests.resolve("FarbfeldFormat.java"));
        Matcher blocks = BLOCK.matcher(Files.readString(ROOT.resolve("docs/image.md")));
        int shown = 0;
        for (; blocks.find(); shown++) {
            assertThat(words(code)).contains(words(blocks.group(1)));
        }
        assertThat(shown).isEqualTo(4);
    }

    private static String words(String code) {
        return code.replaceAll("\\s+", " ").strip();
    }
}
