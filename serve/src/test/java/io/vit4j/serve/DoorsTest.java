package io.vit4j.serve;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.vit4j.PredictRequest;
import io.vit4j.Vit4j;
import io.vit4j.base.Json;
import io.vit4j.base.JsonObject;
import io.vit4j.base.Progress;
import io.vit4j.image.DecodeOptions;
import io.vit4j.image.ImageDecoder;
import io.vit4j.image.ImageProcessor;
import io.vit4j.image.Picture;
import io.vit4j.infer.ImageClassifier;
import io.vit4j.infer.LabelScore;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * The same pictures through every door, one at a time: the scores of the classifier that a program would use, to the bit, and those of
 * {@code vit4j predict} but for what a product's order of summation changes.
 */
@Timeout(120)
class DoorsTest {
    private static final int PICTURES = 3;
    private static final String INFER = "/v2/models/chest/infer";

    @TempDir
    static Path folder;

    private static final List<byte[]> PNGS = new ArrayList<>();
    private static List<PredictRequest.Scored> predicted;
    private static final List<List<LabelScore>> EXPECTED = new ArrayList<>();
    private static ModelServer server;
    private static Client client;

    @BeforeAll
    static void start() throws Exception {
        Path model = TestModels.save(folder.resolve("tuned"));
        List<Path> files = new ArrayList<>();
        for (int i = 0; i < PICTURES; i++) {
            PNGS.add(TestModels.png(i, 40 + 3 * i));
            files.add(Files.write(folder.resolve(i + ".png"), PNGS.get(i)));
        }
        predicted = Vit4j.predict(List.of(model)).run(files, Progress.NONE);
        ImageClassifier.Options options = ImageClassifier.Options.defaults().withThreads(1);
        try (ImageClassifier classifier = ImageClassifier.load(model, options)) {
            files.forEach(file -> EXPECTED.add(classifier.classify(file)));
        }
        server = ModelServer.start(TestModels.settings().model("chest", model));
        client = new Client(server.address());
    }

    @AfterAll
    static void stop() {
        server.close();
    }

    private static float[] logits(int picture) {
        float[] logits = new float[TestModels.FINDINGS.length];
        for (int j = 0; j < logits.length; j++) {
            logits[j] = (float) expected(picture).get(TestModels.FINDINGS[j]).logit();
        }
        return logits;
    }

    private static Map<String, LabelScore> expected(int picture) {
        return EXPECTED.get(picture).stream().collect(Collectors.toMap(LabelScore::label, score -> score));
    }

    private static ObjectNode request(int pictures) {
        ObjectNode request = Json.object().put("id", "42");
        ObjectNode input = request.putArray("inputs").addObject();
        input.put("name", "image").put("datatype", "BYTES").putArray("shape").add(pictures);
        return request;
    }

    private static ObjectNode base64Request(int picture) {
        ObjectNode request = request(1);
        ArrayNode data = ((ObjectNode) request.get("inputs").get(0)).putArray("data");
        data.add(Base64.getEncoder().encodeToString(PNGS.get(picture)));
        return request;
    }

    private static void assertPrediction(int picture, JsonNode answer) {
        assertThat(answer.path("model_name").asText()).isEqualTo("chest");
        assertThat(answer.path("id").asText()).isEqualTo("42");
        Map<String, JsonNode> outputs = new HashMap<>();
        answer.get("outputs").forEach(output -> outputs.put(output.get("name").asText(), output.get("data")));
        for (int j = 0; j < TestModels.FINDINGS.length; j++) {
            LabelScore expected = expected(picture).get(TestModels.FINDINGS[j]);
            assertThat((float) outputs.get("logits").get(j).doubleValue()).isEqualTo((float) expected.logit());
            assertThat(outputs.get("scores").get(j).doubleValue()).isEqualTo(expected.score());
            assertThat(outputs.get("present").get(j).booleanValue()).isEqualTo(expected.present());
        }
    }

