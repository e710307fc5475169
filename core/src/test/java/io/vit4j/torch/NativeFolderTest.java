package io.vit4j.torch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.vit4j.JavaProcess;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.bytedeco.javacpp.Loader;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(120)
class NativeFolderTest {
    private static final int NOBODY = 65534;

    @TempDir
    Path folder;

    private Path home;
    private Path temporary;
    private Path inTemporary;

    @BeforeEach
    void makeFolders() throws IOException {
        assumeTrue(NativeFolder.isUnix(folder), "no owners and modes as on Unix here");
        folder = folder.toRealPath();
        home = Files.createDirectory(folder.resolve("home"));
        temporary = Files.createDirectory(folder.resolve("tmp"));
        mode(temporary, "rwxrwxrwx");
        Files.setAttribute(temporary, "unix:mode", 01777);
        inTemporary =
                temporary.resolve(".javacpp-" + System.getProperty("user.name")).resolve("cache");
    }

    private static void mode(Path path, String mode) throws IOException {
        Files.setPosixFilePermissions(path, PosixFilePermissions.fromString(mode));
    }

    private static String mode(Path path) throws IOException {
        return PosixFilePermissions.toString(Files.getPosixFilePermissions(path));
    }

    private Path chosen(Path named) {
        return NativeFolder.choose(Optional.of(named), home, temporary);
    }

    private Path chosen() {
        return NativeFolder.choose(Optional.empty(), home, temporary);
    }

    private void isFresh(Path chosen) throws IOException {
        assertThat(chosen.getParent()).isEqualTo(temporary);
        assertThat(chosen.getFileName().toString()).startsWith("vit4j-native-");
        assertThat(mode(chosen)).isEqualTo("rwx------");
        assertThat(chosen).isEmptyDirectory();
    }

    @Test
    void theUsersOwnIsTakenAndClosed() throws IOException {
        Path cache = home.resolve(".javacpp/cache");
        assertThat(chosen()).isEqualTo(cache);
        assertThat(mode(cache)).isEqualTo("rwx------");
        mode(cache, "rwxrwxr-x");
        assertThat(chosen()).isEqualTo(cache);
        assertThat(mode(cache)).isEqualTo("rwx------");
    }

    @Test
    void withoutAHomeItIsOneInTheTemporaryFolder() throws IOException {
        Files.delete(home);
        Files.createFile(home); // so that nothing can be made in it, not even by root
        assertThat(chosen()).isEqualTo(inTemporary);
        assertThat(mode(inTemporary.getParent())).isEqualTo("rwx------");
    }

    @Test
    void aNamedFolderThatOthersCanWriteToIsLeftAlone() throws IOException {
        Path named = Files.createDirectory(folder.resolve("named"));
        assertThat(chosen(named)).isEqualTo(named);
        mode(named, "rwxrwxr-x");
        isFresh(chosen(named));
        assertThat(mode(named)).isEqualTo("rwxrwxr-x");
        isFresh(chosen(temporary));
        mode(named, "rwxr-xr-x");
        mode(folder, "rwxrwxrwx"); // without the sticky bit
        isFresh(chosen(named));
    }

    @Test
    void anotherUsersFolderIsNotTaken() throws IOException {
        Files.createDirectories(inTemporary);
        assumeTrue(Files.getAttribute(inTemporary, "unix:uid").equals(0), "skipped: only root can give folders away");
        Files.delete(home);
        Files.createFile(home);
        Files.setAttribute(inTemporary.getParent(), "unix:uid", NOBODY);
        isFresh(chosen()); // the folder itself is ours, but its owner above can exchange it
        Files.setAttribute(inTemporary, "unix:uid", NOBODY);
        isFresh(chosen());
        Path link = Files.createSymbolicLink(folder.resolve("link"), inTemporary);
        isFresh(chosen(link));
    }

