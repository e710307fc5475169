package io.vit4j.serve;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import io.vit4j.base.DurableFiles;
import io.vit4j.data.ProblemType;
import io.vit4j.infer.Decision;
import io.vit4j.model.SmallModels;
import io.vit4j.report.HeadlessChromium;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * The page at / in a real browser: what a person does there by mouse and by keyboard. Pictures of it at three widths, light and dark, are
 * left in {@code target/page-pictures} to be looked at.
 */
@Timeout(120)
class PageInBrowserTest {
    private static final String MARKUP = "<img src=x onerror=\"document.title='broken'\">";

    private static final String CARD = """
            ---
            license: mit
            ---
            # A model of findings

            Read **this** first, with `code_1` and [a page](https://example.org/a), not [this](javascript:alert(1)).
            %s

            ## Evaluation

            | Label | AUROC | 95%% interval |
            | --- | ---: | --- |
            | Nodule \\| Mass | 0.812 | 0.790 to 0.834 |

            - one
            - two

            ```python
            print("<b>")
            ```
            """.formatted(MARKUP);

    private static final String EVALUATION = """
            {"split": "test", "pictures": 400, "patients": 120, "level": 0.95, "bootstrap_rounds": 1000,
             "averages": {"macro": {"roc_auc": {"value": 0.75, "by_patient": [0.71, 0.79]}, "average_precision": {"value": 0.5}}},
             "labels": {
              "Mass": {"positives": 40, "negatives": 360, "unknown": 0,
               "roc_auc": {"value": 0.8125, "delong": [0.78, 0.84], "by_patient": [0.7704, 0.8501]},
               "average_precision": {"value": 0.4, "by_patient": [0.3, 0.5]},
               "thresholds": {"Youden": {"threshold": 0.9},
                "Stored with the model": {"threshold": 0.25, "sensitivity": {"value": 0.9, "wilson": [0.76, 0.96], "of": 40},
                 "specificity": {"value": 0.7, "wilson": [0.65, 0.74], "of": 360}, "ppv": {"value": 0.25}, "npv": {"value": 0.98}}}},
              "%s": {"positives": 0, "negatives": 400, "unknown": 0}},
             "calibration": {"expected_error": 0.0625, "bins": [
              {"mean_probability": 0.0, "frequency": {"value": 0.0, "wilson": [0.0, 0.1], "of": 300}, "pictures": 300},
              {"mean_probability": 0.5, "frequency": {"value": 0.25, "wilson": [0.2, 0.3], "of": 100}, "pictures": 100}]}}
            """.formatted(MARKUP.replace("\"", "\\\""));

    @TempDir
    static Path folder;

    private static ModelServer server;
    private static HeadlessChromium browser;
    private static Client client;
    private static final List<Path> PICTURES = new ArrayList<>();

    /** Messages of the console that a test provokes; any other is a fault. */
    private String provoked = "";

    @BeforeAll
    static void openTheBrowser() throws Exception {
        browser = HeadlessChromium.start(folder);
        Path chest = TestModels.save(folder.resolve("chest"));
        Files.writeString(chest.resolve("README.md"), CARD);
        Files.writeString(chest.resolve("evaluation-validation.json"), "{\"split\": \"validation\"}");
        Files.writeString(chest.resolve("evaluation-test.json"), EVALUATION);
        Path other = folder.resolve("other");
        SmallModels.save(other, ProblemType.MULTI_LABEL, "Mass", MARKUP, "Nodule");
        new Decision(1, Map.of("Mass", 0.01)).write(DurableFiles.SYSTEM, other);
        server = ModelServer.start(TestModels.settings().model("chest", chest).model("other", other));
        client = new Client(server.address());
        Path pictures = Files.createDirectories(folder.resolve("pictures"));
        for (int i = 0; i < 3; i++) {
            PICTURES.add(Files.write(pictures.resolve("p" + i + ".png"), TestModels.png(i, 320 + 80 * i)));
        }
        Files.writeString(pictures.resolve(".hidden"), "");
        Files.writeString(pictures.resolve("notes.txt"), "no picture");
    }

    @AfterAll
    static void closeTheBrowser() throws Exception {
        if (browser != null) {
            browser.close();
        }
        if (server != null) {
            server.close();
        }
    }

    @BeforeEach
    void open() throws Exception {
        browser.window(1400, 900, "light");
        browser.forget();
        open(server);
        until("document.documentElement.dataset.ready");
    }

    private static void open(ModelServer from) throws Exception {
        browser.open(from.address());
        browser.evaluate(HELP);
    }

