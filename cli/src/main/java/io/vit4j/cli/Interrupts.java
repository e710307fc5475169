package io.vit4j.cli;

import java.util.LinkedHashMap;
import java.util.Map;
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

    /** @param ask called once, on another thread */
    Interrupts(Runnable ask) {
        for (String name : new String[] {"INT", "TERM"}) {
            Signal signal = new Signal(name);
            before.put(signal, Signal.handle(signal, caught -> {
                if (asked) {
                    Runtime.getRuntime().halt(128 + caught.getNumber());
                }
                asked = true;
                exitCode = 128 + caught.getNumber();
                Console.STANDARD.say("Ending after this step, with a checkpoint; once more to end at once");
                ask.run();
            }));
        }
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
