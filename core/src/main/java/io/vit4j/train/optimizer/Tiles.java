package io.vit4j.train.optimizer;

import io.vit4j.torch.Autograd;
import io.vit4j.torch.Device;
import io.vit4j.torch.Scope;

/**
 * Long stretches in parts that stay in a core's cache while several elementwise operations pass over them, so that memory
 * is read and written once a step. A GPU takes a stretch whole.
 */
final class Tiles {
    /** 256 KiB of float32: with its gradient and two kinds of state within 1 MiB of second-level cache. */
    private static final int NUMBERS = 1 << 16;

    private Tiles() {}

    /** Works on {@code count} numbers from {@code start}; handles made there end with it. */
    @FunctionalInterface
    interface TileWork {
        void on(long start, long count);
    }

    /** Without recording gradients. */
    static void each(Device device, Optimizer.ParameterRange part, TileWork work) {
        long most = device.isCpu() ? NUMBERS : Long.MAX_VALUE;
        try (Autograd off = Autograd.off()) {
            for (long start = part.from(); start < part.to(); ) {
                long count = Math.min(most, part.to() - start);
                try (Scope scope = new Scope()) {
                    work.on(start, count);
                }
                start += count;
            }
        }
    }
}
