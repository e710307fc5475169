package io.vit4j.dicom.codec.jpeg2000;

import java.util.Arrays;

/**
 * Decodes the bit planes of a code-block (ITU-T T.800, annex D): each plane in three passes, significance propagation,
 * magnitude refinement and cleanup, in stripes of four rows. Used by one thread.
 */
final class BlockDecoder {
    // How a block may be coded (Table A.19)
    static final int BYPASS = 1;
    static final int RESET = 2;
    static final int TERMINATE_ALL = 4;
    static final int VERTICALLY_CAUSAL = 8;
    static final int SEGMENTATION_SYMBOLS = 32;

    // What is known of a coefficient's eight neighbours, of the signs of four of them, and of itself
    private static final int NORTH_EAST = 1;
    private static final int SOUTH_EAST = 2;
    private static final int SOUTH_WEST = 4;
    private static final int NORTH_WEST = 8;
    private static final int NORTH = 0x10;
    private static final int EAST = 0x20;
    private static final int SOUTH = 0x40;
    private static final int WEST = 0x80;
    private static final int NEIGHBOURS = 0xFF;
    private static final int MINUS_NORTH = 0x100;
    private static final int MINUS_EAST = 0x200;
    private static final int MINUS_SOUTH = 0x400;
    private static final int MINUS_WEST = 0x800;
    private static final int SIGNIFICANT = 0x1000;
    private static final int REFINED = 0x2000;
    private static final int VISITED = 0x4000;
    private static final int NOT_BELOW = ~(SOUTH | SOUTH_EAST | SOUTH_WEST | MINUS_SOUTH);

    private static final byte[][] ZERO_CONTEXT = new byte[3][256]; // of LL and LH, HL, HH
    private static final byte[] SIGN_CONTEXT = new byte[256]; // context << 1 | flip, by N, E, S, W and their signs

    static {
        for (int n = 0; n < 256; n++) {
            int h = (n & EAST) / EAST + (n & WEST) / WEST;
            int v = (n & NORTH) / NORTH + (n & SOUTH) / SOUTH;
            int d = Integer.bitCount(n & 0xF);
            ZERO_CONTEXT[0][n] = lowContext(h, v, d);
            ZERO_CONTEXT[1][n] = lowContext(v, h, d);
            ZERO_CONTEXT[2][n] = highContext(h + v, d);
            int bits = n << 4;
            int horizontal = sign(bits, EAST, MINUS_EAST) + sign(bits, WEST, MINUS_WEST);
            int vertical = sign(bits, NORTH, MINUS_NORTH) + sign(bits, SOUTH, MINUS_SOUTH);
            SIGN_CONTEXT[n] = signContext(Integer.signum(horizontal), Integer.signum(vertical));
        }
    }

    private static int sign(int bits, int significant, int minus) {
        return (bits & significant) == 0 ? 0 : (bits & minus) == 0 ? 1 : -1;
    }

    private static byte lowContext(int h, int v, int d) {
        if (h == 2) {
            return 8;
        }
        if (h == 1) {
            return (byte) (v >= 1 ? 7 : d >= 1 ? 6 : 5);
        }
        return (byte) (v == 2 ? 4 : v == 1 ? 3 : Math.min(d, 2));
    }

    private static byte highContext(int sides, int d) {
        if (d >= 3) {
            return 8;
        }
        if (d == 2) {
            return (byte) (sides >= 1 ? 7 : 6);
        }
        return (byte) (d == 1 ? 3 + Math.min(sides, 2) : Math.min(sides, 2));
    }

    private static byte signContext(int h, int v) {
        int flip = h < 0 || h == 0 && v < 0 ? 1 : 0;
        int across = flip == 1 ? -h : h;
        int down = flip == 1 ? -v : v;
        int context = across == 1 ? 12 + down : 9 + down;
        return (byte) (context << 1 | flip);
    }

    private final MqDecoder mq = new MqDecoder();
    private int width;
    private int height;
    private int stride; // of the flags, which have a border
    private int[] flags = {};
    private int[] values = {};
    private byte[] zeroContext = ZERO_CONTEXT[0];
    private boolean causal;

    /**
     * Decodes a block.
     *
     * @param orientation 0 for LL and LH, 1 for HL, 2 for HH
     * @param planes how many bit planes are coded, at most 30
     * @param style the bits of the coding style
     * @return {@code [height, width]}: the coefficients with a bit behind the point, which is 1 below the last bit decoded;
     *     valid until the next call
     */
    int[] decode(CodeBlock block, int orientation, int planes, int style) {
        width = block.width();
        height = block.height();
        stride = width + 2;
        int flagCount = stride * (height + 2);
        if (flags.length < flagCount) {
            flags = new int[flagCount];
            values = new int[flagCount];
        }
        Arrays.fill(flags, 0, flagCount, 0);
        Arrays.fill(values, 0, width * height, 0);
        zeroContext = ZERO_CONTEXT[orientation];
        causal = (style & VERTICALLY_CAUSAL) != 0;
        mq.reset();
        int plane = planes - 1; // from 0
        int kind = 2; // the first plane has a cleanup only
        byte[] data = block.data();
        int from = 0;
        for (CodeBlock.Segment segment : block.segments()) {
            int to = from + segment.length();
            boolean raw = (style & BYPASS) != 0 && plane + 1 <= planes - 4 && kind < 2;
            if (raw) {
                mq.startRaw(data, from, to);
            } else {
                mq.start(data, from, to);
            }
            for (int pass = 0; pass < segment.passes() && plane >= 0; pass++) {
                int one = 2 << plane;
                switch (kind) {
                    case 0 -> propagate(one, raw);
                    case 1 -> refine(one, raw);
                    default -> cleanUp(one, (style & SEGMENTATION_SYMBOLS) != 0);
                }
                if ((style & RESET) != 0) {
                    mq.reset();
                }
                if (++kind == 3) {
                    kind = 0;
                    plane--;
                }
            }
            from = to;
        }
        return values;
    }

