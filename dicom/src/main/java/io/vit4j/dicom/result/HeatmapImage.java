package io.vit4j.dicom.result;

import io.vit4j.dicom.Attributes;
import io.vit4j.dicom.SourceImage;
import io.vit4j.dicom.Uid;
import io.vit4j.image.Picture;
import java.time.ZonedDateTime;
import java.util.List;

/** A picture with a heat map over it as a secondary capture (PS3.3, A.8.1) in the image's study. */
public final class HeatmapImage {
    /** The SOP class. */
    public static final String SOP_CLASS = "1.2.840.10008.5.1.4.1.1.7";

    private static final String SERIES_NUMBER = "9002";

    private HeatmapImage() {}

    /**
     * {@return the data set}
     *
     * @param frame of the image, from 1
     * @param label the finding that is explained
     * @param method how, such as {@code rollout}
     * @param picture in colours, as large as the image
     */
    public static Attributes of(
            SourceImage image,
            int frame,
            Algorithm algorithm,
            String label,
            String method,
            Picture picture,
            ZonedDateTime time) {
        if (picture.channels() != 3) {
            throw new IllegalArgumentException("a heat map has colours");
        }
        String instance = Uid.of(
                "heatmap", image.text("SOPInstanceUID"), String.valueOf(frame), algorithm.identity(), method, label);
        ZonedDateTime local = CommonModules.local(image, time);
        Attributes result = CommonModules.start(image, algorithm, SOP_CLASS, instance, local)
                .with("Modality", "OT")
                .with("SeriesInstanceUID", CommonModules.series(image, algorithm, "heatmap"))
                .with("SeriesNumber", SERIES_NUMBER)
                .with("SeriesDescription", "Where a model looked")
                .with("ConversionType", "WSD")
                .with("ImageType", "DERIVED\\SECONDARY")
                .with("ContentDate", CommonModules.DATE.format(local))
                .with("ContentTime", CommonModules.TIME.format(local))
                .with("ImageComments", label)
                .with("DerivationDescription", "Heat map (" + method + ") of a model's score of " + label)
                .with("SourceImageSequence", List.of(source(image, frame)))
                .with("SamplesPerPixel", 3)
                .with("PhotometricInterpretation", "RGB")
                .with("PlanarConfiguration", 0)
                .with("Rows", picture.height())
                .with("Columns", picture.width())
                .with("BitsAllocated", 8)
                .with("BitsStored", 8)
                .with("HighBit", 7)
                .with("PixelRepresentation", 0)
                .with("PixelData", picture.pixels());
        image.copy("PatientOrientation", result);
        image.copyIfPresent("BurnedInAnnotation", result); // the image is below the map, with all that is written in it
        String series = image.text("Laterality");
        return result.with("Laterality", series.isEmpty() ? image.text("ImageLaterality") : series);
    }

    private static Attributes source(SourceImage image, int frame) {
        return CommonModules.reference(image, frame)
                .with(
                        "PurposeOfReferenceCodeSequence",
                        ContentItem.dcm("121322", "Source Image for Image Processing Operation")
                                .items());
    }
}
