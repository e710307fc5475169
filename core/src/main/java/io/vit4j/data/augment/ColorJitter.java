package io.vit4j.data.augment;

import io.vit4j.base.RandomKey;
import io.vit4j.data.ImageTransform;
import io.vit4j.image.Picture;
import io.vit4j.image.operations.Enhance;
import io.vit4j.image.operations.Hue;

/**
 * Changes of brightness, contrast, saturation and hue in random order, as torchvision's {@code ColorJitter}.
 *
 * @param brightness most distance of the factor from 1; factors below 0 are drawn as 0
 * @param contrast the same
 * @param saturation the same
 * @param hue most turn to either side, 0 to 0.5
 */
record ColorJitter(double brightness, double contrast, double saturation, double hue) implements ImageTransform {
    @Override
    public Picture apply(Picture picture, RandomKey key) {
        RandomKey.Stream random = key.stream();
        int[] order = {0, 1, 2, 3};
        random.shuffle(order);
        double brightnessFactor = factor(brightness, random);
        double contrastFactor = factor(contrast, random);
        double saturationFactor = factor(saturation, random);
        double turn = hue * (2 * random.nextDouble() - 1);
        Picture changed = picture;
        for (int kind : order) {
            changed = switch (kind) {
                case 0 -> brightness > 0 ? Enhance.brightness(changed, brightnessFactor) : changed;
                case 1 -> contrast > 0 ? Enhance.contrast(changed, contrastFactor) : changed;
                case 2 -> saturation > 0 ? Enhance.color(changed, saturationFactor) : changed;
                default -> hue > 0 ? Hue.adjust(changed, turn) : changed;
            };
        }
        return changed;
    }

    private static double factor(double most, RandomKey.Stream random) {
        double least = Math.max(0, 1 - most);
        return least + (1 + most - least) * random.nextDouble();
    }
}
