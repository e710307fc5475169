package io.vit4j.data;

import io.vit4j.base.RandomKey;
import io.vit4j.image.Picture;
import java.util.Optional;

/**
 * The middle of a picture, as torchvision's {@code center_crop} takes it; the picture itself where it has that size.
 *
 * @param height of the result
 * @param width of the result
 */
public record CentreCrop(int height, int width) implements ImageTransform {
    /** What the model gets of a data set's pictures, unchanged. */
    public static CentreCrop of(DatasetInfo info) {
        return new CentreCrop(info.cropHeight(), info.cropWidth());
    }

    @Override
    public Picture apply(Picture picture, RandomKey key) {
        if (picture.height() == height && picture.width() == width) {
            return picture;
        }
        int top = (int) Math.rint((picture.height() - height) / 2.0); // Python rounds halves to even, as rint does
        int left = (int) Math.rint((picture.width() - width) / 2.0);
        return crop(picture, top, left, height, width);
    }

    @Override
    public Optional<String> digest() {
        return Optional.of(toString());
    }

    /** A part of the picture, which it must contain. */
    public static Picture crop(Picture picture, int top, int left, int height, int width) {
        if (top < 0 || left < 0 || top + height > picture.height() || left + width > picture.width()) {
            throw new IllegalArgumentException(width + "x" + height + " at " + left + "," + top + " of "
                    + picture.width() + "x" + picture.height());
        }
        int channels = picture.channels();
        byte[] part = new byte[height * width * channels];
        for (int y = 0; y < height; y++) {
            int from = ((top + y) * picture.width() + left) * channels;
            System.arraycopy(picture.pixels(), from, part, y * width * channels, width * channels);
        }
        return new Picture(width, height, channels, part);
    }
}
