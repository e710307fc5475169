package io.vit4j.dicom;

/** X-rays as a PACS sends them, made of a few pixels. */
public final class TestImages {
    /** Computed radiography. */
    public static final String CR = "1.2.840.10008.5.1.4.1.1.1";

    private TestImages() {}

    /** A chest X-ray of 4 rows and 6 columns whose instance UID ends with a number. */
    public static Attributes chest(int number) {
        byte[] pixels = new byte[24];
        for (int i = 0; i < pixels.length; i++) {
            pixels[i] = (byte) (10 * i + number);
        }
        return new Attributes()
                .with("SOPClassUID", CR)
                .with("SOPInstanceUID", "1.2.826.0.1.3680043.8.498." + number)
                .with("StudyInstanceUID", "1.2.826.0.1.3680043.8.498.9000")
                .with("SeriesInstanceUID", "1.2.826.0.1.3680043.8.498.9001")
                .with("StudyDate", "20240229")
                .with("StudyTime", "101500")
                .with("AccessionNumber", "A-77")
                .with("Modality", "CR")
                .with("Manufacturer", "Maker")
                .with("ReferringPhysicianName", "Referrer^Rita")
                .with("StudyDescription", "Thorax p.a.")
                .with("PatientName", "M\u00FCller^J\u00F6rg")
                .with("PatientID", "PAT-4711")
                .with("PatientBirthDate", "19500102")
                .with("PatientSex", "M")
                .with("PatientAge", "074Y")
                .with("BodyPartExamined", "CHEST")
                .with("StudyID", "S1")
                .with("SeriesNumber", "1")
                .with("InstanceNumber", String.valueOf(number))
                .with("ViewPosition", "PA")
                .with("PatientOrientation", "L\\F")
                .with("SamplesPerPixel", 1)
                .with("PhotometricInterpretation", "MONOCHROME2")
                .with("Rows", 4)
                .with("Columns", 6)
                .with("BitsAllocated", 8)
                .with("BitsStored", 8)
                .with("HighBit", 7)
                .with("PixelRepresentation", 0)
                .with("PixelData", pixels);
    }
}
