package io.vit4j.base;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class OpenFilesTest {
    @TempDir
    Path folder;

    private Path victim;

    @BeforeEach
    void makeVictim() throws IOException {
        assumeTrue(
                folder.getFileSystem().supportedFileAttributeViews().contains("unix"),
                "no links and modes as on Unix here");
        victim = Files.writeString(folder.resolve("victim"), "precious");
    }

    @AfterEach
    void shareNothing() {
        System.clearProperty(Privacy.SHARE);
    }

    @Test
    void pipesAndDevicesAreNotOpened() throws Exception {
        Path pipe = folder.resolve("config.json");
        assumeTrue(new ProcessBuilder("mkfifo", pipe.toString()).start().waitFor() == 0, "no mkfifo here");
        Path linkToPipe = Files.createSymbolicLink(folder.resolve("link"), pipe);
        List<Opening> ways = List.of(
                OpenFiles::read,
                OpenFiles::stream,
                file -> OpenFiles.zip(file, StandardCharsets.UTF_8),
                file -> () -> OpenFiles.bytes(file),
                OpenFiles::update,
                OpenFiles::append,
                file -> {
                    Json.read(file);
                    return () -> {};
                });
        for (Opening way : ways) {
            for (Path special : List.of(pipe, Path.of("/dev/zero"))) {
                assertThatThrownBy(() -> way.open(special).close())
                        .isInstanceOf(InputException.class)
                        .hasMessage(special + ": is a pipe, a device or a socket, not a file; name a file");
            }
        }
        assertThatThrownBy(() -> OpenFiles.text(linkToPipe)).isInstanceOf(InputException.class);
    }

    private interface Opening {
        Closeable open(Path file) throws IOException;
    }

    @Test
    void aLinkOfTheUsersIsReadThrough() throws IOException {
        Path link = Files.createSymbolicLink(folder.resolve("link"), victim);
        assertThat(OpenFiles.text(link)).isEqualTo("precious");
    }

    @Test
    void nothingIsWrittenThroughALink() throws IOException {
        Path link = Files.createSymbolicLink(folder.resolve("data.arrow.partial"), victim);
        String refused = link + ": is a link, but is written here, not where it leads; remove the link";
        assertThatThrownBy(() -> OpenFiles.update(link)).hasMessage(refused);
        assertThatThrownBy(() -> OpenFiles.append(link)).hasMessage(refused);
        try (FileChannel file = OpenFiles.replace(link)) {
            file.write(ByteBuffer.wrap(new byte[100]));
        }
        assertThat(Files.isRegularFile(link, LinkOption.NOFOLLOW_LINKS)).isTrue();
        Path draft = Files.createSymbolicLink(folder.resolve("draft"), victim);
        assertThatThrownBy(() -> FileOperations.SYSTEM.create(draft)).isInstanceOf(FileAlreadyExistsException.class);
        assertThat(victim).hasContent("precious");
    }

    @Test
    void aFileIsKeptOrContinuedOrReplaced() throws IOException {
        try (FileChannel file = OpenFiles.update(victim)) {
            file.write(ByteBuffer.wrap("P".getBytes(StandardCharsets.UTF_8)));
        }
        try (FileChannel file = OpenFiles.append(victim)) {
            file.write(ByteBuffer.wrap("!".getBytes(StandardCharsets.UTF_8)));
        }
        assertThat(victim).hasContent("Precious!");
        OpenFiles.replace(victim).close();
        assertThat(victim).isEmptyFile();
    }

    @Test
    void onlyItsOwnerReadsPatientsData() throws IOException {
        assertThat(mode(patientsFile("a"))).isEqualTo("rw-------");
        assertThat(mode(victim)).isNotEqualTo("rw-------"); // so the umask would let others read
        Path below = folder.resolve("new/data");
        Privacy.createFolders(below);
        assertThat(mode(below)).isEqualTo("rwx------");
        assertThat(mode(below.getParent())).isNotEqualTo("rwx------");
        DurableFiles.SYSTEM.ofPatients().writeFolder(folder.resolve("whole"), draft -> {});
        assertThat(mode(folder.resolve("whole"))).isEqualTo("rwx------");
        OpenFiles.append(folder.resolve("c"), Privacy.ofFile(folder)).close();
        assertThat(mode(folder.resolve("c"))).isEqualTo("rw-------");
        DurableFiles.SYSTEM.write(folder.resolve("weights"), "");
        assertThat(mode(folder.resolve("weights"))).isEqualTo(mode(victim));
    }

    @Test
    void sharedFilesFollowTheUmask() throws IOException {
        System.setProperty(Privacy.SHARE, "true");
        assertThat(mode(patientsFile("a"))).isEqualTo(mode(victim));
    }

    @Test
    void patientsDataIsNotAddedToAnotherUsersFile() throws IOException {
        assumeTrue(Files.getAttribute(victim, "unix:uid").equals(0), "skipped: only root can give files away");
        Files.setAttribute(victim, "unix:uid", 65534);
        assertThat(Privacy.isOurs(victim)).isFalse();
        assertThatThrownBy(() -> OpenFiles.update(victim, Privacy.ofFile(victim)))
                .hasMessage(victim + ": belongs to another user; remove it");
        OpenFiles.update(victim).close();
    }

    private Path patientsFile(String name) {
        Path file = folder.resolve(name);
        DurableFiles.SYSTEM.ofPatients().write(file, "x");
        return file;
    }

    private static String mode(Path path) throws IOException {
        return PosixFilePermissions.toString(Files.getPosixFilePermissions(path, LinkOption.NOFOLLOW_LINKS));
    }
}
