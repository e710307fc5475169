package io.vit4j.report;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.vit4j.base.Json;

/** A line chart as the page's script draws it; its numbers are those that the page offers as CSV. */
final class Chart {
    private final ObjectNode json = Json.object();
    private final ArrayNode series = json.putArray("series");

    /** @param x the axes' names */
    Chart(String x, String y) {
        json.put("x", x);
        json.put("y", y);
    }

    /** What one line looks like. */
    enum Look {
        PLAIN,
        /** Thin and pale: behind its own average. */
        FAINT,
        /** With a mark at each point. */
        POINTS,
        /** A mark at each point and no line. */
        SCATTER,
        /** Not drawn until it is asked for. */
        OFF
    }

    Chart line(String name, double[] x, double[] y, Look look) {
        return line(name, x, y, look, -1);
    }

    /** @param color number of a colour; -1 for the next one */
    Chart line(String name, double[] x, double[] y, Look look, int color) {
        ObjectNode line = series.addObject();
        line.put("name", Html.plain(Html.shown(name)));
        numbers(line.putArray("x"), x);
        numbers(line.putArray("y"), y);
        if (look == Look.FAINT) {
            line.put("faint", true);
        } else if (look != Look.PLAIN) {
            line.put("points", true);
            line.put("off", look == Look.OFF);
            line.put("scatter", look == Look.SCATTER);
        }
        if (color >= 0) {
            line.put("color", color);
        }
        return this;
    }

    Chart xRange(double from, double to) {
        json.putArray("xRange").add(from).add(to);
        return this;
    }

    Chart yRange(double from, double to) {
        json.putArray("yRange").add(from).add(to);
        return this;
    }

    Chart fromZero() {
        json.put("fromZero", true);
        return this;
    }

    /** With the line on which y is x. */
    Chart diagonal() {
        json.put("diagonal", true);
        return this;
    }

    Chart square() {
        json.put("square", true);
        return this;
    }

    boolean isEmpty() {
        return series.isEmpty();
    }

    ObjectNode toJson() {
        return json;
    }

    private static void numbers(ArrayNode array, double[] values) {
        for (double value : values) {
            if (Double.isFinite(value)) {
                array.add(Numbers.rounded(value));
            } else {
                array.addNull();
            }
        }
    }
}
