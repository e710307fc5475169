package io.vit4j.dicom.codec;

import io.vit4j.image.DamagedImage;
import java.util.Arrays;

/**
 * One scan of JPEG-LS (ITU-T T.87, annex A): every value is predicted from its neighbours, and the error is read in a
 * Golomb code whose parameter the context has learned; flat stretches are read as runs.
 */
final class JpegLsScan {
    private static final int CONTEXTS = 365;
    private static final int[] RUN_BITS = {
        0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 5, 5, 6, 6, 7, 7, 8, 9, 10, 11, 12, 13, 14, 15
    };

    private final JpegLsBits bits;
    private final int maxValue;
    private final int near;
    private final int reset;
    private final int range;
    private final int step; // between two values that near-lossless coding tells apart
    private final int qbpp;
    private final int limit;
    private final byte[] quantised; // of a gradient + maxValue

    private final int[] a = new int[CONTEXTS + 2]; // magnitude of errors
    private final int[] b = new int[CONTEXTS]; // their sum
    private final int[] c = new int[CONTEXTS]; // what the prediction is corrected by
    private final int[] n = new int[CONTEXTS + 2]; // how often seen
    private final int[] negative = new int[2]; // of run interruptions
    private int lastRunIndex; // after the run that was read last

    /** What the scan's header and its preset parameters say. */
    record Parameters(int maxValue, int near, int t1, int t2, int t3, int reset) {}

    JpegLsScan(JpegLsBits bits, Parameters parameters) {
        this.bits = bits;
        maxValue = parameters.maxValue();
        near = parameters.near();
        reset = parameters.reset();
        step = 2 * near + 1;
        range = (maxValue + 2 * near) / step + 1;
        qbpp = 32 - Integer.numberOfLeadingZeros(range - 1);
        int bpp = Math.max(2, 32 - Integer.numberOfLeadingZeros(maxValue));
        limit = 2 * (bpp + Math.max(8, bpp));
        quantised = new byte[2 * maxValue + 1];
        for (int gradient = -maxValue; gradient <= maxValue; gradient++) {
            quantised[gradient + maxValue] = quantise(gradient, parameters);
        }
        int start = Math.max(2, (range + 32) / 64);
        Arrays.fill(a, start);
        Arrays.fill(b, 0);
        Arrays.fill(c, 0);
        Arrays.fill(n, 1);
        Arrays.fill(negative, 0);
    }

    private byte quantise(int gradient, Parameters p) {
        int size = Math.abs(gradient);
        int level = size <= near ? 0 : size < p.t1() ? 1 : size < p.t2() ? 2 : size < p.t3() ? 3 : 4;
        return (byte) (gradient < 0 ? -level : level);
    }

    /**
     * Reads a line of one component.
     *
     * @param above the line above, {@code [width + 2]}: a neighbour on either side
     * @param line the line to be read, which has its left neighbour
     * @param runIndex how long runs were lately
     * @return the new run index
     */
    int line(int[] above, int[] line, int width, int runIndex) {
        int index = runIndex;
        int x = 1;
        while (x <= width) {
            int left = line[x - 1];
            int up = above[x];
            int upLeft = above[x - 1];
            int context = context(left, up, upLeft, above[x + 1]);
            if (context != 0) {
                line[x] = regular(context, left, up, upLeft);
                x++;
                continue;
            }
            int run = run(width - x + 1, index);
            index = lastRunIndex;
            Arrays.fill(line, x, x + run, left);
            x += run;
            if (x <= width) {
                line[x] = interruption(left, above[x], index, Math.abs(left - above[x]) <= near ? 1 : 0);
                index = Math.max(0, index - 1);
                x++;
            }
        }
        return index;
    }

    /** Reads a line of several components that are coded pixel by pixel: a run goes on while all of them do. */
    int interleavedLine(int[][] above, int[][] line, int width, int runIndex) {
        int components = line.length;
        int[] contexts = new int[components];
        int index = runIndex;
        int x = 1;
        while (x <= width) {
            boolean flat = true;
            for (int k = 0; k < components; k++) {
                contexts[k] = context(line[k][x - 1], above[k][x], above[k][x - 1], above[k][x + 1]);
                flat &= contexts[k] == 0;
            }
            if (!flat) {
                for (int k = 0; k < components; k++) {
                    line[k][x] = regular(contexts[k], line[k][x - 1], above[k][x], above[k][x - 1]);
                }
                x++;
                continue;
            }
            int run = run(width - x + 1, index);
            index = lastRunIndex;
            for (int[] values : line) {
                Arrays.fill(values, x, x + run, values[x - 1]);
            }
            x += run;
            if (x <= width) {
                for (int k = 0; k < components; k++) {
                    line[k][x] = interruption(line[k][x - 1], above[k][x], index, 0);
                }
                index = Math.max(0, index - 1);
                x++;
            }
        }
        return index;
    }

