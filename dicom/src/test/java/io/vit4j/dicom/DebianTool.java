package io.vit4j.dicom;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/** Other people's DICOM programs, where they are installed: dcmtk, dicom3tools, gdcm and Orthanc, as Debian packages them. */
public final class DebianTool {
    private DebianTool() {}

    /**
     * What a program said.
     *
     * @param exitCode its own
     * @param output of both streams
     */
    public record Said(int exitCode, String output) {}

    /** Skips the test if a program is not installed. */
    public static void assumeInstalled(String program, String packageName) {
        assumeTrue(path(program).isPresent(), program + " is not installed (apt-get install " + packageName + ")");
    }

    /** Where a program is. */
    public static java.util.Optional<Path> path(String program) {
        return Stream.of("/usr/bin", "/usr/sbin", "/usr/local/bin")
                .map(folder -> Path.of(folder, program))
                .filter(Files::isExecutable)
                .findFirst();
    }

    /** Runs a program to its end. */
    public static Said run(String program, Object... arguments) {
        List<String> command = new ArrayList<>();
        command.add(path(program).orElseThrow().toString());
        Stream.of(arguments).map(Object::toString).forEach(command::add);
        try {
            Process process =
                    new ProcessBuilder(command).redirectErrorStream(true).start();
            process.getOutputStream().close();
            String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.ISO_8859_1);
            return new Said(process.waitFor(), output);
        } catch (IOException | InterruptedException e) {
            throw new AssertionError(e);
        }
    }
}
