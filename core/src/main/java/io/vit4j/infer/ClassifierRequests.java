package io.vit4j.infer;

import io.vit4j.base.InputException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BiFunction;
import java.util.function.IntFunction;

/**
 * Requests of callers who do not wait: no more pictures than its capacity are accepted before earlier ones are answered, a request is
 * accepted whole or not at all, and it ends at its deadline.
 */
final class ClassifierRequests {
    private static final int IDLE_SECONDS = 10;

    /** Nanoseconds of more would not fit a long. */
    private static final Duration LONGEST = Duration.ofDays(365);

    /** Decodes for all classifiers of the process, which share its cores. */
    private static final ExecutorService DECODERS = decoders();

    private final int capacity;
    private int pending;
    private boolean closed;

    /** @param capacity pictures that are accepted and not yet answered, at most */
    ClassifierRequests(int capacity) {
        this.capacity = capacity;
    }

    private static ExecutorService decoders() {
        int cores = Runtime.getRuntime().availableProcessors();
        AtomicInteger number = new AtomicInteger();
        ThreadPoolExecutor pool = new ThreadPoolExecutor(
                cores, cores, IDLE_SECONDS, TimeUnit.SECONDS, new LinkedBlockingQueue<>(), task -> {
                    Thread thread = new Thread(task, "vit4j-decoder-" + number.incrementAndGet());
                    thread.setDaemon(true);
                    return thread;
                });
        pool.allowCoreThreadTimeOut(true);
        return pool;
    }

    /** {@return how many pictures are accepted and not yet answered} */
    synchronized int pending() {
        return pending;
    }

    /**
     * Starts a request.
     *
     * @param pictures how many
     * @param logits of the picture of a number: called on a decoder's thread, may throw what is wrong with the picture
     * @param result of the picture of a number, from its logits or what went wrong with them, which are there then
     * @return the results in order; fails with RejectedExecutionException, TimeoutException, or what went wrong
     */
    <T> CompletableFuture<List<T>> start(
            int pictures,
            Duration within,
            IntFunction<CompletableFuture<float[]>> logits,
            BiFunction<Integer, CompletableFuture<float[]>, T> result) {
        if (within.isZero() || within.isNegative()) {
            return CompletableFuture.failedFuture(new TimeoutException("the deadline has passed already"));
        }
        if (!admit(pictures)) {
            return CompletableFuture.failedFuture(new RejectedExecutionException("the queue of " + capacity
                    + " pictures has no room for " + pictures + " more; try again in a moment"));
        }
        CompletableFuture<List<T>> answer = new CompletableFuture<>();
        answer.whenComplete((done, failure) -> leave(pictures));
        List<CompletableFuture<T>> each = new ArrayList<>();
        for (int i = 0; i < pictures; i++) {
            each.add(one(i, logits, result, answer));
        }
        CompletableFuture.allOf(each.toArray(CompletableFuture[]::new)).whenComplete((done, failure) -> {
            if (failure == null) {
                answer.complete(each.stream().map(CompletableFuture::join).toList());
            } else {
                answer.completeExceptionally(cause(failure));
            }
        });
        return answer.orTimeout(
                within.compareTo(LONGEST) < 0 ? within.toNanos() : LONGEST.toNanos(), TimeUnit.NANOSECONDS);
    }

    private static <T> CompletableFuture<T> one(
            int number,
            IntFunction<CompletableFuture<float[]>> logits,
            BiFunction<Integer, CompletableFuture<float[]>, T> result,
            CompletableFuture<List<T>> request) {
        CompletableFuture<float[]> whole = CompletableFuture.supplyAsync(
                        () -> {
                            if (request.isDone()) {
                                throw new CompletionException(new InputException("nobody waits for this any more"));
                            }
                            return logits.apply(number);
                        },
                        DECODERS)
                .thenCompose(coming -> {
                    request.whenComplete((done, failure) -> coming.cancel(false)); // nothing if it has come
                    return coming;
                });
        return whole.handleAsync((come, failure) -> result.apply(number, whole), DECODERS);
    }

    private static Throwable cause(Throwable failure) {
        return failure instanceof CompletionException && failure.getCause() != null ? failure.getCause() : failure;
    }

    private synchronized boolean admit(int pictures) {
        if (closed) {
            throw new IllegalStateException("this ImageClassifier is closed");
        }
        if (pictures > capacity - pending) {
            return false;
        }
        pending += pictures;
        return true;
    }

    private synchronized void leave(int pictures) {
        pending -= pictures;
        notifyAll();
    }

    /** Accepts no more, and waits until all that were accepted are answered. */
    synchronized void close() {
        closed = true;
        boolean interrupted = false;
        while (pending > 0) {
            try {
                wait();
            } catch (InterruptedException e) {
                interrupted = true; // the model must not go while it is asked
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
