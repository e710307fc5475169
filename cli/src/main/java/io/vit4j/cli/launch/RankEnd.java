package io.vit4j.cli.launch;

import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * How one rank's process ended.
 *
 * @param rank its number within the job
 * @param pid its process's
 * @param exitCode 128 and more: the number of the signal that ended it
 * @param killed whether the launcher killed it, after another had failed
 * @param memoryRanOut whether the kernel killed processes for want of memory while it ran
 */
public record RankEnd(int rank, long pid, int exitCode, boolean killed, boolean memoryRanOut) {
    private static final int SIGKILL = 9;
    private static final int USER_CAN_MEND = 2;
    private static final Map<Integer, String> SIGNALS = Map.of(
            1, "SIGHUP", 2, "SIGINT", 4, "SIGILL", 6, "SIGABRT", 7, "SIGBUS", SIGKILL, "SIGKILL", 11, "SIGSEGV", 13,
            "SIGPIPE", 15, "SIGTERM");

    /** Whether the rank ended without a fault. */
    public boolean isWell() {
        return exitCode == 0;
    }

    /** Whether its own message says what the user can mend; nothing is won by starting it again. */
    public boolean isUsersToMend() {
        return exitCode == USER_CAN_MEND;
    }

    /**
     * The rank whose failure made the others fail: one that a signal ended, else one that gave the user something to
     * mend, else the first.
     *
     * @param ends in the order in which they came
     */
    public static Optional<RankEnd> cause(List<RankEnd> ends) {
        return ends.stream()
                .filter(end -> !end.isWell() && !end.killed())
                .min(Comparator.comparingInt(end -> end.exitCode > 128 ? 0 : end.isUsersToMend() ? 1 : 2));
    }

    /** {@code rank 1 (process 4711) was ended by SIGKILL}. */
    public String describe() {
        String who = "rank " + rank + " (process " + pid + ") ";
        if (exitCode <= 128) {
            return who + "ended with exit code " + exitCode;
        }
        int signal = exitCode - 128;
        return who + "was ended by " + SIGNALS.getOrDefault(signal, "signal " + signal)
                + (signal == SIGKILL && memoryRanOut
                        ? " while the kernel killed processes because memory ran out (use smaller batches or fewer ranks, or"
                                + " allow the job more memory)"
                        : "");
    }
}