    @Test
    void inferenceProtocolInBase64() throws Exception {
        for (int i = 0; i < PICTURES; i++) {
            String request = Json.line(base64Request(i));
            assertPrediction(i, client.postJson(INFER, request).json());
            assertPrediction(
                    i,
                    client.postJson("/v2/models/chest/versions/1/infer", request)
                            .json());
        }
    }

    private static byte[] binaryRequest(ObjectNode request, byte[] data) {
        byte[] json = Json.line(request).getBytes(StandardCharsets.UTF_8);
        return ByteBuffer.allocate(json.length + data.length)
                .put(json)
                .put(data)
                .array();
    }

    private static Client.Answer inferBinary(ObjectNode request, byte[] data) throws Exception {
        ((ObjectNode) request.get("inputs").get(0)).putObject("parameters").put("binary_data_size", data.length);
        int json = Json.line(request).getBytes(StandardCharsets.UTF_8).length;
        return client.post(
                INFER,
                binaryRequest(request, data),
                "Content-Type",
                "application/octet-stream",
                "Inference-Header-Content-Length",
                Integer.toString(json));
    }

    /** As the extension for binary data has it: each element after its length, all little-endian. */
    private static byte[] elements(List<byte[]> pngs) throws Exception {
        ByteArrayOutputStream data = new ByteArrayOutputStream();
        for (byte[] png : pngs) {
            data.write(ByteBuffer.allocate(4)
                    .order(ByteOrder.LITTLE_ENDIAN)
                    .putInt(png.length)
                    .array());
            data.write(png);
        }
        return data.toByteArray();
    }

    @Test
    void inferenceProtocolInBinary() throws Exception {
        for (int i = 0; i < PICTURES; i++) {
            assertPrediction(
                    i, inferBinary(request(1), elements(List.of(PNGS.get(i)))).json());
        }
    }

    @Test
    void inferenceProtocolAnswersInBinary() throws Exception {
        ObjectNode request = request(PICTURES);
        ArrayNode outputs = request.putArray("outputs");
        outputs.addObject().put("name", "logits").putObject("parameters").put("binary_data", true);
        outputs.addObject().put("name", "present").putObject("parameters").put("binary_data", true);
        Client.Answer answer = inferBinary(request, elements(PNGS));
        assertThat(answer.type()).isEqualTo("application/octet-stream");
        int json = Integer.parseInt(answer.whole()
                .headers()
                .firstValue("Inference-Header-Content-Length")
                .orElseThrow());
        JsonNode head = Json.parse(Arrays.copyOf(answer.body(), json), "the answer");
        assertThat(head.at("/outputs/0/parameters/binary_data_size").intValue()).isEqualTo(PICTURES * 3 * 4);
        FloatBuffer logits = ByteBuffer.wrap(answer.body(), json, PICTURES * 3 * 4)
                .slice()
                .order(ByteOrder.LITTLE_ENDIAN)
                .asFloatBuffer();
        for (int i = 0; i < PICTURES; i++) {
            for (float logit : predicted.get(i).logits()) { // of several pictures at once, so not to the bit
                assertThat(logits.get()).isCloseTo(logit, within(1e-5f));
            }
        }
        assertThat(answer.body().length).isEqualTo(json + PICTURES * 3 * 4 + PICTURES * 3);
        ObjectNode all = base64Request(0);
        all.putObject("parameters").put("binary_data_output", true);
        assertThat(client.postJson(INFER, Json.line(all)).type()).isEqualTo("application/octet-stream");
    }

    /** What the model takes, prepared here from the same files. */
    private static float[] pixels(int i) {
        ImageProcessor processor = ImageProcessor.read(folder.resolve("tuned"));
        FloatBuffer pixels = FloatBuffer.allocate(3 * 32 * 32);
        Picture picture = processor.apply(ImageDecoder.decode(PNGS.get(i), "png", DecodeOptions.DEFAULT));
        processor.normalise(picture, pixels, 3);
        return pixels.array();
    }

