package io.vit4j.walk;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.vit4j.model.Fixture;
import io.vit4j.model.StepWeights;
import io.vit4j.torch.Device;
import io.vit4j.torch.Dtype;
import io.vit4j.torch.Scope;
import io.vit4j.torch.Tensors;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Lanes that share a picture against transformers' logits. */
@Timeout(180)
class LaneGroupTest {
    @ParameterizedTest
    @CsvSource({
        "vit-micro,1,false",
        "vit-micro,2,false",
        "vit-micro,5,false",
        "vit-micro,1,true",
        "vit-micro,2,true",
        "vit-micro,5,true",
        "vit-micro-nobias-tanh,3,false",
        "vit-micro-nobias-tanh,3,true",
        "vit-tiny,2,true",
        "vit-nobias-tanh,3,false",
        "vit-nobias-tanh,3,true"
    })
    void lanesThatShareAPictureComeToTransformersLogits(String name, int lanes, boolean packed) {
        try (Fixture fixture = new Fixture(name);
                StepWeights weights =
                        packed ? StepWeights.forInference(Dtype.FLOAT32, Device.CPU) : new StepWeights(Dtype.FLOAT32);
                Lanes side = new Lanes(lanes);
                Scope scope = new Scope()) {
            Tensor pixels = Tensors.of(
                    fixture.floats("pixel_values"),
                    fixture.stored("pixel_values").shape());
            for (int again = 0; again < 3; again++) {
                LaneGroup group = new LaneGroup(lanes);
                float[][] logits = new float[1][];
                side.run(lane -> {
                    Tensor own = group.infer(lane, fixture.blocks, weights, () -> pixels);
                    if (lane == 0) {
                        logits[0] = Tensors.toFloats(own);
                    }
                });
                group.release();
                assertThat(Fixture.largestDifference(logits[0], fixture.floats("logits")))
                        .isLessThan(1e-5);
            }
        }
    }

    @Test
    void noLaneWaitsForOneThatFailed() {
        try (Fixture fixture = new Fixture("vit-micro");
                StepWeights weights = new StepWeights(Dtype.FLOAT32);
                Lanes side = new Lanes(3)) {
            LaneGroup group = new LaneGroup(3);
            assertThatThrownBy(() -> side.run(lane -> group.infer(lane, fixture.blocks, weights, () -> {
                        throw new IllegalStateException("no picture");
                    })))
                    .hasMessageContaining("no picture");
            group.release();
        }
    }
}
