package io.vit4j.torch;

import org.bytedeco.javacpp.Pointer;
import org.bytedeco.javacpp.PointerScope;

/**
 * Bounds the life of native handles: every tensor made on this thread while the scope is the innermost one is released
 * when it closes. Two exits: {@link #keep} hands a tensor to the scope outside, {@link #own} to a field that closes it.
 *
 * <pre>{@code
 * try (Scope scope = new Scope()) {
 *     Tensor hidden = block.forward(input, context);
 *     return scope.keep(hidden.mean());
 * }
 * }</pre>
 */
public final class Scope implements AutoCloseable {
    private final PointerScope outer;
    private final PointerScope inner;

    /** Opens a scope on this thread, within the one that is open there. */
    public Scope() {
        TorchRuntime.load();
        outer = PointerScope.getInnerScope();
        inner = new PointerScope();
    }

    /** Lets the handle live as long as the scope outside this one; without one, the caller closes it. */
    public <P extends Pointer> P keep(P handle) {
        if (outer == null) {
            return own(handle);
        }
        outer.attach(handle);
        return handle;
    }

    /** Lets the handle outlive every scope; whoever holds it must {@code close()} it. */
    public <P extends Pointer> P own(P handle) {
        handle.retainReference();
        return handle;
    }

    @Override
    public void close() {
        inner.close();
    }
}
