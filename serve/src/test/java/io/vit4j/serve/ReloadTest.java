package io.vit4j.serve;

import static org.assertj.core.api.Assertions.assertThat;

import io.vit4j.base.DurableFiles;
import io.vit4j.data.ProblemType;
import io.vit4j.model.SmallModels;
import io.vit4j.model.VisionModel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** New versions and the end, while callers ask without a pause: no request that was accepted stays without its answer. */
@Timeout(120)
class ReloadTest {
    @TempDir
    Path folder;

    @BeforeEach
    void aVersion() {
        save(1);
    }

    /** Versions tell themselves apart by their labels. */
    private Path save(int version) {
        return SmallModels.save(
                folder.resolve("chest/" + version), ProblemType.MULTI_LABEL, "v" + version + "a", "v" + version + "b");
    }

    private ServerSettings settings() {
        return TestModels.settings().model("chest", folder.resolve("chest")).watchEvery(Duration.ZERO);
    }

    @Test
    void newVersionsAreLoadedAndBrokenOnesRefusedUnderLoad() throws Exception {
        try (ModelServer server = ModelServer.start(settings())) {
            Client client = new Client(server.address());
            String load = "/v2/repository/models/chest/load";
            Callers callers = new Callers(server.port(), "chest", TestModels.png(1, 40));
            for (int version = 2; version <= 6; version++) {
                callers.awaitMore(20);
                Path next = save(version);
                boolean broken = version % 2 == 1;
                if (broken) {
                    byte[] weights = Files.readAllBytes(next.resolve("model.safetensors"));
                    Files.write(
                            next.resolve("model.safetensors"), java.util.Arrays.copyOf(weights, weights.length / 2));
                }
                Client.Answer answer = client.post(load, new byte[0]);
                assertThat(answer.status()).as(answer.text()).isEqualTo(broken ? 400 : 200);
                String served = Integer.toString(broken ? version - 1 : version);
                assertThat(client.get("/v2/models/chest")
                                .json()
                                .at("/versions/0")
                                .asText())
                        .isEqualTo(served);
            }
            callers.awaitMore(20);
            callers.close();
            assertThat(callers.lost()).isEmpty();
            assertThat(callers.answers()).isEqualTo(new TreeSet<>(Set.of("200 v1", "200 v2", "200 v4", "200 v6")));
            assertThat(client.get("/metrics").text())
                    .contains("vit4j_model_loads_total{model=\"chest\",outcome=\"refused\"} 2.0");
        }
    }

    @Test
    void aNewVersionIsFoundAndARemovedOneIsLeft() throws Exception {
        try (ModelServer server = ModelServer.start(settings().watchEvery(Duration.ofMillis(50)))) {
            Client client = new Client(server.address());
            save(2);
            awaitVersion(client, "2");
            try (java.util.stream.Stream<Path> files = Files.list(folder.resolve("chest/2"))) {
                for (Path file : files.toList()) {
                    Files.delete(file);
                }
            }
            awaitVersion(client, "1");
        }
    }

    @Test
    void aFolderWithoutVersionsIsLoadedAnewWhenItsContentChanges() throws Exception {
        Path plain = TestModels.save(folder.resolve("plain"));
        try (ModelServer server =
                ModelServer.start(TestModels.settings().model("plain", plain).watchEvery(Duration.ofMillis(50)))) {
            Client client = new Client(server.address());
            try (VisionModel other = SmallModels.fromScratch(ProblemType.MULTI_LABEL, "x", "y")) {
                other.save(DurableFiles.SYSTEM, plain);
            }
            for (int i = 0; i < 600 && !client.get("/v2/models/plain").text().contains("\"x\""); i++) {
                Thread.sleep(50);
            }
            assertThat(client.get("/v2/models/plain").text()).contains("\"x\"");
        }
    }

    private static void awaitVersion(Client client, String version) throws Exception {
        String served = "";
        for (int i = 0; i < 600 && !served.equals(version); i++) {
            Thread.sleep(50);
            served = client.get("/v2/models/chest").json().at("/versions/0").asText();
        }
        assertThat(served).isEqualTo(version);
    }

    @Test
    void everyRequestThatWasAcceptedIsAnsweredBeforeTheEnd() throws Exception {
        for (int round = 0; round < 4; round++) {
            ModelServer server = ModelServer.start(settings());
            Callers callers = new Callers(server.port(), "chest", TestModels.png(1, 40));
            callers.awaitMore(10 + round);
            assertThat(server.drain()).isTrue();
            callers.close();
            assertThat(callers.lost()).isEmpty();
            assertThat(callers.answers()).containsExactly("200 v1");
        }
    }
}
