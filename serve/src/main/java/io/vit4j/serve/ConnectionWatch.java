package io.vit4j.serve;

import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import org.eclipse.jetty.io.Connection;
import org.eclipse.jetty.io.ssl.SslConnection;
import org.eclipse.jetty.util.thread.Scheduler;

/**
 * Closes connections that send no complete header in time, be they silent or a byte at a time, which an idle timeout would never end. The
 * time begins with the connection, and anew with every answer.
 */
final class ConnectionWatch implements Connection.Listener {
    private static final long AT_WORK = Long.MAX_VALUE;
    private static final long LOOK_MILLIS = 500;

    private final Map<Connection, Long> waiting = new ConcurrentHashMap<>();
    private final long patience;
    private final Scheduler scheduler;

    ConnectionWatch(Duration patience, Scheduler scheduler) {
        this.patience = patience.toNanos();
        this.scheduler = scheduler;
    }

    void start() {
        scheduler.schedule(this::look, LOOK_MILLIS, TimeUnit.MILLISECONDS);
    }

    private void look() {
        long now = System.nanoTime();
        waiting.forEach((connection, since) -> {
            if (since != AT_WORK && now - since > patience) {
                connection.getEndPoint().close();
            }
        });
        if (scheduler.isRunning()) {
            start();
        }
    }

    /** {@return how many connections are open} */
    int open() {
        return waiting.size();
    }

    /** A request's header is there. */
    void begins(Connection connection) {
        waiting.computeIfPresent(connection, (key, since) -> AT_WORK);
    }

    /** It is answered. */
    void ends(Connection connection) {
        waiting.computeIfPresent(connection, (key, since) -> System.nanoTime());
    }

    @Override
    public void onOpened(Connection connection) {
        if (!(connection instanceof SslConnection)) { // around which there is another one, for HTTP
            waiting.put(connection, System.nanoTime());
        }
    }

    @Override
    public void onClosed(Connection connection) {
        waiting.remove(connection);
    }
}
