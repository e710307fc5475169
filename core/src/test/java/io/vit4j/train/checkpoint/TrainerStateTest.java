package io.vit4j.train.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.vit4j.base.InputException;
import io.vit4j.base.Json;
import io.vit4j.metrics.Metrics;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class TrainerStateTest {
    @TempDir
    Path folder;

    private static ObjectNode written() {
        TrainerState state = new TrainerState();
        state.stepped(0.5, 0.7, 1e9);
        state.stepped(1, Double.NaN, 1e9);
        state.skipped();
        state.log(new Metrics(Map.of("loss", Double.NaN)));
        state.evaluated(0.8, true, 0);
        return Json.untyped(state.toJson());
    }

    private Path file(ObjectNode state) throws IOException {
        return Files.writeString(folder.resolve(TrainerState.FILE), Json.line(state));
    }

    @Test
    void whatIsWrittenIsReadAlsoIfALossWasNotFinite() throws IOException {
        ObjectNode state = written();
        assertThat(Json.untyped(TrainerState.read(file(state)).toJson())).isEqualTo(state);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '^',
            value = {
                "/global_step | -1",
                "/global_step | \"2\"",
                "/global_step | 1e400",
                "/global_step | 99999999999999999999",
                "/global_step | null",
                "/epoch | -0.5",
                "/epoch | NaN",
                "/max_steps | -3",
                "/best_global_step | 7",
                "/best_model_checkpoint | 5",
                "/log_history | \"x\"",
                "/log_history | [[1]]",
                "/log_history | [{\"step\": -1}]",
                "/log_history | [{\"epoch\": \"x\"}]",
                "/vit4j | []",
                "/vit4j/skipped_steps | 3",
                "/vit4j/last_logged_step | 9223372036854775807",
                "/vit4j/train_samples | 4294967296",
                "/vit4j/train_seconds | Infinity",
                "/vit4j/loss_sum | {}",
                "/vit4j/lr_scheduler | 3",
                "/vit4j/loss_scale | []"
            })
    void whatNoRunWroteIsOneLineThatNamesFileKeyAndMend(String pointer, String value) throws IOException {
        ObjectNode state = written();
        int slash = pointer.lastIndexOf('/');
        ((ObjectNode) state.at(pointer.substring(0, slash)))
                .set(pointer.substring(slash + 1), Json.parse(value, "value"));
        Path file = file(state);
        assertThatThrownBy(() -> TrainerState.read(file))
                .isInstanceOf(InputException.class)
                .hasMessageStartingWith(file.toString())
                .hasMessageEndingWith("resume from another checkpoint");
    }

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
