package io.vit4j.dicom.network;

import io.vit4j.base.IoReason;
import io.vit4j.dicom.StoredFile;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import javax.net.ssl.SSLContext;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A peer to which results are sent by C-STORE, all at hand in one association. */
final class StoreDestination implements Destination {
    private static final Logger LOG = LoggerFactory.getLogger(StoreDestination.class);

    private final DicomPeer peer;
    private final String calling;
    private final Optional<SSLContext> tls;
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
        try (StorageClient client = StorageClient.open(peer, calling, classes, tls)) {
            for (StoredFile instance : instances) {
                try {
                    outcomes.add(Outcome.of(client.store(instance)));
                } catch (IOException e) {
                    outcomes.add(Outcome.later("the association broke off: " + IoReason.of(e)));
                    return outcomes;
                }
            }
            if (client.offersCommitment()) {
                askToCommit(client, instances, outcomes);
            }
        }
        return outcomes;
    }

    /** A peer that does not want to commit has stored the instances all the same. */
    private void askToCommit(StorageClient client, List<StoredFile> instances, List<Outcome> outcomes) {
        List<StoredFile> stored = IntStream.range(0, outcomes.size())
                .filter(i -> outcomes.get(i).kind() == Outcome.Kind.STORED)
                .mapToObj(instances::get)
                .toList();
        if (stored.isEmpty()) {
            return;
        }
        try {
            int status = client.commit(stored);
            if (status == Dimse.SUCCESS) {
                outcomes.replaceAll(each -> each.kind() == Outcome.Kind.STORED ? Outcome.AWAITED : each);
            } else {
                warn(String.format(Locale.ROOT, "status %04X", status));
            }
        } catch (IOException e) {
            warn(IoReason.of(e));
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
