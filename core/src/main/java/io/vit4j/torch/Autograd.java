package io.vit4j.torch;

import org.bytedeco.pytorch.AutoGradMode;

/** Turns the recording of gradients off (or on again) for the current thread, until closed. */
public final class Autograd implements AutoCloseable {
    private final AutoGradMode mode;

    private Autograd(boolean record) {
        TorchRuntime.load();
        mode = new AutoGradMode(record);
        mode.retainReference(); // closed here, whatever scopes open and close in between
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

    @Override
    public void close() {
        mode.deallocate();
    }
}
