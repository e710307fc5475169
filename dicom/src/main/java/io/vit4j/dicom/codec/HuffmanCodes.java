package io.vit4j.dicom.codec;

import io.vit4j.image.DamagedImage;
import java.util.Arrays;

/** A Huffman table of JPEG (ITU-T T.81, annex C): codes of up to 16 bits, looked up by the next 16. */
final class HuffmanCodes {
    private static final int LONGEST = 16;

    /** {@code length << 8 | symbol} by the next 16 bits; 0 if no code begins so. */
    private final short[] bySixteenBits = new short[1 << LONGEST];

    /**
     * Reads a table.
     *
     * @param segment holds it
     * @param at where its sixteen counts begin
     * @param end of the segment
     */
    HuffmanCodes(byte[] segment, int at, int end) {
        int symbol = at + LONGEST;
        int code = 0;
        for (int length = 1; length <= LONGEST; length++) {
            for (int i = segment[at + length - 1] & 0xFF; i > 0; i--, symbol++) {
                int from = code << LONGEST - length;
                int to = from + (1 << LONGEST - length);
                if (symbol >= end || to > 1 << LONGEST) {
                    throw new DamagedImage("its JPEG data have a damaged Huffman table");
                }
                short entry = (short) (length << 8 | segment[symbol] & 0xFF);
                Arrays.fill(bySixteenBits, from, to, entry);
                code++;
            }
            code <<= 1;
        }
    }

    /** The bytes that the table takes in its segment, after its number. */
    static int size(byte[] segment, int at) {
        int size = LONGEST;
        for (int i = 0; i < LONGEST; i++) {
            size += segment[at + i] & 0xFF;
        }
        return size;
    }

    /** The next symbol. */
    int next(JpegBits bits) {
        int entry = bySixteenBits[bits.peek16()];
        if (entry == 0) {
            throw new DamagedImage("its JPEG data hold a code that is none");
        }
        bits.skip(entry >> 8);
        return entry & 0xFF;
    }
}
