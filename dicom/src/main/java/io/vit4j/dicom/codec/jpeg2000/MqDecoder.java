package io.vit4j.dicom.codec.jpeg2000;

import java.util.Arrays;

/** The MQ arithmetic decoder of JPEG 2000 (ITU-T T.800, annex C), and the raw bits of its bypass mode. */
final class MqDecoder {
    static final int RUN_LENGTH = 17;
    static final int UNIFORM = 18;
    private static final int CONTEXTS = 19;

    /** Table C.2: the probability of the less probable symbol. */
    private static final int[] QE = {
        0x5601, 0x3401, 0x1801, 0x0AC1, 0x0521, 0x0221, 0x5601, 0x5401, 0x4801, 0x3801, 0x3001, 0x2401, 0x1C01, 0x1601,
                0x5601,
        0x5401, 0x5101, 0x4801, 0x3801, 0x3401, 0x3001, 0x2801, 0x2401, 0x2201, 0x1C01, 0x1801, 0x1601, 0x1401, 0x1201,
                0x1101,
        0x0AC1, 0x09C1, 0x08A1, 0x0521, 0x0441, 0x02A1, 0x0221, 0x0141, 0x0111, 0x0085, 0x0049, 0x0025, 0x0015, 0x0009,
                0x0005,
        0x0001, 0x5601
    };

    private static final int[] AFTER_MORE_PROBABLE = {
        1, 2, 3, 4, 5, 38, 7, 8, 9, 10, 11, 12, 13, 29, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30,
        31, 32, 33, 34, 35, 36, 37, 38, 39, 40, 41, 42, 43, 44, 45, 45, 46
    };
    private static final int[] AFTER_LESS_PROBABLE = {
        1, 6, 9, 12, 29, 33, 6, 14, 14, 14, 17, 18, 20, 21, 14, 14, 15, 16, 17, 18, 19, 19, 20, 21, 22, 23, 24, 25, 26,
        27, 28, 29, 30, 31, 32, 33, 34, 35, 36, 37, 38, 39, 40, 41, 42, 43, 46
    };

    /** By {@code state << 1 | more probable symbol}: the same tables, with the symbol. */
    private static final int[] PROBABILITY = new int[94];

    private static final byte[] NEXT_MORE = new byte[94];
    private static final byte[] NEXT_LESS = new byte[94];

    static {
        for (int state = 0; state < 47; state++) {
            boolean exchanges = state == 0 || state == 6 || state == 14;
            for (int symbol = 0; symbol < 2; symbol++) {
                int at = state << 1 | symbol;
                PROBABILITY[at] = QE[state];
                NEXT_MORE[at] = (byte) (AFTER_MORE_PROBABLE[state] << 1 | symbol);
                NEXT_LESS[at] = (byte) (AFTER_LESS_PROBABLE[state] << 1 | (exchanges ? 1 - symbol : symbol));
            }
        }
    }

    private final byte[] states = new byte[CONTEXTS];
    private byte[] bytes = {};
    private int at;
    private int end;
    private int a;
    private int c;
    private int count;

    MqDecoder() {
        reset();
    }

    /** Forgets what the contexts have learned. */
    void reset() {
        Arrays.fill(states, (byte) 0);
        states[0] = 4 << 1;
        states[RUN_LENGTH] = 3 << 1;
        states[UNIFORM] = 46 << 1;
    }

    private int byteAt(int where) {
        return where < end ? bytes[where] & 0xFF : 0xFF; // ones without end, as after a marker
    }

    /** Begins a segment of arithmetic coding. */
    void start(byte[] segment, int from, int to) {
        bytes = segment;
        at = from;
        end = to;
        c = byteAt(at) << 16;
        next();
        c <<= 7;
        count -= 7;
        a = 0x8000;
    }

    private void next() {
        if (byteAt(at) == 0xFF) {
            int following = byteAt(at + 1);
            if (following > 0x8F) {
                c += 0xFF00;
                count = 8;
            } else {
                at++;
                c += following << 9;
                count = 7;
            }
        } else {
            at++;
            c += byteAt(at) << 8;
            count = 8;
        }
    }

    /** The next symbol, 0 or 1. */
    int decode(int context) {
        int state = states[context];
        int probability = PROBABILITY[state];
        int interval = a - probability;
        int symbol = state & 1;
        if (c >>> 16 >= probability) {
            c -= probability << 16;
            if ((interval & 0x8000) != 0) {
                a = interval;
                return symbol;
            }
            if (interval < probability) {
                symbol ^= 1;
                states[context] = NEXT_LESS[state];
            } else {
                states[context] = NEXT_MORE[state];
            }
        } else {
            if (interval < probability) {
                states[context] = NEXT_MORE[state];
            } else {
                symbol ^= 1;
                states[context] = NEXT_LESS[state];
            }
            interval = probability;
        }
        renormalise(interval);
        return symbol;
    }

    /** Doubles the interval until it has its highest bit. */
    private void renormalise(int interval) {
        int shift = Integer.numberOfLeadingZeros(interval) - 16;
        a = interval << shift;
        while (shift > count) {
            c <<= count;
            shift -= count;
            next();
        }
        c <<= shift;
        count -= shift;
    }

    /** Begins a segment of raw bits. */
    void startRaw(byte[] segment, int from, int to) {
        bytes = segment;
        at = from;
        end = to;
        c = 0;
        count = 0;
    }

    /** The next raw bit; a byte after one of ones has seven. */
    int raw() {
        if (count == 0) {
            count = c == 0xFF ? 7 : 8;
            c = byteAt(at);
            at++;
            if (count == 7) {
                c &= 0x7F;
            }
        }
        count--;
        return c >> count & 1;
    }
}
