package io.vit4j.dicom.network;

import io.vit4j.base.InputException;
import io.vit4j.dicom.CommitmentReport;
import io.vit4j.dicom.SourceImage;

/** Takes instances that arrive; from several threads at once. */
@FunctionalInterface
public interface InstanceReceiver {
    /**
     * Takes an instance. When this returns, the sender may forget it.
     *
     * @param header of the image
     * @param file the image (PS3.10)
     * @throws InputException if it cannot be kept; the sender tries again later
     */
    void receive(SourceImage header, byte[] file);

    /** An instance arrived and was not taken; the sender has been told. By default this is not noted. */
    default void refused(Refusal reason) {}

    /**
     * Takes what a peer reports of instances that it was asked to commit to; by default nothing was asked.
     *
     * @throws InputException if it cannot be noted; the peer reports it again
     */
    default void committed(CommitmentReport report) {}
}
