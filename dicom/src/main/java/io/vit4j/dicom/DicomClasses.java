package io.vit4j.dicom;

import java.util.List;

/** The kinds of DICOM objects (SOP classes, PS3.4 annex B) that have no picture in them. */
final class DicomClasses {
    private static final String DIRECTORY = "1.2.840.10008.1.3.10";
    private static final String STORAGE = "1.2.840.10008.5.1.4.1.1.";

    private static final List<String> WITHOUT_PICTURE = List.of(
            DIRECTORY,
            STORAGE + "4.2", // spectroscopy
            STORAGE + "9.", // waveforms
            STORAGE + "11.", // presentation states
            STORAGE + "66", // raw data, registrations; segmentations come below
            STORAGE + "67", // real-world values
            STORAGE + "77.1.5.3", // stereometric relations
            STORAGE + "88.", // structured reports, key objects
            STORAGE + "104.", // encapsulated documents
            STORAGE + "481.3", // structure sets
            STORAGE + "481.4",
            STORAGE + "481.5", // plans
            STORAGE + "481.6",
            STORAGE + "481.7",
            STORAGE + "481.8",
            STORAGE + "481.9",
            "1.2.840.10008.5.1.4.38.", // hanging protocols
            "1.2.840.10008.5.1.4.39."); // palettes

    private static final String SEGMENTATION = STORAGE + "66.4";

    private DicomClasses() {}

    static boolean mayHavePicture(String sopClass) {
        return sopClass.equals(SEGMENTATION)
                || WITHOUT_PICTURE.stream()
                        .noneMatch(known -> known.endsWith(".")
                                ? sopClass.startsWith(known)
                                : sopClass.equals(known) || sopClass.startsWith(known + "."));
    }
}
