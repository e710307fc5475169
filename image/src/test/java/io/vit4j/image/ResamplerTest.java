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

    /** Pillow's algorithm once more, plainly: each sum by itself, in 64 bits, of black and white, where sums meet edges. */
    @ParameterizedTest
    @EnumSource(names = "NEAREST", mode = EnumSource.Mode.EXCLUDE)
    void rowsThatAreSummedTogetherComeOutAsIfAlone(Filter filter) {
        for (int round = 0; round < 500; round++) {
            RandomKey.Stream random = RandomKey.of(8).with(round).stream();
            boolean large = round % 50 == 0; // more rows than go together, and rows of many words
            int width = 2 + random.nextInt(large ? 300 : 12);
            int height = 1 + random.nextInt(large ? 300 : 9);
            byte[] pixels = new byte[width * height];
            for (int i = 0; i < pixels.length; i++) {
                pixels[i] = (byte) (random.nextInt(3) == 0 ? random.nextInt(256) : -random.nextInt(2));
            }
            int target = random.nextInt(4) > 0 && !large ? 2 * width : 1 + random.nextInt(20);
            Picture resized = Resampler.resize(new Picture(width, height, 1, pixels), target, height, filter);
            for (int y = 0; y < height; y++) {
                for (int x = 0; x < target; x++) {
                    assertThat(resized.pixels()[y * target + x] & 0xFF)
                            .isEqualTo(alone(pixels, y * width, width, x, target, filter));
                }
            }
        }
    }

    private static int alone(byte[] pixels, int row, int width, int x, int target, Filter filter) {
        if (target == width) {
            return pixels[row + x] & 0xFF;
        }
        double scale = (double) width / target;
        double filterScale = Math.max(1, scale);
        double support = filter.support() * filterScale;
        double center = (x + 0.5) * scale;
        int from = (int) Math.max(0, center - support + 0.5);
        int to = (int) Math.min(width, center + support + 0.5);
        double total = 0;
        for (int i = from; i < to; i++) {
            total += filter.weight((i - center + 0.5) * (1 / filterScale));
        }
        long sum = 1 << 21;
        for (int i = from; i < to; i++) {
            double weight = filter.weight((i - center + 0.5) * (1 / filterScale)) / total * (1 << 22);
            sum += (pixels[row + i] & 0xFF) * (long) (weight + Math.signum(weight) * 0.5);
        }
        return (int) Math.max(0, Math.min(255, sum >> 22));
    }

    /** Keys' cubic at 1/4, 3/4, 5/4 and 7/4 pixels, which are whole numbers in fixed point. */
    @Test
    void weightsAreRoundedAwayFromZero() {
        ResamplingWeights weights = ResamplingWeights.of(8, 16, Filter.BICUBIC);
        int at = 8 * weights.stride();
        int[] middle = Arrays.copyOfRange(weights.weights(), at, at + 4);
        int one = 1 << 22;
        assertThat(middle)
                .containsExactly((int) (-0.0234375 * one), (int) (0.2265625 * one), (int) (0.8671875 * one), (int)
                        (-0.0703125 * one));
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
        assertThatThrownBy(
                        () -> Resampler.resize(new Picture(1, 1 << 20, 1, new byte[1 << 20]), 4096, 4, Filter.BILINEAR))
                .isInstanceOf(InputException.class) // 4,096 columns of a million rows come in between
                .hasMessageContaining("too long and narrow");
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