    private int context(int left, int up, int upLeft, int upRight) {
        return 81 * quantised[upRight - up + maxValue]
                + 9 * quantised[up - upLeft + maxValue]
                + quantised[upLeft - left + maxValue];
    }

    private int regular(int signedContext, int left, int up, int upLeft) {
        int sign = signedContext >> 31; // -1 or 0
        int context = (signedContext ^ sign) - sign;
        int smaller = Math.min(left, up);
        int larger = Math.max(left, up);
        int predicted = upLeft >= larger ? smaller : upLeft <= smaller ? larger : left + up - upLeft;
        predicted = clamp(predicted + ((c[context] ^ sign) - sign));
        int seen = n[context];
        int k = 0;
        while (seen << k < a[context] && k < 24) {
            k++;
        }
        int mapped = golomb(k, limit);
        int error = (mapped >>> 1) ^ -(mapped & 1);
        if (k == 0 && near == 0 && 2 * b[context] <= -seen) {
            error = ~error;
        }
        learn(context, error);
        return fold(predicted + step * ((error ^ sign) - sign));
    }

    private void learn(int context, int error) {
        int sum = b[context] + error * step;
        int size = a[context] + Math.abs(error);
        int seen = n[context];
        if (seen == reset) {
            size >>= 1;
            sum >>= 1;
            seen >>= 1;
        }
        seen++;
        if (sum <= -seen) {
            sum = Math.max(sum + seen, 1 - seen);
            c[context] = Math.max(-128, c[context] - 1);
        } else if (sum > 0) {
            sum = Math.min(sum - seen, 0);
            c[context] = Math.min(127, c[context] + 1);
        }
        a[context] = size;
        b[context] = sum;
        n[context] = seen;
    }

    /** How far a run goes, at most to the end of the line. */
    private int run(int left, int runIndex) {
        int index = runIndex;
        int run = 0;
        while (bits.bit()) {
            int stretch = 1 << RUN_BITS[index];
            if (run + stretch > left) {
                run = left;
            } else {
                run += stretch;
                index = Math.min(31, index + 1);
            }
            if (run == left) {
                lastRunIndex = index;
                return left;
            }
        }
        run += bits.read(RUN_BITS[index]);
        if (run >= left) {
            throw new DamagedImage("its JPEG-LS data hold a run beyond the end of its line");
        }
        lastRunIndex = index;
        return run;
    }

    private int interruption(int left, int up, int runIndex, int type) {
        int at = CONTEXTS + type;
        int seen = n[at];
        int size = a[at] + (type == 1 ? seen >> 1 : 0);
        int k = 0;
        while (seen << k < size && k < 24) {
            k++;
        }
        int mapped = golomb(k, limit - RUN_BITS[runIndex] - 1);
        int folded = mapped + type;
        int map = folded & 1;
        int magnitude = (folded + map) >> 1;
        boolean mostlyNegative = k != 0 || 2 * negative[type] >= seen;
        int error = mostlyNegative == (map == 1) ? -magnitude : magnitude;
        if (error < 0) {
            negative[type]++;
        }
        a[at] += (mapped + 1 - type) >> 1;
        if (n[at] == reset) {
            a[at] >>= 1;
            n[at] >>= 1;
            negative[type] >>= 1;
        }
        n[at]++;
        if (type == 1) {
            return fold(left + step * error);
        }
        return fold(up + step * (left > up ? -error : error));
    }

    private int golomb(int k, int most) {
        int escape = most - qbpp - 1;
        int zeros = bits.zeros(escape);
        return zeros < escape ? (zeros << k) + bits.read(k) : bits.read(qbpp) + 1;
    }

    /** Back into the range of values, which errors are counted around. */
    private int fold(int value) {
        int folded = value;
        if (folded < -near) {
            folded += range * step;
        } else if (folded > maxValue + near) {
            folded -= range * step;
        }
        return clamp(folded);
    }

    private int clamp(int value) {
        return value < 0 ? 0 : Math.min(value, maxValue);
    }
}
