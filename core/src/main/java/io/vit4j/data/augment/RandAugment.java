package io.vit4j.data.augment;

import io.vit4j.base.RandomKey;
import io.vit4j.data.ImageTransform;
import io.vit4j.image.Picture;
import java.util.List;

/**
 * Some operations, each drawn from all, at one magnitude (Cubuk et al. 2020), as torchvision's {@code RandAugment}.
 *
 * @param operations how many, one after another
 * @param magnitude step of the magnitudes, below their number
 */
record RandAugment(int operations, int magnitude, Magnitudes magnitudes, PolicyOperation.Drawn drawn)
        implements ImageTransform {
    /** All but the inversion. */
    static final List<PolicyOperation> CHOICE = List.of(PolicyOperation.values())
            .subList(PolicyOperation.IDENTITY.ordinal(), PolicyOperation.INVERT.ordinal());

    @Override
    public Picture apply(Picture picture, RandomKey key) {
        RandomKey.Stream random = key.stream();
        Picture changed = picture;
        for (int i = 0; i < operations; i++) {
            PolicyOperation operation = CHOICE.get(random.nextInt(CHOICE.size()));
            double most = magnitudes.of(operation, magnitude, picture.height(), picture.width());
            boolean negative = random.nextInt(2) == 1;
            changed = operation.apply(changed, operation.signed() && negative ? -most : most, drawn);
        }
        return changed;
    }
}
