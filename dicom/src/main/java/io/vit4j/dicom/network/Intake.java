package io.vit4j.dicom.network;

import io.vit4j.base.InputException;
import io.vit4j.dicom.SourceImage;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Passes an instance that has arrived on, and says with what status it is answered. */
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

    static int receive(InstanceReceiver receiver, SourceImage header, byte[] file) {
        try {
            receiver.receive(header, file);
            return Dimse.SUCCESS;
        } catch (InputException e) {
            LOG.error(e.getMessage());
        } catch (RuntimeException e) {
            LOG.error("{} could not be kept", header.text("SOPInstanceUID"), e);
        }
        return Dimse.OUT_OF_RESOURCES;
    }
}
