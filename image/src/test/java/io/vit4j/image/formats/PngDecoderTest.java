package io.vit4j.image.formats;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.vit4j.base.InputException;
import io.vit4j.base.RandomKey;
import io.vit4j.image.DecodeOptions;
import io.vit4j.image.Grey16;
import io.vit4j.image.ImageDecoder;
import io.vit4j.image.Picture;
import io.vit4j.image.Pictures;
import io.vit4j.image.PngEncoder;
import java.awt.image.BufferedImage;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Arrays;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;

/** What Pillow 12.3 gives for small files of every kind, and the JDK's decoder and the specification for larger ones. */
class PngDecoderTest {
    private static final int[][] KINDS = { // colour type, depth, samples a pixel
        {0, 1, 1},
        {0, 2, 1},
        {0, 4, 1},
        {0, 8, 1},
        {0, 16, 1},
        {2, 8, 3},
        {2, 16, 3},
        {3, 1, 1},
        {3, 2, 1},
        {3, 4, 1},
        {3, 8, 1},
        {4, 8, 2},
        {4, 16, 2},
        {6, 8, 4},
        {6, 16, 4}
    };

    @Test
    void everyColourTypeDepthFilterAndInterlacingIsReadAsTheSpecificationSays() {
        RandomKey key = RandomKey.of(5).with("png");
        for (int round = 0; round < 40 * KINDS.length; round++) {
            RandomKey.Stream random = key.with(round).stream();
            int[] kind = KINDS[round % KINDS.length];
            int width = 1 + random.nextInt(round % 7 == 0 ? 300 : 20);
            int height = 1 + random.nextInt(round % 7 == 0 ? 100 : 20);
            boolean interlaced = random.nextInt(3) == 0;
            byte[] palette = new byte[kind[0] == 3 ? 3 << kind[1] : 0];
            for (int i = 0; i < palette.length; i++) {
                palette[i] = (byte) random.nextInt(256);
            }
            int[] samples = new int[width * height * kind[2]];
            for (int i = 0; i < samples.length; i++) {
                samples[i] = random.nextInt(1 << random.nextInt(kind[1] + 1));
            }
            byte[] file = PngFile.encode(
                    width, height, kind[1], kind[0], interlaced, samples, palette, key.with(round).stream());
            Picture picture = decode(file);
            assertThat(picture.width()).isEqualTo(width);
            assertThat(picture.height()).isEqualTo(height);
            assertThat(picture.channels()).isEqualTo(kind[0] == 0 || kind[0] == 4 ? 1 : 3);
            byte[] expected = expected(kind, samples, palette, width * height);
            assertThat(Arrays.mismatch(picture.pixels(), expected))
                    .as("round %d, %s, %dx%d, interlaced %s", round, Arrays.toString(kind), width, height, interlaced)
                    .isEqualTo(-1);
        }
    }

    private static byte[] expected(int[] kind, int[] samples, byte[] palette, int count) {
        int channels = kind[0] == 0 || kind[0] == 4 ? 1 : 3;
        byte[] pixels = new byte[count * channels];
        for (int i = 0; i < count; i++) {
            for (int c = 0; c < channels; c++) {
                int sample = samples[i * kind[2] + (kind[0] == 3 ? 0 : c)];
                pixels[i * channels + c] = (byte)
                        (kind[0] == 3
                                ? palette[3 * sample + c]
                                : kind[0] == 0 && kind[1] == 16
                                        ? Math.round(sample / 257.0)
                                        : kind[1] == 16 ? sample >> 8 : sample * 255 / ((1 << kind[1]) - 1));
            }
        }
        return pixels;
    }

    @Test
    void theJdkReadsWhatIsEncodedHereAndItsOwnFilesAreReadHere() throws IOException {
        RandomKey key = RandomKey.of(6).with("jdk");
        for (int round = 0; round < 24; round++) {
            int channels = round % 2 == 0 ? 1 : 3;
            Picture picture = Pictures.natural(1 + round * 13 % 200, 1 + round * 29 % 150, channels, key.with(round));
            for (byte[] file : new byte[][] {PngEncoder.encode(picture), PngEncoder.encodeFast(picture)}) {
                Pictures.assertSame(decode(file), picture);
                BufferedImage image = ImageIO.read(new ByteArrayInputStream(file));
                int[] levels = image.getRaster().getPixels(0, 0, picture.width(), picture.height(), (int[]) null);
                for (int i = 0; i < levels.length; i++) {
                    assertThat(levels[i]).isEqualTo(picture.pixels()[i] & 0xFF);
                }
                ByteArrayOutputStream again = new ByteArrayOutputStream();
                ImageIO.write(image, "png", again);
                Pictures.assertSame(decode(again.toByteArray()), picture);
            }
        }
    }

