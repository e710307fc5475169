package io.vit4j.report;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import de.siegmar.fastcsv.reader.CsvReader;
import de.siegmar.fastcsv.reader.CsvRecord;
import io.vit4j.base.DurableFiles;
import io.vit4j.base.Json;
import io.vit4j.evaluate.SampleGroups;
import io.vit4j.evaluate.SplitPredictions;
import io.vit4j.metrics.EvalPrediction;
import io.vit4j.metrics.PredictionsFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * The report in a real browser: what is promised of it, tried by mouse. Pictures of the page at three widths, light and
 * dark, are left in {@code target/report-pictures} to be looked at.
 */
class ReportInBrowserTest {
    private static final List<String> LABELS = List.of(
            "Atelectasis",
            "Cardiomegaly",
            "Consolidation",
            "Edema",
            "Effusion",
            "Emphysema",
            "Fibrosis",
            "Hernia",
            "Infiltration",
            "Mass",
            "No Finding",
            "Nodule",
            "Pleural_Thickening",
            "Pneumonia",
            "Pneumothorax");

    @TempDir
    static Path folder;

    private static Path page;
    private static HeadlessChromium browser;

    @BeforeAll
    static void openTheReportOfARun() throws Exception {
        browser = HeadlessChromium.start(folder);
        Path run = Files.createDirectories(folder.resolve("run"));
        predictions(run, "validation", 300);
        predictions(run, "test", 400);
        state(run);
        DurableFiles.SYSTEM.write(
                run.resolve("training_args.json"), "{\"learning_rate\": 2e-4, \"run_name\": \"chest\"}");
        page = TrainingReport.rewrite(run);
    }

    @AfterAll
    static void closeTheBrowser() throws Exception {
        if (browser != null) {
            browser.close();
        }
    }

    @BeforeEach
    void open() throws Exception {
        browser.window(1440, 900, "light");
        browser.open(page.toUri());
    }

    @AfterEach
    void nothingIsComplainedOfAndNothingIsFetched() {
        assertThat(browser.complaints()).isEmpty();
        assertThat(browser.requests()).allMatch(url -> url.startsWith("file:") || url.startsWith("data:"));
    }

    private static void predictions(Path run, String split, int samples) {
        Random random = new Random(samples);
        float[] logits = new float[samples * LABELS.size()];
        float[] truth = new float[logits.length];
        for (int i = 0; i < logits.length; i++) {
            truth[i] = random.nextInt(6) == 0 ? 1 : 0;
            logits[i] = (float) (random.nextGaussian() + 1.5 * truth[i] - 2);
        }
        List<String> files = IntStream.range(0, samples)
                .mapToObj(i -> String.format("%08d_000.png", i))
                .toList();
        new PredictionsFile(LABELS, files, EvalPrediction.multiLabel(samples, LABELS.size(), logits, truth))
                .write(DurableFiles.SYSTEM, SplitPredictions.file(run, split));
        Map<String, List<String>> columns = new LinkedHashMap<>();
        columns.put("Sex", choices(random, samples, "female", "male"));
        columns.put("Age", choices(random, samples, "0-19", "20-39", "40-59", "60-79", "80+"));
        columns.put("View position", choices(random, samples, "AP", "PA"));
        new SampleGroups(random.ints(samples, 0, samples / 2).toArray(), true, columns)
                .write(DurableFiles.SYSTEM, SplitPredictions.groupsFile(run, split));
    }

    private static List<String> choices(Random random, int samples, String... values) {
        return IntStream.range(0, samples)
                .mapToObj(i -> values[random.nextInt(values.length)])
                .toList();
    }

