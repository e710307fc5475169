package io.vit4j.serve;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Loading a version: once, on a thread of its own, and the old version stays whatever goes wrong. */
@Timeout(60)
class ServedModelTest {
    @TempDir
    Path folder;

    private final ServerMetrics metrics = new ServerMetrics();
    private final AtomicInteger loads = new AtomicInteger();
    private volatile Runnable before = () -> {};
    private ServedModel model;

    @BeforeEach
    void serveTheFirstVersion() {
        TestModels.save(folder.resolve("1"));
        ServedVersion.Loader loader = ServedVersion.loader(TestModels.settings().classifier());
        model = new ServedModel(
                "chest",
                new ModelFolder(folder),
                (number, found, closed) -> {
                    loads.incrementAndGet();
                    before.run();
                    return loader.load(number, found, closed);
                },
                metrics);
    }

    @AfterEach
    void close() {
        model.close();
    }

    private void lookOften() {
        for (int i = 0; i < 5; i++) {
            model.look();
        }
    }

    @Test
    void aVersionThatFailsInAnyWayIsTriedOnceUntilItChanges() throws IOException {
        Throwable[] failures = {new OutOfMemoryError("for this test"), new CompletionException(new LinkageError())};
        TestModels.save(folder.resolve("2"));
        for (int i = 0; i < failures.length; i++) {
            Throwable failure = failures[i];
            before = () -> {
                if (failure instanceof Error error) {
                    throw error;
                }
                throw (RuntimeException) failure;
            };
            Files.writeString(folder.resolve("2/decision.json"), "{\"temperature\": " + (i + 2) + "}" + " ".repeat(i));
            lookOften();
            assertThat(loads).hasValue(i + 2);
            assertThat(model.version()).isEqualTo("1");
            assertThat(new String(metrics.page().body()))
                    .contains("vit4j_model_loads_total{model=\"chest\",outcome=\"refused\"} " + (i + 1) + ".0");
        }
        before = () -> {};
        lookOften();
        assertThat(model.version()).isEqualTo("1");
        model.load().join(); // whoever asks for it gets another try
        assertThat(model.version()).isEqualTo("2");
    }

    @Test
    void loadingTakesNeitherTheCallersThreadNorPlaceTwice() throws Exception {
        TestModels.save(folder.resolve("2"));
        CountDownLatch begun = new CountDownLatch(1);
        CountDownLatch goOn = new CountDownLatch(1);
        before = () -> {
            begun.countDown();
            try {
                goOn.await();
            } catch (InterruptedException e) {
                throw new IllegalStateException(e);
            }
        };
        CompletableFuture<Void> loaded = model.load();
        begun.await();
        assertThat(loaded).isNotDone();
        assertThatThrownBy(() -> model.load().join())
                .hasCauseInstanceOf(HttpFault.class)
                .hasMessageContaining("being loaded already");
        lookOften();
        assertThat(model.version()).isEqualTo("1");
        goOn.countDown();
        loaded.join();
        assertThat(model.version()).isEqualTo("2");
        assertThat(loads).hasValue(2);
    }

    @Test
    void whatHasNotChangedIsNotLoadedAgain() {
        model.load().join();
        lookOften();
        assertThat(loads).hasValue(1);
    }
}
