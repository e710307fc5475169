package io.vit4j.data.augment;

import io.vit4j.base.RandomKey;
import io.vit4j.data.ImageTransform;
import io.vit4j.image.Picture;

/** One pair of operations out of a learned policy (Cubuk et al. 2019), as torchvision's {@code AutoAugment}. */
record AutoAugment(AutoAugmentPolicy policy, PolicyOperation.Drawn drawn) implements ImageTransform {
    private static final Magnitudes MAGNITUDES = Magnitudes.usual(10);

    @Override
    public Picture apply(Picture picture, RandomKey key) {
        RandomKey.Stream random = key.stream();
        Picture changed = picture;
        for (AutoAugmentPolicy.Step step : policy.pair(random.nextInt(policy.pairs()))) {
            double chance = random.nextDouble();
            boolean negative = random.nextInt(2) == 0;
            if (chance < step.probability()) {
                double magnitude = MAGNITUDES.of(step.operation(), step.bin(), picture.height(), picture.width());
                changed = step.operation()
                        .apply(changed, step.operation().signed() && negative ? -magnitude : magnitude, drawn);
            }
        }
        return changed;
    }
}
