package io.vit4j.model;

import io.vit4j.base.RandomKey;
import io.vit4j.torch.Autograd;
import io.vit4j.torch.Device;
import io.vit4j.torch.Dtype;
import io.vit4j.torch.Scope;
import io.vit4j.torch.Tensors;
import java.util.Collection;
import org.bytedeco.pytorch.Tensor;

/** Draws the weights that no checkpoint gives. */
final class FirstWeights {
    private final long seed;

    FirstWeights(long seed) {
        this.seed = seed;
    }

    /** Fills the named weights; each depends on the seed and its own name alone, whoever else is drawn. */
    void draw(Parameters parameters, Collection<String> names) {
        try (Autograd off = Autograd.off()) {
            for (String name : names) {
                try (Scope scope = new Scope()) {
                    ParameterSpec spec = parameters.entry(name).orElseThrow().spec();
                    Tensor drawn = Tensors.empty(Dtype.FLOAT32, Device.CPU, spec.shape());
                    long key = RandomKey.of(seed).with("initialize").with(name).key();
                    spec.init().fill(drawn, key);
                    parameters.get(name).detach().copy_(drawn);
                }
            }
        }
    }
}
