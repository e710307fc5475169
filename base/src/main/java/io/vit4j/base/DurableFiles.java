package io.vit4j.base;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.WritableByteChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.FileAttribute;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * Writes files and folders that are either complete or absent, whatever happens: they are written under another name in the
 * same place, synced, then renamed. A draft ({@code .NAME.PROCESS-NUMBER.tmp}) that a killed process left is removed by the
 * next write of the same name. All faults are InputExceptions whose cause is the IOException.
 */
public final class DurableFiles {
    /** On the operating system's own operations. */
    public static final DurableFiles SYSTEM = new DurableFiles(FileOperations.SYSTEM);

    private static final String MEND = "; check the folder, its permissions and the free space";
    private static final FileAttribute<?>[] BY_UMASK = {};
    private static final Pattern DRAFT = Pattern.compile("\\.(.*)\\.(\\d{1,18})-\\d+\\.tmp", Pattern.DOTALL);
    private static final Set<Path> OWN_DRAFTS = ConcurrentHashMap.newKeySet();
    private static final AtomicInteger NUMBER = new AtomicInteger();

    private final FileOperations operations;
    private final boolean ofPatients;

    /** @param operations the system's, or a test's that fail */
    public DurableFiles(FileOperations operations) {
        this(operations, false);
    }

    private DurableFiles(FileOperations operations, boolean ofPatients) {
        this.operations = operations;
        this.ofPatients = ofPatients;
    }

    /** {@return the same, for files and folders of patients' data, which others cannot read; see {@link Privacy}} */
    public DurableFiles ofPatients() {
        return new DurableFiles(operations, true);
    }

    /** Writes a file's bytes, in as many parts as it likes. */
    @FunctionalInterface
    public interface FileContent {
        /**
         * Writes the file's bytes.
         * @param file open, and at its start
         * @throws IOException as the file does
         */
        void writeTo(WritableByteChannel file) throws IOException;
    }

    /** Fills a new folder, with {@link DurableFiles#write}; folders below it with {@link DurableFiles#createFolder}. */
    @FunctionalInterface
    public interface FolderContent {
        /**
         * Fills the folder, with the methods of this class.
         * @param folder empty, under its draft's name
         */
        void writeInto(Path folder);
    }

    /** Puts a file in its place, whole, replacing what was there; its folder exists. */
    public void write(Path file, FileContent content) {
        write(file, draftOf(file), content);
    }

    /**
     * Puts a small file in its place, under a name that nobody has used before: drafts of it are not looked for, which in a folder
     * of many files takes longer than to write one.
     */
    public void writeNew(Path file, byte[] bytes) {
        write(file, newDraftOf(file), out -> writeFully(out, ByteBuffer.wrap(bytes)));
    }

    private void write(Path file, Path draft, FileContent content) {
        try {
            try (FileOperations.WritableFile out =
                    operations.create(draft, ofPatients ? Privacy.ofFile(draft) : BY_UMASK)) {
                content.writeTo(out);
                out.force();
            }
            operations.rename(draft, file);
            operations.forceFolder(draft.getParent());
        } catch (IOException e) {
            throw cannotBeWritten(file, e);
        } finally {
            abandon(draft);
        }
    }

    /** Puts a small file in its place. */
    public void write(Path file, byte[] bytes) {
        write(file, out -> writeFully(out, ByteBuffer.wrap(bytes)));
    }

    /** Puts a small text file in its place, in UTF-8. */
    public void write(Path file, String text) {
        write(file, text.getBytes(StandardCharsets.UTF_8));
    }

    /**
     * Puts a folder in its place, whole. No folder with files in it may be there: InputException before anything is
     * written.
     */
    public void writeFolder(Path folder, FolderContent content) {
        writeFolder(folder, content, false);
    }

    /** As {@link #writeFolder}, but a folder that is there is removed once the new one is written and synced. */
    public void replaceFolder(Path folder, FolderContent content) {
        writeFolder(folder, content, true);
    }

    private void writeFolder(Path folder, FolderContent content, boolean replace) {
        Path draft = draftOf(folder);
        try {
            if (!replace && Files.exists(folder, LinkOption.NOFOLLOW_LINKS) && !isEmptyFolder(folder)) {
                throw new FileAlreadyExistsException(folder.toString());
            }
            operations.createFolder(draft, folderAttributes(draft));
            content.writeInto(draft);
            for (Path below : folders(draft)) {
                operations.forceFolder(below);
            }
            if (replace && Files.exists(folder, LinkOption.NOFOLLOW_LINKS)) {
                delete(folder);
            }
            operations.rename(draft, folder);
            operations.forceFolder(draft.getParent());
        } catch (IOException e) {
            throw cannotBeWritten(folder, e);
        } finally {
            abandon(draft);
        }
    }

    /** A new folder within one that {@link #writeFolder} is filling. */
    public void createFolder(Path folder) {
        try {
            operations.createFolder(folder, folderAttributes(folder));
        } catch (IOException e) {
            throw cannotBeWritten(folder, e);
        }
    }

    /** Moves a file into another folder of the same file system, at once; a file of that name there is replaced. */
    public void move(Path file, Path folder) {
        try {
            operations.rename(file, folder.resolve(file.getFileName()));
            operations.forceFolder(folder);
            operations.forceFolder(file.toAbsolutePath().getParent());
        } catch (IOException e) {
            throw InputException.in(
                    file, "cannot be moved into " + folder + " (" + IoReason.of(e) + "); check their permissions", e);
        }
    }

