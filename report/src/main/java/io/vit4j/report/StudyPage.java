package io.vit4j.report;

import io.vit4j.base.DurableFiles;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

/** What the pages of several runs have in common: heading, tiles, tables, and the end. */
final class StudyPage {
    private final Html html = new Html();
    private final Map<String, Chart> charts = new LinkedHashMap<>();
    private final String name;

    /**
     * Begins the page.
     *
     * @param name of the output folder
     * @param status such as "finished"
     * @param sections their titles by id, for the navigation
     */
    StudyPage(String name, String status, String summary, Map<String, String> sections) {
        this.name = name;
        PageFrame.open(html, html.shortened(name) + " · vit4j report");
        html.open("header").open("div").open("div", "class", "row").element("h1", html.shortened(name));
        html.element("span", status, "class", "chip " + status).close("div");
        html.element("p", summary, "class", "lead").close("div").close("header");
        html.open("nav", "class", "bar", "aria-label", "Sections").open("div");
        sections.forEach((id, title) -> html.element("a", title, "href", "#" + id));
        html.element("button", "Theme: auto", "id", "theme", "type", "button")
                .close("div")
                .close("nav");
        html.open("main");
        PageFrame.noScript(html);
    }

    Html html() {
        return html;
    }

    Map<String, Chart> charts() {
        return charts;
    }

    void tiles(Consumer<StudyPage> which) {
        html.open("div", "class", "tiles");
        which.accept(this);
        html.close("div");
    }

    void tile(String value, String title, String below) {
        html.open("div", "class", "tile").element("span", title).element("b", value);
        if (!below.isEmpty()) {
            html.element("small", below);
        }
        html.close("div");
    }

    void section(String id, String title, String lead) {
        html.open("section", "id", id).element("h2", title).element("p", lead, "class", "lead");
    }

    void endSection() {
        html.close("section");
    }

    /** A row of a table; the sum of several rows looks different. */
    record Row(boolean sum, List<String> cells) {}

    /**
     * A table that can be sorted and saved.
     *
     * @param names how many of its first columns are text; the others are numbers
     */
    void table(String id, String title, List<String> header, int names, List<Row> rows) {
        html.open("div", "class", "card long").open("figcaption").element("h3", title);
        html.element("button", "CSV", "type", "button", "data-csv", id).close("figcaption");
        html.open("div", "class", "scroll")
                .open("table", "id", id)
                .open("thead")
                .open("tr");
        for (int i = 0; i < header.size(); i++) {
            html.element("th", header.get(i), "class", i < names ? "" : "n", "data-sort", "");
        }
        html.close("tr").close("thead").open("tbody");
        for (Row row : rows) {
            html.open("tr", "class", row.sum() ? "sum" : "");
            for (int i = 0; i < row.cells().size(); i++) {
                if (i < names) {
                    html.name(row.cells().get(i));
                } else {
                    html.number(row.cells().get(i));
                }
            }
            html.close("tr");
        }
        html.close("tbody").close("table").close("div").close("div");
    }

    Path write(Path file) {
        html.close("main").open("footer");
        html.element(
                "p",
                "Written by vit4j. For research only: not a medical device, and not advice for any patient. This file"
                        + " contains no pictures and no patient identifiers."
                        + (html.cut() ? " Long names and texts end in … where they were cut." : ""));
        html.close("footer");
        PageFrame.close(html, name, false, charts);
        DurableFiles.SYSTEM.ofPatients().write(file, html.toString());
        return file;
    }
}
