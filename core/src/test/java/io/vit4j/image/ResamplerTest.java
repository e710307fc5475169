package io.vit4j.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.vit4j.base.InputException;
import io.vit4j.base.RandomKey;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class ResamplerTest {
    /** Lines of channels, source size, target size, filter's number, and Pillow 12.3's result. */
    @Test
    void smallPicturesComeOutAsFromPillowByEveryFilter() throws IOException {
        String lines;
        try (InputStream in = ResamplerTest.class.getResourceAsStream("pillow-resize.txt")) {
            lines = new String(in.readAllBytes(), StandardCharsets.US_ASCII);
        }
        for (String line : lines.split("\n")) {
            String[] f = line.split(" ");
            int[] n = Arrays.stream(f, 0, 6).mapToInt(Integer::parseInt).toArray();
            Picture source = Pictures.formula(n[1], n[2], n[0]);
            assertThat(Pictures.hex(Resampler.resize(source, n[3], n[4], Filter.of(n[5]))))
                    .as(line)
                    .isEqualTo(f[6]);
        }
        assertThat(lines.lines()).hasSize(42);
    }

    @ParameterizedTest
    @EnumSource
    void aPictureOfOneColourStaysSo(Filter filter) {
        for (int level : new int[] {0, 1, 127, 254, 255}) {
            for (int[] size : new int[][] {{1, 1}, {3, 100}, {100, 3}, {64, 64}, {37, 51}}) {
                byte[] pixels = new byte[33 * 47 * 3];
                Arrays.fill(pixels, (byte) level);
                Picture resized = Resampler.resize(new Picture(33, 47, 3, pixels), size[0], size[1], filter);
                for (byte pixel : resized.pixels()) {
                    assertThat(pixel & 0xFF).isEqualTo(level);
                }
            }
        }
    }

    @ParameterizedTest
    @EnumSource
    void eachChannelIsResizedAsIfAlone(Filter filter) {
        RandomKey key = RandomKey.of(3).with("resize");
        for (int round = 0; round < 20; round++) {
            RandomKey.Stream random = key.with(round).stream();
            int width = 1 + random.nextInt(60);
            int height = 1 + random.nextInt(60);
            int targetWidth = 1 + random.nextInt(70);
            int targetHeight = 1 + random.nextInt(70);
            Picture colour = Pictures.natural(width, height, 3, key.with(round));
            Picture resized = Resampler.resize(colour, targetWidth, targetHeight, filter);
            for (int c = 0; c < 3; c++) {
                Picture channel = Resampler.resize(channel(colour, c), targetWidth, targetHeight, filter);
                assertThat(channel.pixels()).isEqualTo(channel(resized, c).pixels());
            }
        }
    }

    private static Picture channel(Picture picture, int channel) {
        byte[] pixels = new byte[picture.width() * picture.height()];
        for (int i = 0; i < pixels.length; i++) {
            pixels[i] = picture.pixels()[3 * i + channel];
        }
        return new Picture(picture.width(), picture.height(), 1, pixels);
    }

    @Test
    void boxOfAWholeFactorIsTheMeanRoundedOnceAnAxis() {
        Picture source = Pictures.natural(40, 30, 1, RandomKey.of(9));
        Picture resized = Resampler.resize(source, 10, 10, Filter.BOX);
        for (int y = 0; y < 10; y++) {
            for (int x = 0; x < 10; x++) {
                int rows = 0;
                for (int dy = 0; dy < 3; dy++) {
                    int sum = 0;
                    for (int dx = 0; dx < 4; dx++) {
                        sum += source.pixels()[(3 * y + dy) * 40 + 4 * x + dx] & 0xFF;
                    }
                    rows += (sum + 2) / 4;
                }
                // one third is not exact in fixed point, but never off by more than its rounding
                assertThat((resized.pixels()[y * 10 + x] & 0xFF) * 3 - rows).isBetween(-2, 2);
            }
        }
    }

    @Test
    void theSameSizeIsThePictureItself() {
        Picture picture = Pictures.formula(5, 4, 3);
        assertThat(Resampler.resize(picture, 5, 4, Filter.LANCZOS)).isSameAs(picture);
    }

    @Test
    void whatWouldTakeMemoryOutOfProportionIsRefused() {
        Picture ribbon = new Picture(1 << 20, 1, 1, new byte[1 << 20]);
        assertThat(Resampler.resize(ribbon, 224, 224, Filter.LANCZOS).width()).isEqualTo(224);
        assertThatThrownBy(() -> Resampler.resize(ribbon, 1 << 20, 1 << 20, Filter.BILINEAR))
                .isInstanceOf(InputException.class)
                .hasMessageContaining("1048576x1");
        Picture longer = new Picture(1 << 25, 1, 1, new byte[1 << 25]);
        assertThatThrownBy(() -> Resampler.resize(longer, 224, 224, Filter.LANCZOS))
                .isInstanceOf(InputException.class)
                .hasMessageContaining("too long and narrow");
    }

    @Test
    void filtersHaveTheNumbersThatConfigurationsUse() {
        for (Filter filter : Filter.values()) {
            assertThat(Filter.of(filter.number())).isEqualTo(filter);
        }
        assertThat(Filter.of(2)).isEqualTo(Filter.BILINEAR);
        assertThatThrownBy(() -> Filter.of(6)).isInstanceOf(InputException.class);
    }
}
