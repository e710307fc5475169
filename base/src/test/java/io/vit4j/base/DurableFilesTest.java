package io.vit4j.base;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileAttribute;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DurableFilesTest {
    @TempDir
    Path folder;

    @Test
    void aFileIsWrittenAndReplaced() throws IOException {
        Path file = folder.resolve("state.json");
        DurableFiles.SYSTEM.write(file, "old");
        DurableFiles.SYSTEM.write(file, "new");
        assertThat(file).hasContent("new");
        assertThat(names(folder)).containsExactly("state.json");
    }

    @Test
    void contentIsOnTheDiskBeforeItsNameAndTheNameBeforeWeGoOn() {
        FailingOperations recorded = new FailingOperations(Integer.MAX_VALUE);
        new DurableFiles(recorded).write(folder.resolve("a"), "x");
        assertThat(recorded.names).containsExactly("create", "write", "force", "close", "rename", "forceFolder");
        recorded.names.clear();
        new DurableFiles(recorded).writeNew(folder.resolve("n"), new byte[] {'x'});
        assertThat(recorded.names).containsExactly("create", "write", "force", "close", "rename", "forceFolder");
        recorded.names.clear();
        new DurableFiles(recorded).writeFolder(folder.resolve("b"), draft -> {});
        assertThat(recorded.names).containsExactly("createFolder", "forceFolder", "rename", "forceFolder");
    }

    @Test
    void whateverOperationFailsTheOldFileStaysAndNothingElseIsLeft() throws IOException {
        Path file = folder.resolve("state.json");
        DurableFiles.SYSTEM.write(file, "old");
        byte[] large = new byte[3 << 20];
        int operations = countOperations(counted -> new DurableFiles(counted).write(folder.resolve("other"), large));
        DurableFiles.SYSTEM.delete(folder.resolve("other"));
        assertThat(operations).isGreaterThanOrEqualTo(6); // create, write, force, close, rename, force the folder

        for (int failing = 0; failing < operations; failing++) {
            FailingOperations faults = new FailingOperations(failing);
            assertThatThrownBy(() -> new DurableFiles(faults).write(file, large))
                    .as("operation %d fails", failing)
                    .isInstanceOf(InputException.class)
                    .hasMessageContaining("No space left on device")
                    .hasMessageContaining("state.json");
            if (!faults.renamed) {
                assertThat(file).hasContent("old");
            } else {
                assertThat(file).hasBinaryContent(large);
                DurableFiles.SYSTEM.write(file, "old");
            }
            assertThat(names(folder)).containsExactly("state.json");
        }
    }

    @Test
    void whateverOperationFailsAFolderIsWholeOrAbsent() throws IOException {
        Path target = folder.resolve("checkpoint-10");
        int operations = countOperations(counted -> fill(new DurableFiles(counted), target));
        assertThat(names(target)).containsExactly("a", "below");
        DurableFiles.SYSTEM.delete(target);
        assertThat(names(folder)).isEmpty();

        for (int failing = 0; failing < operations; failing++) {
            FailingOperations faults = new FailingOperations(failing);
            assertThatThrownBy(() -> fill(new DurableFiles(faults), target)).isInstanceOf(InputException.class);
            if (Files.exists(target)) {
                assertThat(names(target)).containsExactly("a", "below");
                assertThat(target.resolve("below/b")).hasContent("second");
                DurableFiles.SYSTEM.delete(target);
            }
            assertThat(names(folder)).isEmpty();
        }
    }

    @Test
    void aFileIsMovedAtOnceAndBothFoldersAreSynced() throws IOException {
        Path file = folder.resolve("a");
        Path other = Files.createDirectory(folder.resolve("other"));
        DurableFiles.SYSTEM.write(file, "content");
        FailingOperations recorded = new FailingOperations(Integer.MAX_VALUE);
        new DurableFiles(recorded).move(file, other);
        assertThat(recorded.names).containsExactly("rename", "forceFolder", "forceFolder");
        assertThat(file).doesNotExist();
        assertThat(other.resolve("a")).hasContent("content");
        assertThatThrownBy(() -> DurableFiles.SYSTEM.move(file, other))
                .isInstanceOf(InputException.class)
                .hasMessageContaining("cannot be moved");
    }

    @Test
    void aFolderWithFilesIsNotWrittenOver() throws IOException {
        Path target = Files.createDirectory(folder.resolve("checkpoint-10"));
        Files.writeString(target.resolve("a"), "mine");
        assertThatThrownBy(() -> fill(DurableFiles.SYSTEM, target))
                .isInstanceOf(InputException.class)
                .hasMessageContaining("already exists");
        assertThat(target.resolve("a")).hasContent("mine");
    }

    @Test
    void draftsOfKilledProcessesAreRemovedAndThoseOfLivingOnesStay() throws IOException {
        long living = ProcessHandle.current().parent().orElseThrow().pid();
        Files.writeString(folder.resolve(".a.999999999999-1.tmp"), "torn");
        Files.writeString(folder.resolve(".a." + ProcessHandle.current().pid() + "-0.tmp"), "torn");
        Files.writeString(folder.resolve(".a." + living + "-1.tmp"), "being written");
        Files.createDirectories(folder.resolve(".b.999999999999-1.tmp/below"));
        DurableFiles.SYSTEM.write(folder.resolve("a"), "whole");
        assertThat(names(folder)).containsExactly(".a." + living + "-1.tmp", ".b.999999999999-1.tmp", "a");
        DurableFiles.SYSTEM.removeLeftovers(folder);
        assertThat(names(folder)).containsExactly(".a." + living + "-1.tmp", "a");
    }

    @Test
    void anInterruptedThreadStillWrites() throws IOException {
        Thread.currentThread().interrupt();
        DurableFiles.SYSTEM.write(folder.resolve("a"), out -> {
            ByteBuffer direct =
                    ByteBuffer.allocateDirect(5).put("whole".getBytes()).flip();
            DurableFiles.writeFully(out, direct);
        });
        assertThat(Thread.interrupted()).isTrue();
        assertThat(folder.resolve("a")).hasContent("whole");
    }

    @Test
    void linksAreRemovedNotFollowed() throws IOException {
        Path outside = Files.createDirectory(folder.resolve("outside"));
        Files.writeString(outside.resolve("kept"), "kept");
        Path doomed = Files.createDirectory(folder.resolve("doomed"));
        Files.createSymbolicLink(doomed.resolve("link"), outside);
        DurableFiles.SYSTEM.delete(doomed);
        assertThat(doomed).doesNotExist();
        assertThat(outside.resolve("kept")).hasContent("kept");
    }

    @Test
    void aMissingFolderIsNamed() {
        assertThatThrownBy(() -> DurableFiles.SYSTEM.write(folder.resolve("no/file"), "x"))
                .isInstanceOf(InputException.class)
                .hasMessageContaining("no such file or folder");
    }

    private static void fill(DurableFiles files, Path target) {
        files.writeFolder(target, draft -> {
            files.write(draft.resolve("a"), "first");
            files.createFolder(draft.resolve("below"));
            files.write(draft.resolve("below").resolve("b"), "second");
        });
    }

    private static int countOperations(java.util.function.Consumer<FileOperations> work) {
        FailingOperations counted = new FailingOperations(Integer.MAX_VALUE);
        work.accept(counted);
        return counted.done.get();
    }

    private static List<String> names(Path folder) throws IOException {
        try (Stream<Path> list = Files.list(folder)) {
            return list.map(path -> path.getFileName().toString()).sorted().toList();
        }
    }

    /** The system's operations, of which one fails: a write after half of its bytes. Removing never fails. */
    private static final class FailingOperations implements FileOperations {
        final AtomicInteger done = new AtomicInteger();
        final List<String> names = new ArrayList<>();
        private final int failing;
        boolean renamed;

        FailingOperations(int failing) {
            this.failing = failing;
        }

        private void step(String name) throws IOException {
            names.add(name);
            if (done.getAndIncrement() == failing) {
                throw new IOException("No space left on device");
            }
        }

        @Override
        public WritableFile create(Path file, FileAttribute<?>... attributes) throws IOException {
            step("create");
            WritableFile opened = SYSTEM.create(file, attributes);
            return new WritableFile() {
                @Override
                public int write(ByteBuffer source) throws IOException {
                    int part = Math.max(1, source.remaining() / 2);
                    ByteBuffer half = source.duplicate().limit(source.position() + part);
                    source.position(source.position() + part);
                    opened.write(half);
                    step("write");
                    return part;
                }

                @Override
                public void force() throws IOException {
                    step("force");
                    opened.force();
                }

                @Override
                public boolean isOpen() {
                    return opened.isOpen();
                }

                @Override
                public void close() throws IOException {
                    opened.close();
                    step("close");
                }
            };
        }

        @Override
        public void createFolder(Path created, FileAttribute<?>... attributes) throws IOException {
            step("createFolder");
            SYSTEM.createFolder(created, attributes);
        }

        @Override
        public void rename(Path from, Path to) throws IOException {
            step("rename");
            SYSTEM.rename(from, to);
            renamed = true;
        }

        @Override
        public void forceFolder(Path forced) throws IOException {
            step("forceFolder");
            SYSTEM.forceFolder(forced);
        }
    }
}
