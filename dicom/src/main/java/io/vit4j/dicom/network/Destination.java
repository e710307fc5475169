package io.vit4j.dicom.network;

import io.vit4j.dicom.CommitmentReport;
import io.vit4j.dicom.StoredFile;
import java.io.IOException;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Consumer;
import javax.net.ssl.SSLContext;

/** Where results go. */
public interface Destination {
    /**
     * What became of an instance.
     *
     * @param reason why it was not stored; empty if it was
     */
    record Outcome(Kind kind, String reason) {
        /** The peer has it. */
        public static final Outcome STORED = new Outcome(Kind.STORED, "");

        static final Outcome AWAITED = new Outcome(Kind.AWAITED, "");

        /** The kinds. */
        public enum Kind {
            /** The peer has it. */
            STORED,
            /** The peer has it, and will report whether it keeps it (storage commitment). */
            AWAITED,
            /** The peer does not take it now; later it may. */
            LATER,
            /** The peer will never take it as it is. */
            REFUSED
        }

        static Outcome later(String reason) {
            return new Outcome(Kind.LATER, reason);
        }

        static Outcome refused(String reason) {
            return new Outcome(Kind.REFUSED, reason);
        }

        /** What a status of C-STORE, or a failure reason of STOW-RS, means (PS3.4, B.2.3; PS3.7, annex C; PS3.18, 10.5.3). */
        static Outcome of(int status) {
            if (status == Dimse.SUCCESS || status >>> 12 == 0xB || status == Dimse.DUPLICATE) {
                return STORED; // warnings, and what the peer has already, too
            }
            String reason = String.format(Locale.ROOT, "status %04X", status);
            boolean isForNow = status >>> 8 == Dimse.OUT_OF_RESOURCES >>> 8
                    || status == Dimse.PROCESSING_FAILURE
                    || status == Dimse.RESOURCE_LIMITATION;
            return isForNow ? later(reason) : refused(reason);
        }
    }

    /**
     * Sends instances.
     *
     * @return what became of them, in their order; of at least the first, and of fewer than all if the peer broke off
     * @throws IOException if the peer cannot be reached, or takes no instance at all
     */
    List<Outcome> send(List<StoredFile> instances) throws IOException;

    /** Says who is to be told what the destination reports on an association that was opened to it. */
    default void reportTo(Consumer<CommitmentReport> receiver) {}

    /** Notes what the destination has reported, on this way or another. */
    default void reported(CommitmentReport report) {}

    /** Ends what is still open. */
    default void close() {}

    /**
     * {@code AET@HOST:PORT} for C-STORE, or the address of a DICOMweb service for STOW-RS.
     *
     * @param calling title of one's own, for C-STORE
     * @param tls for C-STORE and HTTPS; empty: C-STORE is not encrypted, and for HTTPS Java's certificates count
     */
    static Destination parse(String text, String calling, Optional<SSLContext> tls) {
        if (!DicomWebAddress.isAddress(text)) {
            return new StoreDestination(DicomPeer.parse(text), calling, tls);
        }
        return new StowDestination(DicomWebAddress.parse(text, tls.isPresent()), tls);
    }
}