    private void becomeSignificant(int at, int value, int sign, int one) {
        values[value] = sign == 1 ? -(one | one >> 1) : one | one >> 1;
        int[] f = flags;
        int north = at - stride;
        int south = at + stride;
        f[north - 1] |= SOUTH_EAST;
        f[north] |= SOUTH | MINUS_SOUTH * sign;
        f[north + 1] |= SOUTH_WEST;
        f[at - 1] |= EAST | MINUS_EAST * sign;
        f[at] |= SIGNIFICANT;
        f[at + 1] |= WEST | MINUS_WEST * sign;
        f[south - 1] |= NORTH_EAST;
        f[south] |= NORTH | MINUS_NORTH * sign;
        f[south + 1] |= NORTH_WEST;
    }

    private int readSign(int flag) {
        int context = SIGN_CONTEXT[flag >> 4 & 0xFF];
        return mq.decode(context >> 1) ^ context & 1;
    }

    /** What is known of a coefficient, without what lies below its stripe if that does not count. */
    private int mask(int y) {
        return causal && (y & 3) == 3 ? NOT_BELOW : -1;
    }

    /** What is known of any of the four coefficients of a column of a stripe, or of those that there are. */
    private int any(int at, int rows) {
        int all = flags[at];
        for (int i = 1; i < rows; i++) {
            all |= flags[at + i * stride];
        }
        return all;
    }

    private void propagate(int one, boolean raw) {
        int[] f = flags;
        for (int top = 0; top < height; top += 4) {
            int bottom = Math.min(height, top + 4);
            for (int x = 0; x < width; x++) {
                int at = (top + 1) * stride + x + 1;
                if ((any(at, bottom - top) & NEIGHBOURS) == 0) {
                    continue;
                }
                for (int y = top; y < bottom; y++, at += stride) {
                    int flag = f[at] & mask(y);
                    if ((flag & NEIGHBOURS) == 0 || (flag & SIGNIFICANT) != 0) {
                        continue;
                    }
                    if (raw) {
                        if (mq.raw() == 1) {
                            becomeSignificant(at, y * width + x, mq.raw(), one);
                        }
                    } else if (mq.decode(zeroContext[flag & NEIGHBOURS]) == 1) {
                        becomeSignificant(at, y * width + x, readSign(flag), one);
                    }
                    f[at] |= VISITED;
                }
            }
        }
    }

    private void refine(int one, boolean raw) {
        int[] f = flags;
        int half = one >> 1;
        for (int top = 0; top < height; top += 4) {
            int bottom = Math.min(height, top + 4);
            for (int x = 0; x < width; x++) {
                int at = (top + 1) * stride + x + 1;
                if ((any(at, bottom - top) & SIGNIFICANT) == 0) {
                    continue;
                }
                for (int y = top; y < bottom; y++, at += stride) {
                    int flag = f[at];
                    if ((flag & (SIGNIFICANT | VISITED)) != SIGNIFICANT) {
                        continue;
                    }
                    int bit;
                    if (raw) {
                        bit = mq.raw();
                    } else {
                        int context = (flag & REFINED) != 0 ? 16 : (flag & mask(y) & NEIGHBOURS) != 0 ? 15 : 14;
                        bit = mq.decode(context);
                    }
                    int value = values[y * width + x];
                    values[y * width + x] = value + (bit == 1 == value > 0 ? half : -half);
                    f[at] = flag | REFINED;
                }
            }
        }
    }

    private void cleanUp(int one, boolean segmentationSymbols) {
        for (int top = 0; top < height; top += 4) {
            int bottom = Math.min(height, top + 4);
            for (int x = 0; x < width; x++) {
                int at = (top + 1) * stride + x + 1;
                int y = top;
                boolean known = false;
                if (bottom - top == 4 && untouched(at)) {
                    if (mq.decode(MqDecoder.RUN_LENGTH) == 0) {
                        continue;
                    }
                    int skipped = mq.decode(MqDecoder.UNIFORM) << 1;
                    skipped |= mq.decode(MqDecoder.UNIFORM);
                    y += skipped;
                    at += skipped * stride;
                    known = true;
                }
                for (; y < bottom; y++, at += stride) {
                    int flag = flags[at] & mask(y);
                    if (known || (flag & (SIGNIFICANT | VISITED)) == 0) {
                        if (known || mq.decode(zeroContext[flag & NEIGHBOURS]) == 1) {
                            becomeSignificant(at, y * width + x, readSign(flag), one);
                            known = false;
                        }
                    }
                    flags[at] &= ~VISITED;
                }
            }
        }
        if (segmentationSymbols) {
            for (int i = 0; i < 4; i++) {
                mq.decode(MqDecoder.UNIFORM);
            }
        }
    }

    /** Whether nothing is known in a column of four. */
    private boolean untouched(int at) {
        int last = flags[at + 3 * stride];
        int all = flags[at] | flags[at + stride] | flags[at + 2 * stride] | (causal ? last & NOT_BELOW : last);
        return (all & (SIGNIFICANT | VISITED | NEIGHBOURS)) == 0;
    }
}
