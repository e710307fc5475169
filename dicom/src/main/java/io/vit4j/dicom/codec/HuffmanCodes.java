package io.vit4j.dicom.codec;

import io.vit4j.image.DamagedImage;
import java.util.Arrays;

/**
 * A Huffman table of JPEG (ITU-T T.81, annex C): codes of up to 16 bits. Those of up to nine are looked up, longer ones by the largest code of
 * each length. So a table is small, and a file may have thousands.
 */
final class HuffmanCodes {
    private static final int LONGEST = 16;
    private static final int LOOKED_UP = 9;

    /** {@code length << 8 | symbol} by the next nine bits; 0 if no code of up to nine bits begins so. */
    private final short[] byNineBits = new short[1 << LOOKED_UP];

    /** By length: the end of its codes and of all shorter ones, as the sixteen bits that follow the last. */
    private final int[] end = new int[LONGEST + 1];

    /** By length: what is to be added to a code to get its symbol's place. */
    private final int[] toSymbol = new int[LONGEST + 1];

    private final byte[] symbols;

    /**
     * Reads a table.
     *
     * @param segment holds it
     * @param at where its sixteen counts begin
     * @param segmentEnd the end of the segment
     */
    HuffmanCodes(byte[] segment, int at, int segmentEnd) {
        int count = size(segment, at) - LONGEST;
        if (at + LONGEST + count > segmentEnd) {
            throw damaged();
        }
        symbols = Arrays.copyOfRange(segment, at + LONGEST, at + LONGEST + count);
        int symbol = 0;
        int code = 0;
        for (int length = 1; length <= LONGEST; length++) {
            toSymbol[length] = symbol - code;
            int codes = segment[at + length - 1] & 0xFF;
            if (code + codes > 1 << length) {
                throw damaged();
            }
            for (int i = 0; i < codes; i++, symbol++, code++) {
                if (length <= LOOKED_UP) {
                    int from = code << LOOKED_UP - length;
                    int to = from + (1 << LOOKED_UP - length);
                    Arrays.fill(byNineBits, from, to, (short) (length << 8 | symbols[symbol] & 0xFF));
                }
            }
            end[length] = code << LONGEST - length;
            code <<= 1;
        }
    }

    private static DamagedImage damaged() {
        return new DamagedImage("its JPEG data have a damaged Huffman table");
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
        int sixteen = bits.peek16();
        int entry = byNineBits[sixteen >> LONGEST - LOOKED_UP];
        if (entry != 0) {
            bits.skip(entry >> 8);
            return entry & 0xFF;
        }
        for (int length = LOOKED_UP + 1; length <= LONGEST; length++) {
            if (sixteen < end[length]) {
                bits.skip(length);
                return symbols[toSymbol[length] + (sixteen >> LONGEST - length)] & 0xFF;
            }
        }
        throw new DamagedImage("its JPEG data hold a code that is none");
    }
}
