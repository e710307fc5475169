package io.vit4j.image.formats;

import io.vit4j.image.DecodeOptions;
import io.vit4j.image.Picture;
import io.vit4j.image.PictureFormat;

/** The first picture of a TIFF or BigTIFF, which is turned upright as its tag says whatever the options are, as in Pillow. */
public final class TiffFormat implements PictureFormat {
    /** For {@link java.util.ServiceLoader}. */
    public TiffFormat() {}

    @Override
    public String name() {
        return "TIFF";
    }

    @Override
    public boolean recognises(byte[] begin) {
        return Signatures.begins(begin, "II*\0", "MM\0*", "II+\0", "MM\0+") && !isDicom(begin);
    }

    /** DICOM may have TIFF's header in its preamble (PS3.10, 7.1), and is more than TIFF can show: it has a window. */
    private static boolean isDicom(byte[] begin) {
        return begin.length >= 132 && begin[128] == 'D' && begin[129] == 'I' && begin[130] == 'C' && begin[131] == 'M';
    }

    @Override
    public Picture decode(byte[] file, DecodeOptions options) {
        return TiffDecoder.decode(file, options);
    }
}
