package io.vit4j.dicom.network;

/** Why an instance that arrived was not taken. */
public enum Refusal {
    /** Its class is not that of its presentation context, or not one of images. */
    WRONG_CLASS(Dimse.NO_SUCH_CLASS),
    /** It cannot be read, or lacks the UIDs of itself, its study or its series. */
    CANNOT_UNDERSTAND(Dimse.CANNOT_UNDERSTAND),
    /** The command, or the address that it was sent to, names another instance or study. */
    DOES_NOT_MATCH(Dimse.DATA_SET_DOES_NOT_MATCH),
    /** It is longer than is allowed, or than there is memory for. */
    TOO_LARGE(Dimse.OUT_OF_RESOURCES),
    /** The disk has no room for it, or another fault of this program's own. */
    NOT_KEPT(Dimse.OUT_OF_RESOURCES);

    private final int status;

    Refusal(int status) {
        this.status = status;
    }

    /** The status of the answer (PS3.4, B.2.3). */
    int status() {
        return status;
    }
}
