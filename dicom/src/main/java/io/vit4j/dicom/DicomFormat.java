package io.vit4j.dicom;

import io.vit4j.dicom.codec.Samples;
import io.vit4j.image.DamagedImage;
import io.vit4j.image.DecodeOptions;
import io.vit4j.image.Picture;
import io.vit4j.image.PictureFormat;
import io.vit4j.image.PictureHeader;
import java.util.List;
import java.util.Optional;

/**
 * DICOM (PS3.10) as a picture format: one frame, in 8 bits, as a reader sees it. Grey values go through the file's own
 * modality and VOI transformations and are inverted where it says so. Overlays are left out.
 */
public final class DicomFormat implements PictureFormat {
    private static final long HEADERS = 64L << 20; // how much a deflated data set may have beside its pixels
    private static final int LARGEST_PIXEL = 12; // bytes

    /** For {@link java.util.ServiceLoader}. */
    public DicomFormat() {}

    @Override
    public String name() {
        return "DICOM";
    }

    @Override
    public boolean recognises(byte[] begin) {
        return DicomFile.recognises(begin);
    }

    @Override
    public Picture decode(byte[] file, DecodeOptions options) {
        try {
            DicomFile dicom = DicomFile.read(file, HEADERS + LARGEST_PIXEL * options.maxPixels());
            PixelDescription pixels = PixelDescription.of(dicom.dataSet(), options);
            int frame = options.frame() - 1;
            Samples samples = new FrameReader(dicom, pixels, options).read(frame);
            if (pixels.samples() == 3) {
                return ColourRendering.render(samples, pixels);
            }
            if (pixels.photometric() == PixelDescription.Photometric.PALETTE_COLOR) {
                return ColourRendering.renderPalette(samples, pixels, dicom.dataSet());
            }
            return new GreyRendering(dicom.dataSet(), pixels, frame, options.window()).render(samples);
        } catch (IndexOutOfBoundsException | ArithmeticException e) {
            throw new DamagedImage("its DICOM data are damaged", e);
        }
    }

    @Override
    public boolean mayHoldPicture(byte[] begin) {
        return DicomClasses.mayHavePicture(DicomFile.mediaStorageClass(begin));
    }

    @Override
    public Optional<PictureHeader> header(byte[] begin) {
        try {
            return Optional.of(DicomHeader.of(DicomFile.read(begin, HEADERS)));
        } catch (DamagedImage | IndexOutOfBoundsException | ArithmeticException e) {
            return Optional.empty(); // it goes on behind these bytes, or decoding tells what is wrong
        }
    }

    @Override
    public String directoryName() {
        return "DICOMDIR";
    }

    @Override
    public List<String> listed(byte[] directory) {
        return DicomDirectory.images(DicomFile.read(directory, HEADERS));
    }
}
