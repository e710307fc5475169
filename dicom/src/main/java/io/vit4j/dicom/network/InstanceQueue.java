package io.vit4j.dicom.network;

import io.vit4j.base.DurableFiles;
import io.vit4j.base.InputException;
import io.vit4j.base.IoReason;
import io.vit4j.base.OpenFiles;
import io.vit4j.base.Privacy;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/**
 * A folder through which instances go, and in which they survive the end of the program at any time:
 *
 * <pre>
 * incoming/INSTANCE.dcm         received, and not yet seen by the model
 * outgoing/INSTANCE.sr.dcm      results, and not yet received by the destination
 * refused/                      images that cannot be read
 * failed/                       results that the destination refuses
 * </pre>
 *
 * An image is removed once its results are there; a result is removed once the destination has it. Whatever happens in between is done
 * again, and gives the same instances.
 */
final class InstanceQueue implements AutoCloseable {
    private static final String ENDING = ".dcm";

    private final DurableFiles files = DurableFiles.SYSTEM.ofPatients();
    private final FileChannel lock;
    private final Path incoming;
    private final Path outgoing;
    private final Path refused;
    private final Path failed;

    /** Opens a folder, or makes it; InputException if another program has it. */
    InstanceQueue(Path folder) {
        incoming = folder.resolve("incoming");
        outgoing = folder.resolve("outgoing");
        refused = folder.resolve("refused");
        failed = folder.resolve("failed");
        try {
            for (Path each : List.of(folder, incoming, outgoing, refused, failed)) {
                Privacy.createFolders(each);
            }
            Path lockFile = folder.resolve("lock");
            lock = OpenFiles.update(lockFile, Privacy.ofFile(lockFile));
            if (!isLocked(lock)) {
                lock.close();
                throw InputException.in(folder, "is the queue of another vit4j that is running; choose another");
            }
            files.removeLeftovers(incoming);
            files.removeLeftovers(outgoing);
        } catch (IOException e) {
            throw InputException.in(folder, "cannot be used as a queue (" + IoReason.of(e) + "); choose another", e);
        }
    }

    private static boolean isLocked(FileChannel channel) throws IOException {
        try {
            return channel.tryLock() != null;
        } catch (OverlappingFileLockException e) {
            return false; // this program itself has it
        }
    }

    /** Keeps an image; it is safe when this returns. */
    Path keepImage(String instance, byte[] file) {
        Path path = incoming.resolve(instance + ENDING);
        files.write(path, file);
        return path;
    }

    /** Keeps a result. */
    Path keepResult(String name, byte[] file) {
        Path path = outgoing.resolve(name + ENDING);
        files.write(path, file);
        return path;
    }

    List<Path> images() {
        return list(incoming);
    }

    List<Path> results() {
        return list(outgoing);
    }

    private static List<Path> list(Path folder) {
        try (Stream<Path> all = Files.list(folder)) {
            return all.filter(file -> file.getFileName().toString().endsWith(ENDING))
                    .sorted()
                    .toList();
        } catch (IOException | UncheckedIOException e) {
            throw InputException.in(folder, "cannot be listed; check the folder and its permissions", e);
        }
    }

    byte[] read(Path file) {
        try {
            return OpenFiles.bytes(file);
        } catch (IOException e) {
            throw InputException.in(file, "cannot be read (" + IoReason.of(e) + ")", e);
        }
    }

    void remove(Path file) {
        files.delete(file);
    }

    void refuse(Path image) {
        move(image, refused);
    }

    void fail(Path result) {
        move(result, failed);
    }

    private void move(Path file, Path folder) {
        files.write(folder.resolve(file.getFileName()), read(file));
        files.delete(file);
    }

    @Override
    public void close() {
        try {
            lock.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
