package io.vit4j.data.augment;

import io.vit4j.base.NamedSettings;
import io.vit4j.data.ImageTransform;
import io.vit4j.image.Filter;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** The steps that {@link Augmentation} knows, with their settings; docs/augmentation.md describes them. */
enum AugmentationStep {
    NONE {
        @Override
        Made make(NamedSettings given) {
            return new Made(Optional.empty(), Optional.empty());
        }
    },
    CROP_FLIP {
        @Override
        Made make(NamedSettings given) {
            double area = given.number("scale", 0.08, SMALLEST_AREA, 1);
            double flip = given.number("flip", 0.5, 0, 1);
            return Made.of((height, width) -> new RandomResizedCrop(height, width, area, 1, 3.0 / 4, 4.0 / 3, flip));
        }
    },
    FLIP {
        @Override
        Made make(NamedSettings given) {
            return Made.ofAnySize(new RandomFlip(given.number("p", 0.5, 0, 1)));
        }
    },
    XRAY {
        @Override
        Made make(NamedSettings given) {
            XrayAugmentation usual = XrayAugmentation.standard(1, 1);
            double degrees = given.number("degrees", usual.degrees(), 0, 180);
            double shift = given.number("shift", usual.shift(), 0, 1);
            double zoom = given.number("zoom", usual.zoom(), 0, 0.9);
            double brightness = given.number("brightness", usual.brightness(), 0, 1);
            double contrast = given.number("contrast", usual.contrast(), 0, 1);
            double gamma = given.number("gamma", usual.gamma(), 0, 0.9);
            double noise = given.number("noise", usual.noise(), 0, 1);
            double erasing = given.number("erasing", 0.1, 0, 1);
            Sized made = (height, width) ->
                    new XrayAugmentation(height, width, degrees, shift, zoom, brightness, contrast, gamma, noise);
            return new Made(
                    Optional.of(made),
                    erasing == 0
                            ? Optional.empty()
                            : Optional.of(new RandomErasing(erasing, 0.02, MOST_OF_XRAY, 0.3, 3.3, 0)));
        }
    },
    RANDAUGMENT {
        @Override
        Made make(NamedSettings given) {
            int bins = bins(given);
            int operations = whole(given, "num_ops", 2, 0, MOST_OPERATIONS);
            int magnitude = whole(given, "magnitude", Math.min(9, bins - 1), 0, bins - 1);
            return Made.ofAnySize(new RandAugment(operations, magnitude, Magnitudes.usual(bins), drawn(given)));
        }
    },
    AUTOAUGMENT {
        @Override
        Made make(NamedSettings given) {
            String policy = given.word(
                    "policy",
                    "imagenet",
                    Arrays.stream(AutoAugmentPolicy.values())
                            .map(known -> known.name().toLowerCase(Locale.ROOT))
                            .toList());
            return Made.ofAnySize(
                    new AutoAugment(AutoAugmentPolicy.valueOf(policy.toUpperCase(Locale.ROOT)), drawn(given)));
        }
    },
    TRIVIALAUGMENT {
        @Override
        Made make(NamedSettings given) {
            return Made.ofAnySize(new TrivialAugment(Magnitudes.wide(bins(given)), drawn(given)));
        }
    },
    THREE_AUGMENT {
        @Override
        Made make(NamedSettings given) {
            double jitter = given.number("color_jitter", 0.3, 0, LARGEST_FACTOR);
            return Made.ofAnySize(new ThreeAugment(new ColorJitter(jitter, jitter, jitter, 0)));
        }
    },
    COLOR_JITTER {
        @Override
        Made make(NamedSettings given) {
            return Made.ofAnySize(new ColorJitter(
                    given.number("brightness", 0.4, 0, LARGEST_FACTOR),
                    given.number("contrast", 0.4, 0, LARGEST_FACTOR),
                    given.number("saturation", 0.4, 0, LARGEST_FACTOR),
                    given.number("hue", 0, 0, 0.5)));
        }
    },
    AFFINE {
        @Override
        Made make(NamedSettings given) {
            double smallest = given.number("scale_min", 0.9, SMALLEST_SCALE, LARGEST_FACTOR);
            return Made.ofAnySize(new RandomAffine(
                    given.number("degrees", 10, 0, 180),
                    given.number("translate", 0.1, 0, 1),
                    smallest,
                    given.number("scale_max", Math.max(1.1, smallest), smallest, LARGEST_FACTOR),
                    given.number("shear", 0, 0, MOST_SHEAR),
                    drawn(given)));
        }
    },
    ELASTIC {
        @Override
        Made make(NamedSettings given) {
            return Made.ofAnySize(new RandomElastic(
                    given.number("alpha", 50, 0, MOST_ALPHA), given.number("sigma", 5, 0, MOST_SIGMA)));
        }
    },
    ERASING {
        @Override
        Made make(NamedSettings given) {
            double smallest = given.number("scale_min", 0.02, 0, 1);
            double value =
                    given.is("value", "random") ? Double.NaN : given.number("value", 0, -LARGEST_VALUE, LARGEST_VALUE);
            return new Made(
                    Optional.empty(),
                    Optional.of(new RandomErasing(
                            given.number("p", 0.5, 0, 1),
                            smallest,
                            given.number("scale_max", Math.max(0.33, smallest), smallest, 1),
                            0.3,
                            3.3,
                            value)));
        }
    };

    private static final double SMALLEST_AREA = 1e-4;
    private static final double SMALLEST_SCALE = 0.1;
    private static final double MOST_OF_XRAY = 0.1;
    private static final double LARGEST_FACTOR = 10;
    private static final double MOST_SHEAR = 80;
    private static final double MOST_ALPHA = 10_000;
    private static final double MOST_SIGMA = 100;
    private static final double LARGEST_VALUE = 1000;
    private static final int MOST_OPERATIONS = 100;
    private static final int MOST_BINS = 1000;

    /** A transform for pictures of a size. */
    interface Sized {
        ImageTransform of(int height, int width);
    }

    /**
     * What a step does.
     *
     * @param transform before normalisation
     * @param erasing after it
     */
    record Made(Optional<Sized> transform, Optional<RandomErasing> erasing) {
        static Made of(Sized transform) {
            return new Made(Optional.of(transform), Optional.empty());
        }

        static Made ofAnySize(ImageTransform transform) {
            return of((height, width) -> transform);
        }
    }

    /** With the settings given, or torchvision's. */
    abstract Made make(NamedSettings given);

    private String word() {
        return this == THREE_AUGMENT
                ? "3-augment"
                : name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    static Optional<AugmentationStep> of(String word) {
        return Arrays.stream(values()).filter(step -> step.word().equals(word)).findFirst();
    }

    static List<String> names() {
        return Arrays.stream(values()).map(AugmentationStep::word).toList();
    }

    private static int bins(NamedSettings given) {
        return whole(given, "num_magnitude_bins", 31, 2, MOST_BINS);
    }

    private static int whole(NamedSettings given, String name, int otherwise, int lowest, int highest) {
        double value = given.number(name, otherwise, lowest, highest);
        if (value != Math.rint(value)) {
            throw given.wrong(name, value + " is not a whole number");
        }
        return (int) value;
    }

    private static PolicyOperation.Drawn drawn(NamedSettings given) {
        String filter = given.word("interpolation", "nearest", List.of("nearest", "bilinear"));
        return new PolicyOperation.Drawn(
                filter.equals("nearest") ? Filter.NEAREST : Filter.BILINEAR, whole(given, "fill", 0, 0, 255));
    }
}
