package io.vit4j.image.formats;

import io.vit4j.image.DamagedImage;
import java.util.Arrays;

/**
 * A lookup table for one canonical Huffman code of deflate (RFC 1951, 3.2.2): the next {@code primaryBits} bits of the
 * stream give an entry; codes longer than that go on in a second table.
 *
 * <p>An entry's low 6 bits say how many bits of the stream it takes, extra bits included. Bits 6 to 8 count the literals
 * that it stands for, in bits 32 to 63. Bits 9 and 10 say what comes after them: nothing ({@link #LITERALS}), a length or
 * distance ({@link #MATCH}: its extra bits are counted in bits 11 to 14, its base begins at bit 15), {@link #LONGER} (the
 * second table's bits in bits 11 to 14, its place from bit 15 on) or {@link #OTHER}, the {@link #END} or an unknown code.
 */
final class HuffmanTable {
    static final int BITS = 63;
    static final int ONE_LITERAL = 1 << 6;
    static final int KIND = 3 << 9;
    static final int LITERALS = 0;
    static final int MATCH = 1 << 9;
    static final int LONGER = 2 << 9;
    static final int OTHER = 3 << 9;
    static final int END = OTHER | 1 << 15;
    static final int INVALID = OTHER;

    private static final int COUNT = 7 << 6;
    private static final int MOST_LITERALS = 4 * ONE_LITERAL;
    static final int LONGEST_CODE = 15;

    private final int primaryBits;
    private final long[] symbolEntries;
    private final long[] entries;
    private final long[] joined; // scratch of joinSymbols
    private final int[] lengthCount = new int[LONGEST_CODE + 1];
    private final int[] nextSlot = new int[LONGEST_CODE + 1];
    private final int[] sorted;

    /** @param symbolEntries for each symbol its entry, as if its code took no bits */
    HuffmanTable(int primaryBits, long[] symbolEntries) {
        this.primaryBits = primaryBits;
        this.symbolEntries = symbolEntries;
        this.sorted = new int[symbolEntries.length];
        this.joined = new long[2 << primaryBits];
        // Each of the second tables, one a symbol at most, has room for the bits that are left of the longest code.
        this.entries = new long[(1 << primaryBits) + (symbolEntries.length << (LONGEST_CODE - primaryBits))];
    }

    int primaryBits() {
        return primaryBits;
    }

    long[] entries() {
        return entries;
    }

    /**
     * Builds the table from the code lengths of {@code count} symbols. As in zlib a code must be complete, but for a code
     * of a single symbol of one bit, and where {@code mayBeEmpty} one without symbols.
     */
    void build(byte[] lengths, int from, int count, boolean mayBeEmpty, boolean joinSymbols) {
        int longest = sortByLength(lengths, from, count, mayBeEmpty);
        int code = 0; // with its first bit lowest, as the stream has it
        int slot = 0;
        entries[0] = INVALID;
        for (int length = 1; length <= primaryBits; length++) {
            // The table of codes up to here, twice: a longer code's further bits do not matter to them.
            System.arraycopy(entries, 0, entries, 1 << length - 1, 1 << length - 1);
            for (int n = lengthCount[length]; n > 0; n--) {
                entries[code] = symbolEntries[sorted[slot++]] + length;
                code = next(code, length);
            }
        }
        if (longest > primaryBits) {
            buildSecondTables(code, slot, longest);
        }
        if (joinSymbols) {
            joinSymbols();
        }
    }

    private void buildSecondTables(int code, int slot, int longest) {
        int secondBits = longest - primaryBits;
        int second = 0;
        int tableEnd = 1 << primaryBits;
        int prefix = -1;
        for (int length = primaryBits + 1; length <= longest; length++) {
            for (int n = lengthCount[length]; n > 0; n--) {
                int low = code & (1 << primaryBits) - 1;
                if (low != prefix) {
                    prefix = low;
                    second = tableEnd;
                    tableEnd += 1 << secondBits;
                    Arrays.fill(entries, second, tableEnd, INVALID);
                    entries[low] = second << 15 | secondBits << 11 | LONGER;
                }
                long entry = symbolEntries[sorted[slot++]] + length;
                for (int i = code >>> primaryBits; i < 1 << secondBits; i += 1 << (length - primaryBits)) {
                    entries[second + i] = entry;
                }
                code = next(code, length);
            }
        }
    }

    /** The next code of that length, bits reversed: adds one at the highest bit and carries downwards. */
    private static int next(int code, int length) {
        int bit = 1 << (length - 1);
        while ((code & bit) != 0) {
            code ^= bit;
            bit >>>= 1;
        }
        return code | bit;
    }

    /** Puts the symbols in the order of their codes and gives the length of the longest. */
    private int sortByLength(byte[] lengths, int from, int count, boolean mayBeEmpty) {
        Arrays.fill(lengthCount, 0);
        for (int i = 0; i < count; i++) {
            lengthCount[lengths[from + i]]++;
        }
        int used = count - lengthCount[0];
        lengthCount[0] = 0;
        int left = 1;
        int slots = 0;
        int longest = 0;
        for (int length = 1; length <= LONGEST_CODE; length++) {
            left = (left << 1) - lengthCount[length];
            if (left < 0) {
                throw new DamagedImage("the compressed data has an impossible Huffman code");
            }
            longest = lengthCount[length] > 0 ? length : longest;
            nextSlot[length] = slots;
            slots += lengthCount[length];
        }
        boolean single = used == 1 && lengthCount[1] == 1;
        if (left > 0 && !single && !(used == 0 && mayBeEmpty)) {
            throw new DamagedImage("the compressed data has an incomplete Huffman code");
        }
        for (int i = 0; i < count; i++) {
            if (lengths[from + i] != 0) {
                sorted[nextSlot[lengths[from + i]]++] = i;
            }
        }
        return longest;
    }

    /**
     * Where the bits behind a literal's code hold whole further codes, one entry stands for them all: up to four literals
     * and a length. From the short to the long: {@code joined} at {@code 2^k + i} is what the k bits of i stand for, and
     * is a first symbol joined with what the bits behind it stand for.
     */
    private void joinSymbols() {
        for (int known = 1; known <= primaryBits; known++) {
            int table = 1 << known;
            for (int i = 0; i < table; i++) {
                long entry = entries[i];
                int bits = (int) entry & BITS;
                if ((entry & KIND) == LITERALS && bits <= known) {
                    long rest = joined[(1 << known - bits) + (i >>> bits)];
                    if (((int) rest & COUNT) < MOST_LITERALS) {
                        entry += (rest & 0x7FFFFFFF) + (rest >>> 32 << 40);
                    }
                } else if ((entry & KIND) != MATCH || bits - (entry >>> 11 & 15) > known) {
                    entry = 0; // not known from so few bits
                }
                joined[table + i] = entry;
            }
        }
        int table = 1 << primaryBits;
        for (int i = 0; i < table; i++) {
            entries[i] = joined[table + i] == 0 ? entries[i] : joined[table + i];
        }
    }
}
