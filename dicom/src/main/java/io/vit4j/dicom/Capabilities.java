package io.vit4j.dicom;

/** What is read, by the UIDs under which other programs offer it. */
public final class Capabilities {
    private static final String STORAGE = "1.2.840.10008.5.1.4.1.1.";

    private Capabilities() {}

    /** Whether data sets and pixels of a transfer syntax are read. */
    public static boolean readsTransferSyntax(String uid) {
        return TransferSyntax.of(uid).coding() != TransferSyntax.Coding.NOT_READ;
    }

    /** Whether an SOP class of the standard is one of images. */
    public static boolean isImageStorage(String sopClass) {
        return sopClass.startsWith(STORAGE) && Uid.isValid(sopClass) && DicomClasses.mayHavePicture(sopClass);
    }
}
