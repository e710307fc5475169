package io.vit4j.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.vit4j.JavaProcess;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The launcher {@code ./vit4j}, in a tree of its own with a java and a mvn that only say how they were called. */
class LauncherTest {
    /** What the command is built of. */
    private static final List<String> MODULES = modules();

    @TempDir
    Path folder;

    private Path tree;
    private Path programs;

    private record Result(int exitCode, String out, String err) {}

    @BeforeEach
    void makeTree() throws IOException {
        assumeTrue(Files.isExecutable(Path.of("/bin/bash")), "no bash here");
        tree = Files.createDirectories(folder.resolve("a tree"));
        programs = Files.createDirectories(folder.resolve("programs"));
        Files.copy(root().resolve("vit4j"), tree.resolve("vit4j"));
        tree.resolve("vit4j").toFile().setExecutable(true);
        for (String module : MODULES) {
            Files.createDirectories(tree.resolve(module).resolve("src/main/java"));
            Files.writeString(tree.resolve(module).resolve("pom.xml"), "");
            Files.writeString(tree.resolve(module).resolve("src/main/java/A.java"), "");
        }
        Files.writeString(tree.resolve("pom.xml"), "");
        program("java", """
                if [ "$1" = -version ]; then echo 'openjdk version "17.0.1"' >&2; exit; fi
                for word in "$@"; do
                  case $word in -XX:ArchiveClassesAtExit=*) echo archive > "${word#*=}"; echo made >> archives ;; esac
                done
                printf '%s|' "$@"
                """);
        program("mvn", """
                echo built >> builds
                sleep 0.2
                for module in %s; do mkdir -p $module/target; touch $module/target/vit4j-$module-1.jar; done
                echo -n "$PWD/core/target/vit4j-core-1.jar" > cli/target/classpath
                """.formatted(String.join(" ", MODULES)));
    }

