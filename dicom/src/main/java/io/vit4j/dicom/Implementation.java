package io.vit4j.dicom;

/** How vit4j names itself to other programs (PS3.7, D.3.3.2), and the UIDs that several classes use. */
public final class Implementation {
    /** The implementation class UID, which stays as long as the conformance statement holds. */
    public static final String CLASS_UID = "2.25.183219931713314368557813603837486398921";

    /** The implementation version name. */
    public static final String VERSION_NAME = "VIT4J_0_1";

    /** The transfer syntax in which files are written. */
    public static final String EXPLICIT_LITTLE_ENDIAN = "1.2.840.10008.1.2.1";

    /** The transfer syntax that everybody accepts. */
    public static final String IMPLICIT_LITTLE_ENDIAN = "1.2.840.10008.1.2";

    private Implementation() {}
}
