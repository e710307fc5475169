package io.vit4j.image;

import io.vit4j.base.InputException;
import io.vit4j.base.OpenFiles;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.List;
import java.util.Optional;
import java.util.ServiceLoader;
import java.util.function.Supplier;
import java.util.stream.Collectors;

/**
 * Reads a picture as Pillow's {@code ImageOps.exif_transpose(Image.open(...)).convert("RGB")} does, from any {@link
 * PictureFormat} on the class path: PNG, JPEG, BMP, GIF (its first frame), TIFF, and PBM, PGM and PPM are built in. Formats
 * are recognised by the first bytes, never by the file's name. A grey picture has one channel, where Pillow would give
 * three equal ones. {@link Grey16} is the only deliberate difference.
 *
 * <p>The bytes may be hostile: sizes are checked before memory is allocated, and every fault becomes an {@link
 * InputException} that names the file.
 */
public final class ImageDecoder {
    /** How many of a file's first bytes are enough to tell its format. */
    public static final int BEGIN = 1024;

    private static final long LARGEST_FILE = 1L << 30;

    private static final List<PictureFormat> FORMATS =
            ServiceLoader.load(PictureFormat.class, PictureFormat.class.getClassLoader()).stream()
                    .map(ServiceLoader.Provider::get)
                    .toList();

    private ImageDecoder() {}

    /** {@return the formats that are read, by name} */
    public static List<String> formats() {
        return FORMATS.stream().map(PictureFormat::name).sorted().toList();
    }

    /**
     * What a file is.
     *
     * @param begin its first {@link #BEGIN} bytes or more, or all if it has fewer
     */
    public static PictureKind kind(byte[] begin) {
        for (PictureFormat format : FORMATS) {
            if (format.recognises(begin)) {
                return PictureKind.read(format, begin);
            }
        }
        return PictureKind.notRead(begin);
    }

    /**
     * What a file says of its picture beside the pixels.
     *
     * @param begin the file's first bytes; more of them if it was empty
     * @return empty if these bytes do not hold it, or the format has no such thing
     */
    public static Optional<PictureHeader> header(byte[] begin) {
        return FORMATS.stream()
                .filter(format -> format.recognises(begin))
                .findFirst()
                .flatMap(format -> format.header(begin));
    }

    /**
     * The pictures that a file lists, if it is of the kind that lists those in its folder and below, as DICOMDIR is.
     *
     * @param name of the file
     * @return paths from its folder, with {@code /} between their parts; empty if it is no such file
     */
    public static Optional<List<String>> listed(String name, Supplier<byte[]> bytes) {
        for (PictureFormat format : FORMATS) {
            if (!format.directoryName().isEmpty() && name.equalsIgnoreCase(format.directoryName())) {
                byte[] directory = bytes.get();
                try {
                    return format.recognises(directory) ? Optional.of(format.listed(directory)) : Optional.empty();
                } catch (DamagedImage e) {
                    throw new InputException(
                            name + ": cannot be read: " + e.getMessage() + "; remove it to take all pictures there", e);
                }
            }
        }
        return Optional.empty();
    }

    /** Decodes a file with {@link DecodeOptions#DEFAULT}. */
    public static Picture decode(Path file) {
        return decode(file, DecodeOptions.DEFAULT);
    }

    /** Decodes a file. InputException if it is absent, unreadable, no picture, damaged or too large. */
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
            return OpenFiles.bytes(file);
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
     * @throws InputException if it is no picture, damaged or too large
     */
    public static Picture decode(byte[] bytes, String name, DecodeOptions options) {
        try {
            PictureFormat format = format(bytes, name);
            Picture picture = format.decode(bytes, options);
            return options.exifOrientation() == ExifOrientation.IGNORE
                    ? picture
                    : format.orientation(bytes).apply(picture);
        } catch (DamagedImage e) {
            throw new InputException(
                    name + ": not a readable picture: " + e.getMessage() + "; replace the file or leave it out", e);
        } catch (OutOfMemoryError e) {
            throw new InputException(
                    name + ": not enough memory to decode it; give the JVM more (-Xmx) or use fewer workers", e);
        }
    }

    private static PictureFormat format(byte[] bytes, String name) {
        for (PictureFormat format : FORMATS) {
            if (format.recognises(bytes)) {
                return format;
            }
        }
        PictureKind kind = PictureKind.notRead(bytes);
        if (kind.isPicture()) {
            throw new InputException(
                    name + ": a picture in the format " + kind.name() + ", which cannot be read; " + kind.mend());
        }
        String known = formats().stream().collect(Collectors.joining(", "));
        throw new DamagedImage(bytes.length == 0 ? "it is empty" : "it is none of " + known);
    }
}
