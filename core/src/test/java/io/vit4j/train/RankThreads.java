package io.vit4j.train;

import io.vit4j.parallel.RankEnvironment;
import io.vit4j.parallel.RankFailedException;
import io.vit4j.torch.TorchRuntime;
import java.io.IOException;
import java.net.ServerSocket;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.function.Function;

/** Ranks as threads of this JVM. */
final class RankThreads {
    private RankThreads() {}

    /**
     * Runs so many ranks to their end; one is alone, without an environment. The first failure in the order of ranks is thrown that is not
     * word of another rank's.
     */
    static <T> List<T> run(int ranks, Function<Optional<RankEnvironment>, T> work) {
        List<T> results = new ArrayList<>();
        RuntimeException failure = null;
        for (FutureTask<T> task : start(ranks, work)) {
            try {
                results.add(task.get());
            } catch (ExecutionException e) {
                RuntimeException cause = e.getCause() instanceof RuntimeException thrown
                        ? thrown
                        : new IllegalStateException(e.getCause());
                failure = failure == null || failure instanceof RankFailedException ? cause : failure;
            } catch (InterruptedException e) {
                throw new IllegalStateException(e);
            }
        }
        if (failure != null) {
            throw failure;
        }
        return results;
    }

    /** What each rank throws; "nothing" where it does not. */
    static List<String> faults(int ranks, Function<Optional<RankEnvironment>, ?> work) {
        List<String> faults = new ArrayList<>();
        for (FutureTask<?> task : start(ranks, work)) {
            try {
                task.get();
                faults.add("nothing");
            } catch (ExecutionException e) {
                faults.add(e.getCause().getClass().getSimpleName() + ": "
                        + e.getCause().getMessage());
            } catch (InterruptedException e) {
                throw new IllegalStateException(e);
            }
        }
        return faults;
    }

    private static <T> List<FutureTask<T>> start(int ranks, Function<Optional<RankEnvironment>, T> work) {
        TorchRuntime.load();
        int port = freePort();
        List<FutureTask<T>> tasks = new ArrayList<>();
        for (int rank = 0; rank < ranks; rank++) {
            Optional<RankEnvironment> self = ranks == 1
                    ? Optional.empty()
                    : Optional.of(new RankEnvironment(rank, rank, ranks, "127.0.0.1", port));
            tasks.add(new FutureTask<>(() -> {
                TorchRuntime.useOneThreadHere(); // one alone, too: libtorch's own threads would wait for one another
                return work.apply(self);
            }));
            new Thread(tasks.get(rank), "rank-" + rank).start();
        }
        return tasks;
    }

    static int freePort() {
        try (ServerSocket socket = new ServerSocket(0)) {
            return socket.getLocalPort();
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }
}
