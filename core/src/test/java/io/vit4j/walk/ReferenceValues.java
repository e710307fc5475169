package io.vit4j.walk;

import static io.vit4j.model.Fixture.largestDifference;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.vit4j.TestDevice;
import io.vit4j.data.ProblemType;
import io.vit4j.data.Targets;
import io.vit4j.model.Context;
import io.vit4j.model.Fixture;
import io.vit4j.model.Parameters;
import io.vit4j.model.StepWeights;
import io.vit4j.torch.Dtype;
import io.vit4j.torch.Scope;
import io.vit4j.torch.Tensors;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.IntStream;
import org.bytedeco.pytorch.Tensor;

/** Holds a walk against all that transformers computed of a model. */
final class ReferenceValues {
    /** A GPU sums in another order, and hidden states reach 16: there a part of that, a few of float32's last places. */
    private static final double HIDDEN = TestDevice.here().isCpu() ? 1e-5 : 16 * 2e-6;

    private ReferenceValues() {}

    /** Logits, of a larger picture too; hidden states and attentions where transformers gives them. */
    static void assertForward(Fixture fixture) {
        try (Scope scope = new Scope();
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
            if (fixture.has("hidden_states.0") && !seen.isEmpty()) {
                assertInside(fixture, seen);
            }
            if (fixture.has("wide.pixel_values")) {
                assertWide(fixture, weights);
            }
            if (fixture.has("big.pixel_values")) {
                Tensor big = walk.infer(tensor(fixture, "big.pixel_values"), Context.inference(weights));
                assertThat(largestDifference(Tensors.toFloats(big), fixture.floats("big.logits")))
                        .isLessThan(1e-5);
            }
        }
    }

    /** Of pictures that are neither square nor of the model's size. */
    private static void assertWide(Fixture fixture, StepWeights weights) {
        Tensor pixels = tensor(fixture, "wide.pixel_values");
        Walk walk = new Walk(fixture.definition
                .forPictures((int) pixels.size(2), (int) pixels.size(3))
                .over(fixture.parameters));
        assertThat(largestDifference(
                        Tensors.toFloats(walk.infer(pixels, Context.inference(weights))),
                        fixture.floats("wide.logits")))
                .isLessThan(1e-5);
    }

    private static void assertInside(Fixture fixture, Map<String, float[]> seen) {
        int layers = fixture.definition.layers();
        assertThat(largestDifference(seen.get("embeddings.hidden_states"), hiddenStates(fixture, 0)))
                .as("embeddings")
                .isLessThan(HIDDEN);
        List<Integer> shown = shownLayers(fixture);
        for (int i = 0; i < shown.size(); i++) {
            String layer = "layer." + shown.get(i);
            if (fixture.has("attentions." + i)) {
                assertThat(largestDifference(seen.get(layer + ".attentions"), fixture.floats("attentions." + i)))
                        .as("attentions %d", i)
                        .isLessThan(1e-5);
            }
            if (shown.get(i) < layers - 1) { // some families give the last one after their final layer norm
                assertThat(largestDifference(seen.get(layer + ".hidden_states"), hiddenStates(fixture, i + 1)))
                        .as("hidden states %d", i + 1)
                        .isLessThan(HIDDEN);
            }
        }
    }

    /** Those whose insides transformers gives: all of them, or the last of each stage of a family that has stages. */
    private static List<Integer> shownLayers(Fixture fixture) {
        List<Integer> depths = fixture.definition.config().integers("depths");
        if (depths.isEmpty()) {
            return IntStream.range(0, fixture.definition.layers()).boxed().toList();
        }
        int[] ends = depths.stream().mapToInt(Integer::intValue).toArray();
        Arrays.parallelPrefix(ends, Integer::sum);
        return Arrays.stream(ends).mapToObj(end -> end - 1).toList();
    }

    /** With the channels of a place together, also where transformers has them first, as those of a picture. */
    private static float[] hiddenStates(Fixture fixture, int number) {
        try (Scope scope = new Scope()) {
            Tensor states = tensor(fixture, "hidden_states." + number);
            return Tensors.toFloats(states.dim() == 4 ? states.permute(0, 2, 3, 1) : states);
        }
    }

    /**
     * The loss, and the gradient of every weight. One that transformers has no gradient of, because its class does not use it, must have
     * none here.
     *
     * @param chunk samples of each part that the batch is cut into
     */
    static void assertBackward(Fixture fixture, int chunk, boolean recompute) {
        try (Scope scope = new Scope();
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
                        Context.inference(weights), // as transformers has it: nothing is dropped
                        MicroBatchStep.SILENT);
            }
            assertThat(sum / targets.divisor()).isCloseTo(fixture.floats("loss")[0], within(1e-6));
            assertGradients(fixture);
        }
    }

    private static void assertGradients(Fixture fixture) {
        Map<String, float[]> expected = new HashMap<>();
        for (String stored : fixture.weightsWithGradient()) {
            String name = fixture.definition.architecture().canonicalName(stored);
            assertThat(expected.put(name, fixture.floats("grad." + stored)))
                    .as("another gradient of %s", name)
                    .isNull();
        }
        Set<String> known = new HashSet<>();
        for (Parameters.Entry entry : fixture.parameters.entries()) {
            String name = entry.name();
            known.add(name);
            float[] actual = Tensors.toFloats(fixture.parameters.gradient(name));
            float[] of = expected.getOrDefault(name, new float[actual.length]);
            float[] difference = new float[of.length];
            for (int i = 0; i < difference.length; i++) {
                difference[i] = actual[i] - of[i];
            }
            double norm = Fixture.norm(of);
            assertThat(Fixture.norm(difference))
                    .as("%s, whose gradient has norm %s", name, norm)
                    .isLessThanOrEqualTo(isWithoutEffect(name, norm) ? 1e-7 : 1e-5 * norm);
        }
        assertThat(known).as("weights that transformers trains").containsAll(expected.keySet());
    }

    /** The same number added to all keys of a query moves no attention: the gradient is 0 but for rounding. */
    private static boolean isWithoutEffect(String name, double norm) {
        return Fixture.isKeyBias(name) && norm < 1e-6;
    }

    private static Tensor tensor(Fixture fixture, String name) {
        return Tensors.to(Tensors.of(fixture.floats(name), fixture.stored(name).shape()), TestDevice.here());
    }
}
