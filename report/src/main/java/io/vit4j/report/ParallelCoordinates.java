package io.vit4j.report;

import io.vit4j.Swept;
import io.vit4j.Swept.Trial;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;

/** A sweep's trials as lines over parallel axes (Inselberg 1985), one for each setting that differs and one for the score: SVG. */
final class ParallelCoordinates {
    private static final int WIDTH = 1100;
    private static final int HEIGHT = 340;
    private static final int TOP = 46;
    private static final int BOTTOM = 300;
    private static final int SIDE = 90;

    /** More values than this of text have no room at an axis. */
    private static final int MOST_NAMED = 12;

    private static final int LONGEST_NAME = 22;

    /** A scale over which the largest is so much more than the smallest is logarithmic. */
    private static final double DECADES = 50;

    private final Swept swept;
    private final List<Trial> drawn;

    ParallelCoordinates(Swept swept) {
        this.swept = swept;
        List<Trial> best = new ArrayList<>(SweepPage.ranked(swept));
        best.removeIf(trial -> trial.score().isEmpty());
        Collections.reverse(best); // the best are drawn last, over the others
        drawn = best;
    }

    /** One axis: where a trial's value is on it, from 0 at the bottom to 1 at the top. */
    private abstract static class Axis {
        final String name;

        Axis(String name) {
            this.name = name;
        }

        abstract double at(Trial trial);

        /** What stands beside it, each at a height. */
        abstract List<Mark> marks();

        record Mark(double at, String text) {}
    }

    void draw(Html html) {
        if (drawn.isEmpty()) {
            return;
        }
        List<Axis> axes = axes();
        html.open("div", "class", "card").open("div", "class", "scroll");
        html.open(
                "svg",
                "viewBox",
                "0 0 " + WIDTH + " " + HEIGHT,
                "class",
                "parallel",
                "role",
                "img",
                "aria-label",
                "Trials as lines over " + axes.size() + " axes; the table below has the numbers");
        for (int i = 0; i < drawn.size(); i++) {
            line(html, axes, drawn.get(i), drawn.size() == 1 ? 1 : i / (drawn.size() - 1.0));
        }
        for (int i = 0; i < axes.size(); i++) {
            axis(html, axes.get(i), x(i, axes.size()));
        }
        html.close("svg").close("div").close("div");
    }

    private List<Axis> axes() {
        List<Axis> axes = new ArrayList<>();
        for (String name : SweepPage.settings(swept)) {
            Set<String> values = drawn.stream()
                    .map(trial -> trial.settings().getOrDefault(name, ""))
                    .collect(Collectors.toCollection(TreeSet::new));
            if (values.size() > 1 && values.stream().allMatch(ParallelCoordinates::isNumber)) {
                boolean logarithmic = swept.search().parameters().stream()
                        .anyMatch(parameter -> parameter.name().equals(name) && parameter.logarithmic());
                axes.add(new NumberAxis(name, values, logarithmic));
            } else if (values.size() > 1) {
                axes.add(new WordAxis(name, List.copyOf(values)));
            }
        }
        axes.add(new ScoreAxis(swept, drawn));
        return axes;
    }

    private static boolean isNumber(String text) {
        try {
            return Double.isFinite(Double.parseDouble(text));
        } catch (NumberFormatException e) {
            return false;
        }
    }

    private static double x(int axis, int axes) {
        return axes == 1 ? WIDTH / 2.0 : SIDE + axis * (WIDTH - 2.0 * SIDE) / (axes - 1);
    }

    private static double y(double at) {
        return BOTTOM - at * (BOTTOM - TOP);
    }

    /** @param rank 0 of the worst, 1 of the best */
    private void line(Html html, List<Axis> axes, Trial trial, double rank) {
        StringBuilder points = new StringBuilder();
        for (int i = 0; i < axes.size(); i++) {
            points.append(i == 0 ? "" : " ")
                    .append(fixed(x(i, axes.size())))
                    .append(',')
                    .append(fixed(y(axes.get(i).at(trial))));
        }
        boolean best = swept.best().equals(java.util.Optional.of(trial));
        html.open(
                "polyline",
                "points",
                points.toString(),
                "class",
                best ? "best" : "trial",
                "style",
                "--rank:" + Math.round(100 * rank));
        html.element(
                "title",
                trial.folder().getFileName() + ": "
                        + trial.settings().entrySet().stream()
                                .map(entry -> entry.getKey() + " " + entry.getValue())
                                .collect(Collectors.joining(", "))
                        + " → " + swept.search().metric() + " "
                        + Numbers.significant(trial.score().getAsDouble()));
        html.close("polyline");
    }

