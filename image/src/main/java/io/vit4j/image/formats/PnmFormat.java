package io.vit4j.image.formats;

import io.vit4j.image.DecodeOptions;
import io.vit4j.image.Picture;
import io.vit4j.image.PictureFormat;

/** Portable bitmaps, greymaps and pixmaps: PBM, PGM and PPM. */
public final class PnmFormat implements PictureFormat {
    /** For {@link java.util.ServiceLoader}. */
    public PnmFormat() {}

    @Override
    public String name() {
        return "PNM";
    }

    @Override
    public boolean recognises(byte[] begin) {
        return begin.length > 2
                && begin[0] == 'P'
                && begin[1] >= '1'
                && begin[1] <= '6'
                && PnmDecoder.isSpace(begin[2]);
    }

    @Override
    public Picture decode(byte[] file, DecodeOptions options) {
        return PnmDecoder.decode(file, options);
    }
}
