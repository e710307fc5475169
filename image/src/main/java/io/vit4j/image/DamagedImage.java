package io.vit4j.image;

/**
 * What is wrong with a picture's bytes, in a few words, thrown by a {@link PictureFormat}: "it has no pixels". {@link
 * ImageDecoder} makes an {@link io.vit4j.base.InputException} of it that also says whose bytes they are and what to do.
 */
public final class DamagedImage extends RuntimeException {
    private static final long serialVersionUID = 1;

    /** @param what is wrong, in words that continue "not a readable picture: " */
    public DamagedImage(String what) {
        super(what, null, false, false);
    }

    /**
     * The same with what it follows from.
     *
     * @param what is wrong
     * @param cause what a decoder threw
     */
    public DamagedImage(String what, Throwable cause) {
        super(what, cause, false, false);
    }
}
