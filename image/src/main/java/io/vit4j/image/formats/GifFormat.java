package io.vit4j.image.formats;

import io.vit4j.image.DecodeOptions;
import io.vit4j.image.Picture;
import io.vit4j.image.PictureFormat;

/** The first frame of a GIF. */
public final class GifFormat implements PictureFormat {
    /** For {@link java.util.ServiceLoader}. */
    public GifFormat() {}

    @Override
    public String name() {
        return "GIF";
    }

    @Override
    public boolean recognises(byte[] begin) {
        return Signatures.begins(begin, "GIF8");
    }

    @Override
    public Picture decode(byte[] file, DecodeOptions options) {
        return GifDecoder.decode(file, options);
    }
}
