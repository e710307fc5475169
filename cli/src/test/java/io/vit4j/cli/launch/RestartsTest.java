package io.vit4j.cli.launch;

import static org.assertj.core.api.Assertions.assertThat;

import io.vit4j.train.arguments.TrainingArguments;
import io.vit4j.train.arguments.TrainingArgumentsBuilder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RestartsTest {
    private static final List<String> LINE = List.of("train", "--x");
    private static final List<String> RESUMING = List.of("train", "--x", "--resume-from-checkpoint", "true");

    @TempDir
    Path output;

    private Restarts restarts(Map<String, String> given) {
        TrainingArgumentsBuilder arguments = TrainingArguments.builder().outputDir(output);
        return new Restarts(LINE, Optional.of(arguments.set(given).build()));
    }

    @Test
    void itGoesOnFromTheNewestCheckpointOfThisJob() throws IOException {
        Restarts restarts = restarts(Map.of());
        Files.createDirectory(output.resolve("checkpoint-20"));
        Files.createDirectory(output.resolve("checkpoint-100"));
        assertThat(restarts.newest()).contains("checkpoint-100");
        assertThat(restarts.next()).isEqualTo(RESUMING);
    }

    @Test
    void withoutACheckpointItBeginsAnewWhateverElseTheFirstTryLeft() throws IOException {
        Restarts restarts = restarts(Map.of());
        Files.writeString(output.resolve("trainer_state.json"), "{}");
        assertThat(restarts.newest()).isEmpty();
        assertThat(restarts.next()).isEqualTo(RESUMING); // which begins where there is no checkpoint
    }

    @Test
    void checkpointsOfAnEarlierRunThatIsToBeOverwrittenAreNotResumedFrom() throws IOException {
        Path old = Files.createDirectory(output.resolve("checkpoint-20"));
        Files.setLastModifiedTime(old, FileTime.from(Instant.now().minusSeconds(60)));
        Restarts restarts = restarts(Map.of("overwrite_output_dir", "true"));
        assertThat(restarts.newest()).isEmpty();
        assertThat(restarts.next()).isEqualTo(LINE);
        Files.delete(old);
        Files.createDirectory(output.resolve("checkpoint-20"));
        assertThat(restarts.newest()).contains("checkpoint-20");
        assertThat(restarts.next()).isEqualTo(RESUMING);
    }

    @Test
    void aCheckpointElsewhereIsBegunWithAgainUntilThereIsOneOfItsOwn() throws IOException {
        Restarts restarts = restarts(Map.of("resume_from_checkpoint", "elsewhere/checkpoint-7"));
        assertThat(restarts.next()).isEqualTo(LINE);
        Files.createDirectory(output.resolve("checkpoint-8"));
        assertThat(restarts.next()).isEqualTo(RESUMING);
    }

    @Test
    void whatDoesNotTrainIsStartedAsItWas() {
        assertThat(new Restarts(List.of("evaluate"), Optional.empty()).next()).containsExactly("evaluate");
    }
}
