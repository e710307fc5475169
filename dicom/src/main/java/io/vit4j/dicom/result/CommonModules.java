package io.vit4j.dicom.result;

import io.vit4j.dicom.Attributes;
import io.vit4j.dicom.SourceImage;
import io.vit4j.dicom.Uid;
import java.time.DateTimeException;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;

/** What results of both kinds have in common (PS3.3, C.7): the image's patient and study, the equipment, references to the image. */
final class CommonModules {
    static final DateTimeFormatter DATE = DateTimeFormatter.ofPattern("yyyyMMdd");
    static final DateTimeFormatter TIME = DateTimeFormatter.ofPattern("HHmmss");
    private static final String OFFSET = "TimezoneOffsetFromUTC";
    private static final Pattern OFFSET_FORM = Pattern.compile("[+-]\\d{4}");

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

    /**
     * A data set with the modules that every result has.
     *
     * @param time by the image's clock, see {@link #local}
     */
    static Attributes start(
            SourceImage image, Algorithm algorithm, String sopClass, String instance, ZonedDateTime time) {
        Attributes result = new Attributes()
                .with("SOPClassUID", sopClass)
                .with("SOPInstanceUID", instance)
                .with("InstanceCreationDate", DATE.format(time))
                .with("InstanceCreationTime", TIME.format(time));
        offset(image).ifPresent(offset -> image.copy(OFFSET, result));
        PATIENT_AND_STUDY.forEach(keyword -> image.copy(keyword, result));
        IF_PRESENT.forEach(keyword -> image.copyIfPresent(keyword, result));
        String number = image.text("InstanceNumber");
        return result.with("Manufacturer", Algorithm.MANUFACTURER)
                .with("ManufacturerModelName", shortened(algorithm.name()))
                .with("DeviceSerialNumber", algorithm.version())
                .with("SoftwareVersions", shortened(algorithm.software()))
                .with("InstanceNumber", number.matches("\\d{1,9}") ? number : "1");
    }

    /**
     * {@return the time by the image's clock} A data set has one offset from UTC for all of its dates and times (PS3.3, C.12.1.1.8), and
     * those of the study are copied; an image without an offset is taken to come from vit4j's own time zone.
     */
    static ZonedDateTime local(SourceImage image, ZonedDateTime time) {
        return offset(image).map(time::withZoneSameInstant).orElse(time);
    }

    private static Optional<ZoneOffset> offset(SourceImage image) {
        String text = image.text(OFFSET);
        try {
            return OFFSET_FORM.matcher(text).matches() ? Optional.of(ZoneOffset.of(text)) : Optional.empty();
        } catch (DateTimeException e) {
            return Optional.empty(); // no time zone has it
        }
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
