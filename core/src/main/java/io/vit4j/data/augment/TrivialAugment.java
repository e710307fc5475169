package io.vit4j.data.augment;

import io.vit4j.base.RandomKey;
import io.vit4j.data.ImageTransform;
import io.vit4j.image.Picture;

/** One operation at a random magnitude (Müller and Hutter 2021), as torchvision's {@code TrivialAugmentWide}. */
record TrivialAugment(Magnitudes magnitudes, PolicyOperation.Drawn drawn) implements ImageTransform {
    @Override
    public Picture apply(Picture picture, RandomKey key) {
        RandomKey.Stream random = key.stream();
        PolicyOperation operation = RandAugment.CHOICE.get(random.nextInt(RandAugment.CHOICE.size()));
        int bin = random.nextInt(magnitudes.bins());
        double magnitude = magnitudes.of(operation, bin, picture.height(), picture.width());
        boolean negative = random.nextInt(2) == 1;
        return operation.apply(picture, operation.signed() && negative ? -magnitude : magnitude, drawn);
    }
}