    @AfterEach
    void nothingIsComplainedOfAndNothingIsFetchedFromElsewhere() {
        assertThat(browser.complaints()).allMatch(complaint -> !provoked.isEmpty() && complaint.contains(provoked));
        assertThat(browser.requests())
                .allMatch(url -> url.startsWith(server.address().toString())
                        || url.startsWith("blob:" + server.address())
                        || url.startsWith("data:"));
    }

    private static final String HELP = HeadlessChromium.LOOKS + """
            var all = selector => Array.from(document.querySelectorAll(selector));
            var one = selector => document.querySelector(selector);
            var until = async (test, what) => {
              for (let i = 0; i < 600; i++) {
                if (test()) return true;
                await new Promise(done => setTimeout(done, 50));
              }
              throw new Error('never: ' + what + '; the page says: ' + document.body.innerText);
            };
            var file = async (name, from) => new File([await (await fetch(from)).blob()], name, { type: 'image/png' });
            var idle = () => !all('#gallery .fine').some(e => e.textContent === '…');
            var looked = () => all('img.overlay').every(e => !e.hidden && e.complete && e.naturalWidth > 0);
            var rows = panel => Array.from(all('.panel')[panel].querySelectorAll('.score'));
            """;

    private static JsonNode evaluate(String expression) throws Exception {
        return browser.evaluate(expression);
    }

    private static void until(String condition) throws Exception {
        evaluate("until(() => " + condition + ", " + new com.fasterxml.jackson.databind.node.TextNode(condition) + ")");
    }

    private static String text(String expression) throws Exception {
        return evaluate(expression).asText();
    }

    private static double number(String expression) throws Exception {
        return evaluate(expression).doubleValue();
    }

    private static List<String> texts(String expression) throws Exception {
        List<String> texts = new ArrayList<>();
        evaluate(expression).forEach(each -> texts.add(each.asText()));
        return texts;
    }

    private static void give(Path... files) throws Exception {
        browser.choose("#files", List.of(files));
        until("document.querySelectorAll('#gallery li').length > 0 && idle()");
    }

    private static void compare(String other) throws Exception {
        evaluate("one('#other').value = '" + other + "', one('#other').dispatchEvent(new Event('change')), true");
        until("idle() && all('.panel').length === 2 && rows(0).length > 0 && rows(1).length > 0");
    }

    @Tag("exhaustive")
    @ParameterizedTest
    @CsvSource({"390, light", "820, light", "820, dark", "1400, dark"})
    void soItDoesInTheOtherWidthsAndColours(int width, String scheme) throws Exception {
        itFitsPhoneTabletAndDeskLightAndDark(width, scheme);
    }

    @ParameterizedTest
    @CsvSource({"390, dark", "1400, light"})
    void itFitsPhoneTabletAndDeskLightAndDark(int width, String scheme) throws Exception {
        browser.window(width, 900, scheme);
        Path pictures = Files.createDirectories(Path.of("target", "page-pictures"));
        look(width, scheme, pictures, "empty");
        give(PICTURES.toArray(Path[]::new));
        evaluate("one('#looks').click()");
        until("looked()");
        look(width, scheme, pictures, "one");
        compare("other");
        until("looked()");
        look(width, scheme, pictures, "two");
        evaluate("one('#about').click()");
        until("one('#card').open");
        look(width, scheme, pictures, "card");
        evaluate("one('#card').close(), one('#evaluated').click()");
        until("one('#card').open && one('#card-text table')");
        look(width, scheme, pictures, "evaluation");
    }

    private static void look(int width, String scheme, Path pictures, String name) throws Exception {
        assertThat(number("document.documentElement.scrollWidth"))
                .as("nothing reaches over the page's edge")
                .isEqualTo(width);
        assertThat(texts("tooWide()")).as("what reaches over its edge").isEmpty();
        assertThat(texts("tooPale()")).as("text too pale to read (WCAG AA)").isEmpty();
        double luminance = number("luminance(getComputedStyle(document.body).backgroundColor)");
        assertThat(luminance).isBetween(scheme.equals("dark") ? 0.0 : 0.85, scheme.equals("dark") ? 0.05 : 1.0);
        browser.screenshot(pictures.resolve(width + "-" + scheme + "-" + name + ".png"));
    }

