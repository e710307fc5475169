package io.vit4j.image.formats;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.management.ThreadMXBean;
import io.vit4j.base.InputException;
import io.vit4j.base.RandomKey;
import io.vit4j.image.DecodeOptions;
import io.vit4j.image.Filter;
import io.vit4j.image.ImageDecoder;
import io.vit4j.image.Picture;
import io.vit4j.image.Pictures;
import io.vit4j.image.PngEncoder;
import io.vit4j.image.Resampler;
import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import javax.imageio.ImageIO;
import javax.imageio.ImageWriter;
import javax.imageio.stream.ImageOutputStream;
import org.junit.jupiter.api.Test;

/**
 * Random and damaged files of every format, {@code -Dvit4j.fuzz.rounds=N} of them: each is decoded and resized, or refused
 * by an InputException; nothing else escapes, nothing takes long, and memory stays within what the options allow.
 */
class HostileImagesTest {
    private static final int ROUNDS = Integer.getInteger("vit4j.fuzz.rounds", 3000);
    private static final DecodeOptions OPTIONS = DecodeOptions.DEFAULT.withMaxPixels(1 << 20);
    private static final long MOST_ALLOCATED = 96L << 20; // of a megapixel: the picture, its rows, its 16-bit values
    private static final long LONGEST_NANOS = 2_000_000_000L;
    private static final String[] SIGNATURES = {
        "\u0089PNG\r\n\u001a\n", "\u00FF\u00D8\u00FF", "BM", "GIF89a", "II*\0", "MM\0*"
    };

    @Test
    void damagedPngsWithRightChecksumsAreDecodedOrRefused() {
        RandomKey key = RandomKey.of(11).with("png");
        int decoded = 0;
        for (int round = 0; round < ROUNDS; round++) {
            RandomKey.Stream random = key.with(round).stream();
            // what a checksum would stop is made anew, so that what lies behind it is reached
            PngFile file = header(random);
            if (random.nextInt(3) > 0) {
                file.chunk("PLTE", bytes(random, 3 * random.nextInt(300)));
            }
            byte[] raw = bytes(random, random.nextInt(4000));
            for (int i = 0; random.nextInt(4) > 0 && i < raw.length; i++) {
                raw[i] = (byte) (raw[i] & 3);
            }
            byte[] pixels = PngFile.zlib(raw);
            for (int flips = random.nextInt(4); flips > 0; flips--) {
                pixels[random.nextInt(pixels.length)] ^= (byte) (1 << random.nextInt(8));
            }
            decoded += attempt(file.chunk("IDAT", pixels).end(), round) ? 1 : 0;
        }
        assertThat(decoded).as("some must get through to the end").isGreaterThan(ROUNDS / 100);
    }

    private static PngFile header(RandomKey.Stream random) {
        int[][] kinds = {{0, 1}, {0, 2}, {0, 4}, {0, 8}, {0, 16}, {2, 8}, {2, 16}, {3, 1}, {3, 8}, {4, 8}, {6, 16}};
        int[] kind = kinds[random.nextInt(kinds.length)];
        int colourType = random.nextInt(20) == 0 ? random.nextInt(256) : kind[0];
        int depth = random.nextInt(20) == 0 ? random.nextInt(256) : kind[1];
        return PngFile.of(size(random), size(random), depth, colourType, random.nextInt(2) == 0);
    }

    private static int size(RandomKey.Stream random) {
        return (int) (random.nextLong() >> 32) >>> (random.nextInt(20) == 0 ? random.nextInt(32) : 28);
    }

    @Test
    void damagedFilesOfOtherFormatsAreDecodedOrRefused() {
        List<byte[]> seeds = new ArrayList<>();
        OtherFormatsTest.samples().forEach(sample -> seeds.add(sample.file()));
        seeds.add(PngEncoder.encode(Pictures.natural(20, 20, 3, RandomKey.of(1))));
        RandomKey key = RandomKey.of(12).with("others");
        int decoded = 0;
        for (int round = 0; round < ROUNDS; round++) {
            RandomKey.Stream random = key.with(round).stream();
            byte[] file = seeds.get(random.nextInt(seeds.size())).clone();
            for (int changes = 1 + random.nextInt(6); changes > 0; changes--) {
                int at = random.nextInt(random.nextInt(2) == 0 ? Math.min(60, file.length) : file.length);
                switch (random.nextInt(4)) {
                    case 0 -> file[at] ^= (byte) (1 << random.nextInt(8));
                    case 1 -> file[at] = (byte) random.nextInt(256);
                    case 2 -> file[at] = (byte) (random.nextInt(2) - 1);
                    default -> {
                        int from = random.nextInt(file.length);
                        System.arraycopy(file, from, file, at, random.nextInt(file.length - Math.max(at, from)));
                    }
                }
            }
            if (random.nextInt(8) == 0) {
                file = Arrays.copyOf(file, random.nextInt(file.length));
            }
            decoded += attempt(file, round) ? 1 : 0;
        }
        assertThat(decoded).as("some must get through to the end").isGreaterThan(ROUNDS / 20);
    }

    @Test
    void randomBytesBehindAnySignatureAreRefused() {
        RandomKey key = RandomKey.of(13).with("noise");
        for (int round = 0; round < ROUNDS; round++) {
            RandomKey.Stream random = key.with(round).stream();
            byte[] file = bytes(random, 8 + random.nextInt(400));
            String signature = SIGNATURES[round % SIGNATURES.length];
            for (int i = 0; i < signature.length(); i++) {
                file[i] = (byte) signature.charAt(i);
            }
            attempt(file, round);
        }
    }