    /** What each process runs: unpacks the smallest library, loads it and says where it is from. */
    public static final class UnpackAndLoad {
        public static void main(String[] arguments) throws IOException {
            String resource = "/org/bytedeco/javacpp/" + Loader.getPlatform() + "/";
            NativeSums.unpack(NativeFolder.chosen(), resource);
            Loader.load(Loader.class);
            System.out.println(Loader.cacheResource(resource + "libjnijavacpp.so"));
            System.out.println(NativeFolder.functions(C.class).getpid() > 0);
        }

        interface C extends com.sun.jna.Library {
            int getpid();
        }
    }

    private Path unpackAndLoad(String... flags) throws Exception {
        List<String> all = new ArrayList<>(List.of(flags));
        all.add("-Djava.io.tmpdir=" + temporary);
        Process process = JavaProcess.of(UnpackAndLoad.class, all)
                .redirectError(ProcessBuilder.Redirect.DISCARD)
                .start();
        String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
        assertThat(process.exitValue()).as(said).isZero();
        assertThat(said.lines().skip(1)).containsExactly("true");
        return Path.of(said.lines().findFirst().orElseThrow());
    }

    /** Another user has made the folder that JavaCPP looks for, with a library of the right size and date. */
    @Test
    void aPlantedLibraryIsNotLoaded() throws Exception {
        assumeTrue(Loader.getPlatform().startsWith("linux"), "the library has another name here");
        Path own = unpackAndLoad("-Duser.home=" + home);
        assertThat(own).startsWith(home);
        Path planted = inTemporary.resolve(home.resolve(".javacpp/cache").relativize(own));
        Files.createDirectories(planted.getParent());
        Files.write(planted, new byte[(int) Files.size(own)]);
        Files.setLastModifiedTime(planted, Files.getLastModifiedTime(own));
        assumeTrue(Files.getAttribute(planted, "unix:uid").equals(0), "skipped: only root can give folders away");
        try (Stream<Path> all = Files.walk(inTemporary.getParent())) {
            for (Path each : all.toList()) {
                Files.setAttribute(each, "unix:uid", NOBODY);
            }
        }
        Path noHome = Files.createFile(folder.resolve("no-home")); // nothing can be made in it, not even by root
        Path loaded = unpackAndLoad("-Duser.home=" + noHome);
        assertThat(loaded.startsWith(temporary)).isTrue();
        assertThat(loaded.startsWith(inTemporary)).isFalse();
        assertThat(loaded).as("removed at the end").doesNotExist();
        try (Stream<Path> left = Files.list(temporary)) {
            assertThat(left).containsExactly(inTemporary.getParent());
        }
    }

    @Test
    void whatChangedSinceIsComparedWithTheJarAndUnpackedAgain() throws Exception {
        assumeTrue(Loader.getPlatform().startsWith("linux"), "the library has another name here");
        Path library = unpackAndLoad("-Duser.home=" + home);
        byte[] right = Files.readAllBytes(library);
        FileTime date = Files.getLastModifiedTime(library);
        byte[] wrong = right.clone();
        wrong[wrong.length / 2] ^= 1;
        Path other = Files.write(library.resolveSibling("other"), wrong);
        Files.setLastModifiedTime(other, date);
        Files.move(other, library, StandardCopyOption.REPLACE_EXISTING);
        assertThat(unpackAndLoad("-Duser.home=" + home)).isEqualTo(library).hasBinaryContent(right);

        Path jar = home.resolve(".javacpp/cache")
                .resolve(home.resolve(".javacpp/cache").relativize(library).getName(0));
        mode(jar, "rwxrwxrwx"); // by whoever unpacked it
        Path added = Files.createFile(library.resolveSibling("libadded.so"));
        assertThat(unpackAndLoad("-Duser.home=" + home)).isEqualTo(library).hasBinaryContent(right);
        assertThat(added).doesNotExist();
        assertThat(mode(jar)).isEqualTo("rwx------");
    }
}
