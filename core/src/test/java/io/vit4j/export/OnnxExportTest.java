package io.vit4j.export;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import ai.onnxruntime.OrtException;
import io.vit4j.Shared;
import io.vit4j.base.DurableFiles;
import io.vit4j.base.InputException;
import io.vit4j.base.JsonObject;
import io.vit4j.data.ProblemType;
import io.vit4j.hub.Safetensors;
import io.vit4j.hub.SafetensorsFile;
import io.vit4j.hub.StoredTensor;
import io.vit4j.image.ImageProcessor;
import io.vit4j.image.Picture;
import io.vit4j.infer.Decision;
import io.vit4j.model.Block;
import io.vit4j.model.BlockDefinition;
import io.vit4j.model.Context;
import io.vit4j.model.Fixture;
import io.vit4j.model.HiddenAct;
import io.vit4j.model.LoraConfig;
import io.vit4j.model.ModelDefinition;
import io.vit4j.model.Parameters;
import io.vit4j.model.Pretrained;
import io.vit4j.model.SmallModels;
import io.vit4j.model.StepWeights;
import io.vit4j.model.VisionModel;
import io.vit4j.onnx.ElementType;
import io.vit4j.onnx.GraphWriter;
import io.vit4j.onnx.OnnxFile;
import io.vit4j.onnx.OnnxSession;
import io.vit4j.onnx.Precision;
import io.vit4j.onnx.Value;
import io.vit4j.torch.Autograd;
import io.vit4j.torch.Device;
import io.vit4j.torch.Dtype;
import io.vit4j.torch.Scope;
import io.vit4j.torch.Tensors;
import io.vit4j.walk.Walk;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/** What is exported gives, in onnxruntime, the logits that transformers and timm computed, and vit4j's own. */
class OnnxExportTest {
    private static final Path VIT = Shared.model("vit-micro");

    @TempDir
    Path folder;

    /** The small models of every family, in the repository. */
    private static Stream<Path> models() {
        Path fixtures = VIT.getParent();
        Stream<Path> ofTimm = Stream.of("eva02", "eva02_norm", "vit_averaged", "vit_clip", "vit_gap")
                .map(fixtures.resolve("timm")::resolve);
        Stream<Path> ofTransformers = Stream.of(VIT, fixtures.resolve("vit-micro-nobias-tanh"));
        return Stream.of(ofTransformers, families(fixtures.resolve("families")), ofTimm)
                .flatMap(paths -> paths);
    }

