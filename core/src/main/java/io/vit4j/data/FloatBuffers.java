package io.vit4j.data;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.util.ArrayDeque;
import java.util.Iterator;
import java.util.function.IntFunction;

/** Direct float buffers that are used again; a new one costs more to make than to fill. For several threads. */
public final class FloatBuffers {
    private final int mostKept;
    private final IntFunction<FloatBuffer> allocate;
    private final ArrayDeque<FloatBuffer> free = new ArrayDeque<>();

    /** @param mostKept buffers kept for later; more are left to the garbage collector */
    public FloatBuffers(int mostKept) {
        this(mostKept, FloatBuffers::direct);
    }

    /**
     * @param mostKept buffers kept for later; more are left to the garbage collector
     * @param allocate makes a direct buffer in native order of so many floats
     */
    public FloatBuffers(int mostKept, IntFunction<FloatBuffer> allocate) {
        this.mostKept = mostKept;
        this.allocate = allocate;
    }

    private static FloatBuffer direct(int size) {
        return ByteBuffer.allocateDirect(Math.multiplyExact(size, Float.BYTES))
                .order(ByteOrder.nativeOrder())
                .asFloatBuffer();
    }

    /** A direct buffer in native order, from position 0 to {@code size}; its content is arbitrary. */
    public FloatBuffer take(int size) {
        synchronized (free) {
            for (Iterator<FloatBuffer> buffers = free.iterator(); buffers.hasNext(); ) {
                FloatBuffer buffer = buffers.next();
                if (buffer.capacity() >= size) {
                    buffers.remove(); // not free.remove(buffer), which would compare contents
                    return buffer.clear().limit(size);
                }
            }
        }
        return allocate.apply(size);
    }

    /** Takes a buffer back; nobody may use it any more. */
    public void giveBack(FloatBuffer buffer) {
        synchronized (free) {
            if (free.size() == mostKept) {
                free.removeFirst(); // an older one, perhaps of a size no longer asked for
            }
            free.addLast(buffer);
        }
    }
}