    private static void state(Path run) {
        ObjectNode state =
                Json.object().put("global_step", 300).put("max_steps", 300).put("epoch", 3);
        ArrayNode history = state.putArray("log_history");
        Random random = new Random(1);
        for (int step = 5; step <= 300; step += 5) {
            history.addObject()
                    .put("step", step)
                    .put("epoch", step / 100.0)
                    .put("loss", 0.2 + 0.5 * Math.exp(-step / 60.0) + 0.02 * random.nextGaussian())
                    .put("learning_rate", 2e-4 * Math.min(step / 75.0, (300 - step) / 225.0))
                    .put("grad_norm", 1 + random.nextDouble());
            if (step % 100 == 0) {
                history.addObject()
                        .put("step", step)
                        .put("epoch", step / 100.0)
                        .put("eval_loss", 0.25 - step / 5000.0)
                        .put("eval_roc_auc", 0.7 + step / 3000.0)
                        .put("eval_runtime", 4.5);
            }
        }
        history.addObject()
                .put("step", 300)
                .put("epoch", 3.0)
                .put("train_runtime", 1038.0)
                .put("train_samples_per_second", 308.0);
        DurableFiles.SYSTEM.write(run.resolve("trainer_state.json"), Json.pretty(state));
    }

    @Tag("exhaustive")
    @ParameterizedTest
    @CsvSource({"390, light", "820, light", "820, dark", "1440, dark"})
    void soItDoesInTheOtherWidthsAndColours(int width, String scheme) throws Exception {
        thePageFitsPhoneTabletAndDeskLightAndDark(width, scheme);
    }

    @ParameterizedTest
    @CsvSource({"390, dark", "1440, light"})
    void thePageFitsPhoneTabletAndDeskLightAndDark(int width, String scheme) throws Exception {
        browser.window(width, 900, scheme);
        browser.open(page.toUri());
        assertThat(text("document.documentElement.dataset.ready")).isEqualTo("true");
        assertThat(number("document.documentElement.scrollWidth"))
                .as("nothing reaches over the page's edge")
                .isEqualTo(width);
        assertThat(texts("tooWide()"))
                .as("elements whose content reaches over their edge")
                .isEmpty();
        assertThat(number("document.querySelectorAll('figure.chart').length")).isEqualTo(charts().size());
        assertThat(texts("Array.from(document.querySelectorAll('figure.chart')).filter(f => !painted(f))"
                        + ".map(f => f.dataset.chart)"))
                .as("charts without anything drawn in them")
                .isEmpty();
        double luminance = number("luminance(getComputedStyle(document.body).backgroundColor)");
        assertThat(luminance).isBetween(scheme.equals("dark") ? 0.0 : 0.85, scheme.equals("dark") ? 0.05 : 1.0);
        assertThat(texts("tooPale()")).as("text too pale to read (WCAG AA)").isEmpty();
        Path pictures = Files.createDirectories(Path.of("target", "report-pictures"));
        browser.screenshot(pictures.resolve(width + "-" + scheme + ".png"));
    }

    @Test
    void hoveringNamesTheNearestLineAndItsValue() throws Exception {
        double[] place = pointOn("learning_rate", 0, 30);
        browser.mouse("mouseMoved", place[0], place[1], false);
        JsonNode line = charts().path("learning_rate").path("series").get(0);
        assertThat(text("figure('learning_rate').querySelector('.tip').textContent"))
                .startsWith("learning rate: ")
                .contains("epoch " + line.path("x").get(30).asText());
        assertThat(flag("figure('learning_rate').querySelector('.tip').hidden")).isFalse();
    }

    @Test
    void draggingZoomsAndResetUndoesIt() throws Exception {
        double before = number("xSpan('loss')");
        double[] from = pointOn("loss", 0, 10);
        double[] to = pointOn("loss", 0, 40);
        browser.mouse("mousePressed", from[0], from[1], true);
        browser.mouse("mouseMoved", (from[0] + to[0]) / 2, from[1], true);
        browser.mouse("mouseMoved", to[0], from[1], true);
        browser.mouse("mouseReleased", to[0], from[1], true);
        assertThat(number("xSpan('loss')")).isCloseTo(before / 2, within(before / 10));
        click("button('loss', 'Reset')");
        assertThat(number("xSpan('loss')")).isEqualTo(before);
    }