    private static ObjectNode pixelRequest() {
        ObjectNode request = Json.object().put("id", "42");
        ObjectNode input = request.putArray("inputs")
                .addObject()
                .put("name", "pixel_values")
                .put("datatype", "FP32");
        input.putArray("shape").add(1).add(3).add(32).add(32);
        return request;
    }

    @Test
    void inferenceProtocolOfPreparedPictures() throws Exception {
        for (int i = 0; i < PICTURES; i++) {
            float[] pixels = pixels(i);
            ObjectNode nested = pixelRequest();
            ArrayNode data =
                    ((ObjectNode) nested.get("inputs").get(0)).putArray("data").addArray();
            for (float pixel : pixels) {
                data.add(pixel);
            }
            assertPrediction(i, client.postJson(INFER, Json.line(nested)).json());
            ByteBuffer bytes = ByteBuffer.allocate(pixels.length * 4).order(ByteOrder.LITTLE_ENDIAN);
            bytes.asFloatBuffer().put(pixels);
            assertPrediction(i, inferBinary(pixelRequest(), bytes.array()).json());
        }
    }

    @Test
    void huggingFace() throws Exception {
        for (int i = 0; i < PICTURES; i++) {
            JsonNode raw = client.post("/models/chest", PNGS.get(i), "Content-Type", "image/png")
                    .json();
            assertThat(raw).hasSize(3);
            String json = Json.line(Json.object()
                    .put("inputs", Base64.getEncoder().encodeToString(PNGS.get(i)))
                    .set(
                            "parameters",
                            Json.object().put("function_to_apply", "none").put("top_k", 2)));
            JsonNode bare = client.postJson("/models/chest", json).json();
            assertThat(bare).hasSize(2);
            for (JsonNode label : bare) {
                int number =
                        List.of(TestModels.FINDINGS).indexOf(label.get("label").asText());
                assertThat((float) label.get("score").doubleValue()).isEqualTo(logits(i)[number]);
            }
            for (JsonNode label : raw) { // as transformers' pipeline for several labels: sigmoid, no temperature
                int number =
                        List.of(TestModels.FINDINGS).indexOf(label.get("label").asText());
                assertThat(label.get("score").doubleValue())
                        .isCloseTo(1 / (1 + Math.exp(-logits(i)[number])), within(1e-12));
            }
            double before = Double.POSITIVE_INFINITY;
            for (JsonNode label : raw) {
                assertThat(label.get("score").doubleValue()).isLessThanOrEqualTo(before);
                before = label.get("score").doubleValue();
            }
            String softmax = json.replace("\"none\"", "\"softmax\"").replace("\"top_k\":2", "\"top_k\":9");
            double sum = 0;
            for (JsonNode label : client.postJson("/models/chest", softmax).json()) {
                sum += label.get("score").doubleValue();
            }
            assertThat(sum).isCloseTo(1, within(1e-12));
        }
    }

    @Test
    void forms() throws Exception {
        for (int i = 0; i < PICTURES; i++) {
            JsonNode answer = client.form(
                            "/v1/models/chest:predict",
                            Client.picture("C:\\scans\\" + i + ".png", PNGS.get(i)),
                            Client.picture("broken.png", new byte[] {1, 2, 3}))
                    .json();
            assertForm(i, answer.get("predictions").get(0));
            assertThat(answer.get("predictions").get(1).get("error").asText()).startsWith("broken.png");
        }
    }

    private static void assertForm(int picture, JsonNode prediction) {
        assertThat(prediction.get("name").asText()).isEqualTo(picture + ".png");
        List<String> present = new ArrayList<>();
        for (int j = 0; j < TestModels.FINDINGS.length; j++) {
            JsonNode label = prediction.get("labels").get(j);
            LabelScore expected = EXPECTED.get(picture).get(j);
            assertThat(label.get("label").asText()).isEqualTo(expected.label());
            assertThat(label.get("score").doubleValue()).isEqualTo(expected.score());
            assertThat((float) label.get("logit").doubleValue()).isEqualTo((float) expected.logit());
            assertThat(label.get("present").booleanValue()).isEqualTo(expected.present());
            assertThat(label.get("threshold").doubleValue())
                    .isEqualTo(Map.of("Nodule", 0.0, "Hernia", 1.0, "Mass", 0.5).get(expected.label()));
            if (expected.present()) {
                present.add(expected.label());
            }
        }
        assertThat(prediction.get("present")).extracting(JsonNode::asText).containsExactlyElementsOf(present);
    }

