package io.vit4j.report;

import io.vit4j.evaluate.Evaluation;
import io.vit4j.metrics.Estimate;
import io.vit4j.metrics.LabelCounts;
import io.vit4j.metrics.Subgroups;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;

/** What the evaluated pictures are: labels and how they come together, groups of patients, examples. */
final class DataSections {
    private static final int MOST_LABELS = 40;

    private final Evaluation numbers;
    private final Html html;

    DataSections(Evaluation numbers, Html html) {
        this.numbers = numbers;
        this.html = html;
    }

    void cooccurrence() {
        LabelCounts counts = numbers.counts();
        if (!counts.countsPairs()) {
            html.open("section", "id", "data").element("h2", "What is in the pictures");
            html.element(
                    "p",
                    "How often two labels occur together is not counted for more than "
                            + Numbers.count(LabelCounts.MOST_PAIRED) + " labels.",
                    "class",
                    "lead");
            html.close("section");
            return;
        }
        int[] shown = IntStream.range(0, counts.labels().size())
                .boxed()
                .sorted((a, b) -> Long.compare(counts.positives()[b], counts.positives()[a]))
                .limit(MOST_LABELS)
                .mapToInt(Integer::intValue)
                .toArray();
        html.open("section", "id", "data").element("h2", "What is in the pictures");
        html.element(
                "p",
                "How often each label occurs in the " + Numbers.count(numbers.samples()) + " pictures of "
                        + numbers.title()
                        + " (on the diagonal), and how often two labels occur together. The darker a cell, the larger the"
                        + " share of the row's pictures that also have the column's label.",
                "class",
                "lead");
        html.open("div", "class", "card long").open("figcaption").element("h3", "Labels and their co-occurrence");
        html.element("button", "CSV", "type", "button", "data-csv", "cooccurrence")
                .close("figcaption");
        html.open("div", "class", "scroll").open("table", "class", "heat", "id", "cooccurrence");
        html.open("thead").open("tr").element("th", "");
        for (int column : shown) {
            html.open("th")
                    .element("span", html.shortened(counts.labels().get(column)))
                    .close("th");
        }
        html.close("tr").close("thead").open("tbody");
        for (int row : shown) {
            html.open("tr").element("th", html.shortened(counts.labels().get(row)));
            for (int column : shown) {
                cell(counts, row, column);
            }
            html.close("tr");
        }
        html.close("tbody").close("table").close("div");
        if (shown.length < counts.labels().size()) {
            html.element("p", "The " + MOST_LABELS + " most frequent labels are shown.", "class", "fine");
        }
        html.close("div").close("section");
    }

    private void cell(LabelCounts counts, int row, int column) {
        long together = counts.together()[row][column];
        long whole = counts.positives()[row];
        double share = row == column || whole == 0 ? 0 : together / (double) whole;
        String kind = (row == column ? "own " : "") + (share > 0.5 ? "strong" : "");
        html.element(
                "td",
                Numbers.count(together),
                "class",
                kind.strip(),
                "style",
                "--p:" + Math.round(100 * share),
                "title",
                row == column
                        ? html.shortened(counts.labels().get(row))
                        : html.shortened(counts.labels().get(row)) + " with "
                                + html.shortened(counts.labels().get(column)) + ": "
                                + Numbers.percent(share));
    }

    void subgroups() {
        if (numbers.subgroups().isEmpty()) {
            return;
        }
        double from = Math.min(
                0.5,
                numbers.subgroups().stream()
                        .flatMap(group -> macro(group).stream())
                        .mapToDouble(e -> Math.floor(10 * e.low()) / 10)
                        .filter(Double::isFinite)
                        .min()
                        .orElse(0.5));
        html.open("section", "id", "groups").element("h2", "Does it work equally well for everyone?");
        html.element(
                "p",
                "Macro AUROC within each group, with its 95% interval (bootstrap"
                        + (numbers.patientsKnown() ? " by patient" : "")
                        + "). Groups whose intervals do not overlap are worth a closer look. Small groups have wide"
                        + " intervals, and those of fewer than " + Evaluation.FEWEST_PATIENTS
                        + (numbers.patientsKnown() ? " patients" : " pictures") + " none.",
                "class",
                "lead");
        html.open("div", "class", "card long").open("figcaption").element("h3", "AUROC by group");
        html.element("button", "CSV", "type", "button", "data-csv", "subgroups").close("figcaption");
        html.open("div", "class", "scroll")
                .open("table", "id", "subgroups")
                .open("thead")
                .open("tr");
        html.element("th", "").element("th", "Group").element("th", "Pictures", "class", "n");
        html.element("th", "Macro AUROC", "class", "n").element("th", "95% interval", "class", "n");
        html.open("th", "class", "bar-cell", "style", "width:34%")
                .open("span", "class", "axis")
                .element("span", Numbers.fixed(from, 1))
                .element("span", "1.0")
                .close("span")
                .close("th");
        html.close("tr").close("thead").open("tbody");
        String before = "";
        for (Subgroups.Group group : numbers.subgroups()) {
            Optional<Estimate> macro = macro(group);
            html.open("tr").name(group.column().equals(before) ? "" : group.column());
            html.element("td", html.shortened(group.group())).number(Numbers.count(group.samples()));
            html.number(macro.map(e -> Numbers.three(e.value())).orElse(Numbers.NONE));
            html.number(macro.map(Numbers::interval).orElse(Numbers.NONE)).open("td", "class", "bar-cell");
            macro.ifPresent(e -> EvaluationSections.intervalBar(html, e, from));
            html.close("td").close("tr");
            before = group.column();
        }
        html.close("tbody").close("table").close("div");
        perLabel();
        html.close("div").close("section");
    }

