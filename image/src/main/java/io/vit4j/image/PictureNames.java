package io.vit4j.image;

import io.vit4j.base.OpenFiles;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Set;

/**
 * Which files are pictures, for code that lists folders and archives. A known file extension is enough; otherwise the first
 * bytes decide. Pictures in formats that cannot be read count too, so that none is silently missed.
 */
public final class PictureNames {
    private static final Set<String> PICTURES = Set.of(
            "png", "apng", "jpg", "jpeg", "jpe", "jfif", "jfi", "bmp", "dib", "gif", "tif", "tiff", "pbm", "pgm", "ppm",
            "pnm", "webp", "heic", "heif", "avif", "dcm", "dicom", "jp2", "j2k", "jxl", "wbmp");

    private static final Set<String> DICOM = Set.of("dcm", "dicom");

    private static final Set<String> OTHERS = Set.of(
            "csv",
            "tsv",
            "txt",
            "json",
            "jsonl",
            "xml",
            "yaml",
            "yml",
            "md",
            "html",
            "pdf",
            "py",
            "ipynb",
            "log",
            "gz",
            "tgz",
            "zip",
            "tar",
            "bz2",
            "xz",
            "zst",
            "7z",
            "rar",
            "arrow",
            "parquet",
            "safetensors",
            "bin",
            "pt",
            "pth",
            "npy",
            "npz",
            "mat",
            "h5",
            "pkl",
            "xlsx",
            "xls",
            "db",
            "ini",
            "mp4",
            "avi");

    private PictureNames() {}

    private static String ending(String name) {
        int dot = name.lastIndexOf('.');
        return dot < 0 ? "" : name.substring(dot + 1).toLowerCase(Locale.ROOT);
    }

    /** Whether a file's name ends as pictures' names do. */
    public static boolean isPicture(String name) {
        return PICTURES.contains(ending(name));
    }

    /** Whether a file's name ends as those of DICOM do, whether they hold pictures or not. */
    public static boolean isDicom(String name) {
        return DICOM.contains(ending(name));
    }

    /** Whether a file's name says nothing about its content, so that its first bytes must. */
    public static boolean isOpen(String name) {
        return !isPicture(name) && !OTHERS.contains(ending(name));
    }

    /** Whether a file is a picture, by its name or, if that says nothing, by its first bytes. */
    public static boolean isPicture(Path file) {
        try {
            return isPicture(String.valueOf(file.getFileName()), () -> {
                try (InputStream in = OpenFiles.stream(file)) {
                    return in.readNBytes(ImageDecoder.BEGIN);
                }
            });
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Gives the first {@link ImageDecoder#BEGIN} bytes of a file, or all if it has fewer. */
    @FunctionalInterface
    public interface Begin {
        /** Reads them. */
        byte[] read() throws IOException;
    }

    /**
     * The same for a file that lies elsewhere, as in an archive.
     *
     * @param name of the file, without its folders
     * @param begin asked only if the name is not enough
     */
    public static boolean isPicture(String name, Begin begin) throws IOException {
        if (isPicture(name)) {
            // of DICOM, reports and directories have the same ending; what is damaged counts, so that it is missed
            return !isDicom(name) || ImageDecoder.kind(begin.read()).support() != PictureKind.Support.WITHOUT_PICTURE;
        }
        return isOpen(name) && ImageDecoder.kind(begin.read()).isPicture();
    }
}
