package io.vit4j.image.formats;

import io.vit4j.image.DecodeOptions;
import io.vit4j.image.Orientation;
import io.vit4j.image.Picture;
import io.vit4j.image.PictureFormat;

/** PNG; of an animated one the picture that those who know no animation show. */
public final class PngFormat implements PictureFormat {
    /** For {@link java.util.ServiceLoader}. */
    public PngFormat() {}

    @Override
    public String name() {
        return "PNG";
    }

    @Override
    public boolean recognises(byte[] begin) {
        return Signatures.begins(begin, "\u0089PNG\r\n\u001a\n");
    }

    @Override
    public Picture decode(byte[] file, DecodeOptions options) {
        return PngDecoder.decode(file, options);
    }

    @Override
    public Orientation orientation(byte[] file) {
        return new PngMetadata(file).orientation();
    }
}
