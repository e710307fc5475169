package io.vit4j.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import io.vit4j.TestDevice;
import io.vit4j.base.Json;
import io.vit4j.torch.Dtype;
import io.vit4j.torch.Scope;
import io.vit4j.torch.Tensors;
import io.vit4j.walk.Walk;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class SelfDistilledTest {
    private static final SelfDistillation SETTINGS =
            SelfDistillation.DEFAULTS.withHead(7, 10, 5).withLocalViews(3, 16);

    private static float[] floats(JsonNode numbers) {
        float[] floats = new float[numbers.size()];
        for (int i = 0; i < floats.length; i++) {
            floats[i] = (float) numbers.get(i).asDouble();
        }
        return floats;
    }

    private static float[] random(int count, int seed) {
        Random random = new Random(seed);
        float[] numbers = new float[count];
        for (int i = 0; i < count; i++) {
            numbers[i] = (float) random.nextGaussian();
        }
        return numbers;
    }

    private static double largest(float[] numbers) {
        return Fixture.largestDifference(numbers, new float[numbers.length]);
    }

    /** Against PyTorch: core/src/test/fixtures/self_distillation.py. */
    @Test
    void theProjectionHeadIsDinos() {
        JsonNode recorded = Json.readObject(Path.of("src/test/fixtures/self_distillation.json"));
        JsonNode head = recorded.path("head");
        int views = recorded.path("views").asInt();
        int features = recorded.path("features").asInt();
        SelfDistillation sizes = SelfDistillation.DEFAULTS.withHead(
                recorded.path("prototypes").asInt(),
                recorded.path("hidden").asInt(),
                recorded.path("bottleneck").asInt());
        ProjectionHead.Definition definition = new ProjectionHead.Definition(features, views, sizes);
        try (Scope scope = new Scope();
                Parameters parameters = new Parameters(definition.weights(), TestDevice.here());
                StepWeights weights = new StepWeights(Dtype.FLOAT32)) {
            head.path("weights")
                    .properties()
                    .forEach(weight -> parameters
                            .get(weight.getKey())
                            .view(-1)
                            .copy_(Tensors.of(
                                    floats(weight.getValue()), weight.getValue().size())));
            parameters.trainable(name -> name.equals(ProjectionHead.CENTRE));
            long batch = recorded.path("batch").asInt();
            Tensor input = Tensors.to(
                    Tensors.of(floats(head.path("input")), batch, (long) views * features), TestDevice.here());
            try (Recorded walked = definition.over(parameters).record(input, true, Context.inference(weights))) {
                assertThat(Fixture.largestDifference(Tensors.toFloats(walked.output()), floats(head.path("output"))))
                        .isLessThan(1e-5);
                Tensor back = walked.backward(Tensors.to(
                                Tensors.of(
                                        floats(head.path("gradient")),
                                        batch,
                                        (long) views * sizes.head().prototypes()),
                                TestDevice.here()))
                        .orElseThrow();
                walked.accumulate();
                assertThat(Fixture.largestDifference(Tensors.toFloats(back), floats(head.path("input_gradient"))))
                        .isLessThan(1e-5);
            }
            head.path("gradients")
                    .properties()
                    .forEach(weight -> assertThat(Fixture.largestDifference(
                                    Tensors.toFloats(parameters.gradient(weight.getKey())), floats(weight.getValue())))
                            .as(weight.getKey())
                            .isLessThan(2e-5));
        }
    }

    static Stream<ModelDefinition> encoders() {
        return Stream.concat(
                Stream.of(ModelDefinition.of(SmallModels.vit(12, 2, 3, 24, 32, 8))),
                Stream.of("dinov2", "dinov2_with_registers", "deit")
                        .map(family -> ModelDefinition.read(
                                Path.of("src/test/fixtures/families", family, "checkpoint/config.json"))));
    }

    /** Views of two sizes walked together, and each by itself through the encoder and the head. */
    @ParameterizedTest
    @MethodSource("encoders")
    void viewsTogetherAreWhatEachIsByItself(ModelDefinition encoder) {
        ModelDefinition distilled = SETTINGS.withLocalViews(3, 0).around(encoder);
        PictureViews views = distilled.views().orElseThrow();
        assertThat(views.localSize()).isLessThan(views.globalSize());
        try (VisionModel model = VisionModel.fromScratch(distilled, TestDevice.here(), 5)) {
            Parameters parameters = model.parameters();
            parameters.trainable(name -> !distilled.trains(name));
            int batch = 2;
            float[] pixels = random(batch * views.numbers(), 1);
            float[] gradient = random(batch * distilled.outputs(), 2);
            float[] together;
            Map<String, float[]> expected = new HashMap<>();
            try (Scope scope = new Scope();
                    StepWeights weights = new StepWeights(Dtype.FLOAT32)) {
                Context context = Context.inference(weights);
                Walk walk = new Walk(model.blocks());
                try (Walk.Tape tape = walk.forward(
                        Tensors.to(Tensors.of(pixels, batch, 1, views.numbers(), 1), TestDevice.here()), context)) {
                    together = Tensors.toFloats(tape.output());
                    tape.backward(
                            Tensors.to(Tensors.of(gradient, batch, distilled.outputs()), TestDevice.here()),
                            block -> {});
                }
                for (String name : parameters.names()) {
                    if (distilled.trains(name) && !name.endsWith("key.bias")) { // whose gradient is 0 but for rounding
                        expected.put(name, Tensors.toFloats(parameters.gradient(name)));
                    }
                }
                parameters.zeroGradients();
                int prototypes = SETTINGS.head().prototypes();
                for (int sample = 0; sample < batch; sample++) {
                    int at = sample * views.numbers();
                    for (int view = 0; view < views.count(); view++) {
                        int side = views.sizes().get(view);
                        float[] own = Arrays.copyOfRange(pixels, at, at + 3 * side * side);
                        at += own.length;
                        int from = (sample * views.count() + view) * prototypes;
                        float[] out = Arrays.copyOfRange(together, from, from + prototypes);
                        float[] back = Arrays.copyOfRange(gradient, from, from + prototypes);
                        List<Block> alone =
                                new ArrayList<>(encoder.forPictures(side, side).featuresOver(parameters));
                        alone.add(new ProjectionHead.Definition(encoder.features(), 1, SETTINGS).over(parameters));
                        try (Walk.Tape tape = new Walk(alone)
                                .forward(Tensors.to(Tensors.of(own, 1, 3, side, side), TestDevice.here()), context)) {
                            assertThat(Fixture.largestDifference(Tensors.toFloats(tape.output()), out))
                                    .as("view %d", view)
                                    .isLessThan(1e-5);
                            tape.backward(Tensors.to(Tensors.of(back, 1, prototypes), TestDevice.here()), block -> {});
                        }
                    }
                }
                expected.forEach((name, numbers) -> assertThat(
                                Fixture.largestDifference(Tensors.toFloats(parameters.gradient(name)), numbers)
                                        / largest(numbers))
                        .as(name)
                        .isLessThan(2e-5));
            }
        }
    }

    @Test
    void theTeachersBlocksAreTheStudentsOverTheLargeViewsAlone() {
        ModelDefinition distilled = SETTINGS.around(ModelDefinition.of(SmallModels.vit(12, 2, 3, 24, 32, 8)));
        PictureViews views = distilled.views().orElseThrow();
        try (VisionModel model = VisionModel.fromScratch(distilled, TestDevice.here(), 5);
                Scope scope = new Scope();
                StepWeights weights = new StepWeights(Dtype.FLOAT32)) {
            Tensor pixels =
                    Tensors.to(Tensors.of(random(views.numbers(), 1), 1, 1, views.numbers(), 1), TestDevice.here());
            Context context = Context.inference(weights);
            float[] student = Tensors.toFloats(new Walk(model.blocks()).infer(pixels, context));
            float[] teacher = Tensors.toFloats(new Walk(views.globalsOver(model.parameters())).infer(pixels, context));
            assertThat(Fixture.largestDifference(teacher, Arrays.copyOf(student, 14)))
                    .isLessThan(1e-6);
        }
    }

    /** By hand: two large views of 17 tokens and three small ones of 5, where a picture by itself has one large view. */
    @Test
    void theCostIsThatOfAllViews() {
        ModelDefinition encoder = ModelDefinition.of(SmallModels.vit(12, 2, 3, 24, 32, 8));
        ModelDefinition distilled = SETTINGS.around(encoder);
        double large = encoder.blocks()
                .get(0)
                .cost(encoder.shapes().get(0), Dtype.FLOAT32)
                .forwardFlops();
        assertThat(distilled
                        .blocks()
                        .get(0)
                        .cost(distilled.shapes().get(0), Dtype.FLOAT32)
                        .forwardFlops())
                .isCloseTo(large * (2 + 3 * 4 / 16.0), within(1.0)); // patches: 16 and 4
        assertThat(distilled.shapes().get(1).numbers()).isEqualTo((2 * 17 + 3 * 5) * 12);
        assertThat(distilled.outputs()).isEqualTo(5 * 7);
        double view = encoder.head()
                .features()
                .cost(encoder.shapes().get(3), Dtype.FLOAT32)
                .forwardFlops();
        for (int block = 0; block < 3; block++) {
            view += encoder.blocks()
                    .get(block)
                    .cost(encoder.shapes().get(block), Dtype.FLOAT32)
                    .forwardFlops();
        }
        double head = 2 * (12 * 10 + 10 * 10 + 10 * 5 + 5 * 7);
        assertThat(distilled.views().orElseThrow().teacherFlops(Dtype.FLOAT32))
                .as("the teacher's, of two large views")
                .isCloseTo(2 * (view + head), within(1.0));
    }
}