    @Test
    void aLabelIsToggledInItsLegend() throws Exception {
        String shown = "figure('roc').uplot.series.filter(s => s.show).length - 1";
        int all = charts().path("roc").path("series").size();
        assertThat(number(shown)).isEqualTo(all);
        click("figure('roc').querySelectorAll('.u-legend .u-series th')[1]");
        assertThat(number(shown)).isEqualTo(all - 1);
        click("button('roc', 'None')");
        assertThat(number(shown)).isZero();
        click("button('roc', 'All')");
        assertThat(number(shown)).isEqualTo(all);
    }

    /** No two lines of a chart look the same, and none is told by its colour alone where colours run out. */
    @Test
    void everyLineOfAChartLooksDifferent() throws Exception {
        List<String> looks =
                texts("figure('roc').uplot.series.slice(1).map(s => s._stroke + ' ' + JSON.stringify(s.dash))");
        assertThat(looks).hasSize(15).doesNotHaveDuplicates();
    }

    @Test
    void everyChartGivesItsNumbersAsCsv() throws Exception {
        JsonNode charts = charts();
        for (String name :
                texts("Object.keys(JSON.parse(document.getElementById('report-data').textContent).charts)")) {
            String csv = downloaded("button('" + name + "', 'CSV')");
            List<CsvRecord> rows = CsvReader.builder().ofCsvRecord(csv).stream().toList();
            JsonNode chart = charts.path(name);
            List<String> header = new ArrayList<>(List.of(chart.path("x").asText()));
            chart.path("series")
                    .forEach(series -> header.add(series.path("name").asText()));
            assertThat(rows.get(0).getFields()).isEqualTo(header);
            for (int column = 1; column < header.size(); column++) {
                int at = column;
                double[] written = rows.stream()
                        .skip(1)
                        .map(row -> row.getField(at))
                        .filter(cell -> !cell.isEmpty())
                        .mapToDouble(Double::parseDouble)
                        .toArray();
                assertThat(written)
                        .as(name + " " + header.get(column))
                        .isNotEmpty()
                        .isEqualTo(sortedByX(chart.path("series").get(column - 1)));
            }
        }
    }

    /** A series' values in the order of x; of several at one x the last, as a table by x can hold one only. */
    private static double[] sortedByX(JsonNode series) {
        Map<Double, Double> byX = new java.util.TreeMap<>();
        for (int i = 0; i < series.path("x").size(); i++) {
            if (series.path("y").get(i).isNumber()) {
                byX.put(
                        series.path("x").get(i).asDouble(),
                        series.path("y").get(i).asDouble());
            }
        }
        return byX.values().stream().mapToDouble(Double::doubleValue).toArray();
    }

    @Test
    void everyTableGivesItsNumbersAsCsv() throws Exception {
        List<String> tables =
                texts("Array.from(document.querySelectorAll('button[data-csv]')).map(b => b.dataset.csv)");
        assertThat(tables).contains("auroc", "thresholds-0", "thresholds-2", "subgroups", "cooccurrence");
        for (String table : tables) {
            String csv = downloaded("document.querySelector('button[data-csv=\"" + table + "\"]')");
            assertThat((double) csv.lines().count())
                    .isEqualTo(number("document.querySelectorAll('#" + table + " tr').length"));
        }
        assertThat(downloaded("document.querySelector('button[data-csv=auroc]')"))
                .contains("Label,AUROC,")
                .contains("\nPneumothorax,0.");
    }

    @Test
    void headingsSortTheirTable() throws Exception {
        String column = "Array.from(document.querySelectorAll('#auroc tbody tr:not(.sum)'))"
                + ".map(r => r.children[1].textContent)";
        click("document.querySelectorAll('#auroc thead th')[1]");
        List<String> falling = texts(column);
        assertThat(falling.stream()
                        .mapToDouble(Double::parseDouble)
                        .map(v -> -v)
                        .toArray())
                .isSorted();
        click("document.querySelectorAll('#auroc thead th')[1]");
        assertThat(texts(column).stream().mapToDouble(Double::parseDouble).toArray())
                .isSorted();
        assertThat(text("document.querySelector('#auroc tbody tr:last-child').className"))
                .isEqualTo("sum");
    }

