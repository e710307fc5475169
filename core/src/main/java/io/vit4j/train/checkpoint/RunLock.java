package io.vit4j.train.checkpoint;

import io.vit4j.base.InputException;
import io.vit4j.base.IoReason;
import io.vit4j.base.OpenFiles;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One run's hold on its output folder: a lock of the operating system, so that it ends with the process however that
 * ends. The file itself stays.
 */
public final class RunLock implements AutoCloseable {
    static final String FILE = ".vit4j-lock";

    private static final Logger LOG = LoggerFactory.getLogger(RunLock.class);

    /** Closing any channel of a file gives up all of a process's locks on it (POSIX), so none is opened twice. */
    private static final Set<Path> HELD = ConcurrentHashMap.newKeySet();

    private final Path folder;
    private final FileChannel channel;

    private RunLock(Path folder, FileChannel channel) {
        this.folder = folder;
        this.channel = channel;
    }

    /** Whether a run is writing into a folder now. */
    public static boolean isHeld(Path outputDir) {
        try {
            Path folder = outputDir.toRealPath();
            if (HELD.contains(folder)) {
                return true;
            }
            Path file = folder.resolve(FILE);
            if (!Files.exists(file)) {
                return false;
            }
            try (FileChannel channel = OpenFiles.update(file)) {
                return channel.tryLock() == null;
            }
        } catch (IOException e) {
            return false; // no locks here, or no right to look: nobody is known to write
        }
    }

    /** InputException if another run has the folder. A file system without locks gives a warning only. */
    public static RunLock take(Path outputDir) {
        try {
            Path folder = outputDir.toRealPath();
            if (!HELD.add(folder)) {
                throw inUse(outputDir);
            }
            RunLock taken = new RunLock(folder, open(folder));
            if (!taken.isExclusive()) {
                taken.close();
                throw inUse(outputDir);
            }
            return taken;
        } catch (IOException e) {
            throw InputException.in(outputDir, "cannot be locked (" + IoReason.of(e) + "); check its permissions", e);
        }
    }

    private static FileChannel open(Path folder) throws IOException {
        try {
            return OpenFiles.update(folder.resolve(FILE));
        } catch (IOException e) {
            HELD.remove(folder);
            throw e;
        }
    }

    private boolean isExclusive() {
        try {
            return channel.tryLock() != null;
        } catch (IOException e) {
            LOG.warn(
                    "{}: does not support locks ({}); make sure that no other run writes there",
                    folder,
                    IoReason.of(e));
            return true;
        }
    }

    private static InputException inUse(Path folder) {
        return InputException.in(folder, "is in use by another run; wait for it, or choose another --output");
    }

    /** Gives the folder up. */
    @Override
    public void close() {
        try {
            channel.close();
        } catch (IOException e) {
            LOG.warn("{}: its lock was not released ({})", folder, IoReason.of(e));
        } finally {
            HELD.remove(folder);
        }
    }
}
