package io.vit4j.serve;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.vit4j.base.InputException;
import java.io.InputStream;
import java.net.Socket;
import java.net.http.HttpRequest;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Requests that cannot be answered as they ask: each gets the status that says why, and the next good one is answered. */
@Timeout(120)
class RequestsTest {
    private static final String PREDICT = "/v1/models/chest:predict";

    @TempDir
    static Path folder;

    private static ModelServer server;
    private static Client client;
    private static byte[] png;

    @BeforeAll
    static void start() throws Exception {
        png = TestModels.png(1, 40);
        server = ModelServer.start(TestModels.settings()
                .model("chest", TestModels.save(folder.resolve("tuned")))
                .maxBody(1));
        client = new Client(server.address());
    }

    @AfterAll
    static void stop() {
        server.close();
    }

    @Test
    void addressesMethodsAndTypesThatAreNotServed() throws Exception {
        assertThat(client.get("/nowhere").status()).isEqualTo(404);
        assertThat(client.get("/v2/models/hand").error()).contains("this server has chest");
        Client.Answer wrongMethod = client.get(PREDICT);
        assertThat(wrongMethod.status()).isEqualTo(405);
        assertThat(wrongMethod.error()).contains("POST");
        assertThat(client.post(PREDICT, png, "Content-Type", "image/png").status())
                .isEqualTo(415);
        assertThat(client.post("/models/chest", png, "Content-Encoding", "gzip").status())
                .isEqualTo(415);
        assertThat(client.post("/models/chest", new byte[] {1, 2, 3}).status()).isEqualTo(400);
        assertThat(client.form(PREDICT, Client.picture("a.png", new byte[0])).status())
                .isEqualTo(400);
        assertThat(client.form(PREDICT, Client.picture("a.png", png), Client.field("treshold", "1"))
                        .error())
                .contains("not known");
    }

    private static String manyKeys() {
        return IntStream.range(0, 1000).mapToObj(i -> "\"p" + i + "\":1").collect(Collectors.joining(","));
    }

    @Test
    void tensorsThatDoNotAgreeWithThemselves() throws Exception {
        for (String wrong : List.of(
                "{}",
                "[]",
                "{\"inputs\": []}",
                "{\"inputs\": [{\"name\":\"image\",\"shape\":[2],\"datatype\":\"BYTES\",\"data\":[\"aGVsbG8=\"]}]}",
                "{\"inputs\": [{\"name\":\"image\",\"shape\":[1],\"datatype\":\"BYTES\",\"data\":[\"%%%\"]}]}",
                "{\"inputs\": [{\"name\":\"image\",\"shape\":[-1],\"datatype\":\"BYTES\",\"data\":[\"aGVsbG8=\"]}]}",
                "{\"inputs\": [{\"name\":\"image\",\"shape\":[99999999999999999999],\"datatype\":\"BYTES\",\"data\":[]}]}",
                "{\"inputs\": [{\"name\":\"cat\",\"shape\":[1],\"datatype\":\"BYTES\",\"data\":[\"aGVsbG8=\"]}]}",
                "{\"inputs\": [{\"name\":\"pixel_values\",\"shape\":[1,3,32,32],\"datatype\":\"FP32\",\"data\":[1, 2]}]}",
                "{\"inputs\": [{\"name\":\"pixel_values\",\"shape\":[0,3,32,32],\"datatype\":\"FP32\",\"data\":[]}]}",
                "{\"inputs\": [{\"name\":\"image\",\"shape\":[1],\"datatype\":\"BYTES\","
                        + "\"parameters\":{\"binary_data_size\":100}}]}",
                "{\"inputs\": [{\"name\":\"pixel_values\",\"shape\":[1,3,32,32],\"datatype\":\"FP32\","
                        + "\"parameters\":{\"binary_data_size\":-4}}]}",
                "{\"inputs\": [{\"name\":\"pixel_values\",\"shape\":[1,3,32,32],\"datatype\":\"FP32\","
                        + "\"parameters\":{\"binary_data_size\":0.5}}]}",
                "{\"parameters\":{" + manyKeys() + "},\"inputs\": []}",
                "{\"inputs\": [{\"name\":\"image\",\"data\":" + "[".repeat(2000) + "]".repeat(2000) + "}]}",
                "{\"inputs\": [{\"name\":\"image\",\"shape\":[1],\"datatype\":\"BYTES\",\"data\":[\"aGVsbG8=\"]}],"
                        + "\"outputs\":[{\"name\":\"cat\"}]}",
                "{\"parameters\":{\"timeout\":\"soon\"},\"inputs\": []}",
                "{\"inputs\": ",
                "")) {
            Client.Answer answer = client.postJson("/v2/models/chest/infer", wrong);
            assertThat(answer.status()).as(wrong).isEqualTo(400);
            assertThat(answer.error()).as(wrong).isNotEmpty();
        }
        assertThat(client.post("/v2/models/chest/infer", new byte[10], "Inference-Header-Content-Length", "11")
                        .status())
                .isEqualTo(400);
    }

