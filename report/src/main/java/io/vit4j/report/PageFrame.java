package io.vit4j.report;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.vit4j.base.Json;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** What all pages have around their content: a policy that loads nothing, style, script, and the numbers of the charts. */
final class PageFrame {
    /** Nothing may be loaded from anywhere, even if a label should manage to ask for it. */
    private static final String POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'; script-src"
            + " 'unsafe-inline'; base-uri 'none'; form-action 'none'";

    private static final Pattern VERSION = Pattern.compile("(?m)^version=(.*)$");

    private PageFrame() {}

    /** Everything up to the beginning of the body. */
    static void open(Html html, String title) {
        html.trusted("<!DOCTYPE html>\n").open("html", "lang", "en").open("head");
        html.open("meta", "charset", "utf-8");
        html.open("meta", "name", "viewport", "content", "width=device-width, initial-scale=1");
        html.open("meta", "http-equiv", "Content-Security-Policy", "content", POLICY);
        html.open("meta", "name", "referrer", "content", "no-referrer");
        html.element("title", title);
        html.trusted("<link rel=\"icon\" href=\"data:,\">");
        html.trusted("<style>" + Resources.UPLOT_STYLE + Resources.STYLE + "</style>")
                .close("head")
                .open("body");
    }

    static void noScript(Html html) {
        html.trusted("<noscript><p class=\"note warn\">The charts need JavaScript; the tables do not.</p></noscript>");
    }

    /**
     * The end of the page.
     *
     * @param name of the files that the page offers
     * @param running whether the page refreshes itself
     */
    static void close(Html html, String name, boolean running, Map<String, Chart> charts) {
        ObjectNode data = Json.object();
        data.put("name", Html.shown(name).replaceAll("[^A-Za-z0-9._-]", "_"));
        data.put("running", running);
        ObjectNode all = data.putObject("charts");
        charts.forEach((id, chart) -> all.set(id, chart.toJson()));
        html.trusted(
                "<script type=\"application/json\" id=\"report-data\">" + Html.json(Json.line(data)) + "</script>");
        html.trusted("<script>" + Resources.UPLOT_SCRIPT + "</script>");
        html.trusted("<script>" + Resources.SCRIPT + "</script>");
        html.close("body").close("html").trusted("\n");
    }

    /** What every page carries, read once. */
    private static final class Resources {
        static final String STYLE = read("/io/vit4j/report/palette.css") + read("/io/vit4j/report/report.css");
        static final String SCRIPT = read("/io/vit4j/report/report.js");
        static final String UPLOT_STYLE = read(uplot("dist/uPlot.min.css"));
        static final String UPLOT_SCRIPT = read(uplot("dist/uPlot.iife.min.js"));

        /** The chart library's folder bears its version, which its own jar tells. */
        private static String uplot(String file) {
            Matcher version = VERSION.matcher(read("/META-INF/maven/org.webjars.npm/uplot/pom.properties"));
            if (!version.find()) {
                throw new IllegalStateException("the chart library's jar does not state its version");
            }
            return "/META-INF/resources/webjars/uplot/" + version.group(1).strip() + "/" + file;
        }

        private static String read(String resource) {
            try (InputStream in = PageFrame.class.getResourceAsStream(resource)) {
                if (in == null) {
                    throw new IllegalStateException(resource + " is not on the class path");
                }
                return new String(in.readAllBytes(), StandardCharsets.UTF_8);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }
}
