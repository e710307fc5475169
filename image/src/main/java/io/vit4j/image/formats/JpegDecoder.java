package io.vit4j.image.formats;

import io.vit4j.image.DamagedImage;
import io.vit4j.image.DecodeOptions;
import io.vit4j.image.Picture;
import java.awt.image.DataBufferByte;
import java.awt.image.PixelInterleavedSampleModel;
import java.awt.image.Raster;
import java.util.Arrays;

/**
 * Reads JPEG, baseline and progressive: the JDK's decoder for the compressed data, and here the colours, as libjpeg and
 * Pillow convert them (the JDK reads no CMYK, and guesses otherwise where a file does not say what its colours are).
 */
final class JpegDecoder {
    private static final int[] IN_ORDER = {0, 1, 2, 3};
    private static final int[] RED_OF_CR = new int[256];
    private static final int[] BLUE_OF_CB = new int[256];
    private static final int[] GREEN_OF_CR = new int[256]; // 16 bits behind the point
    private static final int[] GREEN_OF_CB = new int[256];

    static {
        // ITU T.871, with the rounding of libjpeg's jdcolor.c
        for (int i = 0; i < 256; i++) {
            int x = i - 128;
            RED_OF_CR[i] = fixed(1.40200) * x + (1 << 15) >> 16;
            BLUE_OF_CB[i] = fixed(1.77200) * x + (1 << 15) >> 16;
            GREEN_OF_CR[i] = -fixed(0.71414) * x;
            GREEN_OF_CB[i] = -fixed(0.34414) * x + (1 << 15);
        }
    }

    private JpegDecoder() {}

    static Picture decode(byte[] bytes, DecodeOptions options) {
        JpegFile file = JpegFile.read(bytes, options);
        byte[] values = JdkImageReader.use("jpeg", file.bare(), reader -> {
            Raster raster = reader.readRaster(0, null);
            if (raster.getWidth() != file.width()
                    || raster.getHeight() != file.height()
                    || raster.getNumBands() != file.components()) {
                throw new DamagedImage("its frame and its data do not match");
            }
            return interleaved(raster);
        });
        int channels = file.components() == 1 ? 1 : 3;
        switch (file.colour()) {
            case YCBCR -> yCbCrToRgb(values, 3);
            case YCCK -> {
                yCbCrToRgb(values, 4);
                complement(values);
                values = cmykToRgb(values);
            }
            case CMYK -> values = cmykToRgb(values);
            default -> {
                // grey and red-green-blue are what they are
            }
        }
        return new Picture(file.width(), file.height(), channels, values);
    }

    private static byte[] interleaved(Raster raster) {
        if (raster.getDataBuffer() instanceof DataBufferByte buffer
                && buffer.getNumBanks() == 1
                && raster.getSampleModel() instanceof PixelInterleavedSampleModel model
                && Arrays.equals(model.getBandOffsets(), Arrays.copyOf(IN_ORDER, raster.getNumBands()))
                && model.getPixelStride() == raster.getNumBands()
                && model.getScanlineStride() == raster.getNumBands() * raster.getWidth()
                && buffer.getData().length == model.getScanlineStride() * raster.getHeight()) {
            return buffer.getData();
        }
        int width = raster.getWidth();
        int bands = raster.getNumBands();
        byte[] values = new byte[Math.multiplyExact(Math.multiplyExact(width, raster.getHeight()), bands)];
        int[] row = new int[width * bands];
        for (int y = 0; y < raster.getHeight(); y++) {
            raster.getPixels(raster.getMinX(), raster.getMinY() + y, width, 1, row);
            int to = y * width * bands;
            for (int i = 0; i < row.length; i++) {
                values[to + i] = (byte) row[i];
            }
        }
        return values;
    }

    private static int fixed(double factor) {
        return (int) (factor * (1 << 16) + 0.5);
    }

    private static void yCbCrToRgb(byte[] values, int step) {
        for (int i = 0; i < values.length; i += step) {
            int y = values[i] & 0xFF;
            int cb = values[i + 1] & 0xFF;
            int cr = values[i + 2] & 0xFF;
            values[i] = level(y + RED_OF_CR[cr]);
            values[i + 1] = level(y + (GREEN_OF_CB[cb] + GREEN_OF_CR[cr] >> 16));
            values[i + 2] = level(y + BLUE_OF_CB[cb]);
        }
    }

    private static byte level(int value) {
        return (byte) Math.min(Math.max(value, 0), 255);
    }

    /** YCCK's red, green and blue become cyan, magenta and yellow; black stays. */
    private static void complement(byte[] values) {
        for (int i = 0; i < values.length; i += 4) {
            values[i] = (byte) ~values[i];
            values[i + 1] = (byte) ~values[i + 1];
            values[i + 2] = (byte) ~values[i + 2];
        }
    }

    /** CMYK as files hold it, complemented (Adobe's custom, which Pillow takes for granted), by Pillow's Convert.c. */
    private static byte[] cmykToRgb(byte[] values) {
        byte[] rgb = new byte[values.length / 4 * 3];
        for (int i = 0, to = 0; i < values.length; i += 4, to += 3) {
            int white = values[i + 3] & 0xFF; // 255 - black
            for (int c = 0; c < 3; c++) {
                int ink = 255 - (values[i + c] & 0xFF);
                int product = ink * white + 128;
                rgb[to + c] = level(white - ((product >> 8) + product >> 8));
            }
        }
        return rgb;
    }
}
