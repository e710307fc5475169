package io.vit4j.dicom.network;

import io.vit4j.base.IoReason;
import io.vit4j.dicom.CommitmentReport;
import io.vit4j.dicom.StoredFile;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import javax.net.ssl.SSLContext;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A peer to which results are sent by C-STORE, all at hand in one association. If it was asked to commit to them, the association stays open
 * for a while, for the report.
 */
final class StoreDestination implements Destination {
    private static final Logger LOG = LoggerFactory.getLogger(StoreDestination.class);

    private static final long LISTEN_MILLIS = 30_000;
    private static final int MOST_AWAITED = 4;

    private final DicomPeer peer;
    private final String calling;
    private final Optional<SSLContext> tls;
    private final List<AwaitedReport> awaited = new ArrayList<>();
    private volatile Consumer<CommitmentReport> receiver = report -> {};
    private boolean isRefusalKnown;

    StoreDestination(DicomPeer peer, String calling, Optional<SSLContext> tls) {
        this.peer = peer;
        this.calling = calling;
        this.tls = tls;
    }

    @Override
    public List<Outcome> send(List<StoredFile> instances) throws IOException {
        List<String> classes = Stream.concat(instances.stream().map(StoredFile::sopClass), Stream.of(Dimse.COMMITMENT))
                .distinct()
                .toList();
        List<Outcome> outcomes = new ArrayList<>();
        StorageClient client = StorageClient.open(peer, calling, classes, tls, this::received);
        boolean isAwaited = false;
        try {
            for (StoredFile instance : instances) {
                try {
                    outcomes.add(Outcome.of(client.store(instance)));
                } catch (IOException e) {
                    outcomes.add(Outcome.later("the association broke off: " + IoReason.of(e)));
                    return outcomes;
                }
            }
            isAwaited = client.offersCommitment() && isAskedToCommit(client, instances, outcomes);
            return outcomes;
        } finally {
            if (!isAwaited) {
                client.close();
            }
        }
    }

    /** Whether the association stays open for the report. A peer that does not want to commit has stored the instances all the same. */
    private boolean isAskedToCommit(StorageClient client, List<StoredFile> instances, List<Outcome> outcomes) {
        List<StoredFile> stored = IntStream.range(0, outcomes.size())
                .filter(i -> outcomes.get(i).kind() == Outcome.Kind.STORED)
                .mapToObj(instances::get)
                .toList();
        if (stored.isEmpty()) {
            return false;
        }
        AwaitedReport report = new AwaitedReport(
                client, stored.stream().map(StoredFile::sopInstance).toList());
        synchronized (awaited) {
            awaited.add(report); // at once, since the report may come before the answer
        }
        try {
            int status = client.commit(stored);
            if (status == Dimse.SUCCESS) {
                outcomes.replaceAll(each -> each.kind() == Outcome.Kind.STORED ? Outcome.AWAITED : each);
                report.begin(LISTEN_MILLIS);
                tidy();
                return true;
            }
            warn(String.format(Locale.ROOT, "status %04X", status));
        } catch (IOException e) {
            warn(IoReason.of(e));
        }
        synchronized (awaited) {
            awaited.remove(report);
        }
        return false;
    }

    /** Peers allow only so many associations. */
    private void tidy() {
        synchronized (awaited) {
            awaited.removeIf(AwaitedReport::isOver);
            for (int i = 0; i < awaited.size() - MOST_AWAITED; i++) {
                awaited.get(i).end();
            }
        }
    }

    @Override
    public void reportTo(Consumer<CommitmentReport> receiver) {
        this.receiver = receiver;
    }

    private void received(CommitmentReport report) {
        receiver.accept(report);
    }

    @Override
    public void reported(CommitmentReport report) {
        synchronized (awaited) {
            awaited.forEach(each -> each.reported(report));
        }
    }

    @Override
    public void close() {
        synchronized (awaited) {
            awaited.forEach(AwaitedReport::end);
        }
    }

    private synchronized void warn(String reason) {
        if (!isRefusalKnown) {
            LOG.warn("{} offers storage commitment, but refuses it ({}); results count as stored", peer, reason);
        }
        isRefusalKnown = true;
    }

    @Override
    public String toString() {
        return peer.toString();
    }
}
