package io.vit4j.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.vit4j.base.Json;
import io.vit4j.base.Progress;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;

class ConsoleTest {
    private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    private long now;

    private Console console(boolean terminal) {
        return new Console(new PrintStream(bytes, true, StandardCharsets.UTF_8), terminal, 80, () -> now);
    }

    private String written() {
        return bytes.toString(StandardCharsets.UTF_8);
    }

    private void wait(int seconds) {
        now += seconds * 1_000_000_000L;
    }

    @Test
    void withoutATerminalProgressIsALineNowAndThen() {
        try (Progress progress = console(false).progress().start("Preparing images", 200)) {
            wait(5);
            progress.advance(50);
            wait(5);
            progress.advance(50);
            progress.note("loss 0.5");
            wait(9);
            progress.advance(50);
            wait(1);
            progress.advance(50);
        }
        assertThat(written())
                .isEqualTo("Preparing images: 100 of 200 (50%), 10.0/s, 0:10 left\n"
                        + "Preparing images: 200 of 200 (100%), 10.0/s, 0:20, loss 0.5\n"
                        + "Preparing images: 200 of 200 (100%), 10.0/s, 0:20, loss 0.5\n");
    }

    @Test
    void anUnknownTotalHasNoPercentAndNoTimeLeft() {
        try (Progress progress = console(false).progress().start("Downloading", -1)) {
            wait(7200);
            progress.advance(3600);
        }
        assertThat(written()).startsWith("Downloading: 3600, 0.5/s, 2:00:00\n");
    }

    @Test
    void onATerminalABarEndsFullAndWithinTheWidth() {
        try (Progress progress = console(true).progress().start("Training", 10)) {
            progress.advance(10);
            progress.note("loss 0.5");
        }
        assertThat(written())
                .contains("Training")
                .contains("100%")
                .contains("10/10")
                .endsWith("\n");
        for (String drawn : written().split("\r\033\\[K|\n")) {
            assertThat(drawn.length()).isLessThan(80);
        }
    }

    @Test
    void aNarrowTerminalKeepsTheNumbersAndAWideOneHasABarToo() {
        String note = "epoch 4.38, loss 0.6228, lr 4.5e-05, 253.3 images/s, data wait 2%";
        for (int width : new int[] {102, 140}) {
            bytes.reset();
            Console console = new Console(new PrintStream(bytes, true, StandardCharsets.UTF_8), true, width, () -> now);
            try (Progress progress = console.progress().start("Training", 520)) {
                progress.begin(0);
                progress.advance(57);
                progress.note(note);
            }
            assertThat(written())
                    .contains("Training  10% ")
                    .contains("57/520, ")
                    .contains(note);
            assertThat(written().contains("███·")).isEqualTo(width == 140);
        }
    }

    @Test
    void aLineWrittenWhileABarStandsPushesItDown() {
        Console console = console(true);
        console.bar("#### 40%");
        console.line("step 4: loss 0.5");
        console.endBar();
        console.line("done");
        assertThat(written()).isEqualTo("\r\033[K#### 40%" + "\r\033[Kstep 4: loss 0.5\n" + "#### 40%\n" + "done\n");
    }

    @Test
    void whatAnEarlierRunDidCountsAsDoneAndNotForTheRate() {
        try (Progress progress = console(false).progress().start("Training", 1000)) {
            progress.begin(900);
            wait(10);
            progress.advance(10);
        }
        assertThat(written()).startsWith("Training: 910 of 1000 (91%), 1.0/s, 1:30 left\n");
    }

    @Test
    void onATerminalAResumedBarStartsWhereTheEarlierRunStopped() {
        try (Progress progress = console(true).progress().start("Training", 10)) {
            progress.begin(8);
            progress.advance(1);
        }
        assertThat(written()).contains("9/10");
    }

    @Test
    void asJsonEveryLineIsAnObjectThatProgramsRead() {
        Console console = console(true);
        console.jsonLines(true);
        try (Progress progress = console.progress().start("Training", 40)) {
            progress.note("loss \"0.5\"");
            wait(10);
            progress.advance(10);
            console.say("Stopping after this step");
        }
        List<JsonNode> lines =
                written().lines().map(line -> Json.parse(line, "line")).toList();
        assertThat(lines)
                .hasSize(3)
                .allSatisfy(line -> assertThat(Instant.parse(line.path("time").asText()))
                        .isBefore(Instant.now().plusSeconds(1)));
        JsonNode progress = lines.get(0);
        assertThat(progress.path("progress").asText()).isEqualTo("Training");
        assertThat(progress.path("done").asLong()).isEqualTo(10);
        assertThat(progress.path("total").asLong()).isEqualTo(40);
        assertThat(progress.path("per_second").asDouble()).isEqualTo(1);
        assertThat(progress.path("seconds_left").asDouble()).isEqualTo(30);
        assertThat(progress.path("note").asText()).isEqualTo("loss \"0.5\"");
        assertThat(lines.get(1).path("message").asText()).isEqualTo("Stopping after this step");
        assertThat(lines.get(2).has("seconds_left")).isFalse();
    }
}
