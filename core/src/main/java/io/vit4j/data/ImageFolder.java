package io.vit4j.data;

import io.vit4j.base.InputException;
import io.vit4j.base.OpenFiles;
import io.vit4j.image.ImageDecoder;
import io.vit4j.image.PictureKind;
import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.FileSystemLoopException;
import java.nio.file.FileVisitOption;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.EnumSet;
import java.util.Optional;

/**
 * The image files in a folder and the folders in it, but for hidden files and folders, and those of operating systems and
 * network storage. It is only read.
 */
public final class ImageFolder extends ListedFolder {
    private static final int DEEPEST = 16;

    private final Path root;
    private final Optional<LeadingOut> leadingOut;

    /** Lists the files, also those that links lead to. InputException if the folder cannot be read. */
    public ImageFolder(Path root) {
        this(root, Optional.empty());
    }

    /** @param leadingOut takes note of pictures and metadata that lie elsewhere */
    ImageFolder(Path root, Optional<LeadingOut> leadingOut) {
        this.root = root;
        this.leadingOut = leadingOut;
        if (!Files.isDirectory(root)) {
            throw InputException.in(root, "no such folder; it should contain the images");
        }
        try {
            Files.walkFileTree(root, EnumSet.of(FileVisitOption.FOLLOW_LINKS), DEEPEST, new Visitor());
        } catch (FileSystemLoopException e) {
            throw InputException.in(root, "a link leads back to a folder above it: " + e.getMessage(), e);
        } catch (UncheckedIOException e) {
            throw InputException.in(root, "cannot be listed: " + e.getCause().getMessage(), e);
        } catch (IOException e) {
            throw InputException.in(root, "cannot be listed: " + e.getMessage(), e);
        }
        listing.end();
    }

    private record Content(Path file) implements PictureListing.Content {
        @Override
        public byte[] begin(int length) throws IOException {
            try (InputStream in = OpenFiles.stream(file)) {
                return in.readNBytes(length);
            }
        }

        @Override
        public byte[] whole() throws IOException {
            return OpenFiles.bytes(file);
        }

        @Override
        public TextSource text() {
            return TextSource.of(file);
        }
    }

    private final class Visitor extends SimpleFileVisitor<Path> {
        /** The folder outside that is being visited, if any. */
        private Optional<Path> outside = Optional.empty();

        @Override
        public FileVisitResult preVisitDirectory(Path folder, BasicFileAttributes attributes) throws IOException {
            if (outside.isEmpty() && leadsOut(folder)) {
                outside = Optional.of(folder);
            }
            return FileVisitResult.CONTINUE;
        }

        @Override
        public FileVisitResult postVisitDirectory(Path folder, IOException fault) throws IOException {
            if (outside.filter(folder::equals).isPresent()) {
                outside = Optional.empty();
            }
            return super.postVisitDirectory(folder, fault);
        }

        /** Only a link can; the folder itself may be reached through one above it. */
        private boolean leadsOut(Path path) throws IOException {
            return leadingOut.isPresent()
                    && (path.equals(root) || Files.isSymbolicLink(path))
                    && leadingOut.get().is(path);
        }

        private void look(Path file) throws IOException {
            if (leadingOut.isPresent() && (outside.isPresent() || leadsOut(file))) {
                leadingOut.get().add(file);
            }
        }

        @Override
        public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) throws IOException {
            if (attributes.isRegularFile()) {
                PictureListing.Kind kind = listing.add(
                        relative(file),
                        attributes.size(),
                        attributes.lastModifiedTime().toMillis(),
                        new Content(file));
                if (kind == PictureListing.Kind.PICTURE) {
                    FileNames.refuseUndecoded(file);
                }
                if (kind != PictureListing.Kind.NOTHING) {
                    look(file);
                }
            }
            return FileVisitResult.CONTINUE;
        }

        @Override
        public FileVisitResult visitFileFailed(Path file, IOException e) throws IOException {
            if (PassedOver.is(relative(file)) && !(e instanceof FileSystemLoopException)) {
                return FileVisitResult.CONTINUE; // a service folder that only its system may read
            }
            throw e;
        }
    }

    private String relative(Path file) {
        String path = root.relativize(file).toString();
        return File.separatorChar == '/' ? path : path.replace(File.separatorChar, '/');
    }

    /** {@return the folder} */
    public Path root() {
        return root;
    }

    /** What a file is by its first bytes. */
    PictureKind kind(String name) {
        Path file = root.resolve(name);
        try (InputStream in = OpenFiles.stream(file)) {
            return ImageDecoder.kind(in.readNBytes(ImageDecoder.BEGIN));
        } catch (IOException e) {
            throw InputException.in(file, "cannot be read: " + e.getMessage(), e);
        }
    }

    @Override
    public String description() {
        return root.toString();
    }

    @Override
    public byte[] begin(String name, int length) {
        if (!listing.contains(name)) {
            throw new InputException(root + ": holds no " + name + "; check its name");
        }
        Path file = root.resolve(name);
        try (InputStream in = OpenFiles.stream(file)) {
            return in.readNBytes(length);
        } catch (NoSuchFileException e) {
            throw InputException.in(file, "no longer exists; put it back", e);
        } catch (IOException e) {
            throw InputException.in(file, "cannot be read: " + e.getMessage(), e);
        }
    }
}
