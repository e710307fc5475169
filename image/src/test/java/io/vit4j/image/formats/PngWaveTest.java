package io.vit4j.image.formats;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.vit4j.base.RandomKey;
import io.vit4j.image.DecodeOptions;
import io.vit4j.image.Picture;
import java.io.ByteArrayOutputStream;
import java.util.Arrays;
import java.util.function.IntUnaryOperator;
import org.junit.jupiter.api.Test;

/** Grey pictures whose rows are filtered here by the specification's own words, and must come back. */
class PngWaveTest {
    private static final int LANES = 128;

    @Test
    void everyMixOfFiltersIsUndoneInEveryShape() {
        RandomKey key = RandomKey.of(11).with("wave");
        for (int round = 0; round < 60; round++) {
            RandomKey.Stream random = key.with(round).stream();
            int width = LANES + 16 + (round < 20 ? round : random.nextInt(400));
            int above = random.nextInt(3);
            int height = above + LANES + (round < 20 ? round : random.nextInt(500));
            int kind = round % 6;
            byte[] pixels = pixels(width, height, random);
            byte[] raw = filtered(pixels, width, y -> kind < 5 ? kind : random.nextInt(5));

            byte[] compressed = PngFile.zlib(raw);
            PngRows rows = new PngRows(
                    Arrays.copyOf(compressed, compressed.length + Inflate.PADDING),
                    compressed.length,
                    raw.length,
                    width + 1);
            byte[] undone = Arrays.copyOf(Arrays.copyOf(pixels, above * width), pixels.length);
            for (int y = 0; y < above; y++) {
                rows.next(width + 1);
            }
            assertThat(PngWave.fits(width, height - above)).isTrue();
            PngWave.undo(rows, width, undone, above);
            assertThat(Arrays.mismatch(undone, pixels))
                    .as("round %d, %dx%d, %d rows before", round, width, height, above)
                    .isEqualTo(-1);
        }
    }

    @Test
    void picturesOfEverySizeAreReadWhicheverWayTheirRowsGo() {
        RandomKey key = RandomKey.of(12).with("wave");
        for (int width : new int[] {1, 2, 3, 7, 64, 143, 144, 145, 151, 152, 333}) {
            for (int height : new int[] {1, 2, 9, 127, 128, 135, 136, 137, 143, 264, 300}) {
                RandomKey.Stream random = key.with(width).with(height).stream();
                byte[] pixels = pixels(width, height, random);
                // Quick filters first, then mostly slow ones: the way changes within the picture.
                byte[] raw = filtered(
                        pixels,
                        width,
                        y -> y < height / 9 ? y % 3 : random.nextInt(5) == 0 ? y % 3 : 3 + random.nextInt(2));
                assertThat(Arrays.mismatch(decode(raw, width, height).pixels(), pixels))
                        .as("%dx%d", width, height)
                        .isEqualTo(-1);
            }
        }
    }

    @Test
    void anUnknownFilterOrAnEndTooEarlyIsRefusedInEveryRow() {
        RandomKey.Stream random = RandomKey.of(13).stream();
        int width = 160;
        int height = 300;
        byte[] raw = filtered(pixels(width, height, random), width, y -> 4);
        for (int y = 0; y < height; y += 7) {
            byte[] wrong = raw.clone();
            wrong[y * (width + 1)] = (byte) (y % 2 == 0 ? 5 : 0x84);
            assertThatThrownBy(() -> decode(wrong, width, height)).hasMessageContaining("unknown filter");
            byte[] cut = Arrays.copyOf(raw, y * (width + 1) + 80);
            assertThatThrownBy(() -> decode(cut, width, height)).hasMessageContaining("its pixels end too early");
        }
    }

    private static Picture decode(byte[] raw, int width, int height) {
        byte[] file = PngFile.of(width, height, 8, 0, false).rows(raw).end();
        return PngDecoder.decode(file, DecodeOptions.DEFAULT);
    }

    /** Noise, noise in few levels, where predictions often tie, or a slope. */
    private static byte[] pixels(int width, int height, RandomKey.Stream random) {
        int kind = random.nextInt(3);
        byte[] pixels = new byte[width * height];
        for (int i = 0; i < pixels.length; i++) {
            pixels[i] = (byte)
                    (kind == 0
                            ? random.nextInt(256)
                            : kind == 1 ? 85 * random.nextInt(4) : i % width + i / width + random.nextInt(3));
        }
        return pixels;
    }

    private static byte[] filtered(byte[] pixels, int width, IntUnaryOperator filterOfRow) {
        ByteArrayOutputStream raw = new ByteArrayOutputStream();
        byte[] above = new byte[width];
        for (int y = 0; y < pixels.length / width; y++) {
            byte[] row = Arrays.copyOfRange(pixels, y * width, (y + 1) * width);
            int filter = filterOfRow.applyAsInt(y);
            raw.write(filter);
            raw.writeBytes(PngFile.filtered(filter, row, above, 1));
            above = row;
        }
        return raw.toByteArray();
    }
}
