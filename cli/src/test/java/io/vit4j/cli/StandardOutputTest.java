package io.vit4j.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.vit4j.JavaProcess;
import java.io.OutputStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import picocli.CommandLine;

@Timeout(120)
class StandardOutputTest {
    private static final String NO_ROOM = FullDisk.LINE;

    @TempDir
    Path folder;

    static Stream<List<String>> everyHelp() {
        Stream<List<String>> own = Stream.of(List.of("--help"), List.of("--version"), List.of());
        return Stream.concat(
                own,
                Main.commandLine(new PrintWriter(new StringWriter())).getSubcommands().keySet().stream()
                        .map(name -> List.of(name, "--help")));
    }

    @ParameterizedTest
    @MethodSource("everyHelp")
    void aFullDiskIsOneLine(List<String> command) {
        assertThat(errors(1, new FullDisk(3), command)).containsExactly(NO_ROOM);
    }

    @Test
    void aFullDiskIsOneLineOfCommandsThatWork() {
        Path release = folder.resolve("release");
        Path dataset = folder.resolve("dataset");
        for (List<String> command : List.of(
                List.of("synthesize", "--output", release.toString(), "--count", "12", "--quiet"),
                List.of("prepare", "--data", release.toString(), "--output", dataset.toString(), "--quiet"),
                List.of("inspect", "--dataset", dataset.toString()),
                List.of("check", dataset.toString()))) {
            assertThat(errors(1, new FullDisk(3), command)).as("%s", command).containsExactly(NO_ROOM);
            if (!command.get(0).equals("inspect")) {
                assertThat(errors(0, OutputStream.nullOutputStream(), command)).isEmpty();
            }
        }
    }

    @Test
    void theCommandsOwnFaultComesFirst() {
        assertThat(errors(2, new FullDisk(0), List.of("check", "/no/such/folder")))
                .singleElement()
                .asString()
                .contains("/no/such/folder");
    }

    @Test
    void aClosedPipeIsNoFault() {
        assertThat(errors(141, new FullDisk(3, "Broken pipe"), List.of("--help")))
                .isEmpty();
    }

    @Test
    void aWriteThatFailedHasFailedEvenIfTheCommandGoesOn() {
        FullDisk disk = new FullDisk(10);
        PrintWriter out = StandardOutput.writer(disk);
        assertThatThrownBy(() -> out.println("more than ten letters")).isInstanceOf(StandardOutput.Failed.class);
        disk.makeRoom(1000);
        assertThatThrownBy(out::flush).isInstanceOf(StandardOutput.Failed.class);
    }

    /** What a command says that writes there, and ends with that exit code. */
    static List<String> errors(int exitCode, OutputStream out, List<String> words) {
        StringWriter err = new StringWriter();
        CommandLine command = Main.commandLine(StandardOutput.writer(out)).setErr(new PrintWriter(err, true));
        assertThat(Main.run(command, words.toArray(String[]::new)))
                .as("%s", err)
                .isEqualTo(exitCode);
        return err.toString().lines().toList();
    }

    @Test
    void theFullDeviceAndAClosedPipe() throws Exception {
        assumeTrue(Files.exists(Path.of("/dev/full")), "no /dev/full here");
        String[] full = shell("\"$@\" --help > /dev/full; echo $?");
        assertThat(full).containsExactly(NO_ROOM, "1");
        String[] head = shell("\"$@\" plan --help | true; echo ${PIPESTATUS[0]}");
        assertThat(head).containsExactly("141");
    }

    /** Room for a part of the lines, as on a disk that fills up. */
    @Test
    void aSmallFileSystem() throws Exception {
        Path disk = Files.createDirectory(folder.resolve("disk"));
        Process mount = new ProcessBuilder("mount", "-t", "tmpfs", "-o", "size=4k", "none", disk.toString()).start();
        assumeTrue(mount.waitFor() == 0, "skipped: only root can mount a small file system");
        try {
            assertThat(shell("\"$@\" train --help > " + disk.resolve("help") + "; echo $?"))
                    .containsExactly(NO_ROOM, "1");
        } finally {
            new ProcessBuilder("umount", disk.toString()).start().waitFor();
        }
    }

    private String[] shell(String script) throws Exception {
        ProcessBuilder builder = new ProcessBuilder(Stream.concat(
                        Stream.of("/bin/bash", "-c", script, "bash"),
                        JavaProcess.command(Main.class, List.of()).stream())
                .toList());
        builder.environment().put("LC_ALL", "C.UTF-8");
        Process process = JavaProcess.quiet(builder).redirectErrorStream(true).start();
        String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
        return said.lines().toArray(String[]::new);
    }
}