    @Test
    void bodiesThatAreTooLong() throws Exception {
        assertThat(client.form(PREDICT, Client.picture("a.png", new byte[(1 << 20) + 1]))
                        .status())
                .isEqualTo(413);
        HttpRequest.BodyPublisher ofUnknownLength = HttpRequest.BodyPublishers.ofInputStream(
                () -> new java.io.ByteArrayInputStream(new byte[(1 << 20) + 1]));
        assertThat(client.send("POST", "/models/chest", ofUnknownLength).status())
                .isEqualTo(413);
        byte[][] nine = new byte[9][];
        java.util.Arrays.fill(nine, Client.picture("a.png", png));
        assertThat(client.form(PREDICT, nine).status()).isEqualTo(413);
        byte[][] manyParts = new byte[100][];
        java.util.Arrays.fill(manyParts, Client.picture("a.png", png));
        assertThat(client.form(PREDICT, manyParts).status()).isEqualTo(413);
        String oneTooMany = "0,".repeat(8 * 3 * 32 * 32) + "0";
        assertThat(client.postJson(
                                "/v2/models/chest/infer",
                                "{\"inputs\": [{\"name\":\"pixel_values\",\"data\":[" + oneTooMany + "]}]}")
                        .status())
                .isEqualTo(413);
        assertThat(client.form(PREDICT, Client.picture("a.png", png)).status()).isEqualTo(200);
    }

    @Test
    void everyBadPictureIsCountedOnce() throws Exception {
        double before = badPictures();
        byte[] bad = {1, 2, 3};
        client.post("/models/chest", bad);
        client.form(PREDICT, Client.picture("a.png", bad));
        client.form(PREDICT, Client.picture("a.png", bad), Client.picture("b.png", png));
        client.form("/v1/models/chest:explain", Client.picture("a.png", bad));
        assertThat(badPictures() - before).isEqualTo(4);
    }

    private static double badPictures() throws Exception {
        return client.get("/metrics")
                .text()
                .lines()
                .filter(line -> line.startsWith("vit4j_faults_total{kind=\"bad_picture\"}"))
                .mapToDouble(line -> Double.parseDouble(line.substring(line.indexOf(' '))))
                .sum();
    }

    @Test
    void deadlines() throws Exception {
        Client.Answer late = client.post("/models/chest", png, "Request-Timeout", "0.000001");
        assertThat(late.status()).isEqualTo(504);
        assertThat(client.post("/models/chest", png, "Request-Timeout", "20").status())
                .isEqualTo(200);
        assertThat(client.post("/models/chest", png, "Request-Timeout", "soon").status())
                .isEqualTo(400);
        String picture = Base64.getEncoder().encodeToString(png);
        for (String never : List.of("9223372036854775807", "1e300")) {
            assertThat(client.postJson(
                                    "/v2/models/chest/infer",
                                    "{\"parameters\":{\"timeout\":" + never
                                            + "},\"inputs\":[{\"name\":\"image\",\"shape\":[1],"
                                            + "\"datatype\":\"BYTES\",\"data\":[\"" + picture + "\"]}]}")
                            .status())
                    .isEqualTo(200);
        }
    }

    @Test
    void requestIdsComeBackIfTheyAreSane() throws Exception {
        String id = "X-Request-Id";
        assertThat(client.get("/v2", id, "abc-1").whole().headers().firstValue(id))
                .contains("abc-1");
        assertThat(client.get("/v2", id, "<b> x")
                        .whole()
                        .headers()
                        .firstValue(id)
                        .orElseThrow())
                .matches("[0-9a-f-]{36}");
    }

    /** What a server says to bytes that no client of ours would send. */
    private static String raw(String text) throws Exception {
        return raw(server, text);
    }

    private static String raw(ModelServer to, String text) throws Exception {
        try (Socket socket = new Socket("127.0.0.1", to.port())) {
            socket.setSoTimeout(10_000);
            socket.getOutputStream().write(text.getBytes(StandardCharsets.ISO_8859_1));
            InputStream in = socket.getInputStream();
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        }
    }

    @Test
    void whoeverIsSlowIsDisconnected() throws Exception {
        try (ModelServer hasty = ModelServer.start(
                TestModels.settings().model("chest", folder.resolve("tuned")).receiveWithin(Duration.ofMillis(300)))) {
            assertThat(raw(hasty, "")).isEmpty();
            assertThat(raw(hasty, "GET /v2 HTTP/1.1\r\nHost: localhost\r\n")).isEmpty();
            String begun = "POST /models/chest HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\nabc";
            assertThat(raw(hasty, begun)).startsWith("HTTP/1.1 408").contains("{\"error\":");
            aByteAtATimeIsNoBetter(hasty);
        }
    }

