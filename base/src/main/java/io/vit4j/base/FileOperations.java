package io.vit4j.base;

import java.io.IOException;
import java.nio.channels.WritableByteChannel;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileAttribute;

/**
 * The operations of the file system that durable writing is made of ({@link DurableFiles}), one method each, so that a
 * test can let any of them fail.
 */
public interface FileOperations {
    /** The operating system's own. */
    FileOperations SYSTEM = new FileOperations() {};

    /** A new empty file, open for writing; {@link FileAlreadyExistsException} if it exists, be it as a link. */
    default WritableFile create(Path file, FileAttribute<?>... attributes) throws IOException {
        return new StreamFile(file, attributes);
    }

    /** A new folder; its parent exists. */
    default void createFolder(Path folder, FileAttribute<?>... attributes) throws IOException {
        Files.createDirectory(folder, attributes);
    }

    /** Gives a file or a folder another name on the same file system, at once; a file of that name is replaced. */
    default void rename(Path from, Path to) throws IOException {
        Files.move(from, to, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    }

    /** Makes the names in a folder survive a power cut. Windows has no such operation and needs none. */
    default void forceFolder(Path folder) throws IOException {
        if (!System.getProperty("os.name").startsWith("Windows")) {
            StreamFile.forceOpened(folder, StandardOpenOption.READ);
        }
    }

    /** Removes a file or an empty folder, if it is there. */
    default void delete(Path path) throws IOException {
        Files.deleteIfExists(path);
    }

    /** A file open for writing from its start. */
    interface WritableFile extends WritableByteChannel {
        /** Returns once what was written is on the disk. */
        void force() throws IOException;
    }
}
