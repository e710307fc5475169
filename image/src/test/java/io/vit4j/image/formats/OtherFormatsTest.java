package io.vit4j.image.formats;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.vit4j.base.InputException;
import io.vit4j.base.RandomKey;
import io.vit4j.image.DecodeOptions;
import io.vit4j.image.ImageDecoder;
import io.vit4j.image.Picture;
import io.vit4j.image.Pictures;
import java.awt.image.BufferedImage;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.Set;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;

/** JPEG, BMP, GIF, TIFF and PNM, and pictures that are to be turned, against Pillow 12.3 (pillow-decode.txt) and the JDK. */
class OtherFormatsTest {
    /** A file of Pillow's, or made for it, and what {@code convert("RGB")} gives. */
    record Sample(String name, String mode, int width, int height, byte[] file, byte[] rgb) {
        boolean isGrey() {
            return Set.of("1", "L", "LA").contains(mode);
        }
    }

    static List<Sample> samples() {
        try (InputStream in = OtherFormatsTest.class.getResourceAsStream("pillow-decode.txt")) {
            List<Sample> samples = new ArrayList<>();
            for (String line : new String(in.readAllBytes(), StandardCharsets.US_ASCII).split("\n")) {
                String[] f = line.split(" ");
                samples.add(new Sample(
                        f[0],
                        f[1],
                        Integer.parseInt(f[2]),
                        Integer.parseInt(f[3]),
                        Base64.getDecoder().decode(f[4]),
                        HexFormat.of().parseHex(f[5])));
            }
            return samples;
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    @Test
    void everyKindOfFileComesOutAsFromPillow() {
        for (Sample sample : samples()) {
            Picture picture = decode(sample.file());
            assertThat(picture.width()).as(sample.name()).isEqualTo(sample.width());
            assertThat(picture.height()).as(sample.name()).isEqualTo(sample.height());
            Picture expected = new Picture(sample.width(), sample.height(), 3, sample.rgb());
            assertThat(Pictures.furthest(picture, expected)).as(sample.name()).isZero();
            if (sample.isGrey()) {
                assertThat(picture.channels()).as(sample.name()).isEqualTo(1);
            }
        }
    }

    @Test
    void everyTruncationIsRefusedOrGivesTheSamePicture() {
        for (Sample sample : samples()) {
            for (int length = 0; length < sample.file().length; length++) {
                byte[] cut = Arrays.copyOf(sample.file(), length);
                try {
                    Picture picture = decode(cut);
                    // what is cut off then is no pixel: a trailer, a padding, a second page
                    Picture expected = new Picture(sample.width(), sample.height(), 3, sample.rgb());
                    assertThat(Pictures.furthest(picture, expected))
                            .as("%s, %d of %d bytes", sample.name(), length, sample.file().length)
                            .isZero();
                } catch (InputException e) {
                    assertThat(e).hasMessageStartingWith("x: not a readable picture: ");
                }
            }
        }
    }

    @Test
    void whatTheJdkWritesIsReadAsTheJdkReadsIt() throws IOException {
        for (String format : List.of("bmp", "gif", "tiff", "jpeg")) {
            for (int channels : new int[] {1, 3}) {
                Picture picture = Pictures.natural(61, 43, channels, RandomKey.of(channels));
                BufferedImage image = new BufferedImage(
                        61, 43, channels == 1 ? BufferedImage.TYPE_BYTE_GRAY : BufferedImage.TYPE_3BYTE_BGR);
                int[] levels = new int[picture.pixels().length];
                for (int i = 0; i < levels.length; i++) {
                    levels[i] = picture.pixels()[i] & 0xFF;
                }
                image.getRaster().setPixels(0, 0, 61, 43, levels);
                ByteArrayOutputStream out = new ByteArrayOutputStream();
                assertThat(ImageIO.write(image, format, out)).isTrue();
                Picture actual = decode(out.toByteArray());
                if (format.equals("tiff") || format.equals("bmp")) {
                    assertThat(Pictures.furthest(actual, picture)).as(format).isZero();
                } else if (channels == 3) { // the JDK reads grey through a gamma of its own
                    BufferedImage read = ImageIO.read(new ByteArrayInputStream(out.toByteArray()));
                    byte[] rgb = new byte[61 * 43 * 3];
                    for (int i = 0; i < rgb.length; i++) {
                        rgb[i] = (byte) (read.getRGB(i / 3 % 61, i / 3 / 61) >> 16 - 8 * (i % 3));
                    }
                    assertThat(Pictures.furthest(actual, new Picture(61, 43, 3, rgb)))
                            .as(format)
                            .isLessThanOrEqualTo(format.equals("gif") ? 0 : 2);
                } else {
                    assertThat(Pictures.furthest(actual, picture)).as(format).isLessThan(40);
                }
            }
        }
    }

    @Test
    void aJpegThatClaimsMoreThanItsBytesCanHoldIsRefused() {
        Sample jpeg = samples().stream()
                .filter(s -> s.name().equals("jpeg-grey"))
                .findFirst()
                .orElseThrow();
        byte[] claims = jpeg.file().clone();
        for (int i = 2; i < claims.length; i++) {
            if (claims[i] == (byte) 0xC0 && claims[i - 1] == (byte) 0xFF) {
                claims[i + 4] = 0x20; // height
                claims[i + 6] = 0x20; // width
                break;
            }
        }
        assertThatThrownBy(() -> decode(claims))
                .isInstanceOf(InputException.class)
                .hasMessageContaining("it claims 8208x8208, more than its");
    }

    @Test
    void aTiffWhoseTagsClaimMoreThanTheFileIsRefused() {
        Sample tiff = samples().stream()
                .filter(s -> s.name().equals("tiff-p"))
                .findFirst()
                .orElseThrow();
        ByteBuffer file = ByteBuffer.wrap(tiff.file().clone()).order(ByteOrder.LITTLE_ENDIAN);
        int directory = file.getInt(4);
        int claimed = 0;
        for (int i = 0; i < file.getShort(directory); i++) {
            int entry = directory + 2 + 12 * i;
            int count = file.getInt(entry + 4);
            file.putInt(entry + 4, 1 << 28);
            assertThatThrownBy(() -> decode(file.array()))
                    .isInstanceOf(InputException.class)
                    .hasMessageContaining("its tag " + file.getShort(entry) + " has 268435456 values");
            file.putInt(entry + 4, count);
            claimed++;
        }
        assertThat(claimed).isGreaterThanOrEqualTo(9);
        assertThat(decode(file.array()).width()).isEqualTo(tiff.width());
    }

    /** Pillow reads Lab by a colour library whose rounding is not ours. */
    @Test
    void aTiffInLabColoursIsRefusedByName() {
        Sample tiff = samples().stream()
                .filter(s -> s.name().equals("bigtiff-strips"))
                .findFirst()
                .orElseThrow();
        byte[] lab = tiff.file().clone();
        for (int at = 24; at < 24 + 9 * 20; at += 20) {
            if (ByteBuffer.wrap(lab).order(ByteOrder.LITTLE_ENDIAN).getShort(at) == 262) {
                lab[at + 12] = 8;
            }
        }
        assertThatThrownBy(() -> decode(lab))
                .isInstanceOf(InputException.class)
                .hasMessageContaining("it is a TIFF in Lab, which is not supported; save it as RGB or PNG");
    }

    @Test
    void whatIsNoPictureIsSaidToBeNone() {
        for (String text : List.of("", "hello", "\u0089PNG", "%PDF-1.4", "GIF9")) {
            assertThatThrownBy(() -> decode(text.getBytes(StandardCharsets.ISO_8859_1)))
                    .isInstanceOf(InputException.class)
                    .hasMessageContaining(
                            text.isEmpty() ? "it is empty" : "it is none of BMP, GIF, JPEG, PNG, PNM, TIFF");
        }
    }

    private static Picture decode(byte[] file) {
        return ImageDecoder.decode(file, "x", DecodeOptions.DEFAULT);
    }
}
