package io.vit4j.dicom;

import io.vit4j.image.DamagedImage;
import java.util.Arrays;
import java.util.Optional;

/**
 * A lookup table of grey values (PS3.3, C.11.1 and C.11.2).
 *
 * @param first the value that the first entry is for; below it, that entry counts, and above the last, the last
 * @param bits of an entry
 * @param entries unsigned
 */
record LookupTable(int first, int bits, int[] entries) {
    /** Reads an item of a modality or VOI LUT sequence; empty if it has none. */
    static Optional<LookupTable> of(DataSet item, boolean signedInput) {
        int[] descriptor = item.words(Tag.LUT_DESCRIPTOR);
        if (descriptor.length < 3 || !item.has(Tag.LUT_DATA)) {
            return Optional.empty();
        }
        int count = descriptor[0] == 0 ? 1 << 16 : descriptor[0];
        boolean signed =
                signedInput || item.get(Tag.LUT_DESCRIPTOR).orElseThrow().vr().equals("SS");
        int first = signed ? (short) descriptor[1] : descriptor[1];
        int bits = descriptor[2];
        if (bits < 1 || bits > 16) {
            throw new DamagedImage("a lookup table in it has entries of " + bits + " bits");
        }
        Element data = item.get(Tag.LUT_DATA).orElseThrow();
        int[] entries = data.length() < 2 * count ? bytes(item, data, count) : item.words(Tag.LUT_DATA);
        if (entries.length < count) {
            throw new DamagedImage("a lookup table in it ends after " + entries.length + " of " + count + " entries");
        }
        return Optional.of(new LookupTable(first, bits, Arrays.copyOf(entries, count)));
    }

    /** Entries of 8 bits, packed two a word. */
    private static int[] bytes(DataSet item, Element data, int count) {
        int[] entries = new int[Math.min(count, data.length())];
        for (int i = 0; i < entries.length; i++) {
            entries[i] = item.bytes()[data.at() + i] & 0xFF;
        }
        return entries;
    }

    int apply(double value) {
        long index = (long) Math.floor(value) - first;
        return entries[(int) Math.max(0, Math.min(index, entries.length - 1))];
    }

    int most() {
        return (1 << bits) - 1;
    }
}