    @Test
    void scoresStandAgainstTheirThresholds() throws Exception {
        give(PICTURES.get(0));
        JsonNode labels = client.form(
                        "/v1/models/chest:predict", Client.picture("a.png", Files.readAllBytes(PICTURES.get(0))))
                .json()
                .at("/predictions/0/labels");
        for (int i = 0; i < labels.size(); i++) {
            JsonNode label = labels.get(i);
            String row = "rows(0)[" + i + "]";
            String score = String.format(Locale.ROOT, "%.3f", label.get("score").doubleValue());
            double threshold = label.get("threshold").doubleValue();
            assertThat(text(row + ".querySelector('.label').textContent"))
                    .isEqualTo(label.get("label").asText());
            assertThat(text(row + ".querySelector('.value').textContent")).isEqualTo(score);
            assertThat(number(row + ".querySelector('.fill').offsetWidth / " + row
                            + ".querySelector('.track').offsetWidth"))
                    .isCloseTo(label.get("score").doubleValue(), within(0.01));
            boolean inside = threshold > 0 && threshold < 1;
            assertThat(evaluate(row + ".querySelector('.tick') !== null").booleanValue())
                    .isEqualTo(inside);
            assertThat(text(row + ".textContent"))
                    .contains(label.get("present").booleanValue() ? ", present" : ", not present")
                    .contains(inside ? "threshold " + String.format(Locale.ROOT, "%.3f", threshold) : score);
        }
        assertThat(text("one('#status').textContent")).startsWith("p0.png, model chest: ");
    }

    @Test
    void choosingALabelShowsWhereTheModelLookedAtFullSize() throws Exception {
        give(PICTURES.get(1));
        for (String label : List.of("Mass", "Hernia")) {
            evaluate("rows(0).find(row => row.textContent.startsWith('" + label + "')).click()");
            until("looked() && one('.overlay').alt === 'Where chest looked for " + label + "'");
            assertThat(number("one('.overlay').naturalWidth")).isEqualTo(400);
        }
        assertThat(evaluate("one('#looks').checked").booleanValue()).isTrue();
        evaluate("one('#strength').value = 40, one('#strength').dispatchEvent(new Event('input')), true");
        assertThat(text("getComputedStyle(one('.overlay')).opacity")).isEqualTo("0.4");
        evaluate("one('#actual').click()");
        for (String image : List.of("original", "overlay")) {
            assertThat(number("one('." + image + "').getBoundingClientRect().width"))
                    .isEqualTo(400);
        }
        evaluate("one('#looks').click()");
        assertThat(evaluate("one('.overlay').hidden").booleanValue()).isTrue();
    }

    @Test
    void twoModelsStandSideBySide() throws Exception {
        give(PICTURES.get(0), PICTURES.get(1));
        compare("other");
        assertThat(texts("all('.panel h3').map(e => e.textContent)")).containsExactly("chest", "other");
        assertThat(number("all('.panel')[1].getBoundingClientRect().left"))
                .isGreaterThan(number("all('.panel')[0].getBoundingClientRect().right"));
        List<String> first = texts("rows(0).map(row => row.querySelector('.label').textContent)");
        List<String> second = texts("rows(1).map(row => row.querySelector('.label').textContent)");
        assertThat(second).as("markup in a label is text").contains(MARKUP);
        first.retainAll(second);
        second.retainAll(first);
        assertThat(second).as("labels of both stand in the same order").isEqualTo(first);
        evaluate("rows(1).find(row => row.textContent.startsWith('Nodule')).click()");
        until("looked() && all('.overlay').every(e => e.alt.endsWith('looked for Nodule'))");
        assertThat(number("all('.panel input:checked').length")).isEqualTo(2);
        assertThat(text("one('#other').options[1].disabled")).isEqualTo("true");
    }

    @Test
    void picturesAreDroppedPastedAndTakenFromFolders() throws Exception {
        String made =
                "file('given.png', '/page.css').then(f => { const d = new DataTransfer(); d.items.add(f); return d; })";
        provoked = "400"; // it is no picture, which its place in the list says
        evaluate(
                made
                        + ".then(d => document.body.dispatchEvent(new DragEvent('drop', { dataTransfer: d, bubbles: true, cancelable: true })))");
        until("all('#gallery li').length === 1 && idle()");
        assertThat(text("one('#gallery .error').textContent")).startsWith("given.png");
        assertThat(text("one('.list .error').textContent")).startsWith("given.png");
        evaluate(
                made
                        + ".then(d => document.body.dispatchEvent(new ClipboardEvent('paste', { clipboardData: d, bubbles: true })))");
        until("all('#gallery li').length === 2");
        browser.choose("#folder", List.of(folder.resolve("pictures")));
        until("all('#gallery li').length === 5 && idle()");
        assertThat(texts("all('#gallery .file').map(e => e.textContent)")).contains("p0.png", "p1.png", "p2.png");
        evaluate("one('#clear').click()");
        assertThat(evaluate("one('#desk').hidden").booleanValue()).isTrue();
    }

