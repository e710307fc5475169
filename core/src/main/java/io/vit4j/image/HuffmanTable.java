package io.vit4j.image;

import java.util.Arrays;

/**
 * A lookup table for one canonical Huffman code of deflate (RFC 1951, 3.2.2): the next {@code primaryBits} bits of the
 * stream give an entry; codes longer than that go on in a second table.
 *
 * <p>An entry's low 6 bits say how many bits of the stream it takes, extra bits included. Bits 6 and 7 count the literals
 * that it stands for, in bits 8 to 31; where they are 0, bits 8 and 9 say what else it is: {@link #MATCH} (a length or a
 * distance: bits 10 to 13 the code's length, from bit 14 on the base), {@link #END}, {@link #LONGER} (bits 10 to 13 the
 * second table's bits, from bit 14 on its place) or {@link #INVALID}.
 */
final class HuffmanTable {
    static final int BITS = 63;
    static final int LITERALS = 3 << 6;
    static final int ONE_LITERAL = 1 << 6;
    static final int KIND = 3 << 8;
    static final int MATCH = 0;
    static final int END = 1 << 8;
    static final int LONGER = 2 << 8;
    static final int INVALID = 3 << 8;

    static final int LONGEST_CODE = 15;

    private final int primaryBits;
    private final int[] symbolEntries;
    private final int[] entries;
    private final int[] paired; // scratch: entries before several literals are joined in one
    private final int[] lengthCount = new int[LONGEST_CODE + 1];
    private final int[] nextSlot = new int[LONGEST_CODE + 1];
    private final int[] sorted;

    /** @param symbolEntries for each symbol its entry, as if its code took no bits */
    HuffmanTable(int primaryBits, int[] symbolEntries) {
        this.primaryBits = primaryBits;
        this.symbolEntries = symbolEntries;
        this.sorted = new int[symbolEntries.length];
        this.paired = new int[1 << primaryBits];
        // Each of the second tables, one a symbol at most, has room for the bits that are left of the longest code.
        this.entries = new int[(1 << primaryBits) + (symbolEntries.length << (LONGEST_CODE - primaryBits))];
    }

    int primaryBits() {
        return primaryBits;
    }

    int[] entries() {
        return entries;
    }

    /**
     * Builds the table from the code lengths of {@code count} symbols. As in zlib a code must be complete, but for a code
     * of a single symbol of one bit, and where {@code mayBeEmpty} one without symbols.
     */
    void build(byte[] lengths, int from, int count, boolean mayBeEmpty, boolean joinLiterals) {
        sortByLength(lengths, from, count, mayBeEmpty);
        Arrays.fill(entries, 0, 1 << primaryBits, INVALID);
        int code = 0; // with its first bit lowest, as the stream has it
        int tableEnd = 1 << primaryBits;
        int prefix = -1;
        int second = 0;
        int slot = 0;
        int longest = LONGEST_CODE;
        while (longest > 0 && lengthCount[longest] == 0) {
            longest--;
        }
        int secondBits = longest - primaryBits;
        for (int length = 1; length <= longest; length++) {
            for (int n = lengthCount[length]; n > 0; n--) {
                int symbol = symbolEntries[sorted[slot++]];
                if (length <= primaryBits) {
                    for (int i = code; i < 1 << primaryBits; i += 1 << length) {
                        entries[i] = coded(symbol, length);
                    }
                } else {
                    int low = code & (1 << primaryBits) - 1;
                    if (low != prefix) {
                        prefix = low;
                        second = tableEnd;
                        tableEnd += 1 << secondBits;
                        Arrays.fill(entries, second, tableEnd, INVALID);
                        entries[low] = second << 14 | secondBits << 10 | LONGER;
                    }
                    for (int i = code >>> primaryBits; i < 1 << secondBits; i += 1 << (length - primaryBits)) {
                        entries[second + i] = coded(symbol, length);
                    }
                }
                code = next(code, length);
            }
        }
        if (joinLiterals) {
            joinLiterals();
        }
    }

    private static int coded(int symbol, int length) {
        return (symbol & LITERALS) != 0 ? symbol + length : symbol + length + (length << 10);
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

    private void sortByLength(byte[] lengths, int from, int count, boolean mayBeEmpty) {
        Arrays.fill(lengthCount, 0);
        for (int i = 0; i < count; i++) {
            lengthCount[lengths[from + i]]++;
        }
        int used = count - lengthCount[0];
        lengthCount[0] = 0;
        int left = 1;
        int slots = 0;
        for (int length = 1; length <= LONGEST_CODE; length++) {
            left = (left << 1) - lengthCount[length];
            if (left < 0) {
                throw new DamagedImage("the compressed data has an impossible Huffman code");
            }
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
    }

    /** Where the bits behind a literal's code hold whole further literals, one entry stands for up to three. */
    private void joinLiterals() {
        System.arraycopy(entries, 0, paired, 0, 1 << primaryBits);
        for (int i = 0; i < paired.length; i++) {
            int entry = paired[i];
            if ((entry & LITERALS) == 0) {
                continue;
            }
            int bits = entry & BITS;
            int second = paired[i >>> bits];
            if ((second & LITERALS) == 0 || bits + (second & BITS) > primaryBits) {
                continue;
            }
            bits += second & BITS;
            int joined = (entry & 0xFF00) | (second & 0xFF00) << 8;
            int third = paired[i >>> bits];
            if ((third & LITERALS) == 0 || bits + (third & BITS) > primaryBits) {
                entries[i] = joined | 2 * ONE_LITERAL | bits;
            } else {
                entries[i] = joined | (third & 0xFF00) << 16 | 3 * ONE_LITERAL | bits + (third & BITS);
            }
        }
    }
}
