package io.vit4j.base;

import java.io.IOException;
import java.nio.channels.ClosedByInterruptException;
import java.nio.channels.FileChannel;
import java.nio.channels.WritableByteChannel;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;

/**
 * The operations of the file system that durable writing is made of ({@link DurableFiles}), one method each, so that a
 * test can let any of them fail.
 */
public interface FileOperations {
    /** The operating system's own. */
    FileOperations SYSTEM = new FileOperations() {};

    /** A new empty file, open for writing; {@link FileAlreadyExistsException} where it exists. */
    default WritableFile create(Path file) throws IOException {
        return new StreamFile(file);
    }

    /** A new folder; its parent exists. */
    default void createFolder(Path folder) throws IOException {
        Files.createDirectory(folder);
    }

    /** Gives a file or a folder another name on the same file system, at once; a file of that name is replaced. */
    default void rename(Path from, Path to) throws IOException {
        Files.move(from, to, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    }

    /** Makes the names in a folder survive a power cut. Windows has no such operation and needs none. */
    default void forceFolder(Path folder) throws IOException {
        if (System.getProperty("os.name").startsWith("Windows")) {
            return;
        }
        boolean interrupted = false;
        while (true) {
            try (FileChannel channel = FileChannel.open(folder, StandardOpenOption.READ)) {
                channel.force(true);
                break;
            } catch (ClosedByInterruptException e) {
                interrupted = Thread.interrupted(); // an interrupted thread still has its last checkpoint to write
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
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
