package io.vit4j.dicom;

import java.util.Map;

/**
 * How a data set and its pixels are coded (PS3.5, section 10).
 *
 * @param name as the standard calls it
 * @param coding of the pixels
 */
record TransferSyntax(String name, Coding coding, boolean explicit, boolean bigEndian, boolean deflated) {
    /** A coding of pixels. */
    enum Coding {
        NATIVE,
        RLE,
        JPEG,
        JPEG_LS,
        JPEG_2000,
        /** Known by name, and not read. */
        NOT_READ
    }

    static final TransferSyntax IMPLICIT = plain("implicit little endian", false, false, false);
    static final TransferSyntax EXPLICIT = plain("explicit little endian", true, false, false);
    static final TransferSyntax BIG_ENDIAN = plain("explicit big endian", true, true, false);

    private static final String JPEG = "1.2.840.10008.1.2.4.";

    private static final Map<String, TransferSyntax> KNOWN = Map.ofEntries(
            Map.entry("1.2.840.10008.1.2", IMPLICIT),
            Map.entry("1.2.840.10008.1.2.1", EXPLICIT),
            Map.entry("1.2.840.10008.1.2.2", BIG_ENDIAN),
            Map.entry("1.2.840.10008.1.2.1.99", plain("deflated explicit little endian", true, false, true)),
            Map.entry("1.2.840.10008.1.2.5", encapsulated("RLE", Coding.RLE)),
            Map.entry(JPEG + "50", encapsulated("JPEG baseline", Coding.JPEG)),
            Map.entry(JPEG + "51", encapsulated("JPEG extended", Coding.JPEG)),
            Map.entry(JPEG + "57", encapsulated("JPEG lossless", Coding.JPEG)),
            Map.entry(JPEG + "70", encapsulated("JPEG lossless, first-order prediction", Coding.JPEG)),
            Map.entry(JPEG + "80", encapsulated("JPEG-LS lossless", Coding.JPEG_LS)),
            Map.entry(JPEG + "81", encapsulated("JPEG-LS near-lossless", Coding.JPEG_LS)),
            Map.entry(JPEG + "90", encapsulated("JPEG 2000 lossless", Coding.JPEG_2000)),
            Map.entry(JPEG + "91", encapsulated("JPEG 2000", Coding.JPEG_2000)),
            Map.entry(JPEG + "92", notRead("JPEG 2000 part 2, lossless")),
            Map.entry(JPEG + "93", notRead("JPEG 2000 part 2")),
            Map.entry(JPEG + "94", notRead("JPIP")),
            Map.entry(JPEG + "95", notRead("JPIP, deflated")),
            Map.entry(JPEG + "100", notRead("MPEG-2 video")),
            Map.entry(JPEG + "101", notRead("MPEG-2 video")),
            Map.entry(JPEG + "102", notRead("MPEG-4 video")),
            Map.entry(JPEG + "103", notRead("MPEG-4 video")),
            Map.entry(JPEG + "104", notRead("MPEG-4 video")),
            Map.entry(JPEG + "105", notRead("MPEG-4 video")),
            Map.entry(JPEG + "106", notRead("MPEG-4 video")),
            Map.entry(JPEG + "107", notRead("HEVC video")),
            Map.entry(JPEG + "108", notRead("HEVC video")),
            Map.entry(JPEG + "110", notRead("JPEG XL lossless")),
            Map.entry(JPEG + "111", notRead("JPEG XL, from JPEG")),
            Map.entry(JPEG + "112", notRead("JPEG XL")),
            Map.entry(JPEG + "201", notRead("High-Throughput JPEG 2000 lossless")),
            Map.entry(JPEG + "202", notRead("High-Throughput JPEG 2000 lossless")),
            Map.entry(JPEG + "203", notRead("High-Throughput JPEG 2000")),
            Map.entry(JPEG + "204", notRead("JPIP, High-Throughput JPEG 2000")),
            Map.entry(JPEG + "205", notRead("JPIP, High-Throughput JPEG 2000")),
            Map.entry("1.2.840.10008.1.2.7.1", notRead("SMPTE ST 2110 video")),
            Map.entry("1.2.840.10008.1.2.7.2", notRead("SMPTE ST 2110 video")),
            Map.entry("1.2.840.10008.1.2.8.1", notRead("deflated frames")));

    private static TransferSyntax plain(String name, boolean explicit, boolean bigEndian, boolean deflated) {
        return new TransferSyntax(name, Coding.NATIVE, explicit, bigEndian, deflated);
    }

    private static TransferSyntax encapsulated(String name, Coding coding) {
        return new TransferSyntax(name, coding, true, false, false);
    }

    private static TransferSyntax notRead(String name) {
        return encapsulated(name, Coding.NOT_READ);
    }

    /** By its UID. The retired kinds of JPEG and private ones are not known. */
    static TransferSyntax of(String uid) {
        return KNOWN.getOrDefault(uid, notRead("an unknown or private transfer syntax"));
    }
}
