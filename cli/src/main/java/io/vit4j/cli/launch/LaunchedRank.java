package io.vit4j.cli.launch;

import java.util.Map;
import java.util.Optional;
import sun.misc.Signal;
import sun.misc.SignalHandler;

/**
 * What a process does differently that {@code vit4j launch} has started as a rank. The terminal's Ctrl-C reaches the
 * launcher and every rank, and the launcher passes it on as SIGTERM, so a rank does not listen to it; and a rank ends
 * when its launcher is gone.
 */
public final class LaunchedRank {
    /** The launcher's process, in a rank's environment. */
    static final String LAUNCHER = "VIT4J_LAUNCHER";

    private LaunchedRank() {}

    /** Whether this process was started by {@code vit4j launch}. */
    public static boolean is() {
        return launcher(System.getenv()).isPresent();
    }

    /** Whether this process is a rank other than the first, whoever started it: rank 0 alone logs and prints. */
    public static boolean isSilent() {
        String rank = System.getenv().getOrDefault("RANK", "0").strip();
        return rank.matches("0*[1-9][0-9]*");
    }

    /** To be called once, when the process starts. */
    public static void settle() {
        Optional<Long> launcher = launcher(System.getenv());
        if (launcher.isEmpty()) {
            return;
        }
        Signal.handle(new Signal("INT"), SignalHandler.SIG_IGN);
        ProcessHandle.of(launcher.get())
                .ifPresentOrElse(process -> process.onExit().thenRun(LaunchedRank::end), LaunchedRank::end);
    }

    /** As if someone had asked: with a checkpoint, if there is training under way. */
    private static void end() {
        Signal.raise(new Signal("TERM"));
    }

    private static Optional<Long> launcher(Map<String, String> environment) {
        String pid = environment.getOrDefault(LAUNCHER, "");
        return pid.matches("[0-9]{1,18}") ? Optional.of(Long.parseLong(pid)) : Optional.empty();
    }
}
