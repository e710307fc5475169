package io.vit4j.data.augment;

import io.vit4j.base.RandomKey;
import io.vit4j.data.ImageTransform;
import io.vit4j.image.Picture;
import io.vit4j.image.operations.Enhance;
import io.vit4j.image.operations.GaussianBlur;
import io.vit4j.image.operations.Levels;

/**
 * One view of a picture as DINO draws it (Caron et al. 2021): a random part, mirrored or not, its colours changed four times in five, grey
 * once in five, blurred, and solarized.
 *
 * @param part that is cut out and brought to the view's size
 * @param blur how often it is blurred
 * @param solarize how often bright pixels are inverted
 */
public record ViewAugmentation(RandomResizedCrop part, double blur, double solarize) implements ImageTransform {
    private static final ColorJitter JITTER = new ColorJitter(0.4, 0.4, 0.2, 0.1);
    private static final double JITTERED = 0.8;
    private static final double GREY = 0.2;
    private static final double LEAST_RADIUS = 0.1;
    private static final double MOST_RADIUS = 2;
    private static final int THRESHOLD = 128;
    private static final double SMALLEST_LOCAL = 0.05;

    /**
     * A large view: the first is always blurred, the second hardly ever, but solarized once in five.
     *
     * @param number of the view, from 0
     * @param size rows and columns
     * @param smallest least share of the picture's area
     */
    public static ViewAugmentation large(int number, int size, double smallest, double flip) {
        return number == 0
                ? new ViewAugmentation(part(size, smallest, 1, flip), 1, 0)
                : new ViewAugmentation(part(size, smallest, 1, flip), 0.1, 0.2);
    }

    /**
     * A small view, blurred half of the time.
     *
     * @param size rows and columns
     * @param largest most of the picture's area
     */
    public static ViewAugmentation small(int size, double largest, double flip) {
        return new ViewAugmentation(part(size, Math.min(SMALLEST_LOCAL, largest), largest, flip), 0.5, 0);
    }

    private static RandomResizedCrop part(int size, double smallest, double largest, double flip) {
        return new RandomResizedCrop(size, size, smallest, largest, 3.0 / 4, 4.0 / 3, flip);
    }

    @Override
    public Picture apply(Picture picture, RandomKey key) {
        RandomKey.Stream random = key.with("view").stream();
        boolean jitters = random.nextDouble() < JITTERED;
        boolean greys = random.nextDouble() < GREY;
        boolean blurs = random.nextDouble() < blur;
        double radius = LEAST_RADIUS + (MOST_RADIUS - LEAST_RADIUS) * random.nextDouble();
        boolean solarizes = random.nextDouble() < solarize;
        Picture view = part.apply(picture, key.with("part"));
        view = jitters ? JITTER.apply(view, key.with("jitter")) : view;
        view = greys ? Enhance.inGrey(view) : view;
        view = blurs ? GaussianBlur.blur(view, radius) : view;
        return solarizes ? Levels.solarize(view, THRESHOLD) : view;
    }
}
