package io.vit4j.data;

import io.vit4j.base.InputException;
import io.vit4j.image.PictureNames;
import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.FileSystemLoopException;
import java.nio.file.FileVisitOption;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;

/** The image files in a folder and the folders in it. It is only read. */
public final class ImageFolder implements ImageSource.ByName {
    private static final int DEEPEST = 16;

    private final Path root;
    private final Map<String, String> fingerprints = new TreeMap<>();

    /** Lists the files. InputException if the folder cannot be read. */
    public ImageFolder(Path root) {
        this.root = root;
        if (!Files.isDirectory(root)) {
            throw InputException.in(root, "no such folder; it should contain the images");
        }
        try (Stream<Path> files = Files.find(
                root, DEEPEST, (path, attributes) -> isImage(path, attributes), FileVisitOption.FOLLOW_LINKS)) {
            files.forEach(file -> fingerprints.put(relative(file), fingerprint(file)));
        } catch (UncheckedIOException e) {
            String why = e.getCause() instanceof FileSystemLoopException
                    ? "a link leads back to a folder above it: "
                    : "cannot be listed: ";
            throw InputException.in(root, why + e.getCause().getMessage(), e);
        } catch (IOException e) {
            throw InputException.in(root, "cannot be listed: " + e.getMessage(), e);
        }
    }

    private static boolean isImage(Path path, BasicFileAttributes attributes) {
        String name = String.valueOf(path.getFileName());
        return attributes.isRegularFile() && !name.startsWith(".") && PictureNames.isPicture(path);
    }

    private String relative(Path file) {
        String path = root.relativize(file).toString();
        return File.separatorChar == '/' ? path : path.replace(File.separatorChar, '/');
    }

    private static String fingerprint(Path file) {
        try {
            BasicFileAttributes attributes = Files.readAttributes(file, BasicFileAttributes.class);
            return attributes.size() + "@" + attributes.lastModifiedTime().toMillis();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** {@return the folder} */
    public Path root() {
        return root;
    }

    @Override
    public String description() {
        return root.toString();
    }

    @Override
    public List<String> names() {
        return List.copyOf(fingerprints.keySet());
    }

    @Override
    public String fingerprint(String name) {
        return fingerprints.getOrDefault(name, "absent");
    }

    @Override
    public byte[] read(String name) {
        Path file = root.resolve(name);
        if (!fingerprints.containsKey(name)) {
            throw InputException.in(file, "no such image; check its name");
        }
        try (InputStream in = Files.newInputStream(file)) {
            byte[] bytes = in.readNBytes(LARGEST_FILE + 1);
            if (bytes.length > LARGEST_FILE) {
                throw InputException.in(file, "larger than " + (LARGEST_FILE >> 20) + " MiB; is it an image?");
            }
            return bytes;
        } catch (NoSuchFileException e) {
            throw InputException.in(file, "no longer exists; put it back", e);
        } catch (IOException e) {
            throw InputException.in(file, "cannot be read: " + e.getMessage(), e);
        }
    }
}
