package io.vit4j.infer;

import io.vit4j.image.DecodeOptions;
import io.vit4j.image.ImageDecoder;
import io.vit4j.image.Picture;
import java.awt.image.BufferedImage;
import java.awt.image.DataBuffer;
import java.awt.image.Raster;
import java.nio.file.Path;

/** A picture to be classified, wherever it comes from; read when its turn comes. */
public sealed interface ImageInput {
    /** What it is called in results and messages. */
    String name();

    /** Decodes it; {@link io.vit4j.base.InputException} where it cannot be read. */
    Picture read(DecodeOptions options);

    /** A file. */
    static ImageInput of(Path file) {
        return new OfFile(file);
    }

    /** An encoded picture's bytes, which must not change until it is classified. */
    static ImageInput of(String name, byte[] encoded) {
        return new OfBytes(name, encoded);
    }

    /** A picture in memory, which must not change until it is classified; transparency is dropped. */
    static ImageInput of(String name, BufferedImage image) {
        return new OfImage(name, image);
    }

    /** See {@link ImageInput#of(Path)}. */
    record OfFile(Path file) implements ImageInput {
        @Override
        public String name() {
            return file.toString();
        }

        @Override
        public Picture read(DecodeOptions options) {
            return ImageDecoder.decode(file, options);
        }
    }

    /** See {@link ImageInput#of(String, byte[])}. */
    record OfBytes(String name, byte[] encoded) implements ImageInput {
        @Override
        public Picture read(DecodeOptions options) {
            return ImageDecoder.decode(encoded, name, options);
        }
    }

    /** See {@link ImageInput#of(String, BufferedImage)}. */
    record OfImage(String name, BufferedImage image) implements ImageInput {
        @Override
        public Picture read(DecodeOptions options) {
            int width = image.getWidth();
            int height = image.getHeight();
            return isGrey() ? new Picture(width, height, 1, grey()) : new Picture(width, height, 3, rgb());
        }

        /** Grey samples are taken as they are: Java would convert them as if they were linear light. */
        private boolean isGrey() {
            return image.getRaster().getNumBands() == 1
                    && image.getColorModel().getNumColorComponents() == 1
                    && (image.getRaster().getDataBuffer().getDataType() == DataBuffer.TYPE_BYTE
                            || image.getRaster().getDataBuffer().getDataType() == DataBuffer.TYPE_USHORT)
                    && image.getColorModel().getComponentSize(0) >= 8;
        }

        private byte[] grey() {
            Raster raster = image.getRaster();
            boolean wide = raster.getDataBuffer().getDataType() == DataBuffer.TYPE_USHORT;
            int[] samples = raster.getSamples(
                    raster.getMinX(), raster.getMinY(), raster.getWidth(), raster.getHeight(), 0, (int[]) null);
            byte[] grey = new byte[samples.length];
            for (int i = 0; i < grey.length; i++) {
                grey[i] = (byte) (wide ? (samples[i] * 255L + 32767) / 65535 : samples[i]);
            }
            return grey;
        }

        private byte[] rgb() {
            int width = image.getWidth();
            byte[] rgb = new byte[Math.multiplyExact(Math.multiplyExact(width, image.getHeight()), 3)];
            int[] row = new int[width];
            for (int y = 0, at = 0; y < image.getHeight(); y++) {
                image.getRGB(0, y, width, 1, row, 0, width);
                for (int colour : row) {
                    rgb[at++] = (byte) (colour >> 16);
                    rgb[at++] = (byte) (colour >> 8);
                    rgb[at++] = (byte) colour;
                }
            }
            return rgb;
        }
    }
}
