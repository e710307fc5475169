package io.vit4j.hub;

import io.vit4j.base.DurableFiles;
import io.vit4j.base.InputException;
import io.vit4j.base.IoReason;
import io.vit4j.base.OpenFiles;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.ReentrantLock;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The folder of a model or data set in the cache, as huggingface_hub keeps it, so that each finds what the other downloaded:
 *
 * <pre>
 * models--google--vit-base-patch16-224-in21k/
 *   refs/main                                      the commit that the branch was at
 *   blobs/ETAG                                     a file's content, under its hash
 *   snapshots/COMMIT/model.safetensors             a link: ../../blobs/ETAG
 *   .no_exist/COMMIT/model.safetensors.index.json  empty: the commit has no such file
 *   .vit4j/COMMIT                                  ours, of a data set: the names of all its files
 * .locks/models--google--vit-base-patch16-224-in21k/ETAG.lock
 * </pre>
 */
final class HubCache {
    private static final Logger LOG = LoggerFactory.getLogger(HubCache.class);
    private static final String LISTINGS = ".vit4j";
    private static final Map<Path, ReentrantLock> LOCKS = new ConcurrentHashMap<>();

    private final HubSettings settings;
    private final Path model;
    private final String modelFolder;

    HubCache(HubSettings settings, HubName name) {
        this.settings = settings;
        modelFolder = name.cacheFolder();
        model = settings.cache().resolve(modelFolder);
    }

    Path snapshot(String commit) {
        return model.resolve("snapshots").resolve(commit);
    }

    Path blob(String name) {
        return model.resolve("blobs").resolve(name);
    }

    /** The commit that a revision was at when last asked for. */
    Optional<String> commitOf(String revision) {
        if (HubName.isCommit(revision)) {
            return Optional.of(revision);
        }
        try {
            String commit =
                    OpenFiles.text(model.resolve("refs").resolve(revision)).strip();
            return HubName.isCommit(commit) ? Optional.of(commit) : Optional.empty();
        } catch (IOException unknown) {
            return Optional.empty();
        }
    }

    void rememberCommit(String revision, String commit) {
        if (commitOf(revision).filter(commit::equals).isEmpty()) {
            Path ref = model.resolve("refs").resolve(revision);
            createFolders(ref.getParent());
            DurableFiles.SYSTEM.write(ref, commit);
        }
    }

    boolean has(String commit, String file) {
        return Files.isRegularFile(snapshot(commit).resolve(file));
    }

    boolean has(String commit, Set<String> files) {
        return files.stream().allMatch(file -> has(commit, file));
    }

    boolean isKnownToLack(String commit, String file) {
        return Files.exists(model.resolve(".no_exist").resolve(commit).resolve(file));
    }

    void rememberLack(String commit, String file) {
        Path marker = model.resolve(".no_exist").resolve(commit).resolve(file);
        createFolders(marker.getParent());
        DurableFiles.SYSTEM.write(marker, "");
    }

    /** The names of all files of a commit, if they were asked for before. */
    Optional<List<String>> listing(String commit) {
        try {
            return Optional.of(OpenFiles.lines(model.resolve(LISTINGS).resolve(commit)));
        } catch (IOException unknown) {
            return Optional.empty();
        }
    }

    void rememberListing(String commit, List<String> files) {
        Path listing = model.resolve(LISTINGS).resolve(commit);
        createFolders(listing.getParent());
        DurableFiles.SYSTEM.write(listing, String.join("\n", files));
    }

    /** Gives a blob its name in a snapshot: by a link, or by a copy if the file system has no links. */
    void link(String commit, String file, String blob) {
        Path pointer = snapshot(commit).resolve(file);
        createFolders(pointer.getParent());
        try {
            if (settings.symlinks()) {
                linkTo(pointer.getParent().relativize(blob(blob)), pointer);
            } else {
                copy(blob(blob), pointer);
            }
        } catch (UnsupportedOperationException | FileSystemException noLinks) {
            LOG.debug("{} does not support links; copying instead", pointer.getParent(), noLinks);
            copy(blob(blob), pointer);
        } catch (IOException e) {
            throw cannotWrite(pointer, e);
        }
    }

    private static void linkTo(Path target, Path pointer) throws IOException {
        if (Files.exists(pointer)) {
            return;
        }
        try {
            Files.deleteIfExists(pointer); // a link to a blob that is gone
            Files.createSymbolicLink(pointer, target);
        } catch (FileAlreadyExistsException anotherProcessWasFirst) {
            LOG.debug("{} has just been linked", pointer);
        }
    }

    private static void copy(Path blob, Path pointer) {
        DurableFiles.SYSTEM.write(pointer, out -> {
            try (FileChannel in = OpenFiles.read(blob)) {
                long size = in.size();
                for (long at = 0; at < size; ) {
                    at += in.transferTo(at, size - at, out);
                }
            }
        });
    }

    /** Moves a complete download to its place among the blobs. */
    void adopt(Path download, String blob) {
        try {
            Files.move(download, blob(blob), StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        } catch (IOException e) {
            throw cannotWrite(blob(blob), e);
        }
    }

    boolean hasBlob(String blob, long size) {
        try {
            return Files.isRegularFile(blob(blob), LinkOption.NOFOLLOW_LINKS) && Files.size(blob(blob)) == size;
        } catch (IOException gone) {
            return false;
        }
    }

    /** Runs the work while no other thread or process of ours works on that blob. */
    void whileLocked(String blob, Runnable work) {
        Path lockFile = settings.cache().resolve(".locks").resolve(modelFolder).resolve(blob + ".lock");
        createFolders(lockFile.getParent());
        createFolders(model.resolve("blobs"));
        ReentrantLock amongThreads = LOCKS.computeIfAbsent(lockFile.toAbsolutePath(), path -> new ReentrantLock());
        amongThreads.lock();
        try (FileChannel channel = OpenFiles.update(lockFile)) {
            try {
                channel.lock(); // until the channel is closed
            } catch (IOException noLocks) {
                LOG.warn("{}: this file system has no locks; do not run two downloads of a model at once", lockFile);
            }
            work.run();
        } catch (IOException e) {
            throw cannotWrite(lockFile, e);
        } finally {
            amongThreads.unlock();
        }
    }

    private static void createFolders(Path folder) {
        try {
            Files.createDirectories(folder);
        } catch (IOException e) {
            throw cannotWrite(folder, e);
        }
    }

    static InputException cannotWrite(Path path, IOException e) {
        return InputException.in(
                path,
                "cannot be written (" + IoReason.of(e) + "); check the cache folder, or set HF_HOME to another one",
                e);
    }
}
