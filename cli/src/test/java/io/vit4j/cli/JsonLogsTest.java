package io.vit4j.cli;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.spi.LoggingEvent;
import com.fasterxml.jackson.databind.JsonNode;
import io.vit4j.base.Json;
import io.vit4j.metrics.Metrics;
import io.vit4j.train.LogLine;
import java.time.Instant;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class JsonLogsTest {
    @AfterEach
    void plainAgain() {
        Console.STANDARD.jsonLines(false);
    }

    private static JsonNode line(String message, Object... arguments) {
        LoggingEvent event = new LoggingEvent(
                "", new LoggerContext().getLogger("io.vit4j.train.Trainer"), Level.INFO, message, null, arguments);
        return Json.parse(JsonLine.of(event), "line");
    }

    @Test
    void aTrainingLogCarriesEveryNumberOfItsEntry() {
        JsonNode line = line(
                "{}", new LogLine(50, 0.0625, Metrics.NONE.with("loss", 0.6051).with("eval_roc_auc_Edema", 0.75)));
        assertThat(Instant.parse(line.path("time").asText()))
                .isBefore(Instant.now().plusSeconds(1));
        assertThat(line.path("level").asText()).isEqualTo("info");
        assertThat(line.path("logger").asText()).isEqualTo("io.vit4j.train.Trainer");
        assertThat(line.path("message").asText()).isEqualTo("step 50, epoch 0.06: loss 0.6051");
        assertThat(line.path("step").asLong()).isEqualTo(50);
        assertThat(line.path("epoch").asDouble()).isEqualTo(0.0625);
        assertThat(line.path("log").path("loss").asDouble()).isEqualTo(0.6051);
        assertThat(line.path("log").path("eval_roc_auc_Edema").asDouble()).isEqualTo(0.75);
    }

    @Test
    void aPlainLineIsAMessage() {
        JsonNode line = line("Continuing at step {}", 12);
        assertThat(line.path("message").asText()).isEqualTo("Continuing at step 12");
        assertThat(line.has("log")).isFalse();
    }

    @Test
    void whatTheUserCanMendIsAnObjectToo() {
        CommandRun unknown = CommandRun.of("inspect", "--json-logs", "--dataset", "x", "--no-such-option");
        assertThat(unknown.exitCode()).isEqualTo(2);
        JsonNode error = Json.parse(unknown.err().strip(), "error");
        assertThat(error.path("level").asText()).isEqualTo("error");
        assertThat(error.path("message").asText()).contains("--no-such-option is not an option");

        CommandRun missing = CommandRun.of("inspect", "--dataset", "no-such-folder", "--json_logs");
        assertThat(missing.exitCode()).isEqualTo(2);
        assertThat(Json.parse(missing.err().strip(), "error").path("message").asText())
                .contains("no-such-folder");
    }
}
