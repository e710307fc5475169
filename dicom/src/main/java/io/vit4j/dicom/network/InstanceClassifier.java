package io.vit4j.dicom.network;

import io.vit4j.base.InputException;
import io.vit4j.dicom.Attributes;
import io.vit4j.dicom.SourceImage;
import java.util.List;

/** Makes results of images; from several threads at once. */
@FunctionalInterface
public interface InstanceClassifier {
    /**
     * The results for an image, each an instance of its own. The same image must give the same instance UIDs.
     *
     * @param file the image (PS3.10)
     * @throws InputException if the image cannot be read
     */
    List<Attributes> results(SourceImage header, byte[] file);
}