    @Test
    void aRuleOfThresholdsIsChosenAndPaperShowsAllOfThem() throws Exception {
        String visible = "Array.from(document.querySelectorAll('.rule')).filter(r => r.offsetHeight > 0).length";
        assertThat(number(visible)).isEqualTo(1);
        click("document.querySelectorAll('.switch button')[1]");
        assertThat(number(visible)).isEqualTo(1);
        assertThat(flag("document.querySelectorAll('.rule')[1].hidden")).isFalse();
        assertThat(new String(browser.pdf(), 0, 5, java.nio.charset.StandardCharsets.US_ASCII))
                .isEqualTo("%PDF-");
        browser.print(true);
        assertThat(number(visible)).isEqualTo(number("document.querySelectorAll('.rule').length"));
        assertThat(number("document.querySelector('nav').offsetHeight")).isZero();
        browser.print(false);
    }

    @Test
    void theThemeButtonOverrulesTheSystem() throws Exception {
        click("document.getElementById('theme')");
        click("document.getElementById('theme')");
        assertThat(text("document.documentElement.dataset.theme")).isEqualTo("dark");
        assertThat(number("luminance(getComputedStyle(document.body).backgroundColor)"))
                .isLessThan(0.05);
        click("document.getElementById('theme')");
        assertThat(number("luminance(getComputedStyle(document.body).backgroundColor)"))
                .isGreaterThan(0.85);
    }

    private JsonNode charts() throws Exception {
        return Json.parse(
                        browser.evaluate("document.getElementById('report-data').textContent")
                                .asText(),
                        "page")
                .path("charts");
    }

    /** Where a point of a line lies in the window. */
    private double[] pointOn(String chart, int line, int point) throws Exception {
        JsonNode place = browser.evaluate(HELP + "place('" + chart + "', " + (line + 1) + ", " + point + ")");
        return new double[] {place.get(0).doubleValue(), place.get(1).doubleValue()};
    }

    private void click(String element) throws Exception {
        browser.evaluate(HELP + element + ".click()");
    }

    private String downloaded(String button) throws Exception {
        return browser.evaluate(HELP + "caught(" + button + ")").textValue();
    }

    private double number(String expression) throws Exception {
        return browser.evaluate(HELP + expression).doubleValue();
    }

    private boolean flag(String expression) throws Exception {
        return browser.evaluate(HELP + expression).booleanValue();
    }

    private String text(String expression) throws Exception {
        return browser.evaluate(HELP + expression).asText();
    }

    private List<String> texts(String expression) throws Exception {
        JsonNode array = browser.evaluate(HELP + expression);
        String[] texts = new String[array.size()];
        Arrays.setAll(texts, i -> array.get(i).asText());
        return List.of(texts);
    }

    /** What the expressions above speak of. */
    private static final String HELP = HeadlessChromium.LOOKS + """
            var figure = name => document.querySelector('figure[data-chart="' + name + '"]');
            var button = (name, text) => Array.from(figure(name).querySelectorAll('button'))
              .find(b => b.textContent === text);
            var xSpan = name => figure(name).uplot.scales.x.max - figure(name).uplot.scales.x.min;
            var place = (name, line, point) => {
              const u = figure(name).uplot;
              u.over.scrollIntoView({ block: 'center', behavior: 'instant' });
              const box = u.over.getBoundingClientRect();
              return [box.left + u.valToPos(u.data[0][point], 'x'), box.top + u.valToPos(u.data[line][point], 'y')];
            };
            var painted = f => {
              const canvas = f.querySelector('canvas');
              const pixels = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data;
              return pixels.some(value => value !== 0);
            };
            var caught = async b => {
              const create = URL.createObjectURL;
              let blob;
              URL.createObjectURL = made => { blob = made; return create.call(URL, made); };
              HTMLAnchorElement.prototype.click = () => {};
              b.click();
              URL.createObjectURL = create;
              return blob.text();
            };
            """;
}
