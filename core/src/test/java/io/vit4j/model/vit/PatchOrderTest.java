package io.vit4j.model.vit;

import static org.assertj.core.api.Assertions.assertThat;

import io.vit4j.Shared;
import io.vit4j.TestDevice;
import io.vit4j.hub.Safetensors;
import io.vit4j.hub.SafetensorsFile;
import io.vit4j.hub.StoredTensor;
import io.vit4j.model.Context;
import io.vit4j.model.Fixture;
import io.vit4j.model.StepWeights;
import io.vit4j.torch.Dtype;
import io.vit4j.torch.Scope;
import io.vit4j.torch.Tensors;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.Optional;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.Test;

class PatchOrderTest {
    @Test
    void patchesAreRestoredInTheOrderThatTransformersMakesOfTheNoise() {
        Path values = Shared.model("families/vit_mae").resolve("forward.safetensors");
        try (SafetensorsFile file = Safetensors.open(values);
                Scope scope = new Scope();
                StepWeights weights = new StepWeights(Dtype.FLOAT32)) {
            StoredTensor noise = file.tensor("noise").orElseThrow();
            Tensor there = Tensors.to(Tensors.of(Fixture.floats(noise), noise.shape()), TestDevice.here());
            Context context = Context.inference(weights).withLabels(Optional.of(there));

            float[] restored = Tensors.toFloats(PatchOrder.restored(context, (int) noise.shape()[1]));

            int[] expected = new int[restored.length];
            ByteBuffer.wrap(file.tensor("ids_restore").orElseThrow().bytes())
                    .order(ByteOrder.LITTLE_ENDIAN)
                    .asIntBuffer()
                    .get(expected);
            for (int i = 0; i < expected.length; i++) {
                assertThat(restored[i]).isEqualTo(expected[i]);
            }
        }
    }
}