    private static Stream<Path> families(Path folder) {
        try (Stream<Path> all = Files.list(folder)) {
            return all
                    .filter(model -> !model.endsWith("vit_mae")) // which pretrains, and has no labels
                    .sorted()
                    .toList()
                    .stream();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static VisionModel load(Path folder) {
        Path checkpoint = folder.resolve("checkpoint");
        return Pretrained.load(Files.exists(checkpoint) ? checkpoint : folder, Pretrained.Options.asItIs(Device.CPU))
                .model();
    }

    private static SafetensorsFile values(Path folder) {
        return Safetensors.open(folder.resolve("forward.safetensors"));
    }

    private static StoredTensor value(SafetensorsFile values, String name) {
        return values.tensor(name).orElseThrow();
    }

    private Path export(VisionModel model, Precision precision, boolean withPreprocessing) {
        Path file = folder.resolve("model.onnx");
        assertThat(new OnnxExport(model, Decision.PLAIN, precision, withPreprocessing).write(DurableFiles.SYSTEM, file))
                .containsExactly(file);
        return file;
    }

    @ParameterizedTest
    @MethodSource("models")
    void logitsAreThoseOfTheReferenceForAnyBatch(Path folder) {
        try (VisionModel model = load(folder);
                SafetensorsFile values = values(folder)) {
            assertLogits(model, values, "");
            if (values.tensor("wide.pixel_values").isPresent()) { // neither square nor of the model's size
                assertLogits(model, values, "wide.");
            }
        }
    }

    private void assertLogits(VisionModel model, SafetensorsFile values, String which) {
        long[] shape = value(values, which + "pixel_values").shape();
        float[] pixels = Fixture.floats(value(values, which + "pixel_values"));
        VisionModel walked = new VisionModel(
                model.definition().forPictures((int) shape[2], (int) shape[3]), model.parameters(), model.processor());
        try (OnnxSession session = new OnnxSession(export(walked, Precision.FLOAT32, false))) {
            float[] all = session.logits(pixels, shape);
            assertClose(all, Fixture.floats(value(values, which + "logits")), 2e-5);
            assertClose(all, own(walked, pixels, shape), 1e-5);
            float[] first = session.logits(Arrays.copyOf(pixels, pixels.length / (int) shape[0]), one(shape));
            assertClose(first, Arrays.copyOf(all, first.length), 1e-5);
        }
    }

    private static long[] one(long... batch) {
        long[] shape = batch.clone();
        shape[0] = 1;
        return shape;
    }

    private static float[] own(VisionModel model, float[] pixels, long... shape) {
        try (Scope scope = new Scope();
                StepWeights weights = new StepWeights(Dtype.FLOAT32)) {
            return Tensors.toFloats(
                    new Walk(model.blocks()).infer(Tensors.of(pixels, shape), Context.inference(weights)));
        }
    }

    /** To so much of the largest. */
    private static void assertClose(float[] numbers, float[] expected, double most) {
        double largest = 0;
        for (float number : expected) {
            largest = Math.max(largest, Math.abs(number));
        }
        assertThat(Fixture.largestDifference(numbers, expected) / largest).isLessThan(most);
    }

    /** A short type rounds; that every family's graph runs in it, and means the same, is what is looked at. */
    @ParameterizedTest
    @MethodSource("models")
    void shortTypesRoundAndNoMore(Path folder) {
        try (VisionModel model = load(folder);
                SafetensorsFile values = values(folder)) {
            long[] shape = value(values, "pixel_values").shape();
            float[] pixels = Fixture.floats(value(values, "pixel_values"));
            float[] expected = Fixture.floats(value(values, "logits"));
            try (OnnxSession half = new OnnxSession(export(model, Precision.FLOAT16, false))) {
                assertClose(half.logits(pixels, shape), expected, 0.02);
            }
            try (OnnxSession bytes = new OnnxSession(export(model, Precision.INT8, false))) {
                assertClose(bytes.logits(pixels, shape), expected, 0.2);
            }
        }
    }

    @Test
    void bytesOfPicturesAreNormalisedAsTheProcessorDoes() {
        Random random = new Random(3);
        try (VisionModel model = load(VIT)) {
            int side = model.definition().imageHeight();
            byte[] pixels = new byte[3 * side * side * 3]; // three pictures
            random.nextBytes(pixels);
            float[] values = new float[0];
            for (int i = 0; i < 3; i++) {
                byte[] one = Arrays.copyOfRange(pixels, i * side * side * 3, (i + 1) * side * side * 3);
                float[] more = model.processor().pixelValues(List.of(new Picture(side, side, 3, one)));
                int before = values.length;
                values = Arrays.copyOf(values, before + more.length);
                System.arraycopy(more, 0, values, before, more.length);
            }
            try (OnnxSession session = new OnnxSession(export(model, Precision.FLOAT32, true))) {
                assertThat(session.inputName()).isEqualTo("pixels");
                assertClose(session.logits(pixels, 3, side, side, 3), own(model, values, 3, 3, side, side), 1e-5);
            }
        }
    }

    /** Of noise, the hardest there is: by a step of a byte at most, in few places. */
    @ParameterizedTest
    @CsvSource({
        "300, 400, bilinear, false",
        "90, 40, bicubic, false",
        "301, 64, bicubic, true",
        "64, 301, bilinear, true",
        "48, 48, bicubic, true"
    })
    void picturesAreResizedAsPillowDoes(int height, int width, String filter, boolean cuts) throws OrtException {
        JsonObject size = cuts
                ? JsonObject.empty().with("shortest_edge", 48)
                : JsonObject.empty().with("height", 32).with("width", 40);
        ImageProcessor processor = ImageProcessor.of(JsonObject.empty()
                .with("resample", filter.equals("bicubic") ? 3 : 2)
                .with("size", size)
                .with("do_center_crop", cuts)
                .with("crop_size", JsonObject.empty().with("height", 32).with("width", 40)));
        byte[] pixels = new byte[2 * height * width * 3];
        new Random(5).nextBytes(pixels);
        Path file = folder.resolve("preprocessing.onnx");
        try (Scope scope = new Scope();
                GraphWriter graph = new GraphWriter(Precision.FLOAT32)) {
            graph.output("logits", new Preprocessing(processor, 3).write(graph));
            new OnnxFile(graph, "preprocessing", Map.of()).write(DurableFiles.SYSTEM, file);
        }
        byte[] second = Arrays.copyOfRange(pixels, pixels.length / 2, pixels.length);
        float[] expected = processor.pixelValues(List.of(
                new Picture(width, height, 3, Arrays.copyOf(pixels, pixels.length / 2)),
                new Picture(width, height, 3, second)));
        try (OnnxSession session = new OnnxSession(file)) {
            assertThat(session.input().getShape()).containsExactly(-1, -1, -1, 3);
            float[] values = session.logits(pixels, 2, height, width, 3);
            assertThat(Fixture.largestDifference(values, expected))
                    .isLessThan(2.01 / 255); // a step: deviations are 0.5
            long others = IntStream.range(0, values.length)
                    .filter(i -> values[i] != expected[i])
                    .count();
            assertThat(others).isLessThan(values.length / 20);
        }
    }

    @ParameterizedTest
    @CsvSource({
        "lanczos, {'resample': 1}",
        "the longer edge, {'size': {'shortest_edge': 32; 'longest_edge': 64}; 'do_center_crop': true; 'crop_size': 32}",
        "without resizing, {'do_resize': false; 'do_center_crop': true; 'crop_size': 32}",
        "leaves, {'size': {'shortest_edge': 32}; 'do_center_crop': true; 'crop_size': 64}"
    })
    void whatHasNoOperatorIsRefused(String what, String settings) {
        ImageProcessor processor =
                ImageProcessor.of(JsonObject.parse(settings.replace('\'', '"').replace(';', ','), "settings"));
        try (GraphWriter graph = new GraphWriter(Precision.FLOAT32)) {
            Preprocessing preprocessing = new Preprocessing(processor, 3);
            assertThatThrownBy(() -> preprocessing.write(graph))
                    .isInstanceOf(InputException.class)
                    .hasMessageContaining(what.equals("lanczos") ? "another filter" : what)
                    .hasMessageContaining("leave --with-preprocessing out");
        }
    }

    @Test
    void labelsProcessorAndDecisionAreInTheMetadata() throws OrtException {
        try (VisionModel model = load(VIT)) {
            ModelDefinition definition = model.definition();
            Path file = folder.resolve("model.onnx");
            Decision decision = new Decision(1.5, Map.of(definition.labels().get(0), 0.25));
            new OnnxExport(model, decision, Precision.FLOAT32, false).write(DurableFiles.SYSTEM, file);
            try (OnnxSession session = new OnnxSession(file)) {
                Map<String, String> metadata = session.metadata();
                assertThat(metadata.get("labels")).isEqualTo(labels(definition));
                assertThat(JsonObject.parse(metadata.get("config.json"), "metadata")
                                .text("model_type"))
                        .isEqualTo("vit");
                assertThat(JsonObject.parse(metadata.get("preprocessor_config.json"), "metadata"))
                        .isEqualTo(model.processor().toJson());
                assertThat(JsonObject.parse(metadata.get("decision.json"), "metadata")
                                .number("temperature"))
                        .isEqualTo(1.5);
                assertThat(session.output().getShape()[1])
                        .isEqualTo(definition.labels().size());
            }
        }
    }

    private static String labels(ModelDefinition definition) {
        return definition.labels().stream().map(label -> '"' + label + '"').collect(Collectors.joining(",", "[", "]"));
    }

    @Test
    void adaptersAreMerged() {
        ModelDefinition plain = SmallModels.config(ProblemType.MULTI_LABEL, "a", "b");
        LoraConfig lora = LoraConfig.ofRank(2);
        try (VisionModel model = VisionModel.fromScratch(plain.withAdapter(lora), Device.CPU, 5);
                Scope scope = new Scope();
                Autograd off = Autograd.off()) {
            model.definition()
                    .adaptedModules()
                    .forEach(module -> model.parameters()
                            .get(module + ".lora_B.weight")
                            .detach()
                            .fill_(new Scalar(0.1)));
            float[] pixels = numbers(2 * 3 * 32 * 32);
            float[] adapted = own(model, pixels, 2, 3, 32, 32);
            try (OnnxSession session = new OnnxSession(export(model, Precision.FLOAT32, false))) {
                assertClose(session.logits(pixels, 2, 3, 32, 32), adapted, 1e-5);
            }
        }
    }

    private static float[] numbers(int count) {
        Random random = new Random(4);
        float[] numbers = new float[count];
        for (int i = 0; i < count; i++) {
            numbers[i] = (float) random.nextGaussian();
        }
        return numbers;
    }

    @ParameterizedTest
    @EnumSource(HiddenAct.class)
    void everyActivationIsLibtorchs(HiddenAct act) {
        float[] x = numbers(64);
        Path file = folder.resolve("activation.onnx");
        try (GraphWriter graph = new GraphWriter(Precision.FLOAT32)) {
            graph.output("logits", act.write(graph, graph.input("x", ElementType.FLOAT, Value.BATCH, 8)));
            new OnnxFile(graph, "activation", Map.of()).write(DurableFiles.SYSTEM, file);
        }
        try (Scope scope = new Scope();
                OnnxSession session = new OnnxSession(file)) {
            assertClose(session.logits(x, 8, 8), Tensors.toFloats(act.apply(Tensors.of(x, 8, 8))), 1e-6);
        }
    }

    /** With shapes inferred, in Python; {@code -Dvit4j.python} names one that has the package onnx. */
    @Test
    void onnxsOwnCheckerAcceptsEveryGraph() throws IOException, InterruptedException {
        String python = System.getProperty("vit4j.python", "python3");
        assumeTrue(check(python, List.of()).isEmpty(), "skipped: " + python + " has no package onnx");
        List<String> files = new ArrayList<>();
        for (Path of : models().toList()) {
            try (VisionModel model = load(of)) {
                for (Precision precision : Precision.values()) {
                    Path file = folder.resolve(of.getFileName() + "-" + precision + ".onnx");
                    new OnnxExport(model, Decision.PLAIN, precision, precision == Precision.FLOAT16)
                            .write(DurableFiles.SYSTEM, file);
                    files.add(file.toString());
                }
            }
        }
        assertThat(check(python, files)).isEmpty();
    }

    /** {@return what the checker has against these files; not empty if it cannot be started} */
    private static String check(String python, List<String> files) throws IOException, InterruptedException {
        String program = "import onnx, sys; [onnx.checker.check_model(name, full_check=True) for name in sys.argv[1:]]";
        List<String> command = new ArrayList<>(List.of(python, "-c", program));
        command.addAll(files);
        try {
            Process checker =
                    new ProcessBuilder(command).redirectErrorStream(true).start();
            String said = new String(checker.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            return checker.waitFor() == 0 ? "" : said;
        } catch (IOException e) {
            return e.getMessage();
        }
    }

    /** A block that says nothing of graphs. */
    private record Silent(BlockDefinition definition, Parameters parameters) implements Block {
        @Override
        public Tensor forward(Tensor input, Context context) {
            return input;
        }
    }

    @Test
    void aBlockThatDoesNotWriteItselfIsNamed() {
        try (VisionModel model = load(VIT);
                GraphWriter graph = new GraphWriter(Precision.FLOAT32)) {
            Block silent = new Silent(model.definition().blocks().get(1), model.parameters());
            Value input = graph.input("x", ElementType.FLOAT, Value.BATCH, 3);
            assertThatThrownBy(() -> silent.write(graph, input))
                    .isInstanceOf(InputException.class)
                    .hasMessageContaining("layer.0")
                    .hasMessageContaining("Silent")
                    .hasMessageContaining("Block.write");
        }
    }
}
