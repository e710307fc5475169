package io.vit4j.image.formats;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.vit4j.base.RandomKey;
import io.vit4j.image.DamagedImage;
import java.util.Arrays;
import java.util.zip.DataFormatException;
import java.util.zip.Deflater;
import java.util.zip.Inflater;
import org.junit.jupiter.api.Test;

/** Held against the JDK's zlib. */
class InflateTest {
    private static final int ROUNDS = Integer.getInteger("vit4j.fuzz.rounds", 3000);

    @Test
    void everyKindOfStreamThatZlibWritesComesBack() {
        RandomKey key = RandomKey.of(1).with("streams");
        for (int round = 0; round < 400; round++) {
            RandomKey.Stream random = key.with(round).stream();
            byte[] data = data(random, 1 + random.nextInt(round % 20 == 0 ? 300_000 : 5000));
            byte[] compressed = deflate(data, random.nextInt(10), random.nextInt(3));
            assertThat(inflate(compressed, data.length, 1 + random.nextInt(70_000)))
                    .as("round %d", round)
                    .isEqualTo(data);
        }
    }

    @Test
    void codesOfEveryShapeUpToTheLongestAreRead() {
        for (int round = 0; round < 60; round++) {
            RandomKey.Stream random = RandomKey.of(4).with("codes").with(round).stream();
            byte[] compressed = DeflateBlocks.random(random, 1 + random.nextInt(3), 300 + random.nextInt(1500));
            byte[] expected = zlib(compressed, 2_000_000);
            assertThat(expected).as("round %d: zlib reads it", round).hasSizeGreaterThan(33_000);
            assertThat(Arrays.equals(inflate(compressed, expected.length, 50_000), expected))
                    .as("round %d", round)
                    .isTrue();
        }
    }

    @Test
    void whatZlibRefusesIsRefusedAndWhatItTakesComesOutAlike() throws DataFormatException {
        RandomKey key = RandomKey.of(2).with("damage");
        int refused = 0;
        for (int round = 0; round < ROUNDS; round++) {
            RandomKey.Stream random = key.with(round).stream();
            byte[] data = data(random, 1 + random.nextInt(2000));
            byte[] compressed = deflate(data, random.nextInt(10), random.nextInt(3));
            compressed = damaged(compressed, random);
            byte[] expected = zlib(compressed, data.length);
            byte[] actual;
            try {
                actual = inflate(compressed, data.length, data.length);
            } catch (DamagedImage e) {
                actual = null;
            }
            if (expected == null) {
                refused++;
                assertThat(actual).as("round %d: zlib refuses", round).isNull();
            } else if (actual == null) {
                // it looks ahead, at most as far as it may write
                assertThat(zlib(compressed, data.length + Inflate.SLACK))
                        .as("round %d: zlib takes it", round)
                        .isNull();
            } else {
                assertThat(Arrays.equals(actual, expected))
                        .as("round %d", round)
                        .isTrue();
            }
        }
        assertThat(refused).isBetween(ROUNDS / 10, ROUNDS);
    }

    @Test
    void randomBytesEndInARefusalOrAnOrdinaryEnd() {
        RandomKey key = RandomKey.of(3).with("noise");
        for (int round = 0; round < ROUNDS; round++) {
            RandomKey.Stream random = key.with(round).stream();
            byte[] noise = new byte[1 + random.nextInt(300)];
            for (int i = 0; i < noise.length; i++) {
                noise[i] = (byte) random.nextInt(256);
            }
            noise[0] = (byte) (noise[0] & ~6 | 4 | random.nextInt(2)); // mostly blocks with codes of their own
            try {
                inflate(noise, 100_000, 5000);
            } catch (DamagedImage e) {
                assertThat(e.getMessage()).startsWith("the compressed data");
            }
        }
    }

    @Test
    void aMatchFromBeforeTheBeginIsRefused() {
        // a block of the fixed code whose first symbol is a match of length 3 at distance 1
        assertThatThrownBy(() -> inflate(new byte[] {3, 2, 0}, 10, 10))
                .isInstanceOf(DamagedImage.class)
                .hasMessageContaining("before its begin");
    }

    /** Runs, ramps, noise of few values and repeats from afar, so that every kind of code is met. */
    private static byte[] data(RandomKey.Stream random, int length) {
        byte[] data = new byte[length];
        int at = 0;
        while (at < length) {
            int run = Math.min(length - at, 1 + random.nextInt(1 + random.nextInt(400)));
            int kind = random.nextInt(5);
            int base = random.nextInt(256);
            int spread = 1 + random.nextInt(1 + random.nextInt(256));
            int back = at == 0 ? 0 : 1 + random.nextInt(Math.min(at, 32768));
            for (int i = 0; i < run; i++, at++) {
                data[at] = (byte)
                        switch (kind) {
                            case 0 -> base;
                            case 1 -> base + i;
                            case 2 -> base + random.nextInt(spread);
                            case 3 -> back == 0 ? 0 : data[at - back];
                            default -> Long.numberOfTrailingZeros(random.nextLong());
                        };
            }
        }
        return data;
    }

    private static byte[] damaged(byte[] compressed, RandomKey.Stream random) {
        byte[] copy = compressed.clone();
        if (random.nextInt(4) == 0) {
            return Arrays.copyOf(copy, random.nextInt(copy.length));
        }
        for (int n = 1 + random.nextInt(3); n > 0; n--) {
            copy[random.nextInt(Math.min(copy.length, 60))] ^= (byte) (1 << random.nextInt(8));
        }
        return copy;
    }

    private static byte[] deflate(byte[] data, int level, int strategy) {
        Deflater deflater = new Deflater(level, true);
        deflater.setStrategy(strategy);
        deflater.setInput(data);
        deflater.finish();
        byte[] out = new byte[data.length + data.length / 100 + 100];
        int length = 0;
        while (!deflater.finished()) {
            length += deflater.deflate(out, length, out.length - length);
        }
        deflater.end();
        return Arrays.copyOf(out, length);
    }

    /** What zlib makes of it, up to {@code most} bytes; null where it finds a fault before that. */
    private static byte[] zlib(byte[] compressed, int most) {
        Inflater inflater = new Inflater(true);
        try {
            inflater.setInput(compressed);
            byte[] out = new byte[most];
            int length = 0;
            while (length < most && !inflater.finished()) {
                int n = inflater.inflate(out, length, most - length);
                if (n == 0 && (inflater.needsInput() || inflater.needsDictionary())) {
                    return null; // cut off
                }
                length += n;
            }
            return Arrays.copyOf(out, length);
        } catch (DataFormatException e) {
            return null;
        } finally {
            inflater.end();
        }
    }

    /** At most {@code most} bytes, asked for in pieces, with a window as small as is allowed. */
    private static byte[] inflate(byte[] compressed, int most, int piece) {
        Inflate inflate =
                new Inflate(Arrays.copyOf(compressed, compressed.length + Inflate.PADDING), 0, compressed.length);
        byte[] window = new byte[Inflate.WINDOW + piece + Inflate.SLACK];
        byte[] out = new byte[most + Inflate.SLACK];
        int length = 0;
        int at = 0;
        while (length < most) {
            int end = inflate.fill(window, at, at + Math.min(piece, most - length));
            assertThat(end).isLessThan(window.length);
            if (end == at) {
                break;
            }
            System.arraycopy(window, at, out, length, end - at);
            length += end - at;
            int keep = Math.min(end, Inflate.WINDOW);
            System.arraycopy(window, end - keep, window, 0, keep);
            at = keep;
        }
        return Arrays.copyOf(out, Math.min(length, most));
    }
}