    private static List<String> modules() {
        try (Stream<String> lines = Files.lines(root().resolve("vit4j"))) {
            String line = lines.filter(each -> each.startsWith("modules=\""))
                    .findFirst()
                    .orElseThrow();
            return List.of(line.split("\"")[1].split(" "));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static Path root() {
        Path here = Path.of("").toAbsolutePath();
        while (!Files.exists(here.resolve("vit4j"))) {
            here = here.getParent();
        }
        return here;
    }

    private void program(String name, String body) throws IOException {
        Path file = Files.writeString(programs.resolve(name), "#!/bin/bash\n" + body);
        file.toFile().setExecutable(true);
    }

    private Process start(Path launcher, String path, String... args) throws IOException {
        List<String> command = new ArrayList<>(List.of(launcher.toString()));
        command.addAll(List.of(args));
        ProcessBuilder builder = JavaProcess.quiet(new ProcessBuilder(command)).directory(folder.toFile());
        builder.environment().put("PATH", path);
        builder.environment().remove("JAVA_HOME");
        builder.environment().put("VIT4J_JAVA_OPTS", "-Xmx1g -Da=b");
        return builder.start();
    }

    private Result run(Path launcher, String path, String... args) throws IOException, InterruptedException {
        return finish(start(launcher, path, args));
    }

    private static Result finish(Process process) throws IOException, InterruptedException {
        String out = new String(process.getInputStream().readAllBytes());
        String err = new String(process.getErrorStream().readAllBytes());
        return new Result(process.waitFor(), out, err);
    }

    private Result run(String... args) throws IOException, InterruptedException {
        return run(tree.resolve("vit4j"), usualPath(), args);
    }

    private String usualPath() {
        return programs + ":/usr/bin:/bin";
    }

    private long builds() throws IOException {
        return Files.exists(tree.resolve("builds"))
                ? Files.readAllLines(tree.resolve("builds")).size()
                : 0;
    }

    @Test
    void buildsOnFirstUseOnlyAndPassesEveryWordOn() throws Exception {
        Result first = run("train", "--run-name", "two words", "");
        assertThat(first.err()).startsWith("Building vit4j (first use");
        assertThat(first.out())
                .contains("|-Xmx1g|-Da=b|-cp|")
                .contains("vit4j-cli-1.jar:" + tree + "/core/target/vit4j-core-1.jar|io.vit4j.cli.Main|")
                .endsWith("|train|--run-name|two words||");
        assertThat(run("train").err()).isEmpty();
        assertThat(builds()).isEqualTo(1);
    }

    @Test
    void buildsAgainWhenASourceIsNewer() throws Exception {
        run();
        Files.setLastModifiedTime(
                tree.resolve("core/src/main/java/A.java"),
                FileTime.from(Instant.now().plusSeconds(5)));
        assertThat(run().err()).isEqualTo("Building vit4j (sources are newer)\n");
        assertThat(builds()).isEqualTo(2);
    }

    @Test
    void theArchiveOfClassesIsMadeOnceABuildAndPassedOn() throws Exception {
        String flag = "|-XX:SharedArchiveFile=" + tree + "/cli/target/classes.jsa|";
        assertThat(run("train").out()).contains(flag);
        assertThat(run("train").out()).contains(flag);
        assertThat(Files.readAllLines(folder.resolve("archives"))).hasSize(1);
        Files.setLastModifiedTime(
                tree.resolve("cli/target/vit4j-cli-1.jar"),
                FileTime.from(Instant.now().plusSeconds(5)));
        run("train");
        assertThat(Files.readAllLines(folder.resolve("archives"))).hasSize(2);
    }

    /** The heap's flags of a launcher on a machine of so many cores. */
    private List<String> heapFlags(Path launcher, int cores) throws Exception {
        program("nproc", "echo " + cores);
        return Stream.of(run(launcher, usualPath()).out().split("\\|"))
                .filter(word -> word.matches("-XX:\\+Use.*GC|-XX:-.*|-Xm[sn].*"))
                .toList();
    }

    private Path launcherOfTheZip() throws IOException {
        Path bin = Files.createDirectories(folder.resolve("zip/bin"));
        Path launcher = Files.copy(root().resolve("cli/src/dist/bin/vit4j"), bin.resolve("vit4j"));
        launcher.toFile().setExecutable(true);
        return launcher;
    }

    @ParameterizedTest
    @ValueSource(ints = 2)
    void aHeapThatFillsGrowsAtOnce(int cores) throws Exception {
        List<String> command = new ArrayList<>(
                List.of(Path.of(System.getProperty("java.home"), "bin", "java").toString()));
        command.addAll(heapFlags(tree.resolve("vit4j"), cores));
        assertThat(command).hasSize(4);
        Path classes = Path.of(HeapGrowth.class
                .getProtectionDomain()
                .getCodeSource()
                .getLocation()
                .toURI());
        command.addAll(List.of("-Xmx1g", "-cp", classes.toString(), HeapGrowth.class.getName()));
        String[] said = finish(JavaProcess.quiet(new ProcessBuilder(command)).start())
                .out()
                .strip()
                .split(" ");
        assertThat(said[0]).isEqualTo("200000");
        assertThat(Integer.parseInt(said[1])).as("collections of everything").isLessThan(20);
    }

    @Tag("exhaustive")
    @ParameterizedTest
    @ValueSource(ints = {1, 8})
    void soItDoesWithFewerAndMoreCores(int cores) throws Exception {
        aHeapThatFillsGrowsAtOnce(cores);
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 4, 5, 64})
    void theZipsLauncherGivesTheHeapTheSameFlags(int cores) throws Exception {
        assertThat(heapFlags(launcherOfTheZip(), cores)).isEqualTo(heapFlags(tree.resolve("vit4j"), cores));
    }

    @Test
    void worksThroughALink() throws Exception {
        Files.createSymbolicLink(programs.resolve("linked"), Path.of("../a tree/vit4j"));
        Path link = Files.createSymbolicLink(folder.resolve("vit4j"), programs.resolve("linked"));
        assertThat(run(link, usualPath()).out()).contains(tree + "/cli/target/vit4j-cli-1.jar");
    }

    @Test
    void ofSeveralStartedAtOnceOneBuilds() throws Exception {
        assumeTrue(Files.exists(Path.of("/usr/bin/flock")), "no flock here");
        List<Process> started = new ArrayList<>();
        for (int i = 0; i < 4; i++) {
            started.add(start(tree.resolve("vit4j"), usualPath()));
        }
        for (Process process : started) {
            assertThat(finish(process).out()).contains("io.vit4j.cli.Main");
        }
        assertThat(builds()).isEqualTo(1);
    }

    @Test
    void saysWhatIsMissing() throws Exception {
        program("java", "echo 'openjdk version \"11.0.2\"' >&2");
        assertThat(run().err()).contains("is Java 11; install a JDK, 17 or newer");
        program("mvn", "echo 'a compiler error' >&2; exit 1");
        program("java", "echo 'openjdk version \"21\"' >&2");
        Result failed = run();
        assertThat(failed.exitCode()).isEqualTo(2);
        assertThat(failed.err()).contains("a compiler error").contains("the build failed");
        Path tools = Files.createDirectories(folder.resolve("tools"));
        for (String tool : List.of("bash", "dirname", "ls", "grep", "head", "mkdir", "find", "env", "sed")) {
            Path file = Files.writeString(tools.resolve(tool), "#!/bin/bash\nexec /usr/bin/" + tool + " \"$@\"\n");
            file.toFile().setExecutable(true);
        }
        assertThat(run(tree.resolve("vit4j"), tools.toString()).err()).contains("java was not found; install a JDK");
        Files.copy(programs.resolve("java"), tools.resolve("java"));
        assertThat(run(tree.resolve("vit4j"), tools.toString()).err()).contains("mvn was not found");
    }

    /** In the locale C, Java could open no file with other letters than ASCII's in its name. */
    @ParameterizedTest
    @ValueSource(strings = {"vit4j", "cli/src/dist/bin/vit4j"})
    void javaRunsInALocaleThatHasAllLetters(String launcher) throws Exception {
        run(); // built
        Path script = tree.resolve("bin-of-" + Path.of(launcher).getNameCount()).resolve("vit4j");
        Path used = launcher.equals("vit4j") ? tree.resolve("vit4j") : script;
        if (!launcher.equals("vit4j")) {
            Files.createDirectories(script.getParent());
            Files.copy(root().resolve(launcher), script);
            script.toFile().setExecutable(true);
        }
        program("java", "locale charmap\n");
        for (String locale : List.of("C", "POSIX", "C.UTF-8")) {
            ProcessBuilder builder = new ProcessBuilder(used.toString(), "train").directory(folder.toFile());
            builder.environment().put("PATH", usualPath());
            builder.environment().put("LC_ALL", locale);
            builder.environment().remove("JAVA_HOME");
            Result result = finish(builder.start());
            assumeTrue(result.exitCode() == 0, "no locale command here");
            assertThat(result.out().strip()).as(locale).isEqualTo("UTF-8");
        }
    }
}
