package io.vit4j.model;

import static org.assertj.core.api.Assertions.assertThat;

import io.vit4j.torch.Autograd;
import io.vit4j.torch.Device;
import io.vit4j.torch.Dtype;
import io.vit4j.torch.Scope;
import io.vit4j.torch.Tensors;
import java.util.List;
import java.util.stream.Stream;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.Test;

/** Weights that one product takes together are read where they lie, and copied only where they must be. */
class FusedWeightsTest {
    private static final List<String> WEIGHTS = List.of("query.weight", "key.weight");

    private static Parameters parameters(int in, int out) {
        Parameters parameters = new Parameters(
                Linear.specs(in, out, true, Initialization.normal(1), "query", "key")
                        .toList(),
                Device.CPU);
        new FirstWeights(3).draw(parameters, WEIGHTS);
        return parameters;
    }

    private static float[] oneBelowTheOther(Parameters parameters) {
        float[] query = Tensors.toFloats(parameters.get("query.weight"));
        float[] key = Tensors.toFloats(parameters.get("key.weight"));
        float[] both = new float[query.length + key.length];
        System.arraycopy(query, 0, both, 0, query.length);
        System.arraycopy(key, 0, both, query.length, key.length);
        return both;
    }

    @Test
    void fusedWeightsAreTheCheckpointsOwnMemory() {
        try (Parameters parameters = parameters(8, 4);
                Scope scope = new Scope();
                Autograd off = Autograd.off()) {
            Tensor together = parameters.together(WEIGHTS);
            parameters.get("key.weight").detach().fill_(new Scalar(5.0));
            assertThat(together.shape()).containsExactly(8, 8);
            assertThat(Tensors.toFloats(together)).isEqualTo(oneBelowTheOther(parameters));
        }
    }

    @Test
    void weightsWithRoomBetweenThemAreCopiedTogether() {
        try (Parameters parameters = parameters(3, 3); // 9 numbers: the next weight begins at a cache line of its own
                Scope scope = new Scope();
                Autograd off = Autograd.off()) {
            assertThat(Tensors.toFloats(parameters.together(WEIGHTS))).isEqualTo(oneBelowTheOther(parameters));
        }
    }

    @Test
    void weightsCastBeforeAStepAreThoseCastWhenAsked() {
        for (int size : new int[] {8, 3}) { // side by side, and with room between them
            try (Parameters parameters = parameters(size, size);
                    CastWeights cast = new CastWeights(parameters, Dtype.BFLOAT16);
                    StepWeights step = StepWeights.of(cast);
                    StepWeights asked = new StepWeights(Dtype.BFLOAT16);
                    Scope scope = new Scope()) {
                parameters.get("key.weight").detach().add_(new Scalar(2.0)); // a step of the optimizer
                long half = parameters.size() / 2;
                cast.update(0, half);
                cast.update(half, parameters.size());
                for (List<String> names : List.of(WEIGHTS, List.of("key.weight"), List.of("query.bias", "key.bias"))) {
                    String key = String.join("+", names);
                    Tensor expected = asked.of(key, names, parameters);
                    assertThat(step.of(key, names, parameters).shape()).containsExactly(expected.shape());
                    assertThat(floats(step.of(key, names, parameters))).isEqualTo(floats(expected));
                }
            }
        }
    }

    private static float[] floats(Tensor short16) {
        return Tensors.toFloats(Tensors.to(short16, Dtype.FLOAT32));
    }

    @Test
    void recordedFusedWeightsGiveEachItsGradient() {
        try (Parameters parameters = parameters(8, 4);
                Scope scope = new Scope()) {
            parameters.trainable(name -> false);
            try (Autograd on = Autograd.on()) {
                Tensor factors = torch.arange(new Scalar(64)).view(8, 8);
                parameters.together(WEIGHTS).mul(factors).sum().backward();
            }
            List<float[]> gradients = Stream.of("query.weight", "key.weight")
                    .map(name -> Tensors.toFloats(Tensors.gradient(parameters.get(name))))
                    .toList();
            for (int i = 0; i < 32; i++) {
                assertThat(gradients.get(0)[i]).isEqualTo(i);
                assertThat(gradients.get(1)[i]).isEqualTo(32 + i);
            }
        }
    }
}