    /**
     * Removes a file, or a folder with all that is in it; links are removed, not followed. A folder gets a draft's name
     * first, so that a reader never sees half of it.
     */
    public void delete(Path path) {
        try {
            if (Files.isDirectory(path, LinkOption.NOFOLLOW_LINKS)) {
                Path doomed = draftOf(path);
                try {
                    operations.rename(path, doomed);
                    deleteTree(doomed);
                } finally {
                    OWN_DRAFTS.remove(doomed);
                }
            } else {
                operations.delete(path);
            }
        } catch (IOException e) {
            throw InputException.in(path, "cannot be removed (" + IoReason.of(e) + "); check its permissions", e);
        }
    }

    /** Removes from a folder whatever drafts killed processes left in it. */
    public void removeLeftovers(Path folder) {
        try {
            removeLeftovers(folder, DRAFT.pattern());
        } catch (IOException e) {
            throw InputException.in(folder, "cannot be cleaned (" + IoReason.of(e) + "); check its permissions", e);
        }
    }

    /** Whether a name is one that drafts have, and never a finished file or folder. */
    public static boolean isDraft(Path path) {
        return path.getFileName() != null
                && DRAFT.matcher(path.getFileName().toString()).matches();
    }

    private FileAttribute<?>[] folderAttributes(Path folder) {
        return ofPatients ? Privacy.ofFolder(folder) : BY_UMASK;
    }

    /** Writes all of the buffer. */
    public static void writeFully(WritableByteChannel out, ByteBuffer bytes) throws IOException {
        while (bytes.hasRemaining()) {
            out.write(bytes);
        }
    }

    private Path draftOf(Path target) {
        Path draft = newDraftOf(target);
        try {
            removeLeftovers(
                    draft.getParent(),
                    "\\.(" + Pattern.quote(target.toAbsolutePath().getFileName().toString())
                            + ")\\.(\\d{1,18})-\\d+\\.tmp");
        } catch (IOException e) {
            OWN_DRAFTS.remove(draft);
            throw cannotBeWritten(target, e);
        }
        return draft;
    }

    private static Path newDraftOf(Path target) {
        DeviceNames.refuse(target);
        Path absolute = target.toAbsolutePath();
        Path name = absolute.getFileName();
        if (name == null) {
            throw InputException.in(target, "cannot be written: it is the root of the file system; name a file in it");
        }
        Path draft = absolute.resolveSibling(
                "." + name + "." + ProcessHandle.current().pid() + "-" + NUMBER.incrementAndGet() + ".tmp");
        OWN_DRAFTS.add(draft);
        return draft;
    }

    private void removeLeftovers(Path folder, String pattern) throws IOException {
        Pattern drafts = Pattern.compile(pattern, Pattern.DOTALL);
        List<Path> leftovers = new ArrayList<>();
        try (DirectoryStream<Path> siblings = Files.newDirectoryStream(folder.toAbsolutePath())) {
            for (Path sibling : siblings) {
                Matcher draft = drafts.matcher(sibling.getFileName().toString());
                if (draft.matches()
                        && !OWN_DRAFTS.contains(sibling)
                        && !runsElsewhere(Long.parseLong(draft.group(2)))) {
                    leftovers.add(sibling);
                }
            }
        } catch (DirectoryIteratorException e) {
            throw e.getCause();
        }
        for (Path leftover : leftovers) {
            deleteTree(leftover);
        }
    }

    /** A process of this one's number is this one, or one that ran before it, as in a container started again. */
    private static boolean runsElsewhere(long process) {
        return process != ProcessHandle.current().pid()
                && ProcessHandle.of(process).isPresent();
    }

    /** Removes what is left of a draft after a fault; after a success nothing is. The fault itself is what counts. */
    private void abandon(Path draft) {
        try {
            deleteTree(draft);
        } catch (IOException stays) {
            // a later write of the same name removes it
        } finally {
            OWN_DRAFTS.remove(draft);
        }
    }

    private void deleteTree(Path root) throws IOException {
        if (!Files.exists(root, LinkOption.NOFOLLOW_LINKS)) {
            return;
        }
        List<Path> all;
        try (Stream<Path> walk = Files.walk(root)) {
            all = new ArrayList<>(walk.toList());
        } catch (UncheckedIOException e) {
            throw e.getCause();
        }
        for (int i = all.size() - 1; i >= 0; i--) { // a folder comes after what is in it
            operations.delete(all.get(i));
        }
    }

    private static List<Path> folders(Path root) throws IOException {
        try (Stream<Path> walk = Files.walk(root)) {
            return walk.filter(path -> Files.isDirectory(path, LinkOption.NOFOLLOW_LINKS))
                    .toList();
        } catch (UncheckedIOException e) {
            throw e.getCause();
        }
    }

    private static boolean isEmptyFolder(Path path) throws IOException {
        if (!Files.isDirectory(path, LinkOption.NOFOLLOW_LINKS)) {
            return false;
        }
        try (DirectoryStream<Path> entries = Files.newDirectoryStream(path)) {
            return !entries.iterator().hasNext();
        }
    }

    private static InputException cannotBeWritten(Path path, IOException e) {
        return InputException.in(path, "cannot be written (" + IoReason.of(e) + ")" + MEND, e);
    }
}
