package io.vit4j.image;

/**
 * A decoded picture of 8 bits a value.
 *
 * @param width columns, at least 1
 * @param height rows, at least 1
 * @param channels 1 (grey) or 3 (red, green, blue)
 * @param pixels unsigned bytes, {@code [height, width, channels]}, rows from the top; not copied
 */
public record Picture(int width, int height, int channels, byte[] pixels) {
    /** Checks that there are as many bytes as the size says. */
    public Picture {
        if (width < 1 || height < 1 || (channels != 1 && channels != 3)) {
            throw new IllegalArgumentException(width + "x" + height + " with " + channels + " channels");
        }
        if (pixels.length != (long) width * height * channels) {
            throw new IllegalArgumentException(
                    pixels.length + " bytes for " + width + "x" + height + " with " + channels + " channels");
        }
    }
}
