package io.vit4j.model;

import static org.assertj.core.api.Assertions.assertThat;

import io.vit4j.torch.Autograd;
import io.vit4j.torch.Device;
import io.vit4j.torch.Dtype;
import io.vit4j.torch.Scope;
import io.vit4j.torch.Tensors;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class HiddenActTest {
    @ParameterizedTest
    @EnumSource
    void theDerivativeIsThatOfAutograd(HiddenAct act) {
        try (Scope scope = new Scope()) {
            Tensor x = Tensors.empty(Dtype.FLOAT32, Device.CPU, 50, 20);
            Tensors.fillNormal(x, 0, 4, 1);
            Tensor gradient = Tensors.empty(Dtype.FLOAT32, Device.CPU, 50, 20);
            Tensors.fillNormal(gradient, 0, 1, 2);
            float[] actual = Tensors.toFloats(act.backward(gradient, x));
            Tensor leaf = Tensors.leaf(x);
            try (Autograd on = Autograd.on()) {
                torch.mul(act.apply(leaf), gradient).sum().backward();
            }
            assertThat(Fixture.largestDifference(actual, Tensors.toFloats(Tensors.gradient(leaf))))
                    .isLessThan(1e-5);
        }
    }
}
