package io.vit4j.dicom.network;

import io.vit4j.base.IoReason;
import io.vit4j.dicom.CommitmentReport;
import java.io.IOException;
import java.util.Collection;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * An association that stays open for a while after its peer was asked to commit to instances, because the report may come on it (PS3.4,
 * J.3.3). It is released once they have all been reported, on this way or another.
 */
final class AwaitedReport {
    private static final Logger LOG = LoggerFactory.getLogger(AwaitedReport.class);

    private final StorageClient client;
    private final Set<String> instances = ConcurrentHashMap.newKeySet();
    private final Thread listener = new Thread(this::listen, "dicom-report");

    /** @param instances of which a report is awaited */
    AwaitedReport(StorageClient client, Collection<String> instances) {
        this.client = client;
        this.instances.addAll(instances);
        listener.setDaemon(true);
    }

    /** Listens, for so many milliseconds at most; the association is released in any case. */
    void begin(long millis) {
        listener.start();
        Executor later = CompletableFuture.delayedExecutor(millis, TimeUnit.MILLISECONDS);
        later.execute(this::end);
    }

    private void listen() {
        try (client) {
            while (!instances.isEmpty() && client.listen()) {
                LOG.debug("a report came on the association on which it was asked for");
            }
        } catch (IOException
                | RuntimeException e) { // the results stay in the queue, and are sent again if nothing is reported
            LOG.debug("an association that was open for a report has ended: {}", e.getMessage(), e);
        }
    }

    /** What is reported is not awaited any more. */
    void reported(CommitmentReport report) {
        instances.removeAll(report.kept());
        instances.removeAll(report.failed().keySet());
        if (instances.isEmpty()) {
            end();
        }
    }

    boolean isOver() {
        return !listener.isAlive();
    }

    /** Releases the association if it is still open. */
    void end() {
        if (Thread.currentThread() == listener || isOver()) {
            return; // it ends by itself, once it has answered
        }
        try {
            client.release();
        } catch (IOException e) {
            LOG.debug("an association could not be released: {}", IoReason.of(e));
        }
    }
}
