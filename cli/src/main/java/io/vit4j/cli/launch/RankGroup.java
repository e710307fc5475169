package io.vit4j.cli.launch;

import io.vit4j.base.InputException;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/**
 * The ranks of one machine as processes, from their start until all have ended. Once one has failed the others have a
 * while to notice it by themselves, and are killed after that.
 */
public final class RankGroup {
    /** Less than the 20 s within which a job of which a rank has died is to be over. */
    private static final Duration GRACE = Duration.ofSeconds(12);

    private final RankJob job;
    private final List<Process> processes = new ArrayList<>();
    private final BlockingQueue<Integer> ended = new LinkedBlockingQueue<>();
    private final Map<String, String> shared;
    private final RankOutput output;
    private final long killsBefore = KernelKills.count();
    private boolean asked;
    private long killAt = Long.MAX_VALUE;

    /**
     * Starts all ranks.
     *
     * @param shared environment variables that all ranks have, such as their secret
     * @param output for what they print
     */
    public RankGroup(RankJob job, Map<String, String> shared, RankOutput output) {
        this.job = job;
        this.shared = Map.copyOf(shared);
        this.output = output;
        int port = job.choosePort();
        try {
            for (int localRank = 0; localRank < job.processes(); localRank++) {
                start(localRank, port);
            }
        } catch (IOException e) {
            processes.forEach(Process::destroyForcibly);
            throw new InputException(
                    job.program().get(0) + " cannot be started (" + e.getMessage() + "); check the machine's limits",
                    e);
        }
    }

    private void start(int localRank, int port) throws IOException {
        boolean first = job.rank(localRank) == 0;
        ProcessBuilder builder = new ProcessBuilder(job.program());
        builder.environment().putAll(shared);
        builder.environment().putAll(job.environment(localRank, port).variables());
        builder.environment().put("LOCAL_WORLD_SIZE", Integer.toString(job.processes()));
        builder.environment()
                .put(
                        LaunchedRank.LAUNCHER,
                        Long.toString(ProcessHandle.current().pid()));
        if (first) {
            builder.redirectOutput(ProcessBuilder.Redirect.INHERIT);
        } else {
            builder.redirectErrorStream(true);
        }
        Process process = builder.start();
        process.getOutputStream().close();
        processes.add(process);
        process.onExit().thenAccept(end -> ended.add(localRank));
        if (first) {
            output.pass(process.getErrorStream());
        } else {
            output.shorten(job.rank(localRank), process.getInputStream());
        }
    }

    /** Asks every rank to end well (SIGTERM); a second time, to end at once. */
    public synchronized void interrupt() {
        if (asked) {
            killAt = Math.min(killAt, System.nanoTime() + GRACE.toNanos());
        }
        asked = true;
        processes.forEach(process -> process.toHandle().destroy()); // a Process's own also closes its pipes
    }

    /** Waits for the end of all ranks; their ends in the order in which they came. */
    public List<RankEnd> await() throws InterruptedException {
        List<RankEnd> ends = new ArrayList<>();
        boolean killed = false;
        while (ends.size() < processes.size()) {
            Integer localRank = ended.poll(100, TimeUnit.MILLISECONDS);
            if (localRank != null) {
                Process process = processes.get(localRank);
                RankEnd end = new RankEnd(
                        job.rank(localRank),
                        process.pid(),
                        process.exitValue(),
                        killed,
                        KernelKills.count() > killsBefore);
                ends.add(end);
                failed(end);
            } else if (!killed && isLate()) {
                killed = true;
                processes.forEach(Process::destroyForcibly);
            }
        }
        output.flush();
        return ends;
    }

    private synchronized void failed(RankEnd end) {
        if (!end.isWell() && !asked) {
            killAt = Math.min(killAt, System.nanoTime() + GRACE.toNanos());
        }
    }

    private synchronized boolean isLate() {
        return System.nanoTime() > killAt;
    }
}
