package io.vit4j.image.formats;

import io.vit4j.image.Picture;

/** Pictures that hold numbers of colours and a palette of them, as BMP and GIF do. */
final class Indexed {
    private Indexed() {}

    /**
     * The picture in its palette's colours.
     *
     * @param indices one byte a pixel
     * @param palette 256 colours of red, green and blue
     * @param grey that the palette's colours are all grey, and one channel says everything
     */
    static Picture picture(int width, int height, byte[] indices, byte[] palette, boolean grey) {
        int channels = grey ? 1 : 3;
        byte[] pixels = new byte[indices.length * channels];
        for (int i = 0; i < indices.length; i++) {
            int color = 3 * (indices[i] & 0xFF);
            for (int c = 0; c < channels; c++) {
                pixels[i * channels + c] = palette[color + c];
            }
        }
        return new Picture(width, height, channels, pixels);
    }

    /** Whether each of the first colours is the grey of its own number, which is when Pillow calls a picture grey. */
    static boolean isGreyRamp(byte[] palette, int colors) {
        for (int i = 0; i < 3 * colors; i++) {
            if ((palette[i] & 0xFF) != i / 3) {
                return false;
            }
        }
        return true;
    }
}
