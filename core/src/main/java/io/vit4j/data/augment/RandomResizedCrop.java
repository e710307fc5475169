package io.vit4j.data.augment;

import io.vit4j.base.RandomKey;
import io.vit4j.data.CentreCrop;
import io.vit4j.data.ImageTransform;
import io.vit4j.image.Filter;
import io.vit4j.image.Picture;
import io.vit4j.image.Resampler;

/**
 * A random part of the picture, brought to one size, and mirrored half of the time: torchvision's
 * {@code RandomResizedCrop} (its method {@code get_params}) and {@code RandomHorizontalFlip}, which transformers' example of
 * fine-tuning ViT trains with.
 *
 * @param height of the result
 * @param width of the result
 * @param smallestArea of the part, relative to the picture's
 * @param largestArea of the part, relative to the picture's
 * @param smallestAspect of the part, width by height
 * @param largestAspect of the part, width by height
 * @param flip probability of mirroring left to right
 */
public record RandomResizedCrop(
        int height,
        int width,
        double smallestArea,
        double largestArea,
        double smallestAspect,
        double largestAspect,
        double flip)
        implements ImageTransform {
    private static final int ATTEMPTS = 10;

    /** torchvision's defaults: area 0.08 to 1, aspect 3/4 to 4/3, and mirrored half of the time. */
    public static RandomResizedCrop standard(int height, int width) {
        return new RandomResizedCrop(height, width, 0.08, 1, 3.0 / 4, 4.0 / 3, 0.5);
    }

    @Override
    public Picture apply(Picture picture, RandomKey key) {
        RandomKey.Stream random = key.stream();
        boolean mirrored = random.nextDouble() < flip;
        Picture part = Resampler.resize(part(picture, random), width, height, Filter.BILINEAR);
        return mirrored ? RandomFlip.mirror(part) : part;
    }

    private Picture part(Picture picture, RandomKey.Stream random) {
        double area = (double) picture.height() * picture.width();
        for (int i = 0; i < ATTEMPTS; i++) {
            double partArea = area * uniform(smallestArea, largestArea, random);
            double aspect = Math.exp(uniform(Math.log(smallestAspect), Math.log(largestAspect), random));
            int partWidth = (int) Math.rint(Math.sqrt(partArea * aspect));
            int partHeight = (int) Math.rint(Math.sqrt(partArea / aspect));
            if (partWidth > 0 && partWidth <= picture.width() && partHeight > 0 && partHeight <= picture.height()) {
                int top = random.nextInt(picture.height() - partHeight + 1);
                int left = random.nextInt(picture.width() - partWidth + 1);
                return CentreCrop.crop(picture, top, left, partHeight, partWidth);
            }
        }
        // Nothing fitted: the middle, at the nearest aspect that is allowed.
        double aspect = (double) picture.width() / picture.height();
        int partWidth = picture.width();
        int partHeight = picture.height();
        if (aspect < smallestAspect) {
            partHeight = (int) Math.rint(partWidth / smallestAspect);
        } else if (aspect > largestAspect) {
            partWidth = (int) Math.rint(partHeight * largestAspect);
        }
        int top = (picture.height() - partHeight) / 2;
        int left = (picture.width() - partWidth) / 2;
        return CentreCrop.crop(picture, top, left, partHeight, partWidth);
    }

    private static double uniform(double from, double to, RandomKey.Stream random) {
        return from + (to - from) * random.nextDouble();
    }
}