    @Test
    void smallFilesComeOutAsFromPillow() {
        byte[] none = new byte[0];
        expect(row(4, 2, 0, none, 0b00011011), 1, "0055aaff");
        expect(row(2, 4, 0, none, 0x0F), 1, "00ff");
        expect(row(3, 1, 0, none, 0b10100000), 1, "ff00ff");
        // 00ff 0100 01ff 7f80 80ff ffff as colour, and with alpha: the high byte
        byte[] deep = Pictures.bytes("00ff010001ff7f8080ffffff");
        expect(PngFile.of(2, 1, 16, 2, false).rows(withFilter(deep)).end(), 3, "0001017f80ff");
        expect(PngFile.of(3, 1, 16, 4, false).rows(withFilter(deep)).end(), 1, "000180");
        expect(
                PngFile.of(1, 1, 16, 6, false)
                        .rows(withFilter(Pictures.bytes("01ff0200ffff0000")))
                        .end(),
                3,
                "0102ff");
        expect(row(2, 8, 4, none, 10, 0, 200, 255), 1, "0ac8");
        expect(row(2, 8, 6, none, 1, 2, 3, 0, 4, 5, 6, 255), 3, "010203040506");
        byte[] palette = {1, 2, 3, 4, 5, 6};
        expect(row(4, 8, 3, palette, 0, 1, 2, 255), 3, "010203040506000000000000");
        expect(row(4, 1, 3, palette, 0b01010000), 3, "010203040506010203040506");
        expect(row(4, 2, 3, palette, 0b00011011), 3, "010203040506000000000000");
    }

    @Test
    void transparencyAndGammaChangeNothing() {
        byte[] transparent = {0, 7};
        expect(
                PngFile.of(2, 1, 8, 0, false)
                        .chunk("gAMA", ByteBuffer.allocate(4).putInt(45455).array())
                        .chunk("tRNS", transparent)
                        .rows(new byte[] {0, 7, 9})
                        .end(),
                1,
                "0709");
        expect(
                PngFile.of(2, 1, 8, 3, false)
                        .chunk("PLTE", new byte[] {1, 2, 3, 4, 5, 6})
                        .chunk("tRNS", new byte[] {0, 100})
                        .rows(new byte[] {0, 0, 1})
                        .end(),
                3,
                "010203040506");
    }

    @Test
    void sixteenBitGreyIsScaledAsAsked() {
        byte[] values = withFilter(Pictures.bytes("0000000100ff0fff1000800081ffffff"));
        byte[] file = PngFile.of(8, 1, 16, 0, false).rows(values).end();
        expect(file, 1, "00000110108081ff"); // round(v / 257)
        assertThat(Pictures.hex(decode(file, "bits:12"))).isEqualTo("000010ffffffffff");
        assertThat(Pictures.hex(decode(file, "bits:16"))).isEqualTo(Pictures.hex(decode(file, "full")));
        assertThat(Pictures.hex(decode(file, "percentile:0,100"))).isEqualTo(Pictures.hex(decode(file, "full")));
        // with alpha Pillow takes the high byte itself; what is asked for else is done there too
        byte[] alpha = PngFile.of(2, 1, 16, 4, false)
                .rows(withFilter(Pictures.bytes("0fff000001ff0000")))
                .end();
        expect(alpha, 1, "0f01");
        assertThat(Pictures.hex(decode(alpha, "bits:12"))).isEqualTo("ff20");
    }

