package io.vit4j.dicom.result;

import io.vit4j.dicom.Attributes;
import io.vit4j.dicom.SourceImage;
import io.vit4j.dicom.Uid;
import java.time.ZonedDateTime;
import java.util.List;

/**
 * A model's findings as a Comprehensive 3D SR (PS3.3, A.35.13) in the image's study, by TID 1500. It is unverified: nobody has read it.
 * The same image and model always give the same SOP instance UID, so that a report that is sent again replaces itself.
 */
public final class StructuredReport {
    /** The SOP class. */
    public static final String SOP_CLASS = "1.2.840.10008.5.1.4.1.1.88.34";

    private static final String SERIES_NUMBER = "9001";

    private StructuredReport() {}

    /** {@return the SOP instance UID of the report of an image} */
    public static String instance(SourceImage image, int frame, Algorithm algorithm) {
        return Uid.of("sr", image.text("SOPInstanceUID"), String.valueOf(frame), algorithm.identity());
    }

    /**
     * {@return the report's data set}
     *
     * @param frame of the image, from 1
     * @param findings in the order in which they are listed
     * @param time when the model saw the image
     */
    public static Attributes of(
            SourceImage image,
            int frame,
            Algorithm algorithm,
            FindingCodes codes,
            List<ResultFinding> findings,
            ZonedDateTime time) {
        ZonedDateTime local = CommonModules.local(image, time);
        Attributes document =
                CommonModules.start(image, algorithm, SOP_CLASS, instance(image, frame, algorithm), local);
        document.with("Modality", "SR")
                .with("SeriesInstanceUID", CommonModules.series(image, algorithm, "sr"))
                .with("SeriesNumber", SERIES_NUMBER)
                .with("SeriesDescription", "Findings of a model, not read by anyone")
                .with("ReferencedPerformedProcedureStepSequence", List.of())
                .with("CompletionFlag", "COMPLETE")
                .with("VerificationFlag", "UNVERIFIED")
                .with("PreliminaryFlag", "PRELIMINARY")
                .with("ContentDate", CommonModules.DATE.format(local))
                .with("ContentTime", CommonModules.TIME.format(local))
                .with("PerformedProcedureCodeSequence", List.of())
                .with("CurrentRequestedProcedureEvidenceSequence", List.of(evidence(image)));
        new MeasurementReport(image, frame, algorithm, codes).addTo(document, findings);
        return document;
    }

    private static Attributes evidence(SourceImage image) {
        Attributes instance = new Attributes()
                .with("ReferencedSOPClassUID", image.text("SOPClassUID"))
                .with("ReferencedSOPInstanceUID", image.text("SOPInstanceUID"));
        Attributes series = new Attributes()
                .with("SeriesInstanceUID", image.text("SeriesInstanceUID"))
                .with("ReferencedSOPSequence", List.of(instance));
        return new Attributes()
                .with("StudyInstanceUID", image.text("StudyInstanceUID"))
                .with("ReferencedSeriesSequence", List.of(series));
    }
}
