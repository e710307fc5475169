package io.vit4j.data.augment;

import io.vit4j.base.RandomKey;
import io.vit4j.data.ImageTransform;
import io.vit4j.image.Picture;
import io.vit4j.image.operations.AffineMap;

/**
 * A random turn, shift, size and shear about the middle, as torchvision's {@code RandomAffine}.
 *
 * @param degrees most turn to either side
 * @param translate most shift along each axis, relative to the side
 * @param smallest factor of the size
 * @param largest factor of the size
 * @param shear most degrees of shear along the rows
 */
record RandomAffine(
        double degrees, double translate, double smallest, double largest, double shear, PolicyOperation.Drawn drawn)
        implements ImageTransform {
    @Override
    public Picture apply(Picture picture, RandomKey key) {
        RandomKey.Stream random = key.stream();
        double angle = degrees * signed(random);
        double right = Math.rint(translate * picture.width() * signed(random));
        double down = Math.rint(translate * picture.height() * signed(random));
        double scale = smallest + (largest - smallest) * random.nextDouble();
        double slant = shear * signed(random);
        return drawn.through(
                AffineMap.of(picture.width() * 0.5, picture.height() * 0.5, angle, right, down, scale, slant, 0),
                picture);
    }

    /** Uniform in [-1, 1). */
    static double signed(RandomKey.Stream random) {
        return 2 * random.nextDouble() - 1;
    }
}
