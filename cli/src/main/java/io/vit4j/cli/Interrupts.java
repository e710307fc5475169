package io.vit4j.cli;

import io.vit4j.cli.launch.LaunchedRank;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BooleanSupplier;
import java.util.function.IntConsumer;
import sun.misc.Signal;
import sun.misc.SignalHandler;

/**
 * The first SIGINT or SIGTERM asks the work to end well; a second ends the process at once. Handlers are put back on
 * closing.
 */
final class Interrupts implements AutoCloseable {
    private final Map<Signal, SignalHandler> before = new LinkedHashMap<>();
    private volatile int exitCode = 130;
    private volatile boolean asked;

    /** @param ask called once, on another thread; false if there is nothing left to end well, so that the process ends at once */
    Interrupts(BooleanSupplier ask) {
        this(
                number -> {
                    if (!ask.getAsBoolean()) {
                        halt(number);
                    } else if (!LaunchedRank.isSilent()) {
                        Console.STANDARD.say(
                                "Stopping after this step, with a checkpoint; interrupt again to stop at once");
                    }
                },
                Interrupts::halt);
    }

    /** Ends the process at once. */
    static void halt(int signal) {
        Runtime.getRuntime().halt(128 + signal);
    }

    /**
     * @param first called with the number of the first signal, on another thread
     * @param further called with the number of each later signal
     */
    Interrupts(IntConsumer first, IntConsumer further) {
        List<String> names = LaunchedRank.is() ? List.of("TERM") : List.of("INT", "TERM");
        for (String name : names) {
            Signal signal = new Signal(name);
            before.put(signal, Signal.handle(signal, caught -> {
                if (asked) {
                    further.accept(caught.getNumber());
                } else {
                    asked = true;
                    exitCode = 128 + caught.getNumber();
                    first.accept(caught.getNumber());
                }
            }));
        }
    }

    /** Whether there was a signal. */
    boolean asked() {
        return asked;
    }

    /** 130 after SIGINT, 143 after SIGTERM. */
    int exitCode() {
        return exitCode;
    }

    @Override
    public void close() {
        before.forEach(Signal::handle);
    }
}
