package io.vit4j.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import io.vit4j.TestDevice;
import io.vit4j.base.Json;
import io.vit4j.data.Targets;
import io.vit4j.model.SelfDistillation;
import io.vit4j.torch.Device;
import io.vit4j.torch.Scope;
import io.vit4j.torch.Tensors;
import io.vit4j.train.arguments.TrainingArguments;
import io.vit4j.walk.MicroBatchStep;
import io.vit4j.walk.SelfDistillationLoss;
import io.vit4j.walk.TargetTensors;
import java.nio.file.Path;
import java.util.Map;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.Test;

/** DINO's formulas against a direct computation in PyTorch (core/src/test/fixtures/self_distillation.py). */
class SelfDistillationTest {
    private static final JsonNode RECORDED = Json.readObject(Path.of("src/test/fixtures/self_distillation.json"));
    private static final int BATCH = RECORDED.path("batch").asInt();
    private static final int GLOBALS = RECORDED.path("globals").asInt();
    private static final int VIEWS = RECORDED.path("views").asInt();
    private static final int PROTOTYPES = RECORDED.path("prototypes").asInt();

    static float[] floats(JsonNode numbers) {
        float[] floats = new float[numbers.size()];
        for (int i = 0; i < floats.length; i++) {
            floats[i] = (float) numbers.get(i).asDouble();
        }
        return floats;
    }

    private static void assertClose(float[] values, JsonNode expected, double bound) {
        assertThat(values).hasSize(expected.size());
        for (int i = 0; i < values.length; i++) {
            assertThat((double) values[i])
                    .as("number %d", i)
                    .isCloseTo(expected.get(i).asDouble(), within(bound));
        }
    }

    @Test
    void theLossAndItsGradientAreThose() {
        SelfDistillationLoss loss = new SelfDistillationLoss(PROTOTYPES, GLOBALS, VIEWS, 0.1);
        for (JsonNode step : RECORDED.path("steps")) {
            try (Scope scope = new Scope()) {
                Device device = TestDevice.here();
                Targets targets = loss.targets(floats(step.path("probabilities")), BATCH, VIEWS * PROTOTYPES);
                Tensor student =
                        Tensors.to(Tensors.of(floats(step.path("student")), BATCH, (long) VIEWS * PROTOTYPES), device);
                MicroBatchStep.LossAndGradient at = MicroBatchStep.lossAndGradient(
                        loss, student, TargetTensors.of(targets, device), 1 / targets.divisor());
                assertThat(at.loss() / targets.divisor())
                        .isCloseTo(step.path("loss").asDouble(), within(1e-5));
                assertClose(Tensors.toFloats(at.gradient()), step.path("gradient"), 1e-5);
            }
        }
    }

    @Test
    void whatTheTeacherSaysAndItsCentreAreThose() {
        for (JsonNode step : RECORDED.path("steps")) {
            TeacherOutput output = new TeacherOutput(floats(step.path("teacher")), PROTOTYPES);
            float[] centre = floats(step.path("centre_before"));
            assertClose(
                    output.probabilities(centre, step.path("temperature").asDouble()),
                    step.path("probabilities"),
                    1e-6);
            double[] sum = new double[PROTOTYPES];
            output.addTo(sum);
            assertClose(TeacherOutput.followed(centre, sum, output.rows(), 0.9), step.path("centre"), 1e-6);
        }
    }

    @Test
    void theSchedulesAreThose() {
        SelfDistillation settings =
                SelfDistillation.DEFAULTS.withTeacherMomentum(0.9).withTeacherTemperature(0.04, 0.07, 5);
        JsonNode momentum = RECORDED.path("ema").path("momentum");
        TrainingArguments decaying = TrainingArguments.builder()
                .outputDir(Path.of("out"))
                .set(Map.of("weight_decay", "0.04", "weight_decay_end", "0.4"))
                .build();
        for (int step = 0; step < momentum.size(); step++) {
            assertThat(settings.teacher().momentum(step, momentum.size()))
                    .isCloseTo(momentum.get(step).asDouble(), within(1e-12));
            assertThat(0.04 * decaying.decayFactor(step, momentum.size()))
                    .isCloseTo(RECORDED.path("weight_decay").get(step).asDouble(), within(1e-12));
        }
        for (int epoch = 0; epoch < 8; epoch++) {
            assertThat(settings.teacher().temperature(epoch))
                    .isCloseTo(RECORDED.path("temperatures").get(epoch).asDouble(), within(1e-12));
        }
    }

    /** 0 if one prototype takes all, the logarithm of their number if all are alike. */
    @Test
    void aCollapseIsSeenInTheEntropy() {
        assertThat(TeacherOutput.entropy(new float[] {0, 1, 0, 0})).isZero();
        assertThat(TeacherOutput.entropy(new float[] {0.25F, 0.25F, 0.25F, 0.25F}))
                .isCloseTo(Math.log(4), within(1e-6));
    }
}
