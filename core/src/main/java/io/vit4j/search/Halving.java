package io.vit4j.search;

import io.vit4j.base.InputException;
import io.vit4j.base.JsonObject;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/**
 * Successive halving: all settings are trained with little of a resource, and of each rung the better ones again with more, until a
 * rung has all of it. Every rung trains from the start, because a schedule for few epochs ends where one for many does not.
 *
 * @param resource the training argument that grows: {@code num_train_epochs} or {@code max_steps}
 * @param min of the first rung, or a little more
 * @param max of the last rung
 * @param factor by which the resource grows and the number of settings shrinks
 */
public record Halving(String resource, double min, double max, int factor) {
    private static final Set<String> RESOURCES = Set.of("num_train_epochs", "max_steps");

    /** Checks the numbers. */
    public Halving {
        if (!RESOURCES.contains(resource)) {
            throw new InputException(
                    "halving has the resource \"" + resource + "\"; use num_train_epochs or max_steps");
        }
        if (!(min > 0 && min < max)) {
            throw new InputException("halving goes from " + min + " to " + max + " " + resource
                    + "; give \"min\" above 0, and a larger \"max\"");
        }
        if (factor < 2) {
            throw new InputException("halving has the factor " + factor + "; use 2 or more");
        }
    }

    static Halving of(JsonObject json) {
        return new Halving(
                json.text("resource", "num_train_epochs"),
                json.number("min", 1),
                json.number("max", Double.NaN),
                json.integer("factor", 3));
    }

    /** How much each rung gets, as on a command line; each is the factor times the one before, and the last is the most. */
    public List<String> rungs() {
        List<String> rungs = new ArrayList<>();
        for (double amount = max; amount >= min * (1 - 1e-9); amount /= factor) {
            rungs.add(
                    0,
                    resource.equals("max_steps")
                            ? Long.toString(Math.max(1, Math.round(amount)))
                            : Double.toString(amount));
        }
        return rungs;
    }

    /** How many of so many settings go on to the next rung. */
    public int kept(int settings) {
        return Math.max(1, settings / factor);
    }

    JsonObject toJson() {
        return JsonObject.empty()
                .with("resource", resource)
                .with("min", min)
                .with("max", max)
                .with("factor", factor);
    }
}
