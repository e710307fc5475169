package io.vit4j.options;

import io.vit4j.base.InputException;
import io.vit4j.image.DecodeOptions;
import io.vit4j.image.ExifOrientation;
import io.vit4j.image.Grey16;
import io.vit4j.image.GreyWindow;
import java.util.List;
import picocli.CommandLine.Option;

/** How picture files are decoded. */
public final class PictureOptions {
    @Option(
            names = "--grey16",
            paramLabel = "HOW",
            defaultValue = "full",
            description =
                    "How to convert 16-bit grey to 8 bits: full (the whole range), bits:12, or percentile:0.5,99.5."
                            + " Default: ${DEFAULT-VALUE}.")
    private String grey16;

    @Option(
            names = "--exif-orientation",
            paramLabel = "HOW",
            defaultValue = "apply",
            description = "Whether to turn pictures upright as recorded by the camera: apply or ignore. Default:"
                    + " ${DEFAULT-VALUE}.")
    private String exifOrientation;

    @Option(
            names = "--max-pixels",
            paramLabel = "N",
            description = "Refuse images with more pixels than this, before allocating memory for them. Default: "
                    + DecodeOptions.DEFAULT_MAX_PIXELS + ".")
    private long maxPixels = DecodeOptions.DEFAULT_MAX_PIXELS;

    @Option(
            names = "--window",
            paramLabel = "C,W|HOW",
            defaultValue = "file",
            description = "Grey values of DICOM that become black to white: file (its VOI LUT or first window; a file"
                    + " without either is shown as by full if it has 8 bits, else as by auto), CENTER,WIDTH, full (all"
                    + " that its bits hold) or auto (from the smallest to the largest). Default: ${DEFAULT-VALUE}.")
    private String window;

    @Option(
            names = "--frame",
            paramLabel = "N",
            defaultValue = "1",
            description = "Which frame of a DICOM file that has several, from 1. Default: ${DEFAULT-VALUE}.")
    private int frame;

    /** {@return all of them} */
    public DecodeOptions decode() {
        if (maxPixels < 1 || maxPixels > Integer.MAX_VALUE / 4) {
            throw new InputException("--max-pixels " + maxPixels + ": must be from 1 to " + Integer.MAX_VALUE / 4);
        }
        return DecodeOptions.DEFAULT
                .withMaxPixels(maxPixels)
                .withGrey16(Grey16.parse(grey16))
                .withExifOrientation(ExifOrientation.parse(exifOrientation))
                .withWindow(GreyWindow.parse(window))
                .withFrame(frame);
    }

    /** What changes the grey values of a DICOM image, if it is not as usual. */
    public List<String> parameters() {
        return window.equals("file") ? List.of() : List.of("--window " + window);
    }
}
