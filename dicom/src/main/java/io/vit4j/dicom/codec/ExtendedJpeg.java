package io.vit4j.dicom.codec;

import io.vit4j.image.DamagedImage;
import java.util.Arrays;

/** A scan of sequential JPEG of 12 bits (ITU-T T.81, annex F): blocks of 8x8 in the discrete cosine transform. */
final class ExtendedJpeg {
    private static final int[] ZIGZAG = {
        0, 1, 8, 16, 9, 2, 3, 10, 17, 24, 32, 25, 18, 11, 4, 5, 12, 19, 26, 33, 40, 48, 41, 34, 27, 20, 13, 6, 7, 14,
        21, 28, 35, 42, 49, 56, 57, 50, 43, 36, 29, 22, 15, 23, 30, 37, 44, 51, 58, 59, 52, 45, 38, 31, 39, 46, 53, 60,
        61, 54, 47, 55, 62, 63
    };

    /** {@code [frequency, place]}: the cosines of the inverse transform with their factors. */
    private static final float[] COSINES = cosines();

    private final JpegBits bits;
    private final JpegFrame frame;
    private final int[][] quantisation;
    private final int restartInterval;
    private final int mostHorizontal;
    private final int mostVertical;
    private final float[] block = new float[64];
    private final float[] half = new float[64];

    ExtendedJpeg(JpegBits bits, JpegFrame frame, int[][] quantisation, int restartInterval) {
        this.bits = bits;
        this.frame = frame;
        this.quantisation = quantisation;
        this.restartInterval = restartInterval;
        int h = 1;
        int v = 1;
        for (JpegFrame.Component component : frame.components()) {
            h = Math.max(h, component.horizontal());
            v = Math.max(v, component.vertical());
        }
        mostHorizontal = h;
        mostVertical = v;
    }

    private static float[] cosines() {
        float[] cosines = new float[64];
        for (int u = 0; u < 8; u++) {
            double factor = u == 0 ? Math.sqrt(0.125) : 0.5;
            for (int x = 0; x < 8; x++) {
                cosines[8 * u + x] = (float) (factor * Math.cos((2 * x + 1) * u * Math.PI / 16));
            }
        }
        return cosines;
    }

    /** Decodes a scan of the components at these places, with a table each. */
    void scan(int[] places, HuffmanCodes[] dc, HuffmanCodes[] ac) {
        boolean alone = places.length == 1;
        JpegFrame.Component only = frame.components()[places[0]];
        int unitWidth = 8 * (alone ? mostHorizontal / only.horizontal() : mostHorizontal);
        int unitHeight = 8 * (alone ? mostVertical / only.vertical() : mostVertical);
        int across = (frame.width() + unitWidth - 1) / unitWidth;
        int down = (frame.height() + unitHeight - 1) / unitHeight;
        int[] last = new int[places.length];
        for (int unit = 0; unit < across * down; unit++) {
            if (restartInterval > 0 && unit > 0 && unit % restartInterval == 0) {
                bits.restart();
                Arrays.fill(last, 0);
            }
            int left = unit % across * unitWidth;
            int top = unit / across * unitHeight;
            for (int k = 0; k < places.length; k++) {
                JpegFrame.Component component = frame.components()[places[k]];
                int stretchX = mostHorizontal / component.horizontal();
                int stretchY = mostVertical / component.vertical();
                int columns = alone ? 1 : component.horizontal();
                int rows = alone ? 1 : component.vertical();
                for (int b = 0; b < columns * rows; b++) {
                    last[k] = block(component, last[k], dc[k], ac[k]);
                    int x = left + b % columns * 8 * stretchX;
                    int y = top + b / columns * 8 * stretchY;
                    put(places[k], x, y, stretchX, stretchY);
                }
            }
        }
    }

    /** Reads a block; returns its first coefficient, before quantisation is undone. */
    private int block(JpegFrame.Component component, int last, HuffmanCodes dc, HuffmanCodes ac) {
        int[] table = quantisation[component.quantisation()];
        if (table == null) {
            throw new DamagedImage("its JPEG data lack a quantisation table");
        }
        Arrays.fill(block, 0);
        int length = dc.next(bits);
        if (length > 16) {
            throw new DamagedImage("its JPEG data hold a coefficient out of range");
        }
        int first = last + bits.signed(length);
        block[0] = first * table[0];
        for (int i = 1; i < 64; i++) {
            int symbol = ac.next(bits);
            int size = symbol & 0xF;
            if (size == 0 && symbol != 0xF0) {
                break;
            }
            i += symbol >> 4;
            if (size == 0) {
                continue;
            }
            if (i > 63) {
                throw new DamagedImage("its JPEG data hold a block of more than 64 coefficients");
            }
            block[ZIGZAG[i]] = bits.signed(size) * table[i];
        }
        transform();
        return first;
    }

    private void transform() {
        for (int v = 0; v < 8; v++) {
            for (int x = 0; x < 8; x++) {
                float sum = 0;
                for (int u = 0; u < 8; u++) {
                    sum += block[8 * v + u] * COSINES[8 * u + x];
                }
                half[8 * v + x] = sum;
            }
        }
        for (int y = 0; y < 8; y++) {
            for (int x = 0; x < 8; x++) {
                float sum = 0;
                for (int v = 0; v < 8; v++) {
                    sum += half[8 * v + x] * COSINES[8 * v + y];
                }
                block[8 * y + x] = sum;
            }
        }
    }

    /** Writes the block; a value of a subsampled component stands for several pixels. */
    private void put(int place, int left, int top, int stretchX, int stretchY) {
        int step = frame.components().length;
        int[] values = frame.values();
        int middle = 1 << frame.precision() - 1;
        int most = 2 * middle - 1;
        int right = Math.min(frame.width(), left + 8 * stretchX);
        int bottom = Math.min(frame.height(), top + 8 * stretchY);
        for (int y = top; y < bottom; y++) {
            int row = 8 * ((y - top) / stretchY);
            for (int x = left; x < right; x++) {
                int value = Math.round(block[row + (x - left) / stretchX]) + middle;
                values[(y * frame.width() + x) * step + place] = value < 0 ? 0 : Math.min(value, most);
            }
        }
    }
}
