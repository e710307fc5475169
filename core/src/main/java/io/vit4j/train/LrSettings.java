package io.vit4j.train;

import com.fasterxml.jackson.databind.JsonNode;
import io.vit4j.base.InputException;
import io.vit4j.base.NearestName;
import java.util.Iterator;
import java.util.List;
import java.util.TreeSet;

/** The settings given to a schedule ({@code lr_scheduler_kwargs}), and which of them it knows. */
final class LrSettings {
    private final String type;
    private final JsonNode given;
    private final TreeSet<String> known = new TreeSet<>();

    LrSettings(String type, JsonNode given) {
        this.type = type;
        this.given = given;
    }

    boolean has(String name) {
        known.add(name);
        return given.hasNonNull(name);
    }

    double number(String name, double otherwise) {
        if (!has(name)) {
            return otherwise;
        }
        JsonNode value = given.get(name);
        if (!value.isNumber() || !Double.isFinite(value.doubleValue())) {
            throw wrong(name, value + " is not a number");
        }
        return value.doubleValue();
    }

    double number(String name, double otherwise, double lowest, double highest) {
        double value = number(name, otherwise);
        if (value < lowest || value > highest) {
            throw wrong(name, value + " is outside " + lowest + " to " + highest);
        }
        return value;
    }

    /** A count of steps. */
    double steps(String name, double otherwise) {
        double value = number(name, otherwise, 0, Integer.MAX_VALUE);
        if (value != Math.rint(value)) {
            throw wrong(name, value + " is not a whole number");
        }
        return value;
    }

    String word(String name, String otherwise, List<String> allowed) {
        String value = has(name) ? given.get(name).asText() : otherwise;
        if (!allowed.contains(value)) {
            throw wrong(name, value + " is not one of " + String.join(", ", allowed));
        }
        return value;
    }

    /** The lowest rate over the peak, from {@code min_lr} or {@code min_lr_rate}: exactly one is needed. */
    double lowestRatio(double peak) {
        boolean absolute = has("min_lr");
        boolean relative = has("min_lr_rate");
        if (absolute == relative) {
            throw new InputException("lr_scheduler_kwargs: " + type + " needs "
                    + (absolute ? "only one of" : "one of") + " min_lr and min_lr_rate; give"
                    + " lr_scheduler_kwargs min_lr_rate=0.1, say");
        }
        return relative ? number("min_lr_rate", 0) : number("min_lr", 0) / peak;
    }

    InputException wrong(String name, String what) {
        return new InputException("lr_scheduler_kwargs: " + name + ": " + what + "; correct it");
    }

    /** Every setting given must be one that the schedule asked for. */
    void checkAllRead() {
        for (Iterator<String> names = given.fieldNames(); names.hasNext(); ) {
            String name = names.next();
            if (!known.contains(name)) {
                throw new InputException("lr_scheduler_kwargs: " + name + " is no setting of " + type + "; "
                        + (known.isEmpty()
                                ? "it has none"
                                : "did you mean " + NearestName.to(name, known) + "? It has "
                                        + String.join(", ", known)));
            }
        }
    }
}
