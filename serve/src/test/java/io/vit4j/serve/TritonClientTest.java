package io.vit4j.serve;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.vit4j.base.Json;
import io.vit4j.image.DecodeOptions;
import io.vit4j.image.ImageDecoder;
import io.vit4j.image.ImageProcessor;
import io.vit4j.infer.ImageClassifier;
import io.vit4j.infer.LabelScore;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * The requests of NVIDIA's {@code tritonclient.http}, byte for byte as it writes them: one connection that stays open, no Content-Type,
 * tensors after compact JSON, and by default every output in binary. Read as the client reads answers. The package itself is in no
 * repository that a build could use.
 */
@Timeout(60)
class TritonClientTest {
    @TempDir
    static Path folder;

    private static ModelServer server;
    private static byte[] png;
    private static Map<String, LabelScore> expected;
    private static Path model;

    private record Answer(int status, Map<String, String> headers, byte[] body) {
        JsonNode json() {
            return Json.parse(body, "the answer");
        }

        /** The outputs' bytes by name, cut as {@code InferResult} does. */
        Map<String, ByteBuffer> outputs() {
            int offset = Integer.parseInt(headers.get("inference-header-content-length"));
            Map<String, ByteBuffer> cut = new HashMap<>();
            for (JsonNode output :
                    Json.parse(Arrays.copyOf(body, offset), "the answer").get("outputs")) {
                int size = output.at("/parameters/binary_data_size").intValue();
                cut.put(
                        output.get("name").asText(),
                        ByteBuffer.wrap(body, offset, size).slice().order(ByteOrder.LITTLE_ENDIAN));
                offset += size;
            }
            assertThat(offset).isEqualTo(body.length);
            return cut;
        }
    }

    /** A connection as geventhttpclient keeps it. */
    private static final class Connection implements AutoCloseable {
        private final Socket socket = new Socket("127.0.0.1", server.port());
        private final DataInputStream in = new DataInputStream(socket.getInputStream());

        Connection() throws IOException {}

        Answer get(String path) throws IOException {
            return ask("GET " + path, "", new byte[0]);
        }

        Answer infer(String path, String json, byte[] tensors) throws IOException {
            ByteArrayOutputStream body = new ByteArrayOutputStream();
            body.write(json.getBytes(StandardCharsets.UTF_8));
            body.write(tensors);
            return ask(
                    "POST " + path, "Inference-Header-Content-Length: " + json.length() + "\r\n", body.toByteArray());
        }

        Answer ask(String line, String headers, byte[] body) throws IOException {
            String head = line + " HTTP/1.1\r\nUser-Agent: python/gevent-http-client-2.3.1\r\nHost: 127.0.0.1:"
                    + server.port() + "\r\nConnection: keep-alive\r\n"
                    + (line.startsWith("POST") ? "Content-Length: " + body.length + "\r\n" : "") + headers + "\r\n";
            socket.getOutputStream().write(head.getBytes(StandardCharsets.US_ASCII));
            socket.getOutputStream().write(body);
            int status = Integer.parseInt(line().split(" ")[1]);
            Map<String, String> answered = new HashMap<>();
            for (String header = line(); !header.isEmpty(); header = line()) {
                int colon = header.indexOf(':');
                answered.put(
                        header.substring(0, colon).toLowerCase(Locale.ROOT),
                        header.substring(colon + 1).strip());
            }
            byte[] read = new byte[Integer.parseInt(answered.getOrDefault("content-length", "0"))];
            in.readFully(read);
            return new Answer(status, answered, read);
        }

        private String line() throws IOException {
            StringBuilder line = new StringBuilder();
            for (int c = in.readUnsignedByte(); c != '\n'; c = in.readUnsignedByte()) {
                line.append((char) c);
            }
            return line.toString().strip();
        }

        @Override
        public void close() throws IOException {
            socket.close();
        }
    }

    @BeforeAll
    static void start() throws Exception {
        model = TestModels.save(folder.resolve("tuned"));
        png = TestModels.png(3, 40);
        try (ImageClassifier classifier =
                ImageClassifier.load(model, ImageClassifier.Options.defaults().withThreads(1))) {
            expected = classifier.classify(png).stream().collect(Collectors.toMap(LabelScore::label, score -> score));
        }
        server = ModelServer.start(TestModels.settings().model("chest", model));
    }

    @AfterAll
    static void stop() {
        server.close();
    }

    private static void assertLogits(ByteBuffer logits) {
        FloatBuffer floats = logits.asFloatBuffer();
        assertThat(floats.remaining()).isEqualTo(TestModels.FINDINGS.length);
        for (String finding : TestModels.FINDINGS) {
            assertThat(floats.get()).isEqualTo((float) expected.get(finding).logit());
        }
    }

