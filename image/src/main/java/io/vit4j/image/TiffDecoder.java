package io.vit4j.image;

import java.awt.image.BufferedImage;
import java.awt.image.ColorModel;
import java.awt.image.DataBuffer;
import java.awt.image.IndexColorModel;
import java.awt.image.Raster;
import javax.imageio.plugins.tiff.BaselineTIFFTagSet;
import javax.imageio.plugins.tiff.TIFFDirectory;
import javax.imageio.plugins.tiff.TIFFField;

/**
 * Reads the first picture of a TIFF by the JDK's decoder: black and white, grey, palette and red-green-blue of 8 and 16
 * bits, with or without alpha, which is dropped. 16-bit colour keeps its high byte, 16-bit grey goes by {@link Grey16}.
 */
final class TiffDecoder {
    private TiffDecoder() {}

    static Picture decode(byte[] file, DecodeOptions options) {
        return JdkImageReader.use("tiff", TiffFile.checked(file, options), reader -> {
            BufferedImage image = reader.read(0);
            TIFFDirectory tags = TIFFDirectory.createFromMetadata(reader.getImageMetadata(0));
            Picture picture = image.getColorModel() instanceof IndexColorModel colors
                    ? indexed(image.getRaster(), palette(tags, colors))
                    : samples(image.getRaster(), image.getColorModel(), options.grey16());
            return upright(picture, tag(tags, BaselineTIFFTagSet.TAG_ORIENTATION, 1));
        });
    }

    private static int tag(TIFFDirectory tags, int number, int absent) {
        TIFFField field = tags.getTIFFField(number);
        return field == null ? absent : field.getAsInt(0);
    }

    private static Picture samples(Raster raster, ColorModel colors, Grey16 grey16) {
        int width = raster.getWidth();
        int height = raster.getHeight();
        int bands = raster.getNumBands();
        int depth = raster.getSampleModel().getSampleSize(0);
        int channels = colors.getNumColorComponents();
        boolean integers =
                raster.getTransferType() == DataBuffer.TYPE_BYTE || raster.getTransferType() == DataBuffer.TYPE_USHORT;
        if (!integers || depth != 8 && depth != 16 || channels != 1 && channels != 3) {
            throw new DamagedImage("it is a TIFF of " + bands + " bands of " + depth
                    + " bits, which is not read here; save it as PNG");
        }
        if (channels == 1 && depth == 16) {
            return grey16(raster, grey16);
        }
        byte[] pixels = new byte[width * height * channels];
        int[] row = new int[width * bands];
        int to = 0;
        for (int y = 0; y < height; y++) {
            raster.getPixels(raster.getMinX(), raster.getMinY() + y, width, 1, row);
            for (int x = 0; x < width; x++) {
                for (int c = 0; c < channels; c++) {
                    pixels[to++] = (byte) (row[x * bands + c] >> depth - 8);
                }
            }
        }
        return new Picture(width, height, channels, pixels);
    }

    private static Picture indexed(Raster raster, byte[] palette) {
        int width = raster.getWidth();
        byte[] indices = new byte[width * raster.getHeight()];
        int[] row = new int[width];
        for (int y = 0; y < raster.getHeight(); y++) {
            raster.getSamples(raster.getMinX(), raster.getMinY() + y, width, 1, 0, row);
            for (int x = 0; x < width; x++) {
                indices[y * width + x] = (byte) row[x];
            }
        }
        boolean grey = true;
        for (int i = 0; i < palette.length; i += 3) {
            grey &= palette[i] == palette[i + 1] && palette[i] == palette[i + 2];
        }
        return Indexed.picture(width, raster.getHeight(), indices, palette, grey);
    }

    /** The file's colours by their high byte, as Pillow takes them (the JDK scales them); for grey what the JDK says. */
    private static byte[] palette(TIFFDirectory tags, IndexColorModel colors) {
        byte[] palette = new byte[768];
        TIFFField map = tags.getTIFFField(BaselineTIFFTagSet.TAG_COLOR_MAP);
        int count = Math.min(map == null ? colors.getMapSize() : map.getCount() / 3, 256);
        for (int i = 0; i < count; i++) {
            for (int c = 0; c < 3; c++) {
                palette[3 * i + c] = (byte)
                        (map == null
                                ? colors.getRGB(i) >> 16 - 8 * c
                                : map.getAsInt(c * (map.getCount() / 3) + i) >> 8);
            }
        }
        return palette;
    }

    /** Turned and mirrored as the tag says: for TIFF, unlike for JPEG, Pillow does that on its own. */
    private static Picture upright(Picture picture, int orientation) {
        if (orientation <= 1 || orientation > 8) {
            return picture;
        }
        boolean transposed = orientation >= 5;
        boolean mirrorX = orientation == 2 || orientation == 3 || orientation == 7 || orientation == 8;
        boolean mirrorY = orientation == 3 || orientation == 4 || orientation == 6 || orientation == 7;
        int width = transposed ? picture.height() : picture.width();
        int height = transposed ? picture.width() : picture.height();
        int channels = picture.channels();
        byte[] pixels = new byte[picture.pixels().length];
        int to = 0;
        for (int y = 0; y < height; y++) {
            for (int x = 0; x < width; x++) {
                int sourceX = transposed ? y : x;
                int sourceY = transposed ? x : y;
                sourceX = mirrorX ? picture.width() - 1 - sourceX : sourceX;
                sourceY = mirrorY ? picture.height() - 1 - sourceY : sourceY;
                int from = (sourceY * picture.width() + sourceX) * channels;
                for (int c = 0; c < channels; c++) {
                    pixels[to++] = picture.pixels()[from + c];
                }
            }
        }
        return new Picture(width, height, channels, pixels);
    }

    private static Picture grey16(Raster raster, Grey16 policy) {
        int width = raster.getWidth();
        char[] deep = new char[width * raster.getHeight()];
        int[] row = new int[width];
        for (int y = 0; y < raster.getHeight(); y++) {
            raster.getSamples(raster.getMinX(), raster.getMinY() + y, width, 1, 0, row);
            for (int x = 0; x < width; x++) {
                deep[y * width + x] = (char) row[x];
            }
        }
        return new Picture(width, raster.getHeight(), 1, Grey16.apply(policy, deep));
    }
}
