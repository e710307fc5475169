package io.vit4j.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import io.vit4j.base.Json;
import io.vit4j.data.Dataset;
import io.vit4j.data.Sample;
import io.vit4j.metrics.Metrics;
import io.vit4j.train.checkpoint.TrainerState;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PaceTest {
    @Test
    void sharesAreOfStepTimeAndStartAnewAtEachLog() {
        Pace pace = new Pace();
        pace.newLoader();
        pace.step(8, 2, 0.5);
        pace.step(8, 2, 1.5); // the loader counts on: one second more
        assertThat(pace.takeWaitShare()).isEqualTo(1.5 / 4);
        pace.newLoader();
        pace.step(8, 4, 1);
        assertThat(pace.takeWaitShare()).isEqualTo(1.0 / 4);
        assertThat(pace.waitShare()).isEqualTo(2.5 / 8);
    }

    @Test
    void theNoteTellsWhatAPersonWatches() {
        Pace pace = new Pace();
        pace.newLoader();
        for (int step = 1; step <= 50; step++) {
            pace.step(8, 0.25, 0.005 * step);
        }
        assertThat(pace.note(new TrainerState(), 0.42125, 1.5e-4))
                .isEqualTo("epoch 0.00, loss 0.4213, lr 1.5e-04, 32.0 images/s, data wait 2%");
    }

    /** A data set that takes a known time makes the loop wait for as long, and the logs and results say so. */
    @Test
    void aRunOnSlowDataLogsThatItWaited(@TempDir Path output) {
        assertThat(loggedOfSlowData(output))
                .allSatisfy(share -> assertThat(share).isGreaterThan(0).isLessThan(1));
    }

    @Test
    @Tag("timing")
    void aRunOnSlowDataWaitsMostOfTheTime(@TempDir Path output) {
        assertThat(loggedOfSlowData(output))
                .allSatisfy(share -> assertThat(share).isBetween(0.5, 1.0));
    }

    private static List<Double> loggedOfSlowData(Path output) {
        List<Double> logged = new ArrayList<>();
        Dataset quick = TinyRun.pictures(16, 1);
        Dataset slow = new Dataset() {
            @Override
            public int size() {
                return quick.size();
            }

            @Override
            public Sample get(int index) {
                try {
                    Thread.sleep(40);
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                }
                return quick.get(index);
            }
        };
        TrainerCallback log = new TrainerCallback() {
            @Override
            public void onLog(TrainerState state, Metrics entry) {
                if (entry.has("loss")) {
                    logged.add(entry.get("data_wait_share"));
                }
            }
        };
        new TinyRun(output)
                .training(slow)
                .callback(log)
                .with(Map.of("dataloader_num_workers", "0", "max_steps", "4", "save_strategy", "no"))
                .with(Map.of("load_best_model_at_end", "false", "eval_strategy", "no"))
                .run();
        assertThat(logged).hasSize(2);
        JsonNode state = Json.read(output.resolve(TrainerState.FILE));
        JsonNode results =
                state.path("log_history").path(state.path("log_history").size() - 1);
        assertThat(results.path("data_wait_share").doubleValue())
                .isCloseTo((logged.get(0) + logged.get(1)) / 2, within(0.25));
        return logged;
    }
}
