package io.vit4j.data.augment;

import io.vit4j.base.RandomKey;
import io.vit4j.data.ImageTransform;
import io.vit4j.image.Picture;

/** Mirrors left and right at random, as torchvision's {@code RandomHorizontalFlip}. */
record RandomFlip(double probability) implements ImageTransform {
    @Override
    public Picture apply(Picture picture, RandomKey key) {
        return key.stream().nextDouble() < probability ? mirror(picture) : picture;
    }

    /** Left becomes right. */
    static Picture mirror(Picture picture) {
        int channels = picture.channels();
        int width = picture.width();
        byte[] from = picture.pixels();
        byte[] to = new byte[from.length];
        for (int y = 0; y < picture.height(); y++) {
            int row = y * width * channels;
            for (int x = 0; x < width; x++) {
                for (int c = 0; c < channels; c++) {
                    to[row + (width - 1 - x) * channels + c] = from[row + x * channels + c];
                }
            }
        }
        return new Picture(width, picture.height(), channels, to);
    }
}
