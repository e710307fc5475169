package io.vit4j.walk;

import io.vit4j.torch.Device;
import io.vit4j.torch.Dtype;
import io.vit4j.torch.Scope;
import io.vit4j.torch.Tensors;
import io.vit4j.torch.TorchRuntime;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.IntConsumer;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/**
 * Cores that work side by side, one thread a lane: each lane walks its own samples with single-threaded operations, so
 * that everything scales with the cores (products, norms, the calls themselves) and no two thread pools fight over them
 * (docs/performance.md). What a lane is given depends on its number alone, so a run repeats itself to the bit.
 *
 * <p>One lane runs on the caller's thread, with as many threads an operation as libtorch is set to: for a GPU, or for a
 * single picture at a time.
 */
public final class Lanes implements AutoCloseable {
    /** Of the products that are only made for OpenBLAS to have its buffers: some 20 ms, so that lanes meet in them. */
    private static final int SIDE = 1024;

    private static final AtomicInteger HAVE_BUFFERS = new AtomicInteger();

    private final int count;
    private final List<ExecutorService> threads = new ArrayList<>();

    /** @param count lanes, at least 1 */
    public Lanes(int count) {
        if (count < 1) {
            throw new IllegalArgumentException(count + " lanes");
        }
        this.count = count;
        TorchRuntime.load();
        for (int lane = 0; count > 1 && lane < count; lane++) {
            int number = lane;
            threads.add(Executors.newSingleThreadExecutor(work -> {
                Thread thread = new Thread(work, "vit4j-lane-" + number);
                thread.setDaemon(true);
                return thread;
            }));
        }
        if (count > 1) {
            run(lane -> TorchRuntime.useOneThreadHere());
        }
    }

    /**
     * Has every lane multiply at once, so that OpenBLAS takes as many buffers as it will need. Where it cannot have one it ends
     * the process, so it has them before memory is scarce, and keeps them.
     */
    public void takeBuffers() {
        synchronized (HAVE_BUFFERS) {
            if (HAVE_BUFFERS.get() >= count) {
                return;
            }
            LaneBarrier barrier = new LaneBarrier(count);
            run(lane -> {
                Tensor square = Tensors.zeros(Dtype.FLOAT32, Device.CPU, SIDE, SIDE);
                barrier.await();
                torch.mm(square, square);
            });
            HAVE_BUFFERS.set(count);
        }
    }

    /** {@return how many lanes there are} */
    public int count() {
        return count;
    }

    /** Where lane {@code lane}'s share of {@code items} begins; its end is where the next one's begins. */
    public int shareStart(int items, int lane) {
        return (int) ((long) items * lane / count);
    }

    /** Runs the work once in every lane, in a scope of its own, and waits for all; the first lane's failure is thrown. */
    public void run(IntConsumer work) {
        if (count == 1) {
            try (Scope scope = new Scope()) {
                work.accept(0);
            }
            return;
        }
        List<Future<?>> running = new ArrayList<>();
        for (int lane = 0; lane < count; lane++) {
            int number = lane;
            running.add(threads.get(lane).submit(() -> {
                try (Scope scope = new Scope()) {
                    work.accept(number);
                }
            }));
        }
        Throwable failure = null;
        boolean interrupted = false;
        for (Future<?> lane : running) {
            while (true) {
                try {
                    lane.get();
                } catch (InterruptedException e) {
                    interrupted = true; // lanes share native memory with the caller: it must not go on without them
                    continue;
                } catch (ExecutionException e) {
                    failure = failure == null ? e.getCause() : failure;
                } catch (CancellationException e) {
                    failure = failure == null ? e : failure;
                }
                break;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
        if (failure instanceof Error error) {
            throw error;
        }
        if (failure instanceof RuntimeException exception) {
            throw exception;
        }
    }

    @Override
    public void close() {
        threads.forEach(ExecutorService::shutdown);
    }
}
