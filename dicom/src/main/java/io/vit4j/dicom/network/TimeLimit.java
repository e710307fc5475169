package io.vit4j.dicom.network;

import java.io.Closeable;
import java.io.IOException;
import java.net.SocketTimeoutException;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

/**
 * Closes a connection if an operation on it takes too long, which ends the operation with an IOException. A socket's own timeout covers
 * neither a peer that sends byte by byte nor one that does not read.
 */
final class TimeLimit {
    /** For streams that are no connection. */
    static final TimeLimit NONE = new TimeLimit(Long.MAX_VALUE, () -> {});

    private static final ScheduledThreadPoolExecutor CLOCK = clock();

    private final long millis;
    private final Closeable connection;
    private volatile boolean isExpired;

    /** @param connection whose close returns at once, and so no TLS connection, which says goodbye first */
    TimeLimit(long millis, Closeable connection) {
        this.millis = millis;
        this.connection = connection;
    }

    private static ScheduledThreadPoolExecutor clock() {
        ScheduledThreadPoolExecutor clock = new ScheduledThreadPoolExecutor(1, task -> {
            Thread thread = new Thread(task, "dicom-clock");
            thread.setDaemon(true);
            return thread;
        });
        clock.setRemoveOnCancelPolicy(true);
        return clock;
    }

    /** An operation that is going on. */
    interface Running extends AutoCloseable {
        @Override
        void close();
    }

    /** Begins an operation, which is within the limit if the result is closed in time. */
    Running begin() {
        if (this == NONE) {
            return () -> {};
        }
        ScheduledFuture<?> alarm = CLOCK.schedule(this::expire, millis, TimeUnit.MILLISECONDS);
        return () -> alarm.cancel(false);
    }

    /** What an operation's fault means: if the limit is why, it says so. */
    IOException explained(IOException fault) {
        if (!isExpired) {
            return fault;
        }
        SocketTimeoutException explained =
                new SocketTimeoutException("nothing for " + TimeUnit.MILLISECONDS.toSeconds(millis) + " s");
        explained.initCause(fault);
        return explained;
    }

    private void expire() {
        isExpired = true;
        try {
            connection.close();
        } catch (IOException e) {
            // it is closed all the same
        }
    }
}
