package io.vit4j.dicom.network;

import io.vit4j.base.InputException;
import io.vit4j.dicom.SourceImage;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Passes an instance that has arrived on, and says with what status it is answered: by C-STORE and STOW-RS alike. */
final class Intake {
    private static final Logger LOG = LoggerFactory.getLogger(Intake.class);

    private Intake() {}

    /** The header of an image; empty if it cannot be understood. */
    static Optional<SourceImage> header(byte[] file) {
        try {
            return Optional.of(SourceImage.of(file, "an instance"));
        } catch (InputException e) {
            return Optional.empty();
        }
    }

    /** Empty if it was taken. */
    static Optional<Refusal> receive(InstanceReceiver receiver, SourceImage header, byte[] file) {
        try {
            receiver.receive(header, file);
            return Optional.empty();
        } catch (InputException e) {
            LOG.error(e.getMessage());
        } catch (RuntimeException e) {
            LOG.error("{} could not be kept", header.text("SOPInstanceUID"), e);
        }
        return Optional.of(Refusal.NOT_KEPT);
    }

    /** The status of the answer; a refusal is also noted. */
    static int status(InstanceReceiver receiver, Optional<Refusal> refusal) {
        refusal.ifPresent(receiver::refused);
        return refusal.map(Refusal::status).orElse(Dimse.SUCCESS);
    }
}
