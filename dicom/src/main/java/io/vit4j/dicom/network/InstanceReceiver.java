package io.vit4j.dicom.network;

import io.vit4j.base.InputException;
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
}
