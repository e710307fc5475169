package io.vit4j.cli;

import io.vit4j.base.InputException;
import io.vit4j.image.DecodeOptions;
import io.vit4j.image.ExifOrientation;
import io.vit4j.image.Grey16;
import picocli.CommandLine.Option;

/** How picture files are decoded. */
final class PictureOptions {
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

    DecodeOptions decode() {
        if (maxPixels < 1 || maxPixels > Integer.MAX_VALUE / 4) {
            throw new InputException("--max-pixels " + maxPixels + ": must be from 1 to " + Integer.MAX_VALUE / 4);
        }
        return DecodeOptions.DEFAULT
                .withMaxPixels(maxPixels)
                .withGrey16(Grey16.parse(grey16))
                .withExifOrientation(ExifOrientation.parse(exifOrientation));
    }
}
