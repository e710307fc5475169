package io.vit4j.parallel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.vit4j.parallel.PipelineSchedule.Action;
import io.vit4j.parallel.PipelineSchedule.Direction;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** What docs/parallel.md says is so. */
class ParallelPageTest {
    private static String page() throws IOException {
        Path here = Path.of("").toAbsolutePath();
        while (!Files.isDirectory(here.resolve("cli"))) {
            here = here.getParent();
        }
        return Files.readString(here.resolve("docs/parallel.md"));
    }

    @Test
    void theDrawingIsTheSchedulesOwn() throws IOException {
        PipelineSchedule schedule = PipelineSchedule.training(4, 6);
        assertThat(page()).contains(String.join("\n", drawing(schedule)) + "\n```");
        double[] forward = {1, 1, 1, 1};
        double[] backward = {2, 2, 2, 2};
        assertThat(schedule.simulate(forward, backward, 0).bubble()).isCloseTo(1 / 3.0, within(1e-12));
    }

    /** A forward is a unit of time, three characters wide, a backward two. */
    private static List<String> drawing(PipelineSchedule schedule) {
        Map<String, Integer> ends = new HashMap<>();
        List<StringBuilder> lines = new ArrayList<>();
        int[] next = new int[schedule.stages()];
        int[] clock = new int[schedule.stages()];
        for (int stage = 0; stage < schedule.stages(); stage++) {
            lines.add(new StringBuilder("stage " + stage + " "));
        }
        for (boolean moved = true; moved; ) {
            moved = false;
            for (int stage = 0; stage < schedule.stages(); stage++) {
                List<Action> actions = schedule.actions(stage);
                if (next[stage] == actions.size()) {
                    continue;
                }
                Action action = actions.get(next[stage]);
                boolean goesForward = action.direction() == Direction.FORWARD;
                int from = goesForward ? stage - 1 : stage + 1;
                boolean starts = from < 0 || from == schedule.stages();
                Integer arrival = starts ? Integer.valueOf(0) : ends.get(from + action.toString());
                if (arrival != null) {
                    int width = goesForward ? 1 : 2;
                    lines.get(stage).append(" . ".repeat(Math.max(0, arrival - clock[stage])));
                    lines.get(stage).append(' ').append(action).append("-".repeat(3 * width - 3));
                    clock[stage] = Math.max(clock[stage], arrival) + width;
                    ends.put(stage + action.toString(), clock[stage]);
                    next[stage]++;
                    moved = true;
                }
            }
        }
        int last = 0;
        for (int end : clock) {
            last = Math.max(last, end);
        }
        List<String> drawn = new ArrayList<>();
        for (int stage = 0; stage < schedule.stages(); stage++) {
            drawn.add(lines.get(stage)
                    .append(" . ".repeat(last - clock[stage]))
                    .toString()
                    .stripTrailing());
        }
        return drawn;
    }

    @Test
    void everyFieldThatRulesARunIsInItsTableUnderBothNames() throws IOException {
        String page = page();
        ConfigField.byName().forEach((name, field) -> {
            if (field.use == ConfigField.FieldUse.RULES) {
                assertThat(page).contains("`" + name + "`");
            }
        });
    }

    @Test
    void itsExampleOfHardwareIsRead() throws IOException {
        String page = page();
        String example = page.substring(page.indexOf("{\"name\": \"8 cards a box\""));
        Path file = Files.createTempFile("hardware", ".json");
        try {
            Files.writeString(file, example.substring(0, example.indexOf("```")));
            assertThat(Hardware.read(file).ranksPerNode()).isEqualTo(8);
        } finally {
            Files.delete(file);
        }
    }
}
