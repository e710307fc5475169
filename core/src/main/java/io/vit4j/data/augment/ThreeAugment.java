package io.vit4j.data.augment;

import io.vit4j.base.RandomKey;
import io.vit4j.data.ImageTransform;
import io.vit4j.image.Picture;
import io.vit4j.image.operations.Enhance;
import io.vit4j.image.operations.GaussianBlur;
import io.vit4j.image.operations.Levels;

/**
 * 3-Augment (Touvron et al. 2022, DeiT III): grey, solarized or blurred, each in a third of the pictures; then colour jitter.
 *
 * @param jitter of brightness, contrast and saturation
 */
record ThreeAugment(ColorJitter jitter) implements ImageTransform {
    private static final int THRESHOLD = 128;
    private static final double LEAST_RADIUS = 0.1;
    private static final double MOST_RADIUS = 2;

    @Override
    public Picture apply(Picture picture, RandomKey key) {
        RandomKey.Stream random = key.stream();
        int kind = random.nextInt(3);
        double radius = LEAST_RADIUS + (MOST_RADIUS - LEAST_RADIUS) * random.nextDouble();
        Picture changed = switch (kind) {
            case 0 -> Enhance.inGrey(picture);
            case 1 -> Levels.solarize(picture, THRESHOLD);
            default -> GaussianBlur.blur(picture, radius);
        };
        return jitter.apply(changed, key.with("jitter"));
    }
}
