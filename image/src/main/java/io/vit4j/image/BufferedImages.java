package io.vit4j.image;

import io.vit4j.base.InputException;
import java.awt.color.ColorSpace;
import java.awt.image.BufferedImage;
import java.awt.image.DataBuffer;

/** Pictures from Java's own images, for programs that already have them in memory. */
public final class BufferedImages {
    private BufferedImages() {}

    /**
     * The picture that an image shows. Grey images give their stored levels in one channel (16 bits as {@code options}
     * say); all others red, green and blue as sRGB, without their alpha.
     *
     * @throws InputException if it has more pixels than the options allow
     */
    public static Picture picture(BufferedImage image, DecodeOptions options) {
        int width = image.getWidth();
        int height = image.getHeight();
        try {
            options.refuseSize(width, height);
        } catch (DamagedImage e) {
            throw new InputException("an image in memory cannot be used: " + e.getMessage() + "; make it smaller", e);
        }
        int type = image.getRaster().getTransferType();
        boolean grey = image.getColorModel().getColorSpace().getType() == ColorSpace.TYPE_GRAY;
        int depth = image.getSampleModel().getSampleSize(0);
        if (grey && depth == 8 && type == DataBuffer.TYPE_BYTE) {
            return new Picture(width, height, 1, narrowed(levels(image)));
        }
        if (grey && depth == 16 && type == DataBuffer.TYPE_USHORT) {
            return new Picture(width, height, 1, Grey16.apply(options.grey16(), levels(image)));
        }
        int[] row = new int[width];
        byte[] pixels = new byte[width * height * 3];
        int to = 0;
        for (int y = 0; y < height; y++) {
            image.getRGB(0, y, width, 1, row, 0, width);
            for (int rgb : row) {
                pixels[to++] = (byte) (rgb >> 16);
                pixels[to++] = (byte) (rgb >> 8);
                pixels[to++] = (byte) rgb;
            }
        }
        return new Picture(width, height, 3, pixels);
    }

    /** As stored: a conversion to sRGB would send them through a gamma that files' grey does not have. */
    private static char[] levels(BufferedImage image) {
        int width = image.getWidth();
        char[] levels = new char[width * image.getHeight()];
        int[] row = new int[width];
        for (int y = 0; y < image.getHeight(); y++) {
            image.getRaster().getSamples(0, y, width, 1, 0, row);
            for (int x = 0; x < width; x++) {
                levels[y * width + x] = (char) row[x];
            }
        }
        return levels;
    }

    private static byte[] narrowed(char[] levels) {
        byte[] bytes = new byte[levels.length];
        for (int i = 0; i < bytes.length; i++) {
            bytes[i] = (byte) levels[i];
        }
        return bytes;
    }
}
