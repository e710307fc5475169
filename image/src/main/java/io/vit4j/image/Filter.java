package io.vit4j.image;

import io.vit4j.base.InputException;

/** The resampling filters of Pillow, with the numbers that {@code preprocessor_config.json} writes for them. */
public enum Filter {
    /** The pixel under the centre, no averaging. */
    NEAREST(0, 0) {
        @Override
        double weight(double x) {
            throw new IllegalStateException("nearest takes one pixel and weighs none");
        }
    },
    /** Every pixel under the target pixel weighs the same. */
    BOX(4, 0.5) {
        @Override
        double weight(double x) {
            return x > -0.5 && x <= 0.5 ? 1 : 0;
        }
    },
    /** A triangle; the default of ViT's processor. */
    BILINEAR(2, 1) {
        @Override
        double weight(double x) {
            double distance = Math.abs(x);
            return distance < 1 ? 1 - distance : 0;
        }
    },
    /** A sinc in a Hamming window of one pixel. */
    HAMMING(5, 1) {
        @Override
        double weight(double x) {
            double distance = Math.abs(x);
            if (distance == 0) {
                return 1;
            }
            if (distance >= 1) {
                return 0;
            }
            double angle = distance * Math.PI;
            return Math.sin(angle) / angle * (0.54 + 0.46 * Math.cos(angle));
        }
    },
    /** Keys' cubic convolution with a = -0.5. */
    BICUBIC(3, 2) {
        @Override
        double weight(double x) {
            double distance = Math.abs(x);
            double a = -0.5;
            if (distance < 1) {
                return ((a + 2) * distance - (a + 3)) * distance * distance + 1;
            }
            return distance < 2 ? (((distance - 5) * distance + 8) * distance - 4) * a : 0;
        }
    },
    /** A sinc in a sinc window of three pixels. */
    LANCZOS(1, 3) {
        @Override
        double weight(double x) {
            return x >= -3 && x < 3 ? sinc(x) * sinc(x / 3) : 0;
        }
    };

    private final int number;
    private final double support;

    Filter(int number, double support) {
        this.number = number;
        this.support = support;
    }

    /** The filter of that number: 0 nearest, 1 lanczos, 2 bilinear, 3 bicubic, 4 box, 5 hamming. */
    public static Filter of(int number) {
        for (Filter filter : values()) {
            if (filter.number == number) {
                return filter;
            }
        }
        throw new InputException("resample " + number
                + " is not a filter; use 0 (nearest), 1 (lanczos), 2 (bilinear), 3 (bicubic), 4 (box) or 5"
                + " (hamming)");
    }

    /** The number that Pillow and {@code preprocessor_config.json} give it. */
    public int number() {
        return number;
    }

    /** How far from the centre it reaches, in target pixels where it shrinks and source pixels where it enlarges. */
    double support() {
        return support;
    }

    /** The weight at that distance from the centre; weights are scaled to sum to 1 afterwards. */
    abstract double weight(double x);

    private static double sinc(double x) {
        if (x == 0) {
            return 1;
        }
        double angle = x * Math.PI;
        return Math.sin(angle) / angle;
    }
}
