package io.vit4j.data;

import io.vit4j.base.InputException;
import io.vit4j.image.Picture;
import java.util.ArrayDeque;
import java.util.Optional;
import java.util.concurrent.CancellationException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.IntFunction;

/** Reads pictures on several threads and gives them in order, only a few ahead, so that memory is bounded. */
final class OrderedPictures implements AutoCloseable {
    /**
     * A picture, or why there is none.
     *
     * @param fault empty if the picture is there
     */
    record Read(Optional<Picture> picture, String fault) {}

    private static final int SECONDS_TO_END = 10;
    private static final AtomicInteger THREADS = new AtomicInteger();

    private final ExecutorService workers;
    private final ArrayDeque<Future<Read>> ahead = new ArrayDeque<>();
    private final IntFunction<Picture> reader;
    private final int end;
    private final int mostAhead;
    private int next;

    /** Pictures {@code start} to {@code end - 1}; an InputException of {@code reader} is that picture's fault. */
    OrderedPictures(int start, int end, int threads, IntFunction<Picture> reader) {
        this.reader = reader;
        this.next = start;
        this.end = end;
        this.mostAhead = 2 * threads + 4;
        this.workers = Executors.newFixedThreadPool(threads, task -> {
            Thread thread = new Thread(task, "prepare-" + THREADS.incrementAndGet());
            thread.setDaemon(true);
            return thread;
        });
    }

    /** The next picture, waiting for it. */
    Read next() {
        while (next < end && ahead.size() < mostAhead) {
            int number = next++;
            ahead.add(workers.submit(() -> read(number)));
        }
        try {
            return ahead.remove().get();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new CancellationException("interrupted; the same command continues where it stopped");
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

    private Read read(int number) {
        try {
            return new Read(Optional.of(reader.apply(number)), "");
        } catch (InputException e) {
            return new Read(Optional.empty(), e.getMessage());
        }
    }

    /** Waits for the pictures in hand, so that nobody works on after whoever gave up has been told. */
    @Override
    public void close() {
        workers.shutdownNow();
        try {
            workers.awaitTermination(SECONDS_TO_END, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
