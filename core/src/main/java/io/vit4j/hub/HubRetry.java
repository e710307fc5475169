package io.vit4j.hub;

import io.vit4j.base.InputException;
import java.time.Duration;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Repeats what failed for want of a connection, after pauses that double, as long as it gets further now and then. */
final class HubRetry {
    private static final Logger LOG = LoggerFactory.getLogger(HubRetry.class);
    private static final int MOST_ATTEMPTS_IN_ALL = 200;

    private final int attempts;
    private final Duration firstPause;
    private int failures;
    private int inAll;

    /** @param attempts how often it may fail in a row */
    HubRetry(int attempts, Duration firstPause) {
        this.attempts = attempts;
        this.firstPause = firstPause;
    }

    /** Something was received, so the count of failures starts again. */
    void gotFurther() {
        failures = 0;
    }

    /** Waits for the next attempt; rethrows the fault if that was the last one. */
    void failed(HubUnreachable fault) throws HubUnreachable {
        failures++;
        if (failures >= attempts || ++inAll >= MOST_ATTEMPTS_IN_ALL) {
            throw fault;
        }
        Duration pause = fault.retryAfter().orElse(firstPause.multipliedBy(1L << Math.min(failures - 1, 5)));
        LOG.warn("{}; trying again in {} s", fault.getMessage(), pause.toMillis() / 1000.0);
        try {
            Thread.sleep(pause.toMillis());
        } catch (InterruptedException e) {
            throw HubClient.interrupted(e);
        }
    }

    /** A question to the hub. */
    interface Question<T> {
        T ask() throws HubUnreachable;
    }

    /** The answer, asked for as often as need be. */
    static <T> T ask(int attempts, Duration firstPause, Question<T> question) throws HubUnreachable {
        HubRetry retry = new HubRetry(attempts, firstPause);
        while (true) {
            try {
                return question.ask();
            } catch (HubUnreachable fault) {
                retry.failed(fault);
            }
        }
    }

    /** That the hub cannot be reached, and what to do about it. */
    static InputException unreachable(HubName name, HubUnreachable fault) {
        return new InputException(
                name + ": cannot be downloaded (" + fault.getMessage()
                        + "); check the network and the JVM's proxy (-Dhttps.proxyHost), or name a folder that contains"
                        + " the " + name.kind(),
                fault);
    }
}
