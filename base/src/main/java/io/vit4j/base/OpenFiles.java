package io.vit4j.base;

import java.io.IOException;
import java.io.InputStream;
import java.nio.channels.FileChannel;
import java.nio.charset.Charset;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileAttribute;
import java.util.List;
import java.util.Set;
import java.util.zip.ZipFile;

/**
 * The one place that opens files, but for the drafts of {@link DurableFiles}. What is read is a regular file, or a link to
 * one: opening a pipe could wait forever, and a device never ends. What is written is never reached through a link, which
 * somebody else may have put there: the operating system itself refuses to follow it. All methods throw an InputException
 * for a file that is none, or for such a link.
 *
 * <p>Java can look at a file only before it opens it. Anyone who can exchange the file in between can make a reader wait,
 * but can never make a writer write elsewhere.
 */
public final class OpenFiles {
    private static final OpenOption WRITE = StandardOpenOption.WRITE;
    private static final OpenOption NOFOLLOW = LinkOption.NOFOLLOW_LINKS;

    private OpenFiles() {}

    /** Opens a regular file for reading at any place. A thread's interrupt closes it. */
    public static FileChannel read(Path file) throws IOException {
        return FileChannel.open(regular(file), StandardOpenOption.READ);
    }

    /** Opens a regular file for reading from its start. */
    public static InputStream stream(Path file) throws IOException {
        return Files.newInputStream(regular(file));
    }

    /** Opens a zip archive, a regular file. */
    public static ZipFile zip(Path file, Charset names) throws IOException {
        return new ZipFile(regular(file).toFile(), names);
    }

    /** {@return all bytes of a regular file} */
    public static byte[] bytes(Path file) throws IOException {
        return Files.readAllBytes(regular(file));
    }

    /** {@return all text of a regular file in UTF-8} */
    public static String text(Path file) throws IOException {
        return Files.readString(regular(file));
    }

    /** {@return all lines of a regular file in UTF-8} */
    public static List<String> lines(Path file) throws IOException {
        return Files.readAllLines(regular(file));
    }

    /**
     * Opens a new file for reading and writing, in place of whatever file or link has its name.
     *
     * @param attributes such as {@link Privacy#ofFile}
     */
    public static FileChannel replace(Path file, FileAttribute<?>... attributes) throws IOException {
        DeviceNames.refuse(file);
        Files.deleteIfExists(file);
        return FileChannel.open(
                file,
                Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.READ, StandardOpenOption.WRITE),
                attributes);
    }

    /**
     * Opens a file for reading and writing, and keeps what it contains; makes it if it is not there.
     *
     * @param attributes of a new file, such as {@link Privacy#ofFile}; if there are any, an existing file must be ours
     */
    public static FileChannel update(Path file, FileAttribute<?>... attributes) throws IOException {
        return openOwn(file, Set.of(StandardOpenOption.CREATE, StandardOpenOption.READ, WRITE, NOFOLLOW), attributes);
    }

    /** As {@link #update}, but each write goes to the file's end. */
    public static FileChannel append(Path file, FileAttribute<?>... attributes) throws IOException {
        return openOwn(file, Set.of(StandardOpenOption.CREATE, StandardOpenOption.APPEND, WRITE, NOFOLLOW), attributes);
    }

    private static FileChannel openOwn(Path file, Set<OpenOption> options, FileAttribute<?>[] attributes)
            throws IOException {
        DeviceNames.refuse(file);
        try {
            BasicFileAttributes found =
                    Files.readAttributes(file, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS);
            if (found.isSymbolicLink()) {
                throw InputException.in(file, "is a link, but is written here, not where it leads; remove the link");
            }
            refuseSpecial(file, found);
            if (attributes.length > 0 && !Privacy.isOurs(file)) {
                throw InputException.in(file, "belongs to another user; remove it");
            }
        } catch (NoSuchFileException isNew) {
            // made below
        }
        return FileChannel.open(file, options, attributes);
    }

    private static Path regular(Path file) throws IOException {
        DeviceNames.refuse(file);
        refuseSpecial(file, Files.readAttributes(file, BasicFileAttributes.class));
        return file;
    }

    private static void refuseSpecial(Path file, BasicFileAttributes found) {
        if (found.isOther()) {
            throw InputException.in(file, "is a pipe, a device or a socket, not a file; name a file");
        }
    }
}
