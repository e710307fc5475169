package io.vit4j.data.augment;

import io.vit4j.base.InputException;
import io.vit4j.base.JsonObject;
import io.vit4j.base.NamedSettings;
import io.vit4j.base.NearestName;
import io.vit4j.base.RandomKey;
import io.vit4j.data.CentreCrop;
import io.vit4j.data.DatasetInfo;
import io.vit4j.data.ImageTransform;
import io.vit4j.image.Picture;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * Random changes of training pictures, by name: what {@code --augment} says. Steps are separated by {@code +} and done in the
 * order written; a step's settings follow a colon, as in {@code crop-flip+randaugment:magnitude=7+erasing:p=0.25}. In the
 * end a picture is cut to the size that the model gets, if no step has done so.
 *
 * <pre>{@code
 * ImageTransform transform = Augmentation.parse("crop-flip+trivialaugment").transform(data.info());
 * }</pre>
 */
public final class Augmentation {
    private final String text;
    private final List<AugmentationStep.Made> steps;

    private Augmentation(String text, List<AugmentationStep.Made> steps) {
        this.text = text;
        this.steps = steps;
    }

    /**
     * Reads steps and their settings.
     *
     * @throws InputException if there is no such step or setting
     */
    public static Augmentation parse(String text) {
        List<AugmentationStep.Made> steps = new ArrayList<>();
        String[] words = text.strip().split("\\+", -1);
        for (String word : words) {
            int colon = word.indexOf(':');
            String name = (colon < 0 ? word : word.substring(0, colon)).strip().toLowerCase(Locale.ROOT);
            AugmentationStep step = AugmentationStep.of(name)
                    .orElseThrow(() -> new InputException("augment: "
                            + (name.isEmpty()
                                    ? "a step has no name"
                                    : name
                                            + " is unknown; did you mean "
                                            + NearestName.to(name, AugmentationStep.names())
                                            + "?")
                            + " Use one or more of " + String.join(", ", AugmentationStep.names())
                            + ", with + between them"));
            NamedSettings settings = new NamedSettings(
                    "augment", name, colon < 0 ? JsonObject.empty() : settings(word.substring(colon + 1), name));
            AugmentationStep.Made made = step.make(settings);
            settings.checkAllRead();
            steps.add(made);
        }
        for (int i = 0; i < steps.size() - 1; i++) {
            if (steps.get(i).erasing().isPresent() && steps.get(i).transform().isEmpty()) {
                throw new InputException("augment " + text
                        + ": erasing works on the normalised pixels, after all other steps; put it last");
            }
        }
        if (steps.stream().filter(step -> step.erasing().isPresent()).count() > 1) {
            throw new InputException("augment " + text + ": erases twice; give erasing once (xray brings its own,"
                    + " xray:erasing=0 turns that off)");
        }
        return new Augmentation(text, List.copyOf(steps));
    }

    private static JsonObject settings(String text, String step) {
        JsonObject settings = JsonObject.empty();
        for (String pair : text.split(",")) {
            int equals = pair.indexOf('=');
            if (equals <= 0) {
                throw new InputException("augment: " + step + ": \"" + pair + "\" is not a setting; write name=value");
            }
            String name = pair.substring(0, equals).strip();
            String value = pair.substring(equals + 1).strip();
            try {
                settings = settings.with(name, Double.parseDouble(value));
            } catch (NumberFormatException e) {
                settings = settings.with(name, value); // a word
            }
        }
        return settings;
    }

    /** Whether pictures stay as they are. */
    public boolean isNone() {
        return steps.stream()
                .allMatch(step -> step.transform().isEmpty() && step.erasing().isEmpty());
    }

    /** The steps before normalisation, for pictures of a data set; each step draws from a key of its own. */
    public ImageTransform transform(DatasetInfo info) {
        return transform(info.cropHeight(), info.cropWidth());
    }

    /**
     * The same for any pictures.
     *
     * @param height of the result
     * @param width of the result
     */
    public ImageTransform transform(int height, int width) {
        CentreCrop crop = new CentreCrop(height, width);
        List<ImageTransform> transforms = steps.stream()
                .flatMap(step -> step.transform().stream())
                .map(made -> made.of(height, width))
                .toList();
        return transforms.isEmpty() ? crop : new InOrder(transforms, crop);
    }

    /** What is erased after normalisation. */
    public Optional<RandomErasing> erasing() {
        return steps.stream().flatMap(step -> step.erasing().stream()).findFirst();
    }

    /** As it was written. */
    @Override
    public String toString() {
        return text;
    }

    private record InOrder(List<ImageTransform> transforms, CentreCrop crop) implements ImageTransform {
        @Override
        public Picture apply(Picture picture, RandomKey key) {
            Picture changed = picture;
            for (int i = 0; i < transforms.size(); i++) {
                changed = transforms.get(i).apply(changed, key.with(i));
            }
            return crop.apply(changed, key);
        }
    }
}
