package io.vit4j.serve;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.SortedMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A few of the requests that {@code bench/serve-fuzz} sends by the hundred thousand. */
@Timeout(120)
class HostileRequestsTest {
    @TempDir
    Path folder;

    @Test
    void noneIsAFaultOfTheServerAndTheNextGoodOneIsAnswered() throws Exception {
        try (ModelServer server =
                ModelServer.start(TestModels.settings().model("chest", TestModels.save(folder.resolve("tuned"))))) {
            SortedMap<String, Integer> statuses = new HostileRequests(server.port(), 1).send(600);
            assertThat(statuses.get("200")).isGreaterThanOrEqualTo(6);
            assertThat(statuses.get("400")).isPositive();
            Client client = new Client(server.address());
            assertThat(client.get("/metrics").text())
                    .contains("vit4j_queue_pictures{model=\"chest\"} 0.0")
                    .doesNotContain("kind=\"internal\"");
        }
    }
}
