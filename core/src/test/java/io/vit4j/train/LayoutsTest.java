package io.vit4j.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.vit4j.model.Fixture;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** No layout changes the results: of 20 steps with shuffling, augmentation, dropout and uneven last batches. */
@Timeout(120)
class LayoutsTest {
    @TempDir
    static Path folder;

    private static final Map<String, RankedRun.Result> SINGLE = new HashMap<>();
    private static int runs;

    private static RankedRun run() {
        return new RankedRun(folder.resolve("run-" + runs++));
    }

    private static RankedRun.Result single(int globalBatch) {
        return SINGLE.computeIfAbsent(
                "" + globalBatch,
                none -> run().with("per_device_train_batch_size", "" + globalBatch)
                        .run());
    }

    @ParameterizedTest
    @CsvSource({"1,2,1", "2,1,4", "2,2,1", "3,1,4", "4,1,4", "4,2,4"})
    void theResultsAreThoseOfOneProcess(int stages, int replicas, int accumulation) {
        String layers = List.of("[4]", "[1 3]", "[0 3 1]", "[1 2 1 0]").get(stages - 1);
        RankedRun.Result laidOut = run().layout(
                        stages * replicas,
                        "layers_per_ipu=" + layers + ",replication_factor=" + replicas + ",gradient_accumulation_steps="
                                + accumulation)
                .with("per_device_train_batch_size", "" + 8 / replicas / accumulation)
                .run();
        assertSame(laidOut, single(8));
    }

    static void assertSame(RankedRun.Result actual, RankedRun.Result expected) {
        assertThat(actual.losses()).hasSameSizeAs(expected.losses());
        for (int step = 0; step < expected.losses().size(); step++) {
            double loss = expected.losses().get(step);
            assertThat(actual.losses().get(step))
                    .as("loss of step %d", step + 1)
                    .isCloseTo(loss, within(1e-5 * loss));
        }
        assertThat(actual.weights()).containsOnlyKeys(expected.weights().keySet());
        expected.weights().forEach((name, weight) -> {
            if (!name.endsWith("attention.key.bias")) {
                assertThat(Fixture.largestDifference(actual.weights().get(name), weight))
                        .as(name)
                        .isLessThan(1e-5);
            }
        });
        ObjectNode evaluated = actual.evaluated();
        assertThat(evaluated.get("eval_loss").doubleValue())
                .isCloseTo(expected.evaluated().get("eval_loss").doubleValue(), within(1e-6));
    }
}
