package io.vit4j.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.vit4j.base.InputException;
import io.vit4j.train.RunInProcess.End;
import io.vit4j.train.RunInProcess.Fate;
import io.vit4j.train.RunInProcess.Point;
import io.vit4j.train.checkpoint.Checkpoint;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Processes that are killed with SIGKILL, or reach a limit of the system, at points that are chosen. The long version, at
 * moments of chance and with the command, is {@code bench/kill-test}.
 */
class KillTest {
    @TempDir
    static Path refused;

    @TempDir
    Path folder;

    private static Optional<TinyRun.Result> undisturbed = Optional.empty();
    private static final Map<Fate, End> ENDS = new EnumMap<>(Fate.class);

    private Path output;

    @BeforeEach
    void onlyWhereThereAreSignals() {
        assumeTrue(Files.isExecutable(Path.of("/bin/bash")), "skipped: no bash here");
        output = folder.resolve("run");
    }

    private static void endsAsTheUndisturbed(Path output) {
        TinyRun.Result expected = undisturbed.orElseGet(() -> new TinyRun(refused.resolve("undisturbed")).run());
        undisturbed = Optional.of(expected);
        TinyRun.Result resumed = new TinyRun(output).resume();
        assertThat(resumed.logs()).isEqualTo(expected.logs());
        assertThat(resumed.weights()).isEqualTo(expected.weights());
    }

    /** The end of a process with a run that goes on without a checkpoint, and then one that stops; it serves two tests. */
    private static End refusedBy(Fate fate) throws Exception {
        assumeTrue(RunInProcess.isPossible(fate), "skipped: this system does not let a test have " + fate);
        if (!ENDS.containsKey(fate)) {
            Path output = Files.createDirectories(refused.resolve(fate.name()));
            ENDS.put(fate, RunInProcess.ofBoth(output, fate, Point.SAMPLE, 36)); // in step 5
            output.resolve("stop").toFile().setWritable(true);
            Files.deleteIfExists(output.resolve("filler"));
        }
        return ENDS.get(fate);
    }

    /** A place to be killed at, and the newest checkpoint that must then be there; 0: none yet. */
    private record Kill(Point point, int number, long newest) {}

    @Test
    void aRunKilledWithinAccumulationAndWithinSavingEndsAsTheUndisturbed() throws Exception {
        endsAsTheUndisturbed(List.of(
                new Kill(Point.WRITE, 3, 0), // half of a file of the first checkpoint
                new Kill(Point.FOLDER_RENAMED, 1, 3), // the folder has its name, and is not synced yet
                new Kill(Point.SAMPLE, 14, 3), // within step 5
                new Kill(Point.FORCE, 9, 6))); // of a file of the checkpoint after that of step 6
    }

    @Test
    @Tag("exhaustive")
    void aRunKilledAtEveryKindOfPointEndsAsTheUndisturbed() throws Exception {
        endsAsTheUndisturbed(List.of(
                new Kill(Point.SAMPLE, 14, 0), // within the second micro-batch of step 2
                new Kill(Point.WRITE, 3, 0), // half of a file of the first checkpoint
                new Kill(Point.RENAME, 7, 0), // all files are written; the folder has not its name yet
                new Kill(Point.FOLDER_RENAMED, 1, 3), // it has it, and is not synced yet
                new Kill(Point.SAMPLE, 14, 3), // within step 5
                new Kill(Point.FORCE, 9, 6), // of a file of the checkpoint after that of step 6
                new Kill(Point.DELETE, 2, 6), // of what the last one left
                new Kill(Point.DELETE, 5, 9))); // half of the checkpoint of step 3 is removed
    }

    /** One process after the other goes on with the run, and is killed. */
    private void endsAsTheUndisturbed(List<Kill> kills) throws Exception {
        for (Kill kill : kills) {
            End end = RunInProcess.of(output, Fate.KILLED, kill.point(), kill.number());
            assertThat(end.killed()).as("%s: %s", kill, end).isTrue();
            assertThat(Checkpoint.newestWhole(output).map(Checkpoint::step).orElse(0L))
                    .as("%s", kill)
                    .isEqualTo(kill.newest());
            assertThat(Checkpoint.in(output))
                    .allSatisfy(checkpoint -> assertThat(checkpoint.damage()).isEmpty());
        }
        endsAsTheUndisturbed(output);
        try (var left = Files.list(output)) {
            assertThat(left.map(file -> file.getFileName().toString())).noneMatch(name -> name.endsWith(".tmp"));
        }
    }

