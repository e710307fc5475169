package io.vit4j.walk;

import static io.vit4j.model.Fixture.floats;
import static io.vit4j.model.Fixture.largestDifference;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.vit4j.Shared;
import io.vit4j.TestDevice;
import io.vit4j.base.JsonObject;
import io.vit4j.base.RandomKey;
import io.vit4j.hub.Safetensors;
import io.vit4j.hub.SafetensorsFile;
import io.vit4j.model.Context;
import io.vit4j.model.Fixture;
import io.vit4j.model.ModelDefinition;
import io.vit4j.model.Parameters;
import io.vit4j.model.Pretrained;
import io.vit4j.model.StepWeights;
import io.vit4j.torch.Autograd;
import io.vit4j.torch.Dtype;
import io.vit4j.torch.Scope;
import io.vit4j.torch.Tensors;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.Test;

/** DINOv3's own model, which has no classifier: its tokens, and every gradient of a loss of these, as transformers computes them. */
class Dinov3BackboneTest {
    @Test
    void tokensAndGradientsAreThoseOfTransformers() {
        Path folder = Shared.path("fixtures/families/dinov3_vit");
        JsonObject config = JsonObject.read(folder.resolve("checkpoint/config.json"))
                .with("pos_embed_rescale", 1); // transformers computed its gradients in evaluation, where nothing moves
        ModelDefinition definition = ModelDefinition.of(config);
        try (Parameters parameters = new Parameters(definition.weights(), TestDevice.here());
                SafetensorsFile file = Safetensors.open(folder.resolve("checkpoint/model.safetensors"));
                SafetensorsFile values = Safetensors.open(folder.resolve("forward.safetensors"));
                StepWeights weights = new StepWeights(Dtype.FLOAT32);
                Scope scope = new Scope()) {
            Pretrained.fill(parameters, definition, file, false, 0);
            parameters.trainable(name -> name.startsWith("classifier."));
            Walk walk = new Walk(definition.over(parameters, 0, definition.blockCount() - 1));
            Tensor pixels = Tensors.to(
                    Tensors.of(
                            floats(values.tensor("pixel_values").orElseThrow()),
                            values.tensor("pixel_values").orElseThrow().shape()),
                    TestDevice.here());
            Map<String, float[]> seen = new HashMap<>();
            walk.infer(pixels, Context.inference(weights, (what, value) -> seen.put(what, Tensors.toFloats(value))));
            for (int layer = 0; layer < definition.layers(); layer++) {
                String name = layer == 0 ? "embeddings.hidden_states" : "layer." + (layer - 1) + ".hidden_states";
                assertThat(largestDifference(
                                seen.get(name),
                                floats(values.tensor("hidden_states." + layer).orElseThrow())))
                        .as(name)
                        .isLessThan(1e-5);
            }
            Context training = Context.training(weights, RandomKey.of(0), new long[(int) pixels.size(0)]);
            try (Walk.Tape tape = walk.forward(pixels, training)) {
                Tensor hidden = Tensors.leaf(tape.output());
                Map<String, Tensor> norm = new HashMap<>();
                Tensor loss;
                try (Autograd on = Autograd.on()) {
                    for (String name : new String[] {"norm.weight", "norm.bias"}) {
                        norm.put(name, Tensors.leaf(parameters.get(name)));
                    }
                    Tensor normed = torch.layer_norm(
                            hidden,
                            new long[] {hidden.size(2)},
                            new TensorOptional(norm.get("norm.weight")),
                            new TensorOptional(norm.get("norm.bias")),
                            1e-5,
                            false);
                    assertThat(largestDifference(
                                    Tensors.toFloats(normed.detach()),
                                    floats(values.tensor("last_hidden_state").orElseThrow())))
                            .isLessThan(1e-5);
                    loss = torch.add(
                            torch.mul(normed, normed).mean(),
                            torch.mul(normed.select(1, 0), normed.select(1, 0)).mean());
                    loss.backward();
                }
                assertThat(Tensors.item(loss.detach()))
                        .isCloseTo(floats(values.tensor("loss").orElseThrow())[0], within(1e-6));
                tape.backward(Tensors.gradient(hidden), block -> {});
                int compared = 0;
                for (Parameters.Entry entry : parameters.entries()) {
                    String name = entry.name();
                    if (name.startsWith("classifier.")) {
                        continue;
                    }
                    float[] expected = floats(values.tensor("grad." + name).orElseThrow());
                    float[] actual = Tensors.toFloats(
                            norm.containsKey(name) ? Tensors.gradient(norm.get(name)) : parameters.gradient(name));
                    float[] difference = new float[expected.length];
                    for (int i = 0; i < difference.length; i++) {
                        difference[i] = actual[i] - expected[i];
                    }
                    assertThat(Fixture.norm(difference)).as(name).isLessThanOrEqualTo(1e-5 * Fixture.norm(expected));
                    compared++;
                }
                assertThat(compared).isGreaterThan(40);
            }
        }
    }
}
