package io.vit4j.image.formats;

/** What deflate's symbols stand for (RFC 1951, 3.2.5 and 3.2.7), as entries of a {@link HuffmanTable}. */
final class DeflateSymbols {
    static final long[] LITERALS_AND_LENGTHS = literalsAndLengths();
    static final long[] DISTANCES = distances();
    static final long[] CODE_LENGTHS = codeLengths();

    private DeflateSymbols() {}

    private static long[] literalsAndLengths() {
        long[] entries = new long[288];
        for (int i = 0; i < 256; i++) {
            entries[i] = (long) i << 32 | HuffmanTable.ONE_LITERAL;
        }
        entries[256] = HuffmanTable.END;
        int base = 3;
        for (int i = 0; i < 28; i++) {
            int extra = i < 8 ? 0 : (i - 4) / 4;
            entries[257 + i] = base << 15 | extra << 11 | HuffmanTable.MATCH + extra;
            base += 1 << extra;
        }
        entries[285] = 258 << 15 | HuffmanTable.MATCH;
        entries[286] = HuffmanTable.INVALID;
        entries[287] = HuffmanTable.INVALID;
        return entries;
    }

    private static long[] distances() {
        long[] entries = new long[32];
        int base = 1;
        for (int i = 0; i < 30; i++) {
            int extra = i < 4 ? 0 : (i - 2) / 2;
            entries[i] = base << 15 | extra << 11 | HuffmanTable.MATCH + extra;
            base += 1 << extra;
        }
        entries[30] = HuffmanTable.INVALID;
        entries[31] = HuffmanTable.INVALID;
        return entries;
    }

    private static long[] codeLengths() {
        long[] entries = new long[19];
        for (int i = 0; i < 19; i++) {
            entries[i] = (long) i << 15;
        }
        return entries;
    }
}
