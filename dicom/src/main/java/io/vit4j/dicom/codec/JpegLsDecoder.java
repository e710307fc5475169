package io.vit4j.dicom.codec;

import io.vit4j.image.DamagedImage;
import io.vit4j.image.DecodeOptions;

/**
 * JPEG-LS (ITU-T T.87), lossless and near-lossless, of 2 to 16 bits, in every interleaving. No library on Maven Central
 * decodes it in Java. Mapping tables, which medical pictures do not use, are refused.
 */
public final class JpegLsDecoder {
    private static final int MOST_COMPONENTS = 4;

    private final byte[] coded;
    private int at;
    private int width;
    private int height;
    private int components;
    private int precision;
    private int[] ids = {};
    private int[] values = {};
    private int restartInterval;
    private int maxValue;
    private int t1;
    private int t2;
    private int t3;
    private int reset;

    private JpegLsDecoder(byte[] coded) {
        this.coded = coded;
    }

    /**
     * Decodes a stream.
     *
     * @throws DamagedImage if it is damaged, too large or not supported
     */
    public static Samples decode(byte[] coded, DecodeOptions options) {
        try {
            return new JpegLsDecoder(coded).decode(options);
        } catch (IndexOutOfBoundsException e) {
            throw new DamagedImage("its JPEG-LS data end before the picture does", e);
        }
    }

    private Samples decode(DecodeOptions options) {
        if (uint16(0) != 0xFFD8) {
            throw new DamagedImage("its JPEG-LS data do not begin as JPEG does");
        }
        at = 2;
        int seen = 0;
        while (components == 0 || seen < components) {
            while ((coded[at] & 0xFF) != 0xFF || (coded[at + 1] & 0xFF) < 0xC0 || (coded[at + 1] & 0xFF) == 0xFF) {
                at++;
            }
            int marker = coded[at + 1] & 0xFF;
            at += 2;
            if (marker == 0xD9) {
                throw new DamagedImage("its JPEG-LS data end before the picture does");
            }
            if (marker >= 0xD0 && marker <= 0xD7) {
                continue;
            }
            int next = at + Math.max(2, uint16(at));
            switch (marker) {
                case 0xF7 -> frame(options);
                case 0xF8 -> preset();
                case 0xDD -> restartInterval = uint16(at) == 4 ? uint16(at + 2) : coded[at + 2] << 24 | uint24(at + 3);
                case 0xDA -> {
                    seen += scan();
                    continue;
                }
                case 0xC0, 0xC1, 0xC2, 0xC3 -> throw new DamagedImage("its JPEG-LS data are another kind of JPEG");
                default -> {
                    // comments and applications' own
                }
            }
            at = next;
        }
        return new Samples(width, height, components, precision, values);
    }

    private void frame(DecodeOptions options) {
        if (components > 0) {
            throw new DamagedImage("its JPEG-LS data hold two pictures");
        }
        precision = coded[at + 2] & 0xFF;
        height = uint16(at + 3);
        width = uint16(at + 5);
        int count = coded[at + 7] & 0xFF;
        options.refuseSize(width, height);
        if (precision < 2 || precision > 16 || count < 1 || count > MOST_COMPONENTS) {
            throw new DamagedImage("its JPEG-LS data have " + count + " components of " + precision + " bits");
        }
        ids = new int[count];
        for (int k = 0; k < count; k++) {
            ids[k] = coded[at + 8 + 3 * k] & 0xFF;
            if (coded[at + 9 + 3 * k] != 0x11) {
                throw new DamagedImage("its JPEG-LS data are subsampled, which is not supported");
            }
        }
        components = count;
        if (maxValue == 0) {
            maxValue = (1 << precision) - 1;
        }
        values = new int[Math.multiplyExact(width * height, count)];
    }

    private void preset() {
        if (coded[at + 2] != 1) {
            throw new DamagedImage("its JPEG-LS data use mapping tables, which are not supported");
        }
        maxValue = uint16(at + 3);
        t1 = uint16(at + 5);
        t2 = uint16(at + 7);
        t3 = uint16(at + 9);
        reset = uint16(at + 11);
    }