    /** 81 megapixels, which the options allow, or 900, which they do not, in a few bytes. */
    @Test
    void aFewBytesThatSayTheyAreAHugePictureCostNothing() throws IOException {
        for (int side : new int[] {9_000, 30_000}) {
            Map<String, byte[]> bombs = new TreeMap<>();
            bombs.put(
                    "png",
                    PngFile.of(side, side, 8, 2, false).rows(new byte[1000]).end());
            bombs.put(
                    "png, interlaced",
                    PngFile.of(side, side, 16, 6, true).rows(new byte[1000]).end());
            for (String format : List.of("jpeg", "gif", "tiff")) {
                bombs.put(
                        format,
                        saying(side, ImageIO.getImageWritersByFormatName(format).next()));
            }
            bombs.put("gif, a large screen", screen(side));
            bombs.put("tiff, fax", fax(side));
            for (int compression : new int[] {0, 1}) {
                bombs.put("bmp " + compression, bmp(side, compression));
            }
            bombs.forEach((name, file) -> {
                long before = allocated();
                assertThatThrownBy(() -> ImageDecoder.decode(file, "bomb", DecodeOptions.DEFAULT))
                        .as(name)
                        .isInstanceOf(InputException.class)
                        .hasMessageContaining("bomb: not a readable picture");
                assertThat(allocated() - before).as(name).isLessThan(2 << 20);
            });
        }
    }

    /** A picture of 17x17, whose sizes are then overwritten. */
    private static byte[] saying(int side, ImageWriter writer) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (ImageOutputStream out = ImageIO.createImageOutputStream(bytes)) {
            writer.setOutput(out);
            writer.write(new BufferedImage(17, 17, BufferedImage.TYPE_BYTE_GRAY));
        }
        writer.dispose();
        byte[] file = bytes.toByteArray();
        int replaced = 0;
        for (int i = 0; i + 4 <= file.length; i++) {
            ByteBuffer big = ByteBuffer.wrap(file, i, 4);
            ByteBuffer little = ByteBuffer.wrap(file, i, 4).order(ByteOrder.LITTLE_ENDIAN);
            if (big.getInt(i) == 0x00110011) { // JPEG: two sizes side by side
                big.putShort((short) side).putShort((short) side);
                replaced++;
            } else if (little.getInt(i) == 0x00110011) { // GIF: on the screen and in the frame
                little.putShort((short) side).putShort((short) side);
                replaced++;
            } else if (big.getInt(i) == 17 && i >= 8) { // TIFF: each in its tag
                big.putInt(side);
                replaced++;
            } else if (big.getInt(i) == 0x00110000) {
                big.putShort((short) side);
                replaced++;
            }
        }
        assertThat(replaced).isPositive();
        return file;
    }

    private static byte[] screen(int side) {
        ByteBuffer gif = ByteBuffer.allocate(64).order(ByteOrder.LITTLE_ENDIAN);
        gif.put("GIF89a".getBytes())
                .putShort((short) side)
                .putShort((short) side)
                .put(new byte[3]);
        gif.put((byte) ',').putInt(0).putShort((short) 1).putShort((short) 1).put((byte) 0);
        return gif.put(new byte[] {2, 2, 0x44, 1, 0, ';'}).array();
    }

    /** Fax compression needs next to nothing for an empty line, but not nothing. */
    private static byte[] fax(int side) {
        int[][] tags = {
            {256, side}, {257, side}, {258, 1}, {259, 4}, {262, 0}, {273, 8}, {277, 1}, {278, side}, {279, 8}
        };
        ByteBuffer tiff = ByteBuffer.allocate(16 + 2 + 12 * tags.length + 4).order(ByteOrder.LITTLE_ENDIAN);
        tiff.put("II*\0".getBytes()).putInt(16).putLong(-1).putShort((short) tags.length);
        for (int[] tag : tags) {
            tiff.putShort((short) tag[0]).putShort((short) 4).putInt(1).putInt(tag[1]);
        }
        return tiff.array();
    }

    /** Run-length encoding may end a picture before its first pixel. */
    private static byte[] bmp(int side, int compression) {
        ByteBuffer bmp = ByteBuffer.allocate(14 + 40 + 1024 + 2).order(ByteOrder.LITTLE_ENDIAN);
        bmp.put("BM".getBytes()).putInt(bmp.capacity()).putInt(0).putInt(bmp.capacity() - 2);
        bmp.putInt(40)
                .putInt(side)
                .putInt(side)
                .putShort((short) 1)
                .putShort((short) 8)
                .putInt(compression);
        return bmp.put(bmp.capacity() - 1, (byte) 1).array();
    }

    /** Whether the file was decoded. */
    private static boolean attempt(byte[] file, int round) {
        long allocated = allocated();
        long start = ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime();
        boolean decoded = false;
        try {
            Picture picture = ImageDecoder.decode(file, "hostile", OPTIONS);
            assertThat((long) picture.width() * picture.height()).isLessThanOrEqualTo(OPTIONS.maxPixels());
            Resampler.resize(picture, 16, 16, Filter.BILINEAR);
            decoded = true;
        } catch (InputException e) {
            assertThat(e).as("round %d", round).hasMessageContaining("hostile: ");
        }
        assertThat(ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime() - start)
                .as("round %d took, of the processor's time", round)
                .isLessThan(LONGEST_NANOS);
        assertThat(allocated() - allocated).as("round %d allocated", round).isLessThan(MOST_ALLOCATED);
        return decoded;
    }

    private static long allocated() {
        return ((ThreadMXBean) ManagementFactory.getThreadMXBean()).getCurrentThreadAllocatedBytes();
    }

    private static byte[] bytes(RandomKey.Stream random, int length) {
        byte[] bytes = new byte[length];
        for (int i = 0; i < length; i++) {
            bytes[i] = (byte) random.nextInt(256);
        }
        return bytes;
    }
}
