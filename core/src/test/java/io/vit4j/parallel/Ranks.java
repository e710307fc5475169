package io.vit4j.parallel;

import io.vit4j.torch.TorchRuntime;
import java.net.ServerSocket;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;

/** Runs the ranks of a job as threads of this JVM. */
final class Ranks {
    static final Duration TIMEOUT = Duration.ofSeconds(30);

    private Ranks() {}

    /** What one rank does; what it returns is its result. */
    interface Work<T> {
        T run(Rendezvous rendezvous) throws Exception;
    }

    /** Runs all ranks of a job to their end; the first failure is thrown. */
    static <T> List<T> run(int worldSize, Work<T> work) throws Exception {
        int port = freePort();
        List<RankEnvironment> ranks = new ArrayList<>();
        for (int rank = 0; rank < worldSize; rank++) {
            ranks.add(new RankEnvironment(rank, rank, worldSize, "127.0.0.1", port));
        }
        List<T> results = new ArrayList<>();
        Exception first = null;
        for (FutureTask<T> task : start(ranks, TIMEOUT, work)) {
            try {
                results.add(task.get());
            } catch (ExecutionException e) {
                first = first == null ? e : first;
            }
        }
        if (first != null) {
            throw first;
        }
        return results;
    }

    /** What each of these ranks throws; "nothing" where it does not. */
    static List<String> faults(List<RankEnvironment> ranks, Duration timeout, Work<?> work) throws Exception {
        List<String> faults = new ArrayList<>();
        for (FutureTask<?> task : start(ranks, timeout, work)) {
            try {
                task.get();
                faults.add("nothing");
            } catch (ExecutionException e) {
                faults.add(e.getCause().getClass().getSimpleName() + ": "
                        + e.getCause().getMessage());
            }
        }
        return faults;
    }

    private static <T> List<FutureTask<T>> start(List<RankEnvironment> ranks, Duration timeout, Work<T> work) {
        TorchRuntime.load();
        List<FutureTask<T>> tasks = new ArrayList<>();
        for (RankEnvironment rank : ranks) {
            FutureTask<T> task = new FutureTask<>(() -> {
                try (Rendezvous rendezvous = Rendezvous.join(rank, timeout)) {
                    try {
                        return work.run(rendezvous);
                    } catch (Exception | Error e) {
                        rendezvous.fail(String.valueOf(e.getMessage()));
                        throw e;
                    }
                }
            });
            tasks.add(task);
            new Thread(task, "rank-" + rank.rank()).start();
        }
        return tasks;
    }

    static int freePort() throws Exception {
        try (ServerSocket socket = new ServerSocket(0)) {
            return socket.getLocalPort();
        }
    }
}
