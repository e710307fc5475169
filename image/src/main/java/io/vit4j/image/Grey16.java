package io.vit4j.image;

import io.vit4j.base.InputException;
import java.io.Serializable;

/**
 * How a picture of 16-bit grey becomes one of 8 bits. This is the only place where vit4j deliberately differs from Pillow:
 * Pillow clips every value above 255, which turns a 16-bit X-ray white.
 */
public sealed interface Grey16 extends Serializable {
    /** 0 to 65535 becomes 0 to 255. */
    record Full() implements Grey16 {
        @Override
        public String toString() {
            return "full";
        }
    }

    /**
     * 0 to {@code 2^bits - 1} becomes 0 to 255; what is above is white. For detectors that store 10, 12 or 14 bits.
     *
     * @param bits 1 to 16
     */
    record Bits(int bits) implements Grey16 {
        /** Checks the number of bits. */
        public Bits {
            if (bits < 1 || bits > 16) {
                throw new InputException("grey16 bits:" + bits + " is not between 1 and 16; bits:12 is usual");
            }
        }

        @Override
        public String toString() {
            return "bits:" + bits;
        }
    }

    /**
     * The picture's own percentiles become 0 and 255; values beyond them become black and white. Percentiles are
     * interpolated linearly, as in {@code numpy.percentile}.
     *
     * @param low percent, 0 to 100
     * @param high percent, above {@code low}
     */
    record Percentile(double low, double high) implements Grey16 {
        /** Checks the order of the percentiles. */
        public Percentile {
            if (!(low >= 0 && low < high && high <= 100)) {
                throw new InputException("grey16 percentile:" + low + "," + high
                        + " are not two increasing percentages; percentile:0.5,99.5 is usual");
            }
        }

        @Override
        public String toString() {
            return "percentile:" + low + "," + high;
        }
    }

    /** Reads {@code full}, {@code bits:12} or {@code percentile:0.5,99.5}; InputException for anything else. */
    static Grey16 parse(String text) {
        String[] kindAndRest = text.strip().split(":", 2);
        String rest = kindAndRest.length == 2 ? kindAndRest[1] : "";
        try {
            if (kindAndRest[0].equals("full") && kindAndRest.length == 1) {
                return new Full();
            }
            if (kindAndRest[0].equals("bits")) {
                return new Bits(Integer.parseInt(rest.strip()));
            }
            if (kindAndRest[0].equals("percentile")) {
                String[] ends = rest.split(",", -1);
                if (ends.length == 2) {
                    return new Percentile(Double.parseDouble(ends[0].strip()), Double.parseDouble(ends[1].strip()));
                }
            }
        } catch (NumberFormatException e) {
            // said below, with what would be right
        }
        throw new InputException(
                "grey16 " + text + " is unknown; use full, bits:N (N from 1 to 16) or percentile:LOW,HIGH");
    }

    /** The 8-bit levels of a picture's 16-bit values. */
    static byte[] apply(Grey16 policy, char[] values) {
        byte[] levels = levels(policy, values);
        byte[] pixels = new byte[values.length];
        for (int i = 0; i < pixels.length; i++) {
            pixels[i] = levels[values[i]];
        }
        return pixels;
    }

    /** The 8-bit level of each 16-bit value, {@code [65536]}. */
    static byte[] levels(Grey16 policy, char[] pixels) {
        if (policy instanceof Percentile percentile) {
            int[] counts = new int[1 << 16];
            for (char value : pixels) {
                counts[value]++;
            }
            double black = percentile(counts, pixels.length, percentile.low());
            double white = percentile(counts, pixels.length, percentile.high());
            return ramp(black, Math.max(white, black + 1));
        }
        return ramp(0, policy instanceof Bits bits ? (1 << bits.bits()) - 1 : 65535);
    }

    private static byte[] ramp(double black, double white) {
        byte[] levels = new byte[1 << 16];
        for (int value = 0; value < levels.length; value++) {
            double level = (value - black) / (white - black) * 255;
            levels[value] = (byte) Math.round(Math.min(Math.max(level, 0), 255));
        }
        return levels;
    }

    private static double percentile(int[] counts, int total, double percent) {
        double rank = percent / 100 * (total - 1);
        int below = valueAt(counts, (long) Math.floor(rank));
        int above = valueAt(counts, (long) Math.ceil(rank));
        return below + (above - below) * (rank - Math.floor(rank));
    }

    /** The value at that place, from 0, of all values in order. */
    private static int valueAt(int[] counts, long place) {
        long before = 0;
        for (int value = 0; value < counts.length; value++) {
            before += counts[value];
            if (before > place) {
                return value;
            }
        }
        return counts.length - 1;
    }
}