    @Test
    void explanationsHaveTheSizeOfThePicture() throws Exception {
        for (String method : List.of("rollout", "gradient-input")) {
            Client.Answer png = client.form(
                    "/v1/models/chest:explain",
                    Client.picture("a.png", PNGS.get(1)),
                    Client.field("label", "Mass"),
                    Client.field("method", method));
            assertThat(png.type()).isEqualTo("image/png");
            Picture overlay = ImageDecoder.decode(png.body(), "overlay", DecodeOptions.DEFAULT);
            assertThat(overlay.width()).isEqualTo(43);
            assertThat(overlay.height()).isEqualTo(43);
        }
        assertThat(client.form(
                                "/v1/models/chest:explain",
                                Client.picture("a.png", PNGS.get(1)),
                                Client.field("label", "Cat"))
                        .error())
                .contains("Nodule, Hernia, Mass");
    }

    @Test
    void whatTheServerIsAndHas() throws Exception {
        assertThat(client.get("/v2/health/live").status()).isEqualTo(200);
        assertThat(client.get("/v2/health/ready").json().get("ready").booleanValue())
                .isTrue();
        assertThat(client.get("/v2").json().get("extensions"))
                .extracting(JsonNode::asText)
                .contains("binary_tensor_data");
        assertThat(client.get("/v2/models/chest/ready").status()).isEqualTo(200);
        assertThat(client.get("/v2/models/chest/versions/1/ready").status()).isEqualTo(200);
        assertThat(client.get("/v2/models/chest/versions/2").status()).isEqualTo(404);
        JsonNode metadata = client.get("/v2/models/chest").json();
        assertThat(metadata.at("/inputs/1/shape"))
                .extracting(JsonNode::intValue)
                .containsExactly(-1, 3, 32, 32);
        assertThat(metadata.at("/parameters/labels"))
                .extracting(JsonNode::asText)
                .containsExactly(TestModels.FINDINGS);
        JsonNode described = client.get("/v1/models/chest").json();
        assertThat(described.get("temperature").doubleValue()).isEqualTo(1.7);
        assertThat(client.get("/v1/models/chest/card").status()).isEqualTo(404);
        Files.writeString(folder.resolve("tuned/README.md"), "# Card");
        assertThat(client.get("/v1/models/chest/card").text()).isEqualTo("# Card");
        assertThat(client.post("/v2/repository/index", new byte[0])
                        .json()
                        .at("/0/name")
                        .asText())
                .isEqualTo("chest");
        assertThat(JsonObject.parse(client.get("/v1/models/chest").text(), "description")
                        .bool("has_card", false))
                .isTrue();
    }

    @Test
    void metricsCountWhatHappened() throws Exception {
        client.form("/v1/models/chest:predict", Client.picture("a.png", PNGS.get(0)));
        String metrics = client.get("/metrics").text();
        assertThat(metrics)
                .contains("vit4j_requests_total{model=\"chest\",route=\"/v1/models/{model}:predict\",status=\"200\"}")
                .contains("vit4j_score_bucket{label=\"Mass\",model=\"chest\",le=\"0.5\"}")
                .contains("vit4j_queue_pictures{model=\"chest\"} 0.0")
                .contains("vit4j_batch_pictures_bucket{model=\"chest\",le=\"4.0\"}")
                .contains("vit4j_model_info{model=\"chest\",version=\"1\"} 1.0")
                .contains("jvm_memory_used_bytes");
        for (String phase : List.of("receive", "decode", "wait", "compute")) {
            assertThat(metrics).contains("vit4j_phase_seconds_count{phase=\"" + phase + "\"}");
        }
    }
}
