package io.vit4j.model;

import io.vit4j.base.InputException;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/** How a transformer's last tokens become a picture's features. */
public enum Pooling {
    /** The class token, {@code [hidden]}. */
    CLS,
    /** The mean of the patches' tokens, {@code [hidden]}. */
    MEAN,
    /** Both, one behind the other, {@code [2 * hidden]}. */
    CLS_MEAN;

    /** {@code cls}, {@code mean} or {@code cls_mean}; InputException if it is none of these. */
    public static Pooling parse(String name) {
        return Arrays.stream(values())
                .filter(pooling -> pooling.toString().equals(name))
                .findFirst()
                .orElseThrow(
                        () -> new InputException("pooling '" + name + "' is unknown; use one of " + List.of(values())));
    }

    /** {@return how many features there are, of tokens that wide} */
    public int features(int hidden) {
        return this == CLS_MEAN ? Math.multiplyExact(2, hidden) : hidden;
    }

    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }
}
