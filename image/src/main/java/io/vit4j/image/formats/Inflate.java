package io.vit4j.image.formats;

import io.vit4j.image.DamagedImage;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/**
 * Decompresses deflate (RFC 1951). Written here because decompression is most of the time that a picture takes:
 * pictures' data are mainly literals of few bits, and one table lookup gives up to four of them and the length that
 * follows. Every access is bounds-checked by Java, so hostile data cannot do more than be refused.
 */
final class Inflate {
    /** How far back a match may reach. */
    static final int WINDOW = 1 << 15;

    /** How far beyond the place asked for {@link #fill} may write. */
    static final int SLACK = 288;

    /** Bytes that must follow the compressed data in its array, whatever their value. */
    static final int PADDING = 8;

    private static final VarHandle LONG = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
    private static final VarHandle INT = MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.LITTLE_ENDIAN);

    private static final int LITERAL_BITS = 10;
    private static final int DISTANCE_BITS = 8;
    private static final int LITERAL_MASK = (1 << LITERAL_BITS) - 1;
    private static final int DISTANCE_MASK = (1 << DISTANCE_BITS) - 1;
    private static final byte[] LENGTH_ORDER = {16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15};

    private static final int BETWEEN_BLOCKS = 0;
    private static final int IN_STORED = 1;
    private static final int IN_COMPRESSED = 2;
    private static final int AFTER_LAST = 3;

    private final byte[] in;
    private final int inEnd;
    private int inAt;
    private long bits;
    private int bitCount;

    private int state = BETWEEN_BLOCKS;
    private boolean lastBlock;
    private int storedLeft;
    private final byte[] lengths = new byte[288 + 32];
    private final HuffmanTable literals = new HuffmanTable(LITERAL_BITS, DeflateSymbols.LITERALS_AND_LENGTHS);
    private final HuffmanTable distances = new HuffmanTable(DISTANCE_BITS, DeflateSymbols.DISTANCES);
    private HuffmanTable codeLengths;

    /** @param in compressed data in [from, to), followed by at least {@link #PADDING} bytes */
    Inflate(byte[] in, int from, int to) {
        if (in.length - to < PADDING) {
            throw new IllegalArgumentException("no padding");
        }
        this.in = in;
        this.inAt = from;
        this.inEnd = to;
    }

    /**
     * Writes into {@code out} from {@code at} until at least {@code until} is reached, or the stream ends, and at most
     * {@link #SLACK} bytes more. What was written before must lie in front of {@code at}, the last {@link #WINDOW} bytes
     * of it at least.
     *
     * @return the place behind the last byte written; less than {@code until} only where the stream has ended
     * @throws DamagedImage if the data is no deflate stream or ends too early
     */
    int fill(byte[] out, int at, int until) {
        while (at < until && state != AFTER_LAST) {
            switch (state) {
                case BETWEEN_BLOCKS -> openBlock();
                case IN_STORED -> at = stored(out, at, until);
                default -> at = compressed(out, at, until);
            }
            if (state == BETWEEN_BLOCKS && lastBlock) {
                state = AFTER_LAST;
            }
        }
        refuseBeyondEnd();
        return at;
    }

    /** Bits beyond the data's end read as zeros; taking any of them means that the data was cut. */
    private void refuseBeyondEnd() {
        if (inAt - (bitCount >> 3) > inEnd) {
            throw new DamagedImage("the compressed data ends too early");
        }
    }

    /** Brings the buffered bits to at least 56. */
    private void refill() {
        if (inAt <= inEnd) {
            bits |= (long) LONG.get(in, inAt) << bitCount;
        } else {
            refuseBeyondEnd();
        }
        inAt += (63 - bitCount) >>> 3;
        bitCount |= 56;
    }

    private int take(int count) {
        int value = (int) bits & (1 << count) - 1;
        bits >>>= count;
        bitCount -= count;
        return value;
    }

    private void openBlock() {
        refill();
        lastBlock = take(1) == 1;
        switch (take(2)) {
            case 0 -> openStored();
            case 1 -> {
                for (int i = 0; i < 288; i++) {
                    lengths[i] = (byte) (i < 144 ? 8 : i < 256 ? 9 : i < 280 ? 7 : 8);
                }
                java.util.Arrays.fill(lengths, 288, 320, (byte) 5);
                buildTables(288, 32);
            }
            case 2 -> openDynamic();
            default -> throw new DamagedImage("the compressed data has a block of an unknown kind");
        }
    }

    private void openStored() {
        take(bitCount & 7);
        inAt -= bitCount >> 3; // the whole bytes that were read ahead go back
        bits = 0;
        bitCount = 0;
        if (inAt > inEnd - 4) {
            throw new DamagedImage("the compressed data ends too early");
        }
        int lengthAndComplement = (int) INT.get(in, inAt);
        inAt += 4;
        storedLeft = lengthAndComplement & 0xFFFF;
        if ((storedLeft ^ 0xFFFF) != lengthAndComplement >>> 16) {
            throw new DamagedImage("the compressed data has a stored block whose length is wrong");
        }
        state = IN_STORED;
    }

    private int stored(byte[] out, int at, int until) {
        int count = Math.min(storedLeft, until - at);
        if (count > inEnd - inAt) {
            throw new DamagedImage("the compressed data ends too early");
        }
        System.arraycopy(in, inAt, out, at, count);
        inAt += count;
        storedLeft -= count;
        if (storedLeft == 0) {
            state = BETWEEN_BLOCKS;
        }
        return at + count;
    }

    private void openDynamic() {
        int literalCount = take(5) + 257;
        int distanceCount = take(5) + 1;
        int lengthCount = take(4) + 4;
        if (literalCount > 286 || distanceCount > 30) {
            throw new DamagedImage("the compressed data has too many symbols in a block");
        }
        java.util.Arrays.fill(lengths, 0, 19, (byte) 0);
        for (int i = 0; i < lengthCount; i++) {
            refill();
            lengths[LENGTH_ORDER[i]] = (byte) take(3);
        }
        if (codeLengths == null) {
            codeLengths = new HuffmanTable(7, DeflateSymbols.CODE_LENGTHS);
        }
        codeLengths.build(lengths, 0, 19, false, false);
        readLengths(literalCount + distanceCount);
        if (lengths[256] == 0) {
            throw new DamagedImage("the compressed data has a block that cannot end");
        }
        buildTables(literalCount, distanceCount);
    }

    private void readLengths(int count) {
        int at = 0;
        while (at < count) {
            refill();
            int entry = (int) codeLengths.entries()[(int) bits & 127];
            if ((entry & HuffmanTable.KIND) == HuffmanTable.OTHER) {
                throw new DamagedImage("the compressed data has an unknown code length");
            }
            take(entry & HuffmanTable.BITS);
            int symbol = entry >>> 15;
            if (symbol < 16) {
                lengths[at++] = (byte) symbol;
                continue;
            }
            if (symbol == 16 && at == 0) {
                throw new DamagedImage("the compressed data repeats a code length before the first");
            }
            byte value = symbol == 16 ? lengths[at - 1] : 0;
            int times = symbol == 16 ? 3 + take(2) : symbol == 17 ? 3 + take(3) : 11 + take(7);
            if (at + times > count) {
                throw new DamagedImage("the compressed data repeats a code length beyond the last");
            }
            java.util.Arrays.fill(lengths, at, at + times, value);
            at += times;
        }
    }

    private void buildTables(int literalCount, int distanceCount) {
        literals.build(lengths, 0, literalCount, false, true);
        distances.build(lengths, literalCount, distanceCount, true, false);
        state = IN_COMPRESSED;
    }

    private int compressed(byte[] out, int at, int until) {
        long[] literalTable = literals.entries();
        long[] distanceTable = distances.entries();
        byte[] in = this.in;
        int inEnd = this.inEnd;
        int inAt = this.inAt;
        long bits = this.bits;
        int bitCount = this.bitCount;
        while (at < until) {
            if (inAt <= inEnd) {
                bits |= (long) LONG.get(in, inAt) << bitCount;
            } else if (inAt - (bitCount >> 3) > inEnd) {
                throw new DamagedImage("the compressed data ends too early");
            }
            inAt += (63 - bitCount) >>> 3;
            bitCount |= 56;

            // Two lookups and the longest code take at most 40 of the 56 bits; a loop in their place would be slower.
            long entry = literalTable[(int) bits & LITERAL_MASK];
            INT.set(out, at, (int) (entry >>> 32));
            at += (int) entry >>> 6 & 7;
            if ((entry & HuffmanTable.KIND) == HuffmanTable.LITERALS) {
                bits >>>= (int) entry & HuffmanTable.BITS;
                bitCount -= (int) entry & HuffmanTable.BITS;
                entry = literalTable[(int) bits & LITERAL_MASK];
                INT.set(out, at, (int) (entry >>> 32));
                at += (int) entry >>> 6 & 7;
                if ((entry & HuffmanTable.KIND) == HuffmanTable.LITERALS) {
                    bits >>>= (int) entry & HuffmanTable.BITS;
                    bitCount -= (int) entry & HuffmanTable.BITS;
                    continue;
                }
            }
            if ((entry & HuffmanTable.KIND) != HuffmanTable.MATCH) {
                if ((entry & HuffmanTable.KIND) == HuffmanTable.LONGER) {
                    int index = (int) (bits >>> LITERAL_BITS) & (1 << ((int) entry >>> 11 & 15)) - 1;
                    entry = literalTable[((int) entry >>> 15) + index];
                    if ((entry & HuffmanTable.KIND) == HuffmanTable.LITERALS) {
                        out[at++] = (byte) (entry >>> 32);
                        bits >>>= (int) entry & HuffmanTable.BITS;
                        bitCount -= (int) entry & HuffmanTable.BITS;
                        continue;
                    }
                }
                if ((entry & HuffmanTable.KIND) == HuffmanTable.OTHER) {
                    if ((int) entry >>> 15 == 0) {
                        throw new DamagedImage("the compressed data has an unknown code");
                    }
                    bits >>>= (int) entry & HuffmanTable.BITS;
                    bitCount -= (int) entry & HuffmanTable.BITS;
                    state = BETWEEN_BLOCKS;
                    break;
                }
            }
            int length = value(bits, (int) entry);
            bits >>>= (int) entry & HuffmanTable.BITS;
            bitCount -= (int) entry & HuffmanTable.BITS;

            if (bitCount < 28) { // the longest distance
                if (inAt <= inEnd) {
                    bits |= (long) LONG.get(in, inAt) << bitCount;
                }
                inAt += (63 - bitCount) >>> 3;
                bitCount |= 56;
            }
            int reach = (int) distanceTable[(int) bits & DISTANCE_MASK];
            if ((reach & HuffmanTable.KIND) != HuffmanTable.MATCH) {
                if ((reach & HuffmanTable.KIND) == HuffmanTable.LONGER) {
                    int index = (int) (bits >>> DISTANCE_BITS) & (1 << (reach >>> 11 & 15)) - 1;
                    reach = (int) distanceTable[(reach >>> 15) + index];
                }
                if ((reach & HuffmanTable.KIND) == HuffmanTable.OTHER) {
                    throw new DamagedImage("the compressed data has an unknown distance");
                }
            }
            int distance = value(bits, reach);
            bits >>>= reach & HuffmanTable.BITS;
            bitCount -= reach & HuffmanTable.BITS;
            if (distance > at) {
                throw new DamagedImage("the compressed data refers to data before its beginning");
            }
            copy(out, at, distance, length);
            at += length;
        }
        this.inAt = inAt;
        this.bits = bits;
        this.bitCount = bitCount;
        return at;
    }

    /** A length or distance: its base and its extra bits, which are the last that the entry takes. */
    private static int value(long bits, int entry) {
        int taken = (int) bits & (1 << (entry & HuffmanTable.BITS)) - 1;
        return (entry >>> 15) + (taken >>> (entry & HuffmanTable.BITS) - (entry >>> 11 & 15));
    }

    /** Repeats what was {@code distance} bytes before; may write up to 13 bytes more. */
    private static void copy(byte[] out, int at, int distance, int length) {
        int from = at - distance;
        int end = at + length;
        if (distance >= 8) {
            LONG.set(out, at, (long) LONG.get(out, from)); // most matches are short: two words without a question
            LONG.set(out, at + 8, (long) LONG.get(out, from + 8));
            for (at += 16, from += 16; at < end; at += 8, from += 8) {
                LONG.set(out, at, (long) LONG.get(out, from));
            }
        } else {
            while (at < end) {
                out[at++] = out[from++];
            }
        }
    }
}
