package io.vit4j.dicom.network;

import io.vit4j.base.IoReason;
import io.vit4j.dicom.StoredFile;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import javax.net.ssl.SSLContext;

/** A peer to which results are sent by C-STORE, all at hand in one association. */
record StoreDestination(DicomPeer peer, String calling, Optional<SSLContext> tls) implements Destination {
    @Override
    public List<Outcome> send(List<StoredFile> instances) throws IOException {
        List<String> classes =
                instances.stream().map(StoredFile::sopClass).distinct().toList();
        List<Outcome> outcomes = new ArrayList<>();
        try (StorageClient client = StorageClient.open(peer, calling, classes, tls)) {
            for (StoredFile instance : instances) {
                try {
                    outcomes.add(Outcome.of(client.store(instance)));
                } catch (IOException e) {
                    outcomes.add(Outcome.later("the association broke off: " + IoReason.of(e)));
                    break;
                }
            }
        }
        return outcomes;
    }

    @Override
    public String toString() {
        return peer.toString();
    }
}