    private void axis(Html html, Axis axis, double x) {
        html.open("line", "x1", fixed(x), "x2", fixed(x), "y1", fixed(TOP), "y2", fixed(BOTTOM))
                .close("line");
        html.element(
                "text",
                shortened(axis.name),
                "x",
                fixed(x),
                "y",
                fixed(TOP - 28),
                "text-anchor",
                "middle",
                "class",
                "name");
        for (Axis.Mark mark : axis.marks()) {
            html.element("text", shortened(mark.text()), "x", fixed(x + 7), "y", fixed(y(mark.at()) + 4));
        }
    }

    private static String shortened(String text) {
        return text.length() <= LONGEST_NAME ? text : text.substring(0, LONGEST_NAME - 1) + "…";
    }

    private static String fixed(double value) {
        return String.format(Locale.ROOT, "%.1f", value);
    }

    /** Numbers on a linear or logarithmic scale. */
    private static final class NumberAxis extends Axis {
        private final double low;
        private final double high;
        private final boolean logarithmic;

        NumberAxis(String name, Set<String> values, boolean asked) {
            super(name);
            low = values.stream().mapToDouble(Double::parseDouble).min().orElseThrow();
            high = values.stream().mapToDouble(Double::parseDouble).max().orElseThrow();
            logarithmic = low > 0 && (asked || high / low >= DECADES);
        }

        @Override
        double at(Trial trial) {
            return at(Double.parseDouble(trial.settings().get(name)));
        }

        private double at(double value) {
            return logarithmic ? Math.log(value / low) / Math.log(high / low) : (value - low) / (high - low);
        }

        @Override
        List<Mark> marks() {
            double middle = logarithmic ? Math.sqrt(low * high) : (low + high) / 2;
            return List.of(
                    new Mark(0, Numbers.significant(low)),
                    new Mark(0.5, Numbers.significant(middle)),
                    new Mark(1, Numbers.significant(high)));
        }
    }

    /** Words in their order. */
    private static final class WordAxis extends Axis {
        private final List<String> values;

        WordAxis(String name, List<String> values) {
            super(name);
            this.values = values;
        }

        @Override
        double at(Trial trial) {
            return place(values.indexOf(trial.settings().getOrDefault(name, "")));
        }

        private double place(int index) {
            return index / (values.size() - 1.0);
        }

        @Override
        List<Mark> marks() {
            List<Mark> marks = new ArrayList<>();
            int step = (values.size() + MOST_NAMED - 1) / MOST_NAMED;
            for (int i = 0; i < values.size(); i += step) {
                marks.add(new Mark(place(i), values.get(i)));
            }
            return marks;
        }
    }

    /** The metric that decides: better is higher. */
    private static final class ScoreAxis extends Axis {
        private final double worst;
        private final double best;

        ScoreAxis(Swept swept, List<Trial> trials) {
            super(swept.search().metric());
            double low = trials.stream()
                    .mapToDouble(trial -> trial.score().getAsDouble())
                    .min()
                    .orElseThrow();
            double high = trials.stream()
                    .mapToDouble(trial -> trial.score().getAsDouble())
                    .max()
                    .orElseThrow();
            worst = swept.search().maximize() ? low : high;
            best = swept.search().maximize() ? high : low;
        }

        @Override
        double at(Trial trial) {
            return best == worst ? 0.5 : (trial.score().getAsDouble() - worst) / (best - worst);
        }

        @Override
        List<Mark> marks() {
            return best == worst
                    ? List.of(new Mark(0.5, Numbers.fixed(best, 4)))
                    : List.of(new Mark(0, Numbers.fixed(worst, 4)), new Mark(1, Numbers.fixed(best, 4)));
        }
    }
}
