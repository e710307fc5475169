package io.vit4j.image;

import io.vit4j.base.InputException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;

/**
 * Reads a picture as Pillow's {@code Image.open(...).convert("RGB")} does, from PNG, JPEG, BMP, GIF (its first frame) or
 * TIFF, told apart by their first bytes. A grey picture comes with one channel, of which Pillow would give three equal
 * ones. As in Pillow the orientation that a camera noted (EXIF) is not applied. The one wanted difference is {@link
 * Grey16}.
 *
 * <p>The bytes may be hostile: sizes are checked before memory is taken, and whatever is wrong ends in an {@link
 * InputException} that names the file.
 */
public final class ImageDecoder {
    private static final int LONGEST_SIDE = 1 << 20;
    private static final long LARGEST_FILE = 1L << 30;

    private ImageDecoder() {}

    /** Decodes a file with {@link DecodeOptions#DEFAULT}. */
    public static Picture decode(Path file) {
        return decode(file, DecodeOptions.DEFAULT);
    }

    /** Decodes a file. InputException where it is absent, unreadable, no picture, damaged or too large. */
    public static Picture decode(Path file, DecodeOptions options) {
        return decode(bytes(file), file.toString(), options);
    }

    private static byte[] bytes(Path file) {
        try {
            BasicFileAttributes attributes = Files.readAttributes(file, BasicFileAttributes.class);
            if (!attributes.isRegularFile()) {
                throw InputException.in(file, "not a file; give the path of a picture");
            }
            if (attributes.size() > LARGEST_FILE) {
                throw InputException.in(file, "larger than " + (LARGEST_FILE >> 30) + " GiB; is this a picture?");
            }
            return Files.readAllBytes(file);
        } catch (NoSuchFileException e) {
            throw InputException.in(file, "no such file; check the path", e);
        } catch (IOException e) {
            throw InputException.in(
                    file, "cannot be read (" + e.getMessage() + "); check the path and its permissions", e);
        } catch (OutOfMemoryError e) {
            throw InputException.in(file, "not enough memory to read it; give the JVM more (-Xmx)", e);
        }
    }

    /**
     * Decodes a picture's bytes.
     *
     * @param name what to call it in messages
     * @throws InputException where it is no picture, damaged or too large
     */
    public static Picture decode(byte[] bytes, String name, DecodeOptions options) {
        try {
            return switch (ImageFormat.of(bytes)) {
                case PNG -> PngDecoder.decode(bytes, options);
                case JPEG -> JpegDecoder.decode(bytes, options);
                case BMP -> BmpDecoder.decode(bytes, options);
                case GIF -> GifDecoder.decode(bytes, options);
                case TIFF -> TiffDecoder.decode(bytes, options);
                case UNKNOWN ->
                    throw new DamagedImage(bytes.length == 0 ? "it is empty" : "it is no PNG, JPEG, BMP, GIF or TIFF");
            };
        } catch (DamagedImage e) {
            throw new InputException(
                    name + ": not a picture that can be read: " + e.getMessage() + "; replace the file or leave it out",
                    e);
        } catch (OutOfMemoryError e) {
            throw new InputException(
                    name + ": not enough memory to decode it; give the JVM more (-Xmx) or use fewer workers", e);
        }
    }

    /** Refuses what has no pixels, or more than the options allow, before any memory is taken for them. */
    static void refuseSize(int width, int height, DecodeOptions options) {
        if (width < 1 || height < 1) {
            throw new DamagedImage(
                    "its size is " + Integer.toUnsignedLong(width) + "x" + Integer.toUnsignedLong(height));
        }
        if (width > LONGEST_SIDE || height > LONGEST_SIDE || (long) width * height > options.maxPixels()) {
            throw new DamagedImage("its size is " + width + "x" + height + ", more than the limit of "
                    + options.maxPixels() + " pixels or " + LONGEST_SIDE + " on a side");
        }
    }
}
