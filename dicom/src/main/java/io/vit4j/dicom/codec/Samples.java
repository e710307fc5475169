package io.vit4j.dicom.codec;

/**
 * A frame as its coding holds it, before any of DICOM's own transformations.
 *
 * @param width columns
 * @param height rows
 * @param components values a pixel
 * @param precision bits of a value, as the coded stream says, or the bits allocated if nothing is coded
 * @param colour what the coded stream itself says of three components
 * @param values {@code [height, width, components]}
 */
public record Samples(int width, int height, int components, int precision, Colour colour, int[] values) {
    /** What three components are. */
    public enum Colour {
        /** The stream does not say, so that DICOM's header does. */
        UNSAID,
        /** Red, green and blue. */
        RGB,
        /** Brightness and two differences of colour. */
        YCBCR
    }

    /** Samples of a stream that does not say what they are. */
    public Samples(int width, int height, int components, int precision, int[] values) {
        this(width, height, components, precision, Colour.UNSAID, values);
    }
}