    /** Returns how many components it held. */
    private int scan() {
        int count = coded[at + 2] & 0xFF;
        if (components == 0 || count < 1 || count > components) {
            throw new DamagedImage("its JPEG-LS data have a scan of " + count + " components");
        }
        int[] places = new int[count];
        for (int k = 0; k < count; k++) {
            places[k] = place(coded[at + 3 + 2 * k] & 0xFF);
            if (coded[at + 4 + 2 * k] != 0) {
                throw new DamagedImage("its JPEG-LS data use mapping tables, which are not supported");
            }
        }
        int near = coded[at + 3 + 2 * count] & 0xFF;
        int interleave = coded[at + 4 + 2 * count] & 0xFF;
        if (interleave > 2 || interleave == 0 && count != 1) {
            throw new DamagedImage("its JPEG-LS data have an unknown interleaving");
        }
        if ((coded[at + 5 + 2 * count] & 0xF) != 0) {
            throw new DamagedImage("its JPEG-LS data use a point transform, which is not supported");
        }
        at += uint16(at);
        lines(places, interleave == 2 && count > 1, parameters(near));
        return count;
    }

    private void lines(int[] places, boolean byPixel, JpegLsScan.Parameters parameters) {
        int count = places.length;
        JpegLsBits bits = new JpegLsBits(coded, at, coded.length);
        JpegLsScan scan = new JpegLsScan(bits, parameters);
        int[][] above = new int[count][width + 2];
        int[][] line = new int[count][width + 2];
        int[] runIndex = new int[count];
        if (restartInterval > 0 && restartInterval < height) {
            throw new DamagedImage("its JPEG-LS data use restart intervals, which are not supported");
        }
        for (int y = 0; y < height; y++) {
            for (int k = 0; k < count; k++) {
                above[k][width + 1] = above[k][width];
                line[k][0] = above[k][1];
            }
            if (byPixel) {
                runIndex[0] = scan.interleavedLine(above, line, width, runIndex[0]);
            } else {
                for (int k = 0; k < count; k++) {
                    runIndex[k] = scan.line(above[k], line[k], width, runIndex[k]);
                }
            }
            for (int k = 0; k < count; k++) {
                int to = y * width * components + places[k];
                int[] read = line[k];
                for (int x = 1; x <= width; x++, to += components) {
                    values[to] = read[x];
                }
            }
            int[][] swap = above;
            above = line;
            line = swap;
        }
        at = bits.position();
    }

    private int place(int id) {
        for (int k = 0; k < ids.length; k++) {
            if (ids[k] == id) {
                return k;
            }
        }
        throw new DamagedImage("its JPEG-LS data have a scan of a component that the frame lacks");
    }

    /** The thresholds of the standard (C.2.4.1.1) unless the stream sets its own. */
    private JpegLsScan.Parameters parameters(int near) {
        if (maxValue < 1 || maxValue >= 1 << precision || near > Math.min(255, maxValue / 2)) {
            throw new DamagedImage("its JPEG-LS data have thresholds out of range");
        }
        int d1;
        int d2;
        int d3;
        if (maxValue >= 128) {
            int factor = (Math.min(maxValue, 4095) + 128) / 256;
            d1 = bounded(factor * (3 - 2) + 2 + 3 * near, near + 1);
            d2 = bounded(factor * (7 - 3) + 3 + 5 * near, d1);
            d3 = bounded(factor * (21 - 4) + 4 + 7 * near, d2);
        } else {
            int factor = 256 / (maxValue + 1);
            d1 = bounded(Math.max(2, 3 / factor + 3 * near), near + 1);
            d2 = bounded(Math.max(3, 7 / factor + 5 * near), d1);
            d3 = bounded(Math.max(4, 21 / factor + 7 * near), d2);
        }
        d1 = t1 == 0 ? d1 : t1;
        d2 = t2 == 0 ? d2 : t2;
        d3 = t3 == 0 ? d3 : t3;
        int restart = reset == 0 ? 64 : reset;
        if (d1 < near + 1 || d2 < d1 || d3 < d2 || d3 > maxValue || restart < 3) {
            throw new DamagedImage("its JPEG-LS data have thresholds out of range");
        }
        return new JpegLsScan.Parameters(maxValue, near, d1, d2, d3, restart);
    }

    private int bounded(int threshold, int least) {
        return threshold > maxValue || threshold < least ? least : threshold;
    }

    private int uint16(int where) {
        return (coded[where] & 0xFF) << 8 | coded[where + 1] & 0xFF;
    }

    private int uint24(int where) {
        return (coded[where] & 0xFF) << 16 | uint16(where + 1);
    }
}
