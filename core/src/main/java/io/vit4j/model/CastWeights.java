package io.vit4j.model;

import io.vit4j.base.InputException;
import io.vit4j.torch.Autograd;
import io.vit4j.torch.Dtype;
import io.vit4j.torch.Scope;
import java.util.List;
import java.util.Optional;
import org.bytedeco.pytorch.Tensor;

/**
 * The weights in the type that products take, in a flat buffer laid out as theirs and kept from step to step: all threads
 * bring it up to date together, each a stretch, and malloc's pools see nothing of it.
 */
public final class CastWeights implements AutoCloseable {
    private final Parameters parameters;
    private final Dtype dtype;
    private final Tensor flat;

    /**
     * Room for them, of no numbers yet.
     *
     * @throws InputException if memory does not suffice
     */
    public CastWeights(Parameters parameters, Dtype dtype) {
        this.parameters = parameters;
        this.dtype = dtype;
        try (Scope scope = new Scope()) {
            flat = scope.own(parameters.room(dtype));
        }
    }

    /** {@return the type that they are in} */
    public Dtype dtype() {
        return dtype;
    }

    /** Casts the numbers {@code from} to {@code to} (not included) of the flat buffer as the weights are now. */
    public void update(long from, long to) {
        try (Scope scope = new Scope();
                Autograd off = Autograd.off()) {
            flat.narrow(0, from, to - from).copy_(parameters.values().narrow(0, from, to - from));
        }
    }

    /** As {@link Parameters#adjacent}, of these. */
    Optional<Tensor> adjacent(List<String> names) {
        return parameters.adjacent(flat, names);
    }

    @Override
    public void close() {
        flat.close();
    }
}
