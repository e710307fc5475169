package io.vit4j.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.vit4j.base.InputException;
import io.vit4j.base.RandomKey;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Formats are known by the first bytes; a jar adds one; what cannot be read is named. */
class PictureFormatTest {
    @Test
    void aFormatOnTheClassPathIsReadLikeTheBuiltInOnes() {
        byte[] file = ByteBuffer.allocate(16 + 16)
                .put("farbfeld".getBytes(StandardCharsets.US_ASCII))
                .putInt(2)
                .putInt(1)
                .putLong(0x0102_0304_0506_0708L)
                .putLong(0xF1F2_F3F4_F5F6_F7F8L)
                .array();
        Picture picture = ImageDecoder.decode(file, "a.ff", DecodeOptions.DEFAULT);
        assertThat(Pictures.hex(picture)).isEqualTo("010305f1f3f5");
        assertThat(ImageDecoder.kind(file).name()).isEqualTo("farbfeld");
        assertThat(ImageDecoder.formats()).contains("farbfeld", "PNG", "JPEG", "BMP", "GIF", "TIFF", "PNM");
        file[11] = 3; // wider than its bytes
        assertThatThrownBy(() -> ImageDecoder.decode(file, "a.ff", DecodeOptions.DEFAULT))
                .isInstanceOf(InputException.class)
                .hasMessage("a.ff: not a readable picture: it ends within the picture; replace the file or"
                        + " leave it out");
        assertThatThrownBy(() -> ImageDecoder.decode(file, "a.ff", DecodeOptions.DEFAULT.withMaxPixels(2)))
                .hasMessageContaining("its size is 3x1, more than the limit of 2 pixels");
    }

    @Test
    void aFilesNameSaysNothingAboutItsFormat(@TempDir Path folder) throws IOException {
        Picture picture = Pictures.natural(9, 7, 3, RandomKey.of(1));
        for (String name : new String[] {"a.jpg", "a.jfif", "a", "a.dcm", "a.txt"}) {
            Path file = folder.resolve(name);
            Files.write(file, PngEncoder.encode(picture));
            Pictures.assertSame(ImageDecoder.decode(file), picture);
        }
    }

    @Test
    void aPictureInAFormatThatIsNotReadIsNamedWithWhatToDo() {
        Map<String, byte[]> files = Map.of(
                "WebP", bytes("RIFF\4\0\0\0WEBPVP8 "),
                "HEIC", bytes("\0\0\0\30ftypheic\0\0\0\0mif1heic"),
                "AVIF", bytes("\0\0\0\34ftypavif\0\0\0\0avifmif1"),
                "DICOM", bytes("\0".repeat(128) + "DICM\2\0\0\0UL"),
                "JPEG 2000", bytes("\0\0\0\14jP  \r\n\u0087\n"),
                "Photoshop", bytes("8BPS\0\1"));
        files.forEach((name, file) -> {
            PictureKind kind = ImageDecoder.kind(file);
            assertThat(kind.name()).isEqualTo(name);
            assertThat(kind.support()).isEqualTo(PictureKind.Support.NOT_READ);
            assertThat(kind.isPicture()).isTrue();
            assertThatThrownBy(() -> ImageDecoder.decode(file, "cat", DecodeOptions.DEFAULT))
                    .isInstanceOf(InputException.class)
                    .hasMessageStartingWith("cat: a picture in the format " + name + ", which cannot be read; ")
                    .hasMessageMatching(".*(convert|set to take).*");
        });
        for (String text : new String[] {"", "hello", "%PDF-1.4", "P1", "P7\n", "\0\0\0\30ftypmp42"}) {
            assertThat(ImageDecoder.kind(bytes(text)).support()).isEqualTo(PictureKind.Support.NO_PICTURE);
        }
        assertThat(ImageDecoder.kind(bytes("\u0089PNG\r\n\u001a\n")).support()).isEqualTo(PictureKind.Support.READ);
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.ISO_8859_1);
    }
}
