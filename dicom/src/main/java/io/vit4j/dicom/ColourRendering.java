package io.vit4j.dicom;

import io.vit4j.dicom.PixelDescription.Photometric;
import io.vit4j.dicom.codec.Samples;
import io.vit4j.image.DamagedImage;
import io.vit4j.image.Picture;
import java.util.Arrays;

/** Colours become red, green and blue of 8 bits: those of a palette, and those stored as brightness and differences. */
final class ColourRendering {
    private ColourRendering() {}

    /** Three values a pixel. */
    static Picture render(Samples samples, PixelDescription pixels) {
        int[] values = samples.values();
        int bits = Math.max(samples.precision() < pixels.stored() ? samples.precision() : pixels.stored(), 1);
        long most = (1L << bits) - 1;
        byte[] levels = new byte[values.length];
        for (int i = 0; i < levels.length; i++) {
            long value = Math.min(Integer.toUnsignedLong(values[i]), most);
            levels[i] = (byte) (bits == 8 ? value : (value * 255 + most / 2) / most);
        }
        if (isYcbcr(samples.colour(), pixels.photometric())) {
            toRgb(levels);
        }
        return new Picture(samples.width(), samples.height(), 3, levels);
    }

    private static boolean isYcbcr(Samples.Colour said, Photometric photometric) {
        return switch (said) {
            case RGB -> false;
            case YCBCR -> true;
            case UNSAID -> photometric == Photometric.YBR_FULL || photometric == Photometric.YBR_FULL_422;
        };
    }

    private static void toRgb(byte[] values) {
        for (int i = 0; i < values.length; i += 3) {
            int y = values[i] & 0xFF;
            int cb = (values[i + 1] & 0xFF) - 128;
            int cr = (values[i + 2] & 0xFF) - 128;
            values[i] = level(y + 1.402f * cr);
            values[i + 1] = level(y - 0.344136f * cb - 0.714136f * cr);
            values[i + 2] = level(y + 1.772f * cb);
        }
    }

    private static byte level(float value) {
        return (byte) Math.min(Math.max((int) (value + 0.5), 0), 255); // in double, so that nothing is rounded twice
    }

    /** One value a pixel, which a palette gives a colour. */
    static Picture renderPalette(Samples samples, PixelDescription pixels, DataSet dataSet) {
        int[] values = samples.values();
        byte[] levels = new byte[Math.multiplyExact(values.length, 3)];
        for (int channel = 0; channel < 3; channel++) {
            int[] descriptor = dataSet.words(Tag.PALETTE_DESCRIPTOR + channel);
            if (descriptor.length < 3) {
                throw new DamagedImage("it lacks its palette");
            }
            int first = pixels.signed() ? (short) descriptor[1] : descriptor[1];
            int[] entries = entries(dataSet, channel, descriptor);
            int shift = descriptor[2] > 8 && Arrays.stream(entries).anyMatch(entry -> entry > 255) ? 8 : 0;
            int last = entries.length - 1;
            for (int i = 0, to = channel; i < values.length; i++, to += 3) {
                levels[to] = (byte) (entries[Math.max(0, Math.min(values[i] - first, last))] >> shift);
            }
        }
        return new Picture(samples.width(), samples.height(), 3, levels);
    }

    private static int[] entries(DataSet dataSet, int channel, int[] descriptor) {
        int count = descriptor[0] == 0 ? 1 << 16 : descriptor[0];
        int[] words = dataSet.words(Tag.PALETTE_DATA + channel);
        if (words.length == 0) {
            return segmented(dataSet.words(Tag.SEGMENTED_PALETTE_DATA + channel), count);
        }
        if (words.length < count && words.length >= (count + 1) / 2) { // two entries a word
            int[] bytes = new int[count];
            for (int i = 0; i < count; i++) {
                bytes[i] = words[i / 2] >> 8 * (i % 2) & 0xFF;
            }
            return bytes;
        }
        return words;
    }

    /** Runs of entries, straight lines between them, and repetitions of either (PS3.3, C.7.9.2). */
    private static int[] segmented(int[] words, int count) {
        int[] entries = new int[count];
        int filled = fill(words, 0, words.length, -1, entries, 0);
        if (filled == 0) {
            throw new DamagedImage("it lacks its palette");
        }
        Arrays.fill(entries, filled, count, entries[filled - 1]);
        return entries;
    }

    /** Fills entries from some segments on; {@code segments} of them, or all up to the end if that is negative. */
    private static int fill(int[] words, int begin, int end, int segments, int[] entries, int from) {
        int at = begin;
        int to = from;
        for (int segment = 0; segment != segments && at + 2 <= end; segment++) {
            int kind = words[at];
            int length = words[at + 1];
            at += 2;
            if (kind == 0) {
                for (int i = 0; i < length && at < end; i++, at++) {
                    if (to < entries.length) {
                        entries[to++] = words[at];
                    }
                }
            } else if (kind == 1 && to > 0 && at < end) {
                int start = entries[to - 1];
                int stop = words[at++];
                for (int i = 1; i <= length && to < entries.length; i++) {
                    entries[to++] = start + (int) ((long) (stop - start) * i / length);
                }
            } else if (kind == 2 && segments < 0 && at + 2 <= end) {
                int offset = words[at] / 2 | words[at + 1] << 15; // of bytes
                at += 2;
                if (offset < 0 || offset >= end) {
                    throw new DamagedImage("its palette has a damaged segment");
                }
                to = fill(words, offset, end, length, entries, to);
            } else {
                throw new DamagedImage("its palette has a damaged segment");
            }
        }
        return to;
    }
}