    @Test
    void whatTheBrowserCannotShowIsSeenUnderTheMap() throws Exception {
        Path tiff = folder.resolve("scan.tif");
        ImageIO.write(ImageIO.read(PICTURES.get(0).toFile()), "tiff", tiff.toFile());
        give(tiff);
        until("!one('.without').hidden && rows(0).length === 3");
        evaluate("one('#looks').click()");
        until("looked() && one('.without').hidden");
        assertThat(number("one('.overlay').naturalWidth")).isEqualTo(320);
        assertThat(number("one('.overlay').offsetWidth")).isGreaterThan(200);
        evaluate("one('#looks').click()");
        until("!one('.without').hidden");
        evaluate("one('#remove').click()");
        give(PICTURES.get(0));
        until(
                "one('.original').naturalWidth === 320 && one('.without').hidden && !one('.stage').classList.contains('blind')");
    }

    @Test
    void everythingIsReachedByKeyboard() throws Exception {
        give(PICTURES.toArray(Path[]::new));
        evaluate("one('#gallery button').focus()");
        browser.key("ArrowDown");
        until("one('#name').textContent === 'p1.png' && document.activeElement.textContent.startsWith('p1.png')");
        browser.key("End");
        until("one('#name').textContent === 'p2.png'");
        browser.key("Delete");
        until("all('#gallery li').length === 2 && one('#name').textContent === 'p1.png' && rows(0).length === 3");
        evaluate("rows(0)[0].querySelector('input').focus()");
        browser.key("ArrowDown");
        until("rows(0)[1].querySelector('input').checked && looked()");
        evaluate("one('#looks').focus()");
        browser.key("Space");
        until("one('.overlay').hidden");
        evaluate("one('#about').focus()");
        evaluate("one('#about').click()");
        until("one('#card').open && one('#card').contains(document.activeElement)");
        browser.key("Escape");
        until("!one('#card').open && document.activeElement === one('#about')");
        List<String> reached = new ArrayList<>();
        evaluate("document.activeElement.blur(), window.getSelection().removeAllRanges(), one('.skip').focus(), true");
        for (int i = 0; i < 25; i++) {
            browser.key("Tab");
            reached.add(
                    text(
                            "document.activeElement.id || document.activeElement.dataset.input || document.activeElement.className"));
        }
        assertThat(reached)
                .contains(
                        "model", "about", "other", "theme", "files", "folder", "clear", "remove", "looks", "actual",
                        "stage");
    }

    /** What a screen reader would say of each control and picture. */
    @Test
    void everyControlHasAName() throws Exception {
        give(PICTURES.get(0));
        compare("other");
        assertThat(texts("all('button, input, select, summary, [tabindex=\"0\"]').filter(e => !(e.textContent.trim()"
                        + " || e.getAttribute('aria-label') || e.getAttribute('aria-labelledby') || e.labels && e.labels.length && e.labels[0].textContent.trim()))"
                        + ".map(e => e.outerHTML)"))
                .isEmpty();
        assertThat(texts("all('img:not([alt])').map(e => e.outerHTML)")).isEmpty();
        assertThat(text("one('.original').alt")).isEqualTo("p0.png");
        assertThat(texts("all('h1, h2, h3').filter(e => e.offsetParent).map(e => e.tagName).slice(0, 1)"))
                .containsExactly("H1");
        assertThat(text("document.documentElement.lang")).isEqualTo("en");
    }

    @Test
    void theCardIsReadAndItsMarkupIsText() throws Exception {
        evaluate("one('#about').click()");
        until("one('#card').open");
        assertThat(text("one('#card-title').textContent")).isEqualTo("Model card of chest");
        assertThat(text("one('#card-text').textContent"))
                .contains(MARKUP)
                .contains("print(\"<b>\")")
                .doesNotContain("license", "**", "```");
        assertThat(text("one('#card-text strong').textContent")).isEqualTo("this");
        assertThat(texts("all('#card-text td').map(e => e.textContent)"))
                .containsExactly("Nodule | Mass", "0.812", "0.790 to 0.834");
        assertThat(texts("all('#card-text a').map(e => e.href)")).containsExactly("https://example.org/a");
        assertThat(number("all('#card-text img, #card-text script').length")).isZero();
        assertThat(texts("all('#card-text li').map(e => e.textContent)")).containsExactly("one", "two");
        assertThat(text("document.title")).isEqualTo("vit4j");
    }

