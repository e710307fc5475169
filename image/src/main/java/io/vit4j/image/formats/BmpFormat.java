package io.vit4j.image.formats;

import io.vit4j.image.DecodeOptions;
import io.vit4j.image.Picture;
import io.vit4j.image.PictureFormat;

/** Windows and OS/2 bitmaps. */
public final class BmpFormat implements PictureFormat {
    /** For {@link java.util.ServiceLoader}. */
    public BmpFormat() {}

    @Override
    public String name() {
        return "BMP";
    }

    @Override
    public boolean recognises(byte[] begin) {
        return Signatures.begins(begin, "BM");
    }

    @Override
    public Picture decode(byte[] file, DecodeOptions options) {
        return BmpDecoder.decode(file, options);
    }
}
