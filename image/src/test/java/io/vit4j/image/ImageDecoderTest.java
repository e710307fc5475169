package io.vit4j.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.vit4j.base.InputException;
import io.vit4j.base.RandomKey;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ImageDecoderTest {
    @TempDir
    Path folder;

    @Test
    void aFileIsToldByItsBytesAndNotByItsName() throws IOException {
        Picture picture = Pictures.natural(9, 7, 1, RandomKey.of(2));
        Path file = Files.write(folder.resolve("picture.jpg"), PngEncoder.encode(picture));
        Pictures.assertSame(ImageDecoder.decode(file), picture);
    }

    @Test
    void whatCannotBeReadIsNamed() throws IOException {
        assertThatThrownBy(() -> ImageDecoder.decode(folder.resolve("absent.png")))
                .isInstanceOf(InputException.class)
                .hasMessage(folder.resolve("absent.png") + ": no such file; check the path");
        assertThatThrownBy(() -> ImageDecoder.decode(folder))
                .isInstanceOf(InputException.class)
                .hasMessageContaining("not a file");
        Path huge = folder.resolve("huge.png");
        try (var channel = Files.newByteChannel(
                huge, java.nio.file.StandardOpenOption.CREATE, java.nio.file.StandardOpenOption.WRITE)) {
            channel.position(2L << 30).write(java.nio.ByteBuffer.allocate(1)); // a hole, no bytes on the disk
        }
        assertThatThrownBy(() -> ImageDecoder.decode(huge))
                .isInstanceOf(InputException.class)
                .hasMessageContaining("larger than 1 GiB");
    }

    @Test
    void theLimitOfPixelsIsTheUsers() {
        byte[] file = PngEncoder.encode(Pictures.formula(20, 10, 1));
        assertThat(ImageDecoder.decode(file, "x", DecodeOptions.DEFAULT.withMaxPixels(200))
                        .width())
                .isEqualTo(20);
        assertThatThrownBy(() -> ImageDecoder.decode(file, "x", DecodeOptions.DEFAULT.withMaxPixels(199)))
                .isInstanceOf(InputException.class)
                .hasMessageContaining("20x10, more than the limit of 199 pixels");
        assertThatThrownBy(() -> DecodeOptions.DEFAULT.withMaxPixels(1L << 40))
                .isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void manyThreadsDecodeAndResizeAsOneDoes() {
        List<byte[]> files = IntStream.range(0, 12)
                .mapToObj(i -> PngEncoder.encode(Pictures.natural(50 + i, 70 - i, 1 + i % 2 * 2, RandomKey.of(i))))
                .toList();
        List<Picture> alone = files.stream().map(ImageDecoderTest::small).toList();
        List<Picture> together = IntStream.range(0, 600)
                .parallel()
                .mapToObj(i -> small(files.get(i % files.size())))
                .toList();
        for (int i = 0; i < together.size(); i++) {
            assertThat(together.get(i).pixels())
                    .isEqualTo(alone.get(i % files.size()).pixels());
        }
    }

    private static Picture small(byte[] file) {
        return Resampler.resize(ImageDecoder.decode(file, "x", DecodeOptions.DEFAULT), 17, 19, Filter.BICUBIC);
    }
}