    @Test
    void aFolderIsFreeOnceTheProcessThatHadItIsGone() throws Exception {
        Process other = RunInProcess.start(output, Fate.HANGS, Point.SAMPLE, 5);
        try (BufferedReader said =
                new BufferedReader(new InputStreamReader(other.getInputStream(), StandardCharsets.UTF_8))) {
            String line = said.readLine();
            while (line != null && !line.equals("hangs")) {
                line = said.readLine();
            }
            TinyRun second = new TinyRun(output);
            assertThatThrownBy(second::run)
                    .isInstanceOf(InputException.class)
                    .hasMessageContainingAll(output.toString(), "in use by another run");
        } finally {
            other.destroyForcibly().waitFor();
        }
        endsAsTheUndisturbed(output);
    }

    /** The system's own limit on a file's size stands for a quota: both fail a write half way. */
    @Test
    void aFileThatMayNotGrowIsALineAndARunThatGoesOnLater() throws Exception {
        assumeTrue(Files.isExecutable(RunInProcess.PRLIMIT), "skipped: no prlimit here");
        End end = RunInProcess.of(output, Fate.FILES_MAY_NOT_GROW, Point.SAMPLE, 3);
        assertThat(end.code()).as(end.said()).isEqualTo(2);
        assertThat(end.said().lines().reduce((before, last) -> last).orElseThrow())
                .startsWith("refused: ")
                .contains("checkpoint-3", "File too large");
        assertThat(Checkpoint.in(output)).isEmpty();
        endsAsTheUndisturbed(output);
    }

    /** What the system refuses for a while, and in which words. */
    private static final Map<Fate, String> REFUSALS = Map.of(
            Fate.OUT_OF_HANDLES, "Too many open files",
            Fate.NO_PERMISSION, "permission denied",
            Fate.READ_ONLY, "Read-only file system",
            Fate.DISK_FULL, "No space left on device");

    @Tag("exhaustive")
    @ParameterizedTest
    @EnumSource(names = {"OUT_OF_HANDLES", "NO_PERMISSION", "READ_ONLY"})
    void soItIsWhateverTheReason(Fate fate) throws Exception {
        whatTheSystemRefusesIsALineAndARunThatGoesOnLater(fate);
        aCheckpointThatTheSystemRefusesIsLeftOutAndTheNextIsThere(fate);
    }

    @ParameterizedTest
    @EnumSource(names = "DISK_FULL")
    void whatTheSystemRefusesIsALineAndARunThatGoesOnLater(Fate fate) throws Exception {
        End end = refusedBy(fate);
        Path stopped = refused.resolve(fate.name()).resolve("stop");
        assertThat(end.code()).as(end.said()).isEqualTo(2);
        assertThat(end.said().lines().filter(line -> line.startsWith("refused: ")))
                .singleElement()
                .asString()
                .contains(stopped.toString(), "checkpoint-6", REFUSALS.get(fate));
        assertThat(Checkpoint.newestWhole(stopped)).map(Checkpoint::step).contains(3L);
        endsAsTheUndisturbed(stopped);
    }

    @ParameterizedTest
    @EnumSource(names = "DISK_FULL")
    void aCheckpointThatTheSystemRefusesIsLeftOutAndTheNextIsThere(Fate fate) throws Exception {
        End end = refusedBy(fate);
        Path continued = refused.resolve(fate.name()).resolve("continue");
        assertThat(end.said()).contains("ended with continue");
        assertThat(end.said()).containsPattern("not saved.*checkpoint-6.*" + REFUSALS.get(fate));
        assertThat(Checkpoint.newestWhole(continued)).map(Checkpoint::step).contains(15L);
        endsAsTheUndisturbed(continued);
    }
}
