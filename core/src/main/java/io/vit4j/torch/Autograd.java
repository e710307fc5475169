package io.vit4j.torch;

import java.util.ArrayList;
import java.util.List;
import org.bytedeco.javacpp.Pointer;
import org.bytedeco.pytorch.AutoDispatchBelowADInplaceOrView;
import org.bytedeco.pytorch.AutoGradMode;
import org.bytedeco.pytorch.GradMode;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.DispatchKey;

/**
 * Turns the recording of gradients off (or on again) for the current thread, until closed. While it is off, operations are
 * called below libtorch's layers for autograd, which would otherwise look at every tensor, and note of every view what it is
 * one of: a fifth of the time of a small operation. Closed in the reverse order of opening.
 */
public final class Autograd implements AutoCloseable {
    /** The layers that {@link AutoDispatchBelowADInplaceOrView} passes by. */
    private static final List<DispatchKey> LAYERS =
            List.of(DispatchKey.AutogradFunctionality, DispatchKey.AutogradOther, DispatchKey.ADInplaceOrView);

    private final List<Pointer> guards = new ArrayList<>(2);
    private final List<DispatchKey> passedBy = new ArrayList<>(0);

    private Autograd(boolean record) {
        TorchRuntime.load();
        guard(new AutoGradMode(record));
        if (record) {
            for (DispatchKey layer : LAYERS) {
                if (torch.tls_is_dispatch_key_excluded(layer)) {
                    torch.tls_set_dispatch_key_excluded(layer, false);
                    passedBy.add(layer);
                }
            }
        } else {
            guard(new AutoDispatchBelowADInplaceOrView());
        }
    }

    private void guard(Pointer guard) {
        guard.retainReference(); // closed here, whatever scopes open and close in between
        guards.add(guard);
    }

    /**
     * Turns the recording of operations off on this thread until closed.
     * @return to be closed by the same thread
     */
    public static Autograd off() {
        return new Autograd(false);
    }

    /**
     * Turns the recording of operations on on this thread until closed.
     * @return to be closed by the same thread
     */
    public static Autograd on() {
        return new Autograd(true);
    }

    /** {@return whether this thread records operations} */
    public static boolean isRecording() {
        return GradMode.is_enabled();
    }

    @Override
    public void close() {
        passedBy.forEach(layer -> torch.tls_set_dispatch_key_excluded(layer, true));
        for (int i = guards.size() - 1; i >= 0; i--) {
            guards.get(i).deallocate();
        }
    }
}
