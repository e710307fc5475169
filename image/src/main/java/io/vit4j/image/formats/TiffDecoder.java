package io.vit4j.image.formats;

import io.vit4j.image.DamagedImage;
import io.vit4j.image.DecodeOptions;
import io.vit4j.image.Grey16;
import io.vit4j.image.Orientation;
import io.vit4j.image.Picture;
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
 * bits, with or without alpha, which is dropped. 16-bit colour keeps its high byte, 16-bit grey is reduced as {@link Grey16} says.
 */
final class TiffDecoder {
    private TiffDecoder() {}

    static Picture decode(byte[] file, DecodeOptions options) {
        return JdkImageReader.use("tiff", TiffFile.checked(file, options), reader -> {
            BufferedImage image = reader.read(0);
            TIFFDirectory tags = TIFFDirectory.createFromMetadata(reader.getImageMetadata(0));
            Picture picture = hasPalette(tags) || image.getColorModel() instanceof IndexColorModel
                    ? indexed(image.getRaster(), palette(tags, image.getColorModel()))
                    : samples(image.getRaster(), image.getColorModel(), options.grey16(), isPremultiplied(tags));
            // for TIFF, unlike for JPEG, Pillow does that on its own
            return Orientation.of(tag(tags, BaselineTIFFTagSet.TAG_ORIENTATION, 1))
                    .apply(picture);
        });
    }

    /** Its first sample is then a colour's number, and others that may follow, such as alpha, are dropped. */
    private static boolean hasPalette(TIFFDirectory tags) {
        return tag(tags, BaselineTIFFTagSet.TAG_PHOTOMETRIC_INTERPRETATION, 0)
                == BaselineTIFFTagSet.PHOTOMETRIC_INTERPRETATION_PALETTE_COLOR;
    }

    private static int tag(TIFFDirectory tags, int number, int absent) {
        TIFFField field = tags.getTIFFField(number);
        return field == null ? absent : field.getAsInt(0);
    }

    /** Whether colours are stored times their alpha. */
    private static boolean isPremultiplied(TIFFDirectory tags) {
        return tag(tags, BaselineTIFFTagSet.TAG_EXTRA_SAMPLES, 0) == BaselineTIFFTagSet.EXTRA_SAMPLES_ASSOCIATED_ALPHA;
    }

    private static Picture samples(Raster raster, ColorModel colors, Grey16 grey16, boolean premultiplied) {
        int width = raster.getWidth();
        int height = raster.getHeight();
        int bands = raster.getNumBands();
        int depth = raster.getSampleModel().getSampleSize(0);
        int channels = colors.getNumColorComponents();
        boolean integers =
                raster.getTransferType() == DataBuffer.TYPE_BYTE || raster.getTransferType() == DataBuffer.TYPE_USHORT;
        if (!integers || depth != 8 && depth != 16 || channels != 1 && channels != 3) {
            throw new DamagedImage("it is a TIFF of " + bands + " bands of " + depth
                    + " bits, which is not supported; save it as PNG");
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
                    int level = row[x * bands + c] >> depth - 8;
                    int alpha = premultiplied ? row[x * bands + channels] >> depth - 8 : 255;
                    // as Pillow's unpackRGBa: what cannot be seen is black
                    pixels[to++] = (byte) (alpha == 0 ? 0 : Math.min(level * 255 / alpha, 255));
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
    private static byte[] palette(TIFFDirectory tags, ColorModel model) {
        byte[] palette = new byte[768];
        TIFFField map = tags.getTIFFField(BaselineTIFFTagSet.TAG_COLOR_MAP);
        if (map == null && !(model instanceof IndexColorModel)) {
            throw new DamagedImage("it has no palette for its colours");
        }
        int count = Math.min(map == null ? ((IndexColorModel) model).getMapSize() : map.getCount() / 3, 256);
        for (int i = 0; i < count; i++) {
            for (int c = 0; c < 3; c++) {
                palette[3 * i + c] = (byte)
                        (map == null ? model.getRGB(i) >> 16 - 8 * c : map.getAsInt(c * (map.getCount() / 3) + i) >> 8);
            }
        }
        return palette;
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
