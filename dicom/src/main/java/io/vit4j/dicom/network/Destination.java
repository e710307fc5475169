package io.vit4j.dicom.network;

import io.vit4j.dicom.StoredFile;
import java.io.IOException;
import java.util.List;
import java.util.Optional;

/** Where results go. */
public interface Destination {
    /** What became of an instance. */
    enum Outcome {
        /** The peer has it. */
        STORED,
        /** The peer does not want it now; later it may. */
        LATER,
        /** The peer will never take it as it is. */
        REFUSED
    }

    /**
     * Sends instances.
     *
     * @return what became of each, in their order
     * @throws IOException if the peer cannot be reached, or breaks off; then any of them may have been stored
     */
    List<Outcome> send(List<StoredFile> instances) throws IOException;

    /**
     * {@code AET@HOST:PORT} for C-STORE, or the address of a DICOMweb service for STOW-RS.
     *
     * @param calling title of one's own, for C-STORE
     * @param tls for C-STORE; empty for a plain connection
     */
    static Destination parse(String text, String calling, Optional<javax.net.ssl.SSLContext> tls) {
        return text.startsWith("http://") || text.startsWith("https://")
                ? new StowDestination(text)
                : new StoreDestination(DicomPeer.parse(text), calling, tls);
    }
}