    @Test
    void theEvaluationIsReadAsTablesAndCurves() throws Exception {
        evaluate("one('#evaluated').click()");
        until("one('#card').open && one('#card-text table')");
        assertThat(text("one('#card-title').textContent")).isEqualTo("Evaluation of chest");
        assertThat(text("one('#card-text p:not(.of)').textContent"))
                .startsWith("400 pictures of the split test, of 120 patients; intervals of 95%");
        assertThat(texts("Array.from(one('#card-text tbody tr').querySelectorAll('th, td')).map(e => e.textContent)"))
                .containsExactly("Mass", "40", "0.813", "0.770 to 0.850", "", "0.400", "0.300 to 0.500");
        assertThat(texts("Array.from(all('#card-text table')[0].querySelectorAll('tbody th')).map(e => e.textContent)"))
                .as("a label without positives has its row, and markup is text")
                .containsExactly("Mass", MARKUP, "Mean of all labels");
        assertThat(
                        texts(
                                "Array.from(all('#card-text table')[1].querySelectorAll('tbody th, tbody td')).map(e => e.textContent)"))
                .containsExactly(
                        "Mass", "0.250", "0.900", "0.760 to 0.960", "0.700", "0.650 to 0.740", "0.250", "0.980");
        assertThat(number("Number(one('.whisker .point').getAttribute('cx'))"))
                .as("the mark is at its share of the axis")
                .isCloseTo(4 + 92 * 0.8125, within(1e-9));
        assertThat(texts("all('.plot .point').map(e => e.getAttribute('cx') + ' ' + e.getAttribute('cy'))"))
                .containsExactly("30 190", "110 150");
        assertThat(text("one('.plot').getAttribute('aria-label')")).contains("0.500 said, 0.250 true of 100");
    }

    @Test
    void aModelWithoutAnEvaluationHasNoneToShow() throws Exception {
        evaluate("one('#model').value = 'other', one('#model').dispatchEvent(new Event('change')), true");
        assertThat(evaluate("one('#evaluated').hidden").booleanValue()).isTrue();
        assertThat(client.get("/v1/models/other/evaluation").error()).contains("has not been evaluated");
        assertThat(client.get("/v1/models/chest/evaluation")
                        .json()
                        .path("split")
                        .asText())
                .isEqualTo("test");
    }

    @Test
    void theEvaluationOfARegressionHasItsErrors() throws Exception {
        assertThat(
                        texts(
                                "import('/evaluation.js').then(page => page.evaluationView({split: 'test', pictures: 9, level: 0.95,"
                                        + " means: {mae: {value: 3, by_patient: [2, 4]}}, outputs: {"
                                        + " age: {mae: {value: 2, by_patient: [1.5, 2.5]}, known: 9, unknown: 0},"
                                        + " dose: {mae: {value: 4}, known: 9, unknown: 0}}})"
                                        + ".flatMap(e => Array.from(e.querySelectorAll('tbody th, tbody td'))).map(e => e.textContent))"))
                .containsExactly(
                        "age",
                        "2.000",
                        "1.500 to 2.500",
                        "dose",
                        "4.000",
                        "",
                        "Mean of all outputs",
                        "3.000",
                        "2.000 to 4.000");
    }

    @Test
    void whoHasATokenGetsIn() throws Exception {
        Path tokens = Files.writeString(folder.resolve("tokens"), "secret-secret-secret");
        try (ModelServer guarded = ModelServer.start(
                TestModels.settings().model("chest", folder.resolve("chest")).tokens(tokens))) {
            provoked = "401";
            open(guarded);
            for (String token : List.of("wrong-wrong-wrong-wrong", "secret-secret-secret")) {
                until("one('#token').open");
                evaluate("one('#token-text').value = '" + token + "', one('#token-form button').click(), true");
            }
            until("document.documentElement.dataset.ready && !one('#token').open");
            give(PICTURES.get(0));
            assertThat(number("rows(0).length")).isEqualTo(3);
        } finally {
            browser.forget();
        }
    }

    @Test
    void thePolicyOfThePageIsStrict() throws Exception {
        Client.Answer page = client.get("/");
        assertThat(page.type()).isEqualTo("text/html; charset=utf-8");
        assertThat(page.whole().headers().firstValue("Content-Security-Policy").orElseThrow())
                .startsWith("default-src 'none'; script-src 'self'; style-src 'self';")
                .contains("frame-ancestors 'none'", "require-trusted-types-for 'script'")
                .doesNotContain("unsafe", "*", "http");
    }
}
