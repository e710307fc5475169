package io.vit4j.data;

import io.vit4j.base.InputException;
import io.vit4j.base.RandomKey;
import java.nio.FloatBuffer;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.concurrent.CancellationException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.IntFunction;

/**
 * Makes batches on worker threads in advance, and returns them in the order of the plan. A batch depends only on the plan,
 * the transform and the key, never on the workers. To continue in the middle of an epoch, pass the rest of the plan.
 *
 * <p>For one consumer. The workers run only Java code, and end with {@link #close}.
 */
public final class DataLoader implements Iterator<Batch>, AutoCloseable {
    /**
     * Who makes batches ahead of their use.
     *
     * @param threads 0: each batch is made when it is asked for, on the caller's thread
     * @param prefetchFactor batches that are made ahead for each thread
     */
    public record Workers(int threads, int prefetchFactor) {
        /** Batches ahead for each thread, as PyTorch's loader keeps them. */
        public static final int PREFETCH_FACTOR = 2;

        /** InputException if there are fewer threads than none, or nothing is made ahead. */
        public Workers {
            if (threads < 0) {
                throw new InputException("dataloader_num_workers " + threads + ": 0 or more are needed");
            }
            if (prefetchFactor < 1) {
                throw new InputException("dataloader_prefetch_factor " + prefetchFactor + ": must be 1 or more");
            }
        }

        /** So many threads, each as far ahead as PyTorch's loader. */
        public static Workers of(int threads) {
            return new Workers(threads, PREFETCH_FACTOR);
        }

        /** Batches that may wait to be used. */
        public int ahead() {
            return Math.multiplyExact(threads, prefetchFactor);
        }
    }

    private static final AtomicInteger LOADERS = new AtomicInteger();

    private final Dataset dataset;
    private final Collator collator;
    private final ImageTransform transform;
    private final RandomKey key;
    private final List<int[]> plan;
    private final FloatBuffers buffers;
    private final ExecutorService workers;
    private final int mostAhead;
    private final ArrayDeque<Future<Batch>> ahead = new ArrayDeque<>();
    private int submitted;
    private int delivered;
    private long waitedNanos;
    private volatile boolean closed;

    /**
     * @param plan the samples' numbers of each batch
     * @param transform changes each picture, such as an augmentation; its key is {@code key} with "augment" and the sample's
     *     number
     * @param key of the epoch
     */
    public DataLoader(
            Dataset dataset,
            List<int[]> plan,
            Collator collator,
            ImageTransform transform,
            RandomKey key,
            Workers workers) {
        this(dataset, plan, collator, transform, key, workers, buffersFor(workers));
    }

    /**
     * As the other, with buffers that are kept from one loader to the next: direct memory is freed by the garbage collector
     * alone, long after an epoch has ended.
     *
     * @param buffers of {@link #buffersFor}, for one loader at a time
     */
    public DataLoader(
            Dataset dataset,
            List<int[]> plan,
            Collator collator,
            ImageTransform transform,
            RandomKey key,
            Workers workers,
            FloatBuffers buffers) {
        this.dataset = dataset;
        this.plan = List.copyOf(plan);
        this.collator = collator;
        this.transform = transform;
        this.key = key;
        this.mostAhead = workers.ahead();
        this.buffers = buffers;
        int loader = LOADERS.incrementAndGet();
        AtomicInteger threads = new AtomicInteger();
        this.workers = workers.threads() == 0
                ? null
                : Executors.newFixedThreadPool(workers.threads(), task -> {
                    Thread thread = new Thread(task, "loader-" + loader + "-" + threads.incrementAndGet());
                    thread.setDaemon(true);
                    return thread;
                });
        prefetch();
    }

    /** {@return room for as many buffers as a loader with these workers fills at once} */
    public static FloatBuffers buffersFor(Workers workers) {
        return new FloatBuffers(buffers(workers));
    }

    /**
     * The same of another kind of memory.
     *
     * @param allocate makes a direct buffer in native order of so many floats
     */
    public static FloatBuffers buffersFor(Workers workers, IntFunction<FloatBuffer> allocate) {
        return new FloatBuffers(buffers(workers), allocate);
    }

    private static int buffers(Workers workers) {
        return workers.ahead() + 2;
    }

    private void prefetch() {
        while (submitted < plan.size() && ahead.size() < mostAhead) {
            int[] rows = plan.get(submitted++);
            ahead.add(workers.submit(() -> load(rows)));
        }
    }

    @Override
    public boolean hasNext() {
        return delivered < plan.size();
    }

    /**
     * Waits for the next batch. Faults that occurred while it was made are thrown here.
     *
     * @throws InputException naming the sample, if its file is at fault
     */
    @Override
    public Batch next() {
        if (!hasNext()) {
            throw new NoSuchElementException("all " + plan.size() + " batches were given");
        }
        if (closed) {
            throw new IllegalStateException("the loader is closed");
        }
        long start = System.nanoTime();
        Batch batch = mostAhead == 0 ? load(plan.get(delivered)) : await(ahead.remove());
        waitedNanos += System.nanoTime() - start;
        delivered++;
        prefetch();
        return batch;
    }

    private static Batch await(Future<Batch> batch) {
        try {
            return batch.get();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new CancellationException("interrupted while waiting for data");
        } catch (ExecutionException e) {
            if (e.getCause() instanceof RuntimeException fault) {
                throw fault;
            }
            if (e.getCause() instanceof Error fault) {
                throw fault;
            }
            throw new IllegalStateException(e.getCause());
        }
    }

    private Batch load(int[] rows) {
        int[] read = collator.reads(rows);
        List<Sample> samples = new ArrayList<>(read.length);
        for (int row : read) {
            if (closed) {
                throw new CancellationException("the loader is closed");
            }
            samples.add(load(row));
        }
        return collator.collate(rows, samples, buffers, key.with("collate"));
    }

    private Sample load(int row) {
        String file = "sample " + row;
        try {
            Sample sample = dataset.get(row);
            file = sample.file();
            return new Sample(
                    file, transform.apply(sample.picture(), key.with("augment").with(row)), sample.labels());
        } catch (InputException e) {
            throw e.getMessage().contains(file) ? e : new InputException(file + ": " + e.getMessage(), e);
        } catch (RuntimeException e) {
            throw new IllegalStateException(file + " cannot be loaded: " + e, e);
        }
    }

    /** Seconds that {@link #next} has taken so far, waiting for workers or making batches itself. */
    public double waitSeconds() {
        return waitedNanos / 1e9;
    }

    /** Ends the workers. Batches already given stay valid until they are closed. */
    @Override
    public void close() {
        closed = true;
        if (workers == null) {
            return;
        }
        ahead.forEach(batch -> batch.cancel(false));
        ahead.clear();
        workers.shutdown(); // without an interrupt, which would close a channel that a data set reads from
        try {
            if (!workers.awaitTermination(2, TimeUnit.SECONDS)) {
                workers.shutdownNow();
                workers.awaitTermination(5, TimeUnit.SECONDS);
            }
        } catch (InterruptedException e) {
            workers.shutdownNow();
            Thread.currentThread().interrupt();
        }
    }
}
