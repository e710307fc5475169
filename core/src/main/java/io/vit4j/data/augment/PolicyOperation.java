package io.vit4j.data.augment;

import io.vit4j.image.Filter;
import io.vit4j.image.Picture;
import io.vit4j.image.operations.AffineMap;
import io.vit4j.image.operations.Enhance;
import io.vit4j.image.operations.Levels;

/** The operations that learned and random policies choose among: torchvision's {@code _apply_op}. */
enum PolicyOperation {
    IDENTITY,
    SHEAR_X,
    SHEAR_Y,
    TRANSLATE_X,
    TRANSLATE_Y,
    ROTATE,
    BRIGHTNESS,
    COLOR,
    CONTRAST,
    SHARPNESS,
    POSTERIZE,
    SOLARIZE,
    AUTO_CONTRAST,
    EQUALIZE,
    INVERT;

    /** Whether the magnitude may as well be negative. */
    boolean signed() {
        return ordinal() >= SHEAR_X.ordinal() && ordinal() <= SHARPNESS.ordinal();
    }

    /**
     * @param magnitude shears: offset per pixel; translations: pixels; rotation: degrees; brightness to sharpness: the factor's
     *     distance from 1; posterize: bits; solarize: threshold
     */
    Picture apply(Picture picture, double magnitude, Drawn drawn) {
        return switch (this) {
            case IDENTITY -> picture;
            case SHEAR_X -> drawn.through(AffineMap.of(0, 0, 0, 0, 0, 1, degrees(magnitude), 0), picture);
            case SHEAR_Y -> drawn.through(AffineMap.of(0, 0, 0, 0, 0, 1, 0, degrees(magnitude)), picture);
            case TRANSLATE_X -> drawn.through(shift(picture, (int) magnitude, 0), picture);
            case TRANSLATE_Y -> drawn.through(shift(picture, 0, (int) magnitude), picture);
            case ROTATE -> drawn.through(AffineMap.rotation(picture.width(), picture.height(), magnitude), picture);
            case BRIGHTNESS -> Enhance.brightness(picture, 1 + magnitude);
            case COLOR -> Enhance.color(picture, 1 + magnitude);
            case CONTRAST -> Enhance.contrast(picture, 1 + magnitude);
            case SHARPNESS -> Enhance.sharpness(picture, 1 + magnitude);
            case POSTERIZE -> Levels.posterize(picture, (int) magnitude);
            case SOLARIZE -> Levels.solarize(picture, magnitude);
            case AUTO_CONTRAST -> Levels.autoContrast(picture);
            case EQUALIZE -> Levels.equalize(picture);
            case INVERT -> Levels.invert(picture);
        };
    }

    private static double degrees(double offsetPerPixel) {
        return Math.toDegrees(Math.atan(offsetPerPixel));
    }

    private static AffineMap shift(Picture picture, int right, int down) {
        return AffineMap.of(picture.width() * 0.5, picture.height() * 0.5, 0, right, down, 1, 0, 0);
    }

    /**
     * How pictures are drawn that are moved.
     *
     * @param filter nearest or bilinear
     * @param fill level of what was outside the picture
     */
    record Drawn(Filter filter, int fill) {
        Picture through(AffineMap map, Picture picture) {
            return map.apply(picture, filter, fill);
        }
    }
}
