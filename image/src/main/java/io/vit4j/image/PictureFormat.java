package io.vit4j.image;

/**
 * A file format of pictures. {@link ImageDecoder} finds all formats by {@link java.util.ServiceLoader}: a jar on the class
 * path adds one with a file {@code META-INF/services/io.vit4j.image.PictureFormat} that names its class, as this module
 * does for its own formats. A format has no state of its own; many threads use it at once.
 */
public interface PictureFormat {
    /** {@return what people call it, such as {@code PNG}} */
    String name();

    /**
     * Whether a file is of this format.
     *
     * @param begin its first {@link ImageDecoder#BEGIN} bytes or more, or all if it has fewer
     */
    boolean recognises(byte[] begin);

    /**
     * Decodes a file that this format recognises. Its bytes may be hostile: call {@link DecodeOptions#refuseSize} before any
     * memory is taken for pixels.
     *
     * @return the first picture in the file, as stored
     * @throws DamagedImage if it cannot be decoded
     */
    Picture decode(byte[] file, DecodeOptions options);

    /**
     * How the camera was held when it took a file that {@link #decode} has read.
     *
     * @return {@link Orientation#UPRIGHT} if the file does not say
     */
    default Orientation orientation(byte[] file) {
        return Orientation.UPRIGHT;
    }
}
