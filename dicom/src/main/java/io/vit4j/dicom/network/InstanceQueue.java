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
import java.nio.file.FileStore;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Stream;

/**
 * A folder through which instances go, and in which they survive the end of the program at any time:
 *
 * <pre>
 * incoming/INSTANCE-ARRIVAL.dcm  received, and not yet seen by the model
 * outgoing/INSTANCE-ARRIVAL.dcm  results, and not yet received by the destination
 * awaited/INSTANCE-ARRIVAL.dcm   results that the destination has, and has not yet committed to
 * refused/                       images that cannot be read
 * failed/                        results that the destination refuses
 * </pre>
 *
 * An image is removed once its results are there; a result is removed once the destination has it. Whatever happens in between is done
 * again, and gives the same instances. Each file has a name of its own, whose number grows with the time it came, so that an instance
 * that comes again replaces nothing that is being worked on.
 */
final class InstanceQueue implements AutoCloseable {
    private static final String ENDING = ".dcm";
    private static final char BEFORE_ARRIVAL = '-';
    private static final int DIGITS = 16;
    private static final long RESERVE = 64 << 20; // for results, so that a disk full of images empties again

    private final DurableFiles files;
    private final FileChannel lock;
    private final FileStore disk;
    private final AtomicLong arrivals = new AtomicLong();
    private final Path incoming;
    private final Path outgoing;
    private final Path awaited;
    private final Path refused;
    private final Path failed;

    /** Opens a folder, or makes it; InputException if another program has it. */
    InstanceQueue(Path folder) {
        this(folder, DurableFiles.SYSTEM);
    }

    InstanceQueue(Path folder, DurableFiles durable) {
        files = durable.ofPatients();
        incoming = folder.resolve("incoming");
        outgoing = folder.resolve("outgoing");
        awaited = folder.resolve("awaited");
        refused = folder.resolve("refused");
        failed = folder.resolve("failed");
        try {
            for (Path each : List.of(folder, incoming, outgoing, awaited, refused, failed)) {
                Privacy.createFolders(each);
            }
            Path lockFile = folder.resolve("lock");
            lock = OpenFiles.update(lockFile, Privacy.ofFile(lockFile));
            if (!isLocked(lock)) {
                lock.close();
                throw InputException.in(folder, "is the queue of another vit4j that is running; choose another");
            }
            disk = Files.getFileStore(incoming);
            for (Path each : List.of(incoming, outgoing, awaited, refused, failed)) {
                files.removeLeftovers(each);
                list(each).forEach(file -> arrivals.accumulateAndGet(arrival(file), Math::max));
            }
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

    /** Keeps an image; it is safe when this returns. InputException if the disk has no room for it. */
    Path keepImage(String instance, byte[] file) {
        try {
            if (disk.getUsableSpace() < RESERVE + file.length) {
                throw InputException.in(incoming, "has no room for another image; free some of the disk");
            }
        } catch (IOException e) {
            throw InputException.in(incoming, "cannot be used (" + IoReason.of(e) + "); check the disk", e);
        }
        return keep(incoming, instance, file);
    }

    /** Keeps a result. */
    Path keepResult(String instance, byte[] file) {
        return keep(outgoing, instance, file);
    }

    private Path keep(Path folder, String instance, byte[] file) {
        long arrival = arrivals.updateAndGet(last -> Math.max(last + 1, System.currentTimeMillis() << DIGITS));
        Path path = folder.resolve(
                instance + BEFORE_ARRIVAL + String.format(Locale.ROOT, "%0" + DIGITS + "x", arrival) + ENDING);
        files.writeNew(path, file);
        return path;
    }

    /** The SOP instance UID of a file of the queue. */
    static String instance(Path file) {
        String name = file.getFileName().toString();
        int end = name.indexOf(BEFORE_ARRIVAL);
        return end < 0 ? name.substring(0, name.length() - ENDING.length()) : name.substring(0, end);
    }

    private static long arrival(Path file) {
        String name = file.getFileName().toString();
        String digits = name.substring(name.indexOf(BEFORE_ARRIVAL) + 1, name.length() - ENDING.length());
        return digits.matches("[0-7][0-9a-f]{" + (DIGITS - 1) + "}") ? Long.parseLong(digits, 16) : 0;
    }

    /** Images, those of one instance in the order in which they came. */
    List<Path> images() {
        return list(incoming);
    }

    /** Results, those of one instance in the order in which they were made. */
    List<Path> results() {
        return list(outgoing);
    }

    /** Results that wait for a commitment. */
    List<Path> awaited() {
        return list(awaited);
    }

    /** Moves a result to those that wait for a commitment; returns where it is then. */
    Path await(Path result) {
        files.move(result, awaited);
        return awaited.resolve(result.getFileName());
    }

    /** Moves a result that waits for a commitment to those that are to be sent. */
    void putBack(Path result) {
        files.move(result, outgoing);
    }

    /** How many files each folder has, by its name. */
    Map<String, Long> depths() {
        Map<String, Long> depths = new LinkedHashMap<>();
        for (Path each : List.of(incoming, outgoing, awaited, refused, failed)) {
            depths.put(each.getFileName().toString(), (long) list(each).size());
        }
        return depths;
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

    long size(Path file) {
        try {
            return Files.size(file);
        } catch (IOException e) {
            throw InputException.in(file, "cannot be read (" + IoReason.of(e) + "); check the disk", e);
        }
    }

    byte[] read(Path file) {
        try {
            return OpenFiles.bytes(file);
        } catch (IOException e) {
            throw InputException.in(file, "cannot be read (" + IoReason.of(e) + "); check the disk", e);
        }
    }

    void remove(Path file) {
        files.delete(file);
    }

    void refuse(Path image) {
        files.move(image, refused);
    }

    void fail(Path result) {
        files.move(result, failed);
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
