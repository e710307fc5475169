package io.vit4j.walk;

import static io.vit4j.model.Fixture.largestDifference;
import static org.assertj.core.api.Assertions.assertThat;

import io.vit4j.TestDevice;
import io.vit4j.base.RandomKey;
import io.vit4j.data.ProblemType;
import io.vit4j.data.Targets;
import io.vit4j.model.Context;
import io.vit4j.model.Fixture;
import io.vit4j.model.Parameters;
import io.vit4j.model.StepWeights;
import io.vit4j.torch.Dtype;
import io.vit4j.torch.Scope;
import io.vit4j.torch.Tensors;
import java.util.HashMap;
import java.util.Map;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The walk gives the values that transformers computed. */
class TransformersValuesTest {
    /** A GPU sums in another order, and hidden states reach 16: there a part of that, a few of float32's last places. */
    private static final double HIDDEN = TestDevice.here().isCpu() ? 1e-5 : 16 * 2e-6;

    @ParameterizedTest
    @ValueSource(strings = {"vit-micro", "vit-micro-nobias-tanh", "vit-tiny", "vit-nobias-tanh"})
    void logitsHiddenStatesAndAttentionsAreThoseOfTransformers(String name) {
        try (Fixture fixture = new Fixture(name);
                Scope scope = new Scope();
                StepWeights weights = new StepWeights(Dtype.FLOAT32)) {
            Walk walk = new Walk(fixture.blocks);
            Tensor pixels = tensor(fixture, "pixel_values");
            Map<String, float[]> seen = new HashMap<>();
            Tensor tapped = walk.infer(
                    pixels, Context.inference(weights, (what, value) -> seen.put(what, Tensors.toFloats(value))));
            Tensor plain = walk.infer(pixels, Context.inference(weights));

            assertThat(largestDifference(Tensors.toFloats(plain), fixture.floats("logits")))
                    .isLessThan(1e-5);
            assertThat(largestDifference(Tensors.toFloats(tapped), fixture.floats("logits")))
                    .isLessThan(1e-5);
            int layers = fixture.definition.layers();
            assertThat(largestDifference(seen.get("embeddings.hidden_states"), fixture.floats("hidden_states.0")))
                    .isLessThan(HIDDEN);
            for (int i = 0; i < layers; i++) {
                assertThat(largestDifference(seen.get("layer." + i + ".attentions"), fixture.floats("attentions." + i)))
                        .as("attentions %d", i)
                        .isLessThan(1e-5);
                if (i < layers - 1) { // transformers gives the last one after its final layer norm
                    assertThat(largestDifference(
                                    seen.get("layer." + i + ".hidden_states"),
                                    fixture.floats("hidden_states." + (i + 1))))
                            .as("hidden states %d", i + 1)
                            .isLessThan(HIDDEN);
                }
            }
            Tensor big = walk.infer(tensor(fixture, "big.pixel_values"), Context.inference(weights));
            assertThat(largestDifference(Tensors.toFloats(big), fixture.floats("big.logits")))
                    .isLessThan(1e-5);
        }
    }

    @ParameterizedTest
    @CsvSource({
        "vit-micro,5,false",
        "vit-micro,5,true",
        "vit-micro,2,false",
        "vit-micro-nobias-tanh,4,false",
        "vit-micro-nobias-tanh,1,true",
        "vit-tiny,6,false",
        "vit-tiny,6,true",
        "vit-tiny,4,false",
        "vit-nobias-tanh,6,false",
        "vit-nobias-tanh,1,true"
    })
    void lossAndEveryGradientAreThoseOfTransformersHoweverTheBatchIsCut(String name, int chunk, boolean recompute) {
        try (Fixture fixture = new Fixture(name);
                Scope scope = new Scope();
                StepWeights weights = new StepWeights(Dtype.FLOAT32)) {
            fixture.parameters.trainable(frozen -> false);
            Walk walk = new Walk(fixture.blocks, recompute, 0, false);
            Objective objective = Objective.of(ProblemType.MULTI_LABEL);
            Tensor pixels = tensor(fixture, "pixel_values");
            float[] labels = fixture.floats("labels");
            long batch = pixels.size(0);
            Targets targets = objective.targets(labels, (int) batch, labels.length / (int) batch);
            double sum = 0;
            for (long from = 0; from < batch; from += chunk) {
                long count = Math.min(chunk, batch - from);
                Targets own = targets.rows((int) from, (int) count);
                sum += MicroBatchStep.run(
                        walk,
                        objective,
                        pixels.narrow(0, from, count),
                        TargetTensors.of(own, TestDevice.here()),
                        1 / targets.divisor(),
                        Context.training(weights, RandomKey.of(0), new long[(int) count]),
                        MicroBatchStep.SILENT);
            }
            assertThat(sum / targets.divisor())
                    .isCloseTo(fixture.floats("loss")[0], org.assertj.core.api.Assertions.within(1e-6));
            for (Parameters.Entry entry : fixture.parameters.entries()) {
                float[] expected = fixture.floats("grad." + entry.name());
                float[] actual = Tensors.toFloats(fixture.parameters.gradient(entry.name()));
                double bound = entry.name().endsWith("attention.key.bias") ? 1e-7 : 1e-5 * Fixture.norm(expected);
                float[] difference = new float[expected.length];
                for (int i = 0; i < difference.length; i++) {
                    difference[i] = actual[i] - expected[i];
                }
                assertThat(Fixture.norm(difference)).as(entry.name()).isLessThanOrEqualTo(bound);
            }
        }
    }

    private static Tensor tensor(Fixture fixture, String name) {
        return Tensors.to(Tensors.of(fixture.floats(name), fixture.stored(name).shape()), TestDevice.here());
    }
}
