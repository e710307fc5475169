package io.vit4j.image;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import io.vit4j.base.InputException;
import io.vit4j.base.RandomKey;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
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

    /** Whether the file was decoded. */
    private static boolean attempt(byte[] file, int round) {
        long allocated = allocated();
        long start = System.nanoTime();
        boolean decoded = false;
        try {
            Picture picture = ImageDecoder.decode(file, "hostile", OPTIONS);
            assertThat((long) picture.width() * picture.height()).isLessThanOrEqualTo(OPTIONS.maxPixels());
            Resampler.resize(picture, 16, 16, Filter.BILINEAR);
            decoded = true;
        } catch (InputException e) {
            assertThat(e).as("round %d", round).hasMessageContaining("hostile: ");
        }
        assertThat(System.nanoTime() - start).as("round %d took", round).isLessThan(LONGEST_NANOS);
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