    /** A group's macro AUROC, with its interval where one can be told. */
    static Optional<Estimate> macro(Subgroups.Group group) {
        return Optional.ofNullable(group.bootstrap().averages().get("macro")).map(macro -> told(group, macro));
    }

    /** Resamples of a handful of patients tell nothing of patients. */
    private static Estimate told(Subgroups.Group group, Estimate estimate) {
        return group.bootstrap().clusters() < Evaluation.FEWEST_PATIENTS
                ? new Estimate(estimate.value(), Double.NaN, Double.NaN, Double.NaN, estimate.level())
                : estimate;
    }

    private void perLabel() {
        List<String> labels = numbers.labels().stream()
                .map(Evaluation.Label::name)
                .limit(MOST_LABELS)
                .toList();
        html.open("details").element("summary", "Each label in each group");
        html.open("div", "class", "scroll")
                .open("table", "id", "subgroups-labels")
                .open("thead")
                .open("tr");
        html.element("th", "Label");
        numbers.subgroups()
                .forEach(group ->
                        html.element("th", html.shortened(group.column() + " " + group.group()), "class", "n"));
        html.close("tr").close("thead").open("tbody");
        for (String label : labels) {
            html.open("tr").name(label);
            for (Subgroups.Group group : numbers.subgroups()) {
                Map<String, Estimate> areas = group.bootstrap().perLabel();
                html.number(
                        areas.containsKey(label) ? Numbers.withInterval(told(group, areas.get(label))) : Numbers.NONE);
            }
            html.close("tr");
        }
        html.close("tbody").close("table").close("div");
        html.open("p").element("button", "CSV", "type", "button", "data-csv", "subgroups-labels");
        html.close("p").close("details");
    }

    /** @param pictures none if they may not be shown */
    void pictures(List<ExamplePicture> pictures, String whyNone) {
        html.open("section", "id", "pictures").element("h2", "Its most confident predictions, right and wrong");
        if (pictures.isEmpty()) {
            html.element("p", whyNone, "class", "lead").close("section");
            return;
        }
        html.element(
                "p",
                "The pictures with the most confident predictions, overlaid with what moved the label's score."
                        + " The overlay does not show whether the score is right.",
                "class",
                "lead");
        html.trusted(
                "<label class=\"slider\">Overlay <input type=\"range\" min=\"0\" max=\"100\" value=\"65\"></label>");
        for (ExamplePicture.Kind kind : ExamplePicture.Kind.values()) {
            List<ExamplePicture> of =
                    pictures.stream().filter(p -> p.kind() == kind).toList();
            if (!of.isEmpty()) {
                html.element("h3", kind.title()).open("div", "class", "pictures");
                of.forEach(this::picture);
                html.close("div");
            }
        }
        html.close("section");
    }

    private void picture(ExamplePicture picture) {
        html.open("figure").open("div", "class", "xray");
        html.image("image/jpeg", picture.jpeg(), "alt", "picture " + picture.number());
        html.image("image/png", picture.overlay(), "class", "over", "alt", "");
        html.close("div").open("figcaption");
        html.element("b", html.shortened(picture.label()) + " " + Numbers.percent(picture.probability()));
        html.text("has " + (picture.truth().isEmpty() ? "none of the labels" : String.join(", ", picture.truth())));
        html.open("br").element("small", "picture " + picture.number() + " of " + numbers.title());
        html.close("figcaption").close("figure");
    }
}
