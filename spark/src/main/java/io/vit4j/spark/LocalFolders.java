package io.vit4j.spark;

import io.vit4j.base.InputException;
import io.vit4j.base.IoReason;
import io.vit4j.base.OpenFiles;
import io.vit4j.base.Privacy;
import io.vit4j.base.Sha256;
import io.vit4j.data.ListedImages;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.List;
import java.util.stream.Collectors;

/** Folders on the disk of the driver or of an executor's machine. */
final class LocalFolders {
    private static final int DIGITS = 16;

    private LocalFolders() {}

    /** Fills a new folder. */
    @FunctionalInterface
    interface Filling {
        void into(Path folder) throws IOException;
    }

    /** A new folder that only this user can read, in {@code java.io.tmpdir}. */
    static Path temporary(String purpose) {
        try {
            return Files.createTempDirectory("vit4j-" + purpose);
        } catch (IOException e) {
            throw new InputException(
                    "a temporary folder cannot be created in " + System.getProperty("java.io.tmpdir") + ": "
                            + IoReason.of(e),
                    e);
        }
    }

    /** Where this user's jobs keep their files on a machine, {@code vit4j-USER}; it need not be there. */
    static Path pathOfUser(String parent) {
        return Path.of(parent, "vit4j-" + System.getProperty("user.name"));
    }

    /** The same, made if it is not there. */
    static Path ofUser(String parent) {
        Path folder = pathOfUser(parent);
        try {
            Privacy.createFolders(folder);
            if (!Privacy.isOurs(folder)) {
                throw InputException.in(folder, "belongs to another user; choose another localDir");
            }
        } catch (IOException e) {
            throw InputException.in(folder, "cannot be created: " + IoReason.of(e) + "; choose another localDir", e);
        }
        return folder;
    }

    /** Whether a file of a model's or data set's folder is copied: not a run's checkpoints, nor what is hidden or half written. */
    private static boolean isCopied(String file) {
        return !file.startsWith("checkpoint-") && !file.startsWith("_") && !file.startsWith(".");
    }

    /**
     * A name that changes when a file in the folder does.
     *
     * @param kind what it begins with
     */
    static String name(String kind, HadoopFolder folder) throws IOException {
        List<ListedImages.Entry> files = folder.files();
        if (files.isEmpty()) {
            throw new InputException(folder + ": no such folder, or an empty one");
        }
        String listed = files.stream()
                .filter(file -> isCopied(file.path()))
                .map(file -> file.path() + " " + file.fingerprint())
                .sorted()
                .collect(Collectors.joining("\n", folder + "\n", ""));
        return kind + "-" + Sha256.hex(listed).substring(0, DIGITS);
    }

    /**
     * A folder that all executors of a machine share: the first one that asks fills it, and the others wait. It is there whole, or not at
     * all.
     */
    static synchronized Path once(Path folder, Filling filling) {
        Path lock = folder.resolveSibling(folder.getFileName() + ".lock");
        try {
            Privacy.createFolders(folder.getParent());
            try (FileChannel channel = OpenFiles.update(lock, Privacy.ofFile(lock));
                    FileLock held = channel.lock()) {
                if (!Files.isDirectory(folder) && held.isValid()) {
                    Path partial = folder.resolveSibling(folder.getFileName() + ".partial");
                    delete(partial); // of a process that was killed
                    try {
                        Privacy.createFolders(partial);
                        filling.into(partial);
                        Files.move(partial, folder, StandardCopyOption.ATOMIC_MOVE);
                    } finally {
                        delete(partial);
                    }
                }
            }
            return folder;
        } catch (IOException e) {
            throw InputException.in(
                    folder, "cannot be filled: " + IoReason.of(e) + "; is there room on this machine's disk?", e);
        }
    }

    /** A copy of a folder as it was when its {@link #name} was made. */
    static Path copy(HadoopFolder folder, String name, String localDir) {
        return once(ofUser(localDir).resolve(name), partial -> folder.download(partial, LocalFolders::isCopied));
    }

    /** Removes a file, or a folder if there is nothing in it, if that can be done. */
    static void deleteIfEmpty(Path path) {
        try {
            Files.deleteIfExists(path);
        } catch (IOException e) {
            // another's files are in it
        }
    }

    /** Removes a folder and all in it, as far as that can be done; others may be doing the same. */
    static void delete(Path folder) {
        try {
            Files.walkFileTree(folder, new SimpleFileVisitor<>() {
                @Override
                public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) {
                    deleteIfEmpty(file);
                    return FileVisitResult.CONTINUE;
                }

                @Override
                public FileVisitResult visitFileFailed(Path file, IOException e) {
                    return FileVisitResult.CONTINUE;
                }

                @Override
                public FileVisitResult postVisitDirectory(Path left, IOException e) {
                    deleteIfEmpty(left);
                    return FileVisitResult.CONTINUE;
                }
            });
        } catch (IOException e) {
            // what is left is among files that may go at any time
        }
    }
}
