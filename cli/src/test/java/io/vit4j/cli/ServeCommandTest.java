package io.vit4j.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.vit4j.JavaProcess;
import io.vit4j.data.ProblemType;
import io.vit4j.image.Picture;
import io.vit4j.image.PngEncoder;
import io.vit4j.model.SmallModels;
import io.vit4j.serve.Callers;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** {@code vit4j serve} as a process of its own: what it prints, and how it ends. */
@Timeout(120)
class ServeCommandTest {
    @TempDir
    Path folder;

    @BeforeEach
    void aModel() {
        assumeTrue(Files.isExecutable(Path.of("/bin/kill")), "skipped: no signals here");
        save(1);
    }

    private void save(int version) {
        SmallModels.save(
                folder.resolve("chest/" + version), ProblemType.MULTI_LABEL, "v" + version + "a", "v" + version + "b");
    }

    /** A server that runs until it is told to end. */
    private final class Server implements AutoCloseable {
        private final Process process;
        private final BufferedReader out;
        private final URI address;

        Server(String... more) throws IOException {
            List<String> arguments = new ArrayList<>(
                    List.of("serve", "--model", "chest=" + folder.resolve("chest"), "--port", "0", "--device", "cpu"));
            arguments.addAll(List.of(more));
            process = JavaProcess.of(Main.class, List.of(), arguments.toArray(String[]::new))
                    .redirectError(folder.resolve("log").toFile())
                    .start();
            out = new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
            String line = String.valueOf(out.readLine());
            assertThat(line).as(Files.readString(folder.resolve("log"))).startsWith("Serving at http://127.0.0.1:");
            address = URI.create(line.substring("Serving at ".length()));
        }

        Callers callers() {
            return new Callers(address.getPort(), "chest", PngEncoder.encode(new Picture(40, 40, 1, new byte[1600])));
        }

        int load() throws Exception {
            return HttpClient.newHttpClient()
                    .send(
                            HttpRequest.newBuilder(address.resolve("/v2/repository/models/chest/load"))
                                    .POST(HttpRequest.BodyPublishers.noBody())
                                    .build(),
                            HttpResponse.BodyHandlers.discarding())
                    .statusCode();
        }

        void signal(String name) throws Exception {
            new ProcessBuilder("/bin/kill", "-" + name, Long.toString(process.pid()))
                    .start()
                    .waitFor();
        }

        int end() throws Exception {
            assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
            return process.exitValue();
        }

        @Override
        public void close() {
            process.destroyForcibly();
        }
    }

    /** Of a request that was sent, an answer comes back whenever the signal arrives; the callers end when nobody listens any more. */
    @Test
    void afterSigtermEveryRequestIsAnsweredAndTheExitCodeIsZero() throws Exception {
        try (Server server = new Server()) {
            Callers callers = server.callers();
            callers.awaitMore(50);
            server.signal("TERM");
            callers.await();
            assertThat(callers.lost()).isEmpty();
            assertThat(callers.answers()).containsExactly("200 v1");
            assertThat(server.end()).isZero();
            assertThat(Files.readString(folder.resolve("log")))
                    .contains("Stopping once all requests are answered")
                    .doesNotContain("Exception");
        }
    }

    /** One, or as many as {@code -Dvit4j.test.rounds} says. */
    private static IntStream rounds() {
        return IntStream.rangeClosed(1, Integer.getInteger("vit4j.test.rounds", 1));
    }

    @ParameterizedTest
    @MethodSource("rounds")
    void whileVersionsAreLoadedAndAtTheEndEveryRequestIsAnswered(int round) throws Exception {
        try (Server server = new Server("--watch", "0")) {
            Callers callers = server.callers();
            for (int version = 2; version <= 4; version++) {
                callers.awaitMore(20);
                save(version);
                assertThat(server.load()).isEqualTo(200);
            }
            callers.awaitMore(20);
            server.signal("TERM");
            callers.await();
            assertThat(callers.lost()).isEmpty();
            assertThat(callers.answers()).containsExactly("200 v1", "200 v2", "200 v3", "200 v4");
            assertThat(server.end()).isZero();
        }
    }

    @Test
    void whatCannotBeServedEndsWithOneLine() {
        CommandRun none = CommandRun.of("serve", "--model", "chest=" + folder.resolve("none"), "--port", "0");
        assertThat(none.exitCode()).isEqualTo(2);
        assertThat(none.err()).contains(folder.resolve("none").toString());
        CommandRun half = CommandRun.of(
                "serve",
                "--model",
                "chest=" + folder.resolve("chest"),
                "--tls-keystore",
                folder.resolve("keys").toString());
        assertThat(half.exitCode()).isEqualTo(2);
        assertThat(half.err()).contains("--tls-password-file");
        CommandRun threads = CommandRun.of("serve", "--model", "chest=" + folder.resolve("chest"), "--threads", "-1");
        assertThat(threads.exitCode()).isEqualTo(2);
        assertThat(threads.err()).contains("--threads");
    }
}
