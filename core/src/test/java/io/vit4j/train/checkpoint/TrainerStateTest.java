package io.vit4j.train.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.vit4j.base.InputException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TrainerStateTest {
    @TempDir
    Path folder;

    @ParameterizedTest
    @ValueSource(
            strings = {"../checkpoint-5", "/tmp/checkpoint-5", "checkpoint-5/../..", "..", "", "checkpoint-5\\\\.."})
    void theBestCheckpointIsInTheRunsFolder(String named) throws IOException {
        Path file = state("checkpoint-5");
        assertThat(TrainerState.read(file).bestModelCheckpoint()).contains("checkpoint-5");
        Files.writeString(file, Files.readString(file).replace("\"checkpoint-5\"", "\"" + named + "\""));
        assertThatThrownBy(() -> TrainerState.read(file))
                .isInstanceOf(InputException.class)
                .hasMessageStartingWith(
                        file + ": is not a training state written by vit4j (\"best_model_checkpoint\" is "
                                + named.replace("\\\\", "\\"))
                .hasMessageEndingWith("resume from another checkpoint");
    }

    @Test
    void aStateWithoutABestCheckpointIsRead() throws IOException {
        Path file = state("checkpoint-5");
        Files.writeString(file, Files.readString(file).replace("\"checkpoint-5\"", "null"));
        assertThat(TrainerState.read(file).bestModelCheckpoint()).isEmpty();
    }

    private Path state(String best) throws IOException {
        TrainerState state = new TrainerState();
        state.bestCheckpoint(Optional.of(best));
        return Files.writeString(
                folder.resolve(TrainerState.FILE), state.toJson().pretty());
    }
}
