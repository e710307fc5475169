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
import io.vit4j.webp.WebpSamples.Sample;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

/** WebP against Pillow 12.3 (pillow-webp.txt), found on the class path like any other format. */
class WebpFormatTest {
    private static final DecodeOptions OPTIONS = DecodeOptions.DEFAULT.withMaxPixels(1 << 20);

    @Test
    void everyKindOfWebpComesOutAsFromPillow() {
        for (Sample sample : WebpSamples.all()) {
            Picture picture = ImageDecoder.decode(sample.file(), sample.name(), OPTIONS);
            assertThat(picture.width()).as(sample.name()).isEqualTo(sample.width());
            assertThat(picture.height()).as(sample.name()).isEqualTo(sample.height());
            assertThat(picture.pixels()).as(sample.name()).isEqualTo(sample.rgb());
        }
        PictureKind kind = ImageDecoder.kind(WebpSamples.named("lossless").file());
        assertThat(kind.name() + " " + kind.support()).isEqualTo("WebP READ");
    }

    @Test
    void ignoredOrientationLeavesThePictureAsItIsStored() {
        Sample turned = WebpSamples.named("exif-6");
        Picture stored = ImageDecoder.decode(turned.file(), "x", OPTIONS.withExifOrientation(ExifOrientation.IGNORE));
        assertThat(stored.width()).isEqualTo(turned.height());
        assertThat(stored.pixels()).isEqualTo(WebpSamples.named("lossy-80").rgb());
    }

    @Test
    void everyTruncationIsRefused() {
        for (String name : List.of("lossy-80", "lossless-alpha", "animated", "exif-6")) {
            byte[] file = WebpSamples.named(name).file();
            for (int length = 0; length < file.length; length++) {
                byte[] cut = Arrays.copyOf(file, length);
                assertThatThrownBy(() -> ImageDecoder.decode(cut, "x", OPTIONS)).isInstanceOf(InputException.class);
            }
        }
    }

    @Test
    void damagedFilesAreDecodedOrRefused() {
        List<Sample> samples = WebpSamples.all();
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
            assertThatThrownBy(() -> ImageDecoder.decode(
                            WebpSamples.named(name).file(), "x", OPTIONS.withMaxPixels(21 * 13 - 1)))
                    .as(name)
                    .isInstanceOf(InputException.class)
                    .hasMessageContaining("its size is 21x13, more than the limit of 272 pixels");
        }
    }
}
