package io.vit4j.image;

/** What is wrong with a picture's bytes, in a few words; {@link ImageDecoder} adds whose bytes and the mend. */
final class DamagedImage extends RuntimeException {
    private static final long serialVersionUID = 1;

    DamagedImage(String what) {
        super(what, null, false, false);
    }

    DamagedImage(String what, Throwable cause) {
        super(what, cause, false, false);
    }
}