    /** {@code InferInput("image", [1], "BYTES").set_data_from_numpy(...)}: each element after its length. */
    private static byte[] bytesTensor() {
        return ByteBuffer.allocate(4 + png.length)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putInt(png.length)
                .put(png)
                .array();
    }

    @Test
    void picturesAsBytes() throws Exception {
        byte[] tensor = bytesTensor();
        String input = "{\"name\":\"image\",\"shape\":[1],\"datatype\":\"BYTES\",\"parameters\":{\"binary_data_size\":"
                + tensor.length + "}}";
        try (Connection client = new Connection()) {
            Map<String, ByteBuffer> all = client.infer(
                            "/v2/models/chest/infer",
                            "{\"inputs\":[" + input + "],\"parameters\":{\"binary_data_output\":true}}",
                            tensor)
                    .outputs(); // client.infer("chest", [image])
            assertThat(all.keySet()).containsExactlyInAnyOrder("logits", "scores", "present");
            assertLogits(all.get("logits"));
            for (String finding : TestModels.FINDINGS) {
                assertThat(all.get("scores").getDouble())
                        .isEqualTo(expected.get(finding).score());
                assertThat(all.get("present").get() == 1)
                        .isEqualTo(expected.get(finding).present());
            }

            Answer one = client.infer( // infer("chest", [image], "1", [InferRequestedOutput("logits")], "7",
                    // timeout=5000000)
                    "/v2/models/chest/versions/1/infer",
                    "{\"id\":\"7\",\"inputs\":[" + input
                            + "],\"outputs\":[{\"name\":\"logits\",\"parameters\":{\"binary_data\":true}}],"
                            + "\"parameters\":{\"timeout\":5000000}}",
                    tensor);
            assertThat(one.outputs().keySet()).containsExactly("logits");
            assertLogits(one.outputs().get("logits"));
        }
    }

    @Test
    void preparedPicturesAsFloats() throws Exception {
        ImageProcessor processor = ImageProcessor.read(model);
        FloatBuffer pixels = FloatBuffer.allocate(3 * 32 * 32);
        processor.normalise(processor.apply(ImageDecoder.decode(png, "png", DecodeOptions.DEFAULT)), pixels, 3);
        ByteBuffer tensor = ByteBuffer.allocate(4 * pixels.capacity()).order(ByteOrder.LITTLE_ENDIAN);
        tensor.asFloatBuffer().put(pixels.array());
        try (Connection client = new Connection()) {
            assertLogits(client.infer(
                            "/v2/models/chest/infer",
                            "{\"inputs\":[{\"name\":\"pixel_values\",\"shape\":[1,3,32,32],\"datatype\":\"FP32\","
                                    + "\"parameters\":{\"binary_data_size\":" + tensor.capacity()
                                    + "}}],\"parameters\":{\"binary_data_output\":true}}",
                            tensor.array())
                    .outputs()
                    .get("logits"));
        }
    }

    @Test
    void healthMetadataAndTheRepository() throws Exception {
        try (Connection client = new Connection()) {
            for (String ready : List.of("live", "ready")) { // is_server_live(), is_server_ready()
                assertThat(client.get("/v2/health/" + ready).status()).isEqualTo(200);
            }
            assertThat(client.get("/v2/models/chest/ready").status()).isEqualTo(200); // is_model_ready("chest")
            assertThat(client.get("/v2").json().get("extensions"))
                    .hasToString("[\"binary_tensor_data\",\"model_repository\"]");
            JsonNode metadata = client.get("/v2/models/chest").json(); // get_model_metadata("chest")
            assertThat(metadata.at("/inputs/0/datatype").asText()).isEqualTo("BYTES");
            assertThat(client.ask("POST /v2/repository/index", "", new byte[0])
                            .json()
                            .at("/0/name")
                            .asText())
                    .isEqualTo("chest");
            assertThat(client.ask("POST /v2/repository/models/chest/load", "", "{}".getBytes(StandardCharsets.UTF_8))
                            .status())
                    .isEqualTo(200);
        }
    }

    /** {@code InferenceServerException} shows what stands under {@code error}. */
    @Test
    void faults() throws Exception {
        try (Connection client = new Connection()) {
            Answer unknown = client.infer("/v2/models/hand/infer", "{\"inputs\":[]}", bytesTensor());
            assertThat(unknown.status()).isEqualTo(404);
            assertThat(unknown.json().get("error").asText()).contains("this server has chest");
        }
    }
}
