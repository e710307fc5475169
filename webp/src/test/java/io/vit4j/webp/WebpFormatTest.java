package io.vit4j.webp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.vit4j.base.InputException;
import io.vit4j.base.RandomKey;
import io.vit4j.image.DecodeOptions;
import io.vit4j.image.ExifOrientation;
import io.vit4j.image.ImageDecoder;
import io.vit4j.image.Picture;
import io.vit4j.image.PictureKind;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import org.junit.jupiter.api.Test;

/** WebP against Pillow 12.3 (pillow-webp.txt), found on the class path like any other format. */
class WebpFormatTest {
    private static final DecodeOptions OPTIONS = DecodeOptions.DEFAULT.withMaxPixels(1 << 20);

    /** A file that Pillow wrote, or that was made for it, and what {@code exif_transpose} and {@code convert("RGB")} give. */
    private record Sample(String name, int width, int height, byte[] file, byte[] rgb) {}

    private static List<Sample> samples() {
        try (InputStream in = WebpFormatTest.class.getResourceAsStream("pillow-webp.txt")) {
            List<Sample> samples = new ArrayList<>();
            for (String line : new String(in.readAllBytes(), StandardCharsets.US_ASCII).split("\n")) {
                String[] f = line.split(" ");
                samples.add(new Sample(
                        f[0],
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

    private static Sample sample(String name) {
        return samples().stream().filter(s -> s.name().equals(name)).findFirst().orElseThrow();
    }

    @Test
    void everyKindOfWebpComesOutAsFromPillow() {
        for (Sample sample : samples()) {
            Picture picture = ImageDecoder.decode(sample.file(), sample.name(), OPTIONS);
            assertThat(picture.width()).as(sample.name()).isEqualTo(sample.width());
            assertThat(picture.height()).as(sample.name()).isEqualTo(sample.height());
            assertThat(picture.pixels()).as(sample.name()).isEqualTo(sample.rgb());
        }
        PictureKind kind = ImageDecoder.kind(sample("lossless").file());
        assertThat(kind.name() + " " + kind.support()).isEqualTo("WebP READ");
    }

    @Test
    void ignoredOrientationLeavesThePictureAsItIsStored() {
        Sample turned = sample("exif-6");
        Picture stored = ImageDecoder.decode(turned.file(), "x", OPTIONS.withExifOrientation(ExifOrientation.IGNORE));
        assertThat(stored.width()).isEqualTo(turned.height());
        assertThat(stored.pixels()).isEqualTo(sample("lossy-80").rgb());
    }

    @Test
    void everyTruncationIsRefused() {
        for (String name : List.of("lossy-80", "lossless-alpha", "animated", "exif-6")) {
            byte[] file = sample(name).file();
            for (int length = 0; length < file.length; length++) {
                byte[] cut = Arrays.copyOf(file, length);
                assertThatThrownBy(() -> ImageDecoder.decode(cut, "x", OPTIONS)).isInstanceOf(InputException.class);
            }
        }
    }

    @Test
    void damagedFilesAreDecodedOrRefused() {
        List<Sample> samples = samples();
        RandomKey key = RandomKey.of(5).with("webp");
        int decoded = 0;
        for (int round = 0; round < Integer.getInteger("vit4j.fuzz.rounds", 3000); round++) {
            RandomKey.Stream random = key.with(round).stream();
            byte[] file = samples.get(random.nextInt(samples.size())).file().clone();
            for (int changes = 1 + random.nextInt(4); changes > 0; changes--) {
                int at = random.nextInt(random.nextInt(2) == 0 ? Math.min(60, file.length) : file.length);
                file[at] = (byte) (random.nextInt(2) == 0 ? random.nextInt(256) : file[at] ^ 1 << random.nextInt(8));
            }
            try {
                Picture picture = ImageDecoder.decode(file, "hostile", OPTIONS);
                assertThat((long) picture.width() * picture.height()).isLessThanOrEqualTo(OPTIONS.maxPixels());
                decoded++;
            } catch (InputException e) {
                assertThat(e).hasMessageContaining("hostile: ");
            }
        }
        assertThat(decoded).as("some must get through to the end").isPositive();
    }

    @Test
    void aSizeOverTheLimitIsRefusedBeforeItIsDecoded() {
        for (String name : List.of("lossy-80", "lossless", "animated", "exif-6")) {
            assertThatThrownBy(() -> ImageDecoder.decode(sample(name).file(), "x", OPTIONS.withMaxPixels(21 * 13 - 1)))
                    .as(name)
                    .isInstanceOf(InputException.class)
                    .hasMessageContaining("its size is 21x13, more than the limit of 272 pixels");
        }
    }
}