    private static void aByteAtATimeIsNoBetter(ModelServer hasty) throws Exception {
        try (Socket socket = new Socket("127.0.0.1", hasty.port())) {
            boolean open = true;
            for (int i = 0; open && i < 100; i++) {
                try {
                    socket.getOutputStream().write('G');
                    Thread.sleep(50);
                } catch (java.io.IOException e) {
                    open = false;
                }
            }
            assertThat(open).isFalse();
        }
    }

    @Test
    void whatIsNoHttp() throws Exception {
        assertThat(raw("GARBAGE\r\n\r\n")).startsWith("HTTP/1.1 400").contains("{\"error\":");
        assertThat(raw("GET /" + "x".repeat(20_000) + " HTTP/1.1\r\nHost: localhost\r\n\r\n"))
                .startsWith("HTTP/1.1 414")
                .contains("{\"error\":");
        assertThat(raw("GET / HTTP/1.1\r\nHost: localhost\r\nX: " + "x".repeat(20_000) + "\r\n\r\n"))
                .startsWith("HTTP/1.1 431");
        assertThat(raw("POST /models/chest HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\nZZ\r\n"))
                .startsWith("HTTP/1.1 400");
    }

    @Test
    void otherPeoplesPagesAreKeptOut() throws Exception {
        String end = "Connection: close\r\n\r\n";
        assertThat(raw("GET /v2 HTTP/1.1\r\nHost: evil.example\r\n" + end)).startsWith("HTTP/1.1 421");
        assertThat(raw("GET /v2 HTTP/1.1\r\nHost: localhost:1\r\nOrigin: http://evil.example\r\n" + end))
                .startsWith("HTTP/1.1 403");
        assertThat(raw("GET /v2 HTTP/1.1\r\nHost: localhost:1\r\nOrigin: http://localhost:1\r\n" + end))
                .startsWith("HTTP/1.1 200");
    }

    @Test
    void moreThanTheQueueHoldsIsToldToComeAgain() throws Exception {
        byte[] large = TestModels.png(2, 900);
        List<CompletableFuture<Client.Answer>> asked = new ArrayList<>();
        for (int i = 0; i < 40; i++) {
            asked.add(CompletableFuture.supplyAsync(
                    () -> {
                        try {
                            return client.post("/models/chest", large);
                        } catch (Exception e) {
                            throw new IllegalStateException(e);
                        }
                    },
                    command -> new Thread(command).start()));
        }
        int refused = 0;
        for (CompletableFuture<Client.Answer> each : asked) {
            Client.Answer answer = each.get();
            assertThat(answer.status()).isIn(200, 429);
            if (answer.status() == 429) {
                refused++;
                assertThat(answer.whole().headers().firstValue("Retry-After")).contains("1");
            }
        }
        assertThat(refused).isPositive();
        assertThat(client.post("/models/chest", png).status()).isEqualTo(200);
        assertThat(client.get("/metrics").text()).contains("vit4j_queue_pictures{model=\"chest\"} 0.0");
    }

    @Test
    void settingsThatCannotBeAreNamed() {
        ServerSettings taken =
                TestModels.settings().model("chest", folder.resolve("tuned")).port(server.port());
        assertThatThrownBy(() -> ModelServer.start(taken))
                .isInstanceOf(InputException.class)
                .hasMessageContaining("port " + server.port());
        assertThatThrownBy(() -> ModelServer.start(new ServerSettings())).isInstanceOf(InputException.class);
        assertThatThrownBy(() -> ModelServer.start(TestModels.settings().model("a", folder.resolve("nowhere"))))
                .isInstanceOf(InputException.class)
                .hasMessageContaining("nowhere");
        assertThatThrownBy(() -> new ServerSettings().model("a b", folder)).isInstanceOf(InputException.class);
        assertThatThrownBy(() -> new ServerSettings().model("a", folder).model("a", folder))
                .isInstanceOf(InputException.class);
        assertThatThrownBy(() -> new ServerSettings().deadline(Duration.ZERO)).isInstanceOf(InputException.class);
        assertThatThrownBy(() -> new ServerSettings().port(70_000)).isInstanceOf(InputException.class);
        for (Duration watch : List.of(Duration.ofMillis(-1), Duration.ofNanos(500_000), Duration.ofDays(2))) {
            assertThatThrownBy(() -> new ServerSettings().watchEvery(watch)).isInstanceOf(InputException.class);
        }
    }
}
