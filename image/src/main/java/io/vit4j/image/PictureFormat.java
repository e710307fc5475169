package io.vit4j.image;

import java.util.List;
import java.util.Optional;

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

    /**
     * Whether a file of this format that begins so may have a picture in it. DICOM's reports and directories have none.
     *
     * @param begin its first {@link ImageDecoder#BEGIN} bytes or more, or all if it has fewer
     */
    default boolean mayHoldPicture(byte[] begin) {
        return true;
    }

    /**
     * What a file that this format recognises says of its picture beside the pixels.
     *
     * @param begin the file's first bytes; more of them if it was empty
     * @return empty if these bytes do not hold it, or the format has no such thing
     */
    default Optional<PictureHeader> header(byte[] begin) {
        return Optional.empty();
    }

    /** {@return the name of a file that lists the pictures in its folder and below, such as DICOMDIR; empty if there is none} */
    default String directoryName() {
        return "";
    }

    /**
     * The pictures that such a file lists.
     *
     * @param directory its bytes
     * @return paths from its folder, with {@code /} between their parts
     * @throws DamagedImage if it cannot be read
     */
    default List<String> listed(byte[] directory) {
        return List.of();
    }
}
