package io.vit4j.cli.plan;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BrokenBarrierException;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.function.IntFunction;

/** The same work on several threads at once. */
final class SideBySide {
    private SideBySide() {}

    /** What each thread has returned; the first failure is thrown. */
    static <T> List<T> run(int threads, IntFunction<T> work) {
        List<FutureTask<T>> tasks = new ArrayList<>();
        for (int i = 0; i < threads; i++) {
            int number = i;
            FutureTask<T> task = new FutureTask<>(() -> work.apply(number));
            Thread thread = new Thread(task, "vit4j-measure-" + number);
            thread.setDaemon(true);
            thread.start();
            tasks.add(task);
        }
        List<T> results = new ArrayList<>();
        for (FutureTask<T> task : tasks) {
            results.add(result(task));
        }
        return results;
    }

    private static <T> T result(FutureTask<T> task) {
        try {
            return task.get();
        } catch (ExecutionException e) {
            if (e.getCause() instanceof RuntimeException failure) {
                throw failure;
            }
            throw new IllegalStateException(e.getCause());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted while measuring", e);
        }
    }

    /** Where threads wait until all have come. */
    static void meet(CyclicBarrier barrier) {
        try {
            barrier.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (BrokenBarrierException e) {
            throw new IllegalStateException("another thread failed while measuring", e);
        }
    }
}
