package io.vit4j.dicom.network;

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
                outcomes.add(outcome(client.store(instance)));
            }
        }
        return outcomes;
    }

    /** Success and warnings; failures for want of resources; the others (PS3.4, B.2.3). */
    private static Outcome outcome(int status) {
        if (status == Dimse.SUCCESS || status >>> 12 == 0xB) {
            return Outcome.STORED;
        }
        return status >>> 8 == 0xA7 || status == 0x0110 ? Outcome.LATER : Outcome.REFUSED;
    }

    @Override
    public String toString() {
        return peer.toString();
    }
}
