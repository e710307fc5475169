package io.vit4j.model.timm;

import io.vit4j.base.InputException;
import io.vit4j.base.JsonObject;
import io.vit4j.hub.CheckpointFormat;
import java.util.List;
import java.util.Locale;
import java.util.regex.Pattern;

/** The names and shapes of the tensors of a file of weights alone, out of which its model is known. */
record TensorShapes(JsonObject shapes) {
    static TensorShapes of(JsonObject config) {
        return new TensorShapes(config.object(CheckpointFormat.TENSORS));
    }

    boolean has(String name) {
        return shapes.has(name);
    }

    /** Whether a tensor has such a name. */
    boolean hasLike(String pattern) {
        return shapes.keys().stream().anyMatch(Pattern.compile(pattern).asMatchPredicate());
    }

    /** The sizes of a tensor that has so many; else InputException. */
    List<Integer> of(String name, int dimensions) {
        if (!has(name)) {
            throw new InputException("has no tensor " + name + ", as other files of this kind have; download it again");
        }
        List<Integer> sizes = shapes.integers(name);
        if (sizes.size() != dimensions || sizes.stream().anyMatch(size -> size < 1)) {
            throw new InputException("its tensor " + name + " is of shape " + sizes + ", not of " + dimensions
                    + " dimensions, as in other files of this kind; download it again");
        }
        return sizes;
    }

    /** How many layers there are, of which each has such a tensor: {@code %d} in its name counts from 0. */
    int layers(String name) {
        int layers = 0;
        while (has(String.format(Locale.ROOT, name, layers))) {
            layers++;
        }
        return layers;
    }

    /** The side of a square of so many patches; InputException if they make none. */
    static int side(int patches) {
        int side = (int) Math.round(Math.sqrt(patches));
        if (patches < 1 || side * side != patches) {
            throw new InputException(
                    "has positions of " + patches
                            + " patches, which make no square, so that the pictures' size cannot be told; give the model as transformers has it");
        }
        return side;
    }
}
