package io.vit4j.dicom.result;

import io.vit4j.dicom.Attributes;
import io.vit4j.dicom.SourceImage;
import io.vit4j.dicom.Uid;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.util.List;

/** What results of both kinds have alike (PS3.3, C.7): the image's patient and study, the equipment, references to the image. */
final class CommonModules {
    static final DateTimeFormatter DATE = DateTimeFormatter.ofPattern("yyyyMMdd");
    static final DateTimeFormatter TIME = DateTimeFormatter.ofPattern("HHmmss");
    private static final DateTimeFormatter OFFSET = DateTimeFormatter.ofPattern("xx");

    private static final List<String> PATIENT_AND_STUDY = List.of(
            "PatientName",
            "PatientID",
            "PatientBirthDate",
            "PatientSex",
            "StudyInstanceUID",
            "StudyDate",
            "StudyTime",
            "ReferringPhysicianName",
            "StudyID",
            "AccessionNumber");

    private static final List<String> IF_PRESENT = List.of("IssuerOfPatientID", "PatientAge", "StudyDescription");

    private CommonModules() {}

    /** A data set with the modules that every result has. */
    static Attributes start(
            SourceImage image, Algorithm algorithm, String sopClass, String instance, ZonedDateTime time) {
        Attributes result = new Attributes()
                .with("SOPClassUID", sopClass)
                .with("SOPInstanceUID", instance)
                .with("InstanceCreationDate", DATE.format(time))
                .with("InstanceCreationTime", TIME.format(time))
                .with("TimezoneOffsetFromUTC", OFFSET.format(time));
        PATIENT_AND_STUDY.forEach(keyword -> image.copy(keyword, result));
        IF_PRESENT.forEach(keyword -> image.copyIfPresent(keyword, result));
        String number = image.text("InstanceNumber");
        return result.with("Manufacturer", Algorithm.MANUFACTURER)
                .with("ManufacturerModelName", shortened(algorithm.name()))
                .with("DeviceSerialNumber", algorithm.version())
                .with("SoftwareVersions", shortened(algorithm.software()))
                .with("InstanceNumber", number.matches("\\d{1,9}") ? number : "1");
    }

    /** For a value of up to 64 characters. */
    static String shortened(String text) {
        String one = text.replaceAll("[\\\\\\p{Cntrl}]", " ").strip();
        return one.length() <= 64 ? one : one.substring(0, 64);
    }

    /** The series of a model's results of one kind: one for each series of images. */
    static String series(SourceImage image, Algorithm algorithm, String kind) {
        return Uid.of("series", kind, image.text("SeriesInstanceUID"), algorithm.identity());
    }

    /** A reference to the image, or to one of its frames if it has several. */
    static Attributes reference(SourceImage image, int frame) {
        Attributes reference = new Attributes()
                .with("ReferencedSOPClassUID", image.text("SOPClassUID"))
                .with("ReferencedSOPInstanceUID", image.text("SOPInstanceUID"));
        return image.integer("NumberOfFrames") > 1 ? reference.with("ReferencedFrameNumber", frame) : reference;
    }
}