    @Test
    void aDamagedFileIsRefusedInOneLineThatNamesItAndWhat() {
        byte[] raw = {0, 7, 9};
        refused(PngFile.of(0, 1, 8, 0, false).rows(raw).end(), "size is 0x1");
        refused(PngFile.of(1, -1, 8, 0, false).rows(raw).end(), "size is 1x4294967295");
        refused(PngFile.of(2, 1, 3, 0, false).rows(raw).end(), "3 bits does not exist");
        refused(PngFile.of(2, 1, 4, 2, false).rows(raw).end(), "colour type 2");
        refused(PngFile.of(2, 1, 8, 5, false).rows(raw).end(), "colour type 5");
        refused(PngFile.of(2, 1, 8, 0, false).rows(new byte[] {5, 7, 9}).end(), "unknown filter 5");
        refused(PngFile.of(2, 2, 8, 0, false).rows(raw).end(), "pixels end too early");
        refused(PngFile.of(2, 1, 8, 0, false).end(), "no pixels");
        refused(PngFile.of(2, 1, 8, 3, false).rows(raw).end(), "no palette");
        refused(
                PngFile.of(2, 1, 8, 3, false)
                        .chunk("PLTE", new byte[769])
                        .rows(raw)
                        .end(),
                "palette (PLTE) has 769");
        refused(new PngFile().rows(raw).end(), "IHDR");
        refused(
                PngFile.of(2, 1, 8, 0, false)
                        .chunk("IHDR", new byte[13])
                        .rows(raw)
                        .end(),
                "IHDR");
        refused(
                PngFile.of(2, 1, 8, 0, false)
                        .rows(raw)
                        .chunk("tEXt", new byte[1])
                        .rows(raw)
                        .end(),
                "not contiguous");
        refused(
                PngFile.of(2, 1, 8, 0, false)
                        .chunk("IDAT", new byte[] {1, 2, 3})
                        .end(),
                "not compressed with zlib");
        byte[] wrong = PngFile.of(2, 1, 8, 0, false).rows(raw).end();
        wrong[45] ^= 1;
        refused(wrong, "checksum of its chunk at byte 33");
        refused(PngFile.of(2, 1, 8, 0, false).rows(raw).bytes(), "ends after");
    }

    @Test
    void aTruncatedFileIsRefusedWhereverItIsCut() {
        byte[] file = PngEncoder.encode(Pictures.natural(40, 30, 3, RandomKey.of(1)));
        for (int length = 0; length < file.length; length++) {
            byte[] cut = Arrays.copyOf(file, length);
            assertThatThrownBy(() -> decode(cut))
                    .as("%d of %d bytes", length, file.length)
                    .isInstanceOf(InputException.class)
                    .hasMessageStartingWith("x.png: not a readable picture: it ")
                    .hasMessageEndingWith("; replace the file or leave it out");
        }
    }

    @Test
    void everyFlippedBitIsNoticed() {
        byte[] file = PngEncoder.encode(Pictures.natural(9, 8, 1, RandomKey.of(1)));
        for (int bit = 0; bit < file.length * 8; bit++) {
            byte[] flipped = file.clone();
            flipped[bit / 8] ^= (byte) (1 << bit % 8);
            assertThatThrownBy(() -> decode(flipped)).as("bit %d", bit).isInstanceOf(InputException.class);
        }
    }

    @Test
    void aBombIsRefusedBeforeMemoryIsTakenForIt() {
        byte[] some = PngFile.zlib(new byte[100_000]);
        long before = allocated();
        refused(PngFile.of(1 << 15, 1 << 15, 8, 2, false).chunk("IDAT", some).end(), "more than the limit of 89478485");
        refused(
                PngFile.of(Integer.MAX_VALUE, 1, 8, 0, false)
                        .chunk("IDAT", some)
                        .end(),
                "1048576 pixels on a side");
        refused(PngFile.of(9000, 9000, 8, 2, false).chunk("IDAT", some).end(), "more than its " + some.length);
        assertThat(allocated() - before).isLessThan(4 << 20);
    }

    private static long allocated() {
        return ((com.sun.management.ThreadMXBean) java.lang.management.ManagementFactory.getThreadMXBean())
                .getCurrentThreadAllocatedBytes();
    }

    private static byte[] row(int width, int depth, int colourType, byte[] palette, int... bytes) {
        PngFile file = PngFile.of(width, 1, depth, colourType, false);
        if (palette.length > 0) {
            file.chunk("PLTE", palette);
        }
        byte[] row = new byte[bytes.length];
        for (int i = 0; i < row.length; i++) {
            row[i] = (byte) bytes[i];
        }
        return file.rows(withFilter(row)).end();
    }

    private static byte[] withFilter(byte[] row) {
        byte[] raw = new byte[row.length + 1];
        System.arraycopy(row, 0, raw, 1, row.length);
        return raw;
    }

    private static void expect(byte[] file, int channels, String hex) {
        Picture picture = decode(file);
        assertThat(picture.channels()).isEqualTo(channels);
        assertThat(Pictures.hex(picture)).isEqualTo(hex);
    }

    private static void refused(byte[] file, String what) {
        assertThatThrownBy(() -> decode(file))
                .isInstanceOf(InputException.class)
                .hasMessageStartingWith("x.png: not a readable picture: ")
                .hasMessageContaining(what);
    }

    private static Picture decode(byte[] file) {
        return ImageDecoder.decode(file, "x.png", DecodeOptions.DEFAULT);
    }

    private static Picture decode(byte[] file, String grey16) {
        return ImageDecoder.decode(file, "x.png", DecodeOptions.DEFAULT.withGrey16(Grey16.parse(grey16)));
    }
}
