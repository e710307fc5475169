package io.vit4j.train.optimizer;

import io.vit4j.model.Parameters;
import io.vit4j.torch.Autograd;
import io.vit4j.torch.Scope;
import java.util.SortedMap;
import org.bytedeco.pytorch.Tensor;

/**
 * An optimizer whose state is in main memory, for weights on a GPU ({@code optimizer_state_offchip}; Ren et al.,
 * "ZeRO-Offload", ATC 2021): gradients come to the host, are stepped there on a copy of the weights, and the weights go back.
 */
public final class HostOptimizer implements Optimizer {
    private final Parameters onDevice;
    private final Parameters onHost;
    private final Optimizer optimizer;

    HostOptimizer(Parameters onDevice, OptimizerFactory factory) {
        this.onDevice = onDevice;
        onHost = onDevice.onHost();
        optimizer = factory.create(onHost);
    }

    /** A factory that puts the state of what {@code factory} makes on the host. */
    public static OptimizerFactory of(OptimizerFactory factory) {
        return parameters -> new HostOptimizer(parameters, factory);
    }

    @Override
    public void step(Step step, ParameterRange part) {
        try (Scope scope = new Scope();
                Autograd off = Autograd.off()) {
            part.of(onHost.gradients()).copy_(part.of(onDevice.gradients()));
            part.of(onHost.values()).copy_(part.of(onDevice.values())); // a resumed run has filled them there
            optimizer.step(step, part);
            part.of(onDevice.values()).copy_(part.of(onHost.values()));
        }
    }

    @Override
    public SortedMap<String, Tensor> state() {
        return optimizer.state();
    }

    @Override
    public StateShape shape(String kind) {
        return optimizer.shape(kind);
    }

    @Override
    public boolean averages() {
        return optimizer.averages();
    }

    @Override
    public void swapAveraged() {
        try (Scope scope = new Scope();
                Autograd off = Autograd.off()) {
            for (Parameters.Stretch trained : onDevice.trainedStretches()) {
                copy(trained, onDevice.values(), onHost.values());
            }
            optimizer.swapAveraged();
            for (Parameters.Stretch trained : onDevice.trainedStretches()) {
                copy(trained, onHost.values(), onDevice.values());
            }
        }
    }

    private static void copy(Parameters.Stretch stretch, Tensor source, Tensor destination) {
        destination
                .narrow(0, stretch.from(), stretch.length())
                .copy_(source.narrow(0, stretch.from(), stretch.length()));
    }

    @Override
    public boolean needsWholeWeights() {
        return optimizer.needsWholeWeights();
    }

    @Override
    public void close() {
        optimizer.close();
        onHost.close();
    }
}
