package io.vit4j.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import de.siegmar.fastcsv.reader.CsvReader;
import de.siegmar.fastcsv.reader.CsvRecord;
import io.vit4j.base.Json;
import io.vit4j.base.Progress;
import io.vit4j.metrics.PredictionsFile;
import io.vit4j.synth.Prevalence;
import io.vit4j.synth.SyntheticRelease;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Labels, file names and columns that are commands elsewhere, through the whole job: nothing that vit4j prints or writes is a
 * command for a terminal, a spreadsheet, a browser or a Markdown page.
 */
class HostileTextTest {
    private static final String ESC = String.valueOf((char) 0x1B);
    private static final String TITLE = ESC + "]0;owned" + (char) 7;
    private static final String REVERSED = String.valueOf((char) 0x202E);
    private static final String LINE_SEPARATOR = String.valueOf((char) 0x2028);

    private static final List<String> LABELS = List.of(
            "=HYPERLINK(\"http://evil.example\",\"x\")",
            "</script><script>alert(1)</script>",
            "![x](http://evil.example/x.png) | `id` | <img src=x onerror=alert(1)>",
            TITLE + "@SUM(A1)",
            "-0.5");

    private static final String MODEL = "{\"model_type\":\"vit\",\"hidden_size\":32,\"num_hidden_layers\":1,"
            + "\"num_attention_heads\":2,\"intermediate_size\":32,\"image_size\":32,\"patch_size\":16}";

    /** What a terminal obeys, or what turns or breaks the lines of a text. */
    private static final Pattern ACTIVE = Pattern.compile(
            "[\\x00-\\x08\\x0B-\\x1F\\x7F-\\x9F" + "\\u2028\\u2029\\u202A-\\u202E\\u2066-\\u2069" + "]");

    private static final Pattern FORMULA = Pattern.compile("(?s)[=+\\-@\\t\\r].*");
    private static final Pattern NUMBER = Pattern.compile("-?\\d+(\\.\\d+)?([eE]-?\\d+)?");

    @TempDir
    static Path folder;

    private static final StringBuilder PRINTED = new StringBuilder();
    private static Path dataset;
    private static Path tuned;

    @BeforeAll
    static void theWholeJobRuns() throws IOException {
        Path data = pictures();
        dataset = folder.resolve("dataset");
        tuned = folder.resolve("tuned" + REVERSED);
        Files.writeString(folder.resolve("model.json"), MODEL);
        run(
                0,
                "prepare",
                "--data",
                data,
                "--output",
                dataset,
                "--validation",
                "0.5",
                "--test",
                "0",
                "--split-by",
                "image",
                "--on-bad-image",
                "skip");
        run(0, "inspect", "--dataset", dataset);
        run(
                0,
                "train",
                "--from-scratch",
                folder.resolve("model.json"),
                "--dataset",
                dataset,
                "--output",
                tuned,
                "--max-steps",
                "2",
                "--logging-steps",
                "1",
                "--report-to",
                "all",
                "--bf16",
                "false",
                "--per-device-train-batch-size",
                "2",
                "--run-name",
                "# [run](http://evil.example) " + TITLE);
        run(
                0,
                "evaluate",
                "--model",
                tuned,
                "--dataset",
                dataset,
                "--calibrate",
                "--predictions",
                folder.resolve("predictions.csv"));
        run(0, "evaluate", "--model", tuned, "--dataset", dataset, "--json");
        namedByItsConfiguration();
        List<Object> predict = new ArrayList<>(List.of("predict", "--model", tuned));
        try (Stream<Path> files = Files.list(data)) {
            files.filter(file -> file.toString().endsWith(".png")).forEach(predict::add);
        }
        run(1, predict.toArray());
        predict.add(1, "--json");
        run(1, predict.toArray());
        run(0, "compare", folder.resolve("predictions.csv"), folder.resolve("predictions.csv"));
        run(0, "report", tuned);
        run(2, "evaluate", "--model", folder.resolve("no " + TITLE + "\nsuch model"), "--dataset", dataset);
        run(2, "train", TITLE + REVERSED);
    }

    /** Pictures with such names, of which one is broken, and a table of such labels. */
    private static Path pictures() throws IOException {
        Path release = folder.resolve("release");
        SyntheticRelease.write(
                new SyntheticRelease.Options(release, 16, 3, Prevalence.of("balanced")), 2, Progress.NONE);
        Path data = Files.createDirectory(folder.resolve("data"));
        List<String> hostile = List.of(
                "=cmd|' C calc'!A0.png", TITLE + ".png", REVERSED + "a.png", "a\nb.png", "-x`|<b>.png", "@SUM(1).png");
        List<Path> pictures;
        try (Stream<Path> files = Files.list(release.resolve("images"))) {
            pictures = files.sorted().toList();
        }
        StringBuilder table = new StringBuilder();
        for (int i = 0; i < pictures.size(); i++) {
            String name = i < hostile.size() ? hostile.get(i) : "=p" + i + ".png";
            Files.copy(pictures.get(i), data.resolve(name));
            ObjectNode line = Json.object().put("file_name", name);
            ArrayNode labels = line.putArray("labels");
            for (int j = 0; j < LABELS.size(); j++) {
                if ((i * 5 + j * 3) % 7 < 3) {
                    labels.add(LABELS.get(j));
                }
            }
            line.put("Sex", i % 2 == 0 ? "=1+1" : TITLE);
            line.put("patient_id", "=" + i);
            table.append(Json.line(line)).append('\n');
        }
        Files.writeString(data.resolve("=broken" + ESC + "[2J.png"), "no picture");
        table.append(Json.line(Json.object()
                        .put("file_name", "=broken" + ESC + "[2J.png")
                        .put("Sex", "")
                        .put("patient_id", "")
                        .<ObjectNode>set("labels", Json.object().arrayNode().add(LABELS.get(0)))))
                .append('\n');
        Files.writeString(data.resolve("metadata.jsonl"), table);
        return data;
    }

    /** A configuration is cleaned by nobody: its names have line separators and turn the text around them. */
    private static void namedByItsConfiguration() throws IOException {
        ObjectNode config = Json.readObject(tuned.resolve("config.json"));
        ((ObjectNode) config.get("id2label")).put("2", "a" + REVERSED + LINE_SEPARATOR + "\r\n# b");
        ((ObjectNode) config.get("label2id")).removeAll();
        Files.writeString(tuned.resolve("config.json"), config.toString());
        Files.delete(tuned.resolve("manifest.json"));
    }

    private static void run(int expected, Object... arguments) {
        CommandRun run =
                CommandRun.of(Arrays.stream(arguments).map(Object::toString).toArray(String[]::new));
        assertThat(run.exitCode()).as(arguments[0] + ": " + run.err()).isEqualTo(expected);
        PRINTED.append(run.out()).append(run.err());
    }

    private static List<Path> written(String ending) throws IOException {
        List<Path> files = new ArrayList<>();
        for (Path root : List.of(dataset, tuned)) {
            try (Stream<Path> all = Files.walk(root)) {
                all.filter(file -> file.getFileName().toString().endsWith(ending))
                        .forEach(files::add);
            }
        }
        assertThat(files).isNotEmpty();
        return files;
    }

    @Test
    void nothingThatATerminalObeysIsPrinted() {
        assertThat(ACTIVE.matcher(PRINTED).results().map(found -> PRINTED.substring(found.start())))
                .isEmpty();
        assertThat(PRINTED).contains("\\u001b]0;owned\\u0007", "\\u202e", "\\u2028", "no \\u001b]0;owned\\u0007 such");
    }

    @Test
    void aNameNeverBeginsALineOfItsOwn() {
        assertThat(PRINTED.toString().lines()).noneMatch(line -> line.startsWith("# b") || line.startsWith("b.png"));
    }

    @Test
    void noCellOfATableIsAFormula() throws IOException {
        List<String> names = new ArrayList<>();
        List<Path> tables = written(".csv");
        tables.add(folder.resolve("predictions.csv"));
        for (Path table : tables) {
            names.add(table.getFileName().toString());
            try (CsvReader<CsvRecord> csv = CsvReader.builder().ofCsvRecord(table)) {
                for (CsvRecord row : csv) {
                    assertThat(row.getFields())
                            .as("%s", table)
                            .noneMatch(cell -> FORMULA.matcher(cell).matches()
                                    && !NUMBER.matcher(cell).matches());
                }
            }
        }
        assertThat(names)
                .contains(
                        "log.csv",
                        "predictions.csv",
                        "predictions-validation.csv",
                        "groups-validation.csv",
                        "skipped.csv",
                        "problems.csv");
    }

    @Test
    void tablesThatAreReadBackGiveTheNamesAsTheyWere() {
        PredictionsFile predictions = PredictionsFile.read(folder.resolve("predictions.csv"));
        assertThat(predictions.labels()).containsExactlyInAnyOrderElementsOf(LABELS);
        PredictionsFile all = PredictionsFile.read(tuned.resolve("predictions-validation.csv"));
        assertThat(all.files()).anyMatch(name -> name.startsWith("=p"));
    }

    @Test
    void everyJsonFileIsJsonWithoutControlCharacters() throws IOException {
        List<Path> files = written(".json");
        files.addAll(written(".jsonl"));
        for (Path file : files) {
            if (file.equals(tuned.resolve("config.json"))) {
                continue; // this test's own
            }
            String text = Files.readString(file);
            assertThat(ACTIVE.matcher(text).find()).as("%s", file).isFalse();
            for (String json : file.toString().endsWith("l") ? text.lines().toList() : List.of(text)) {
                JsonNode value = Json.parse(json, file.toString());
                assertThat(value.isObject()).isTrue();
            }
        }
    }

    @Test
    void theModelCardIsTextInEveryName() throws IOException {
        String card = Files.readString(tuned.resolve("README.md"));
        assertThat(ACTIVE.matcher(card).find()).isFalse();
        String body = card.substring(card.indexOf("\n---\n") + 5); // YAML in quotes stands before it
        String unescaped = body.replaceAll("\\\\[\\\\`*_{}\\[\\]<>()#|!~&$:@^]", "");
        assertThat(unescaped)
                .contains("HYPERLINK")
                .doesNotContain("![", "](", "</script>", "<img", "<script", "http://evil")
                .doesNotContain("\n# b");
        List<String> rows = unescaped
                .lines()
                .filter(line -> line.startsWith("|") && line.contains("HYPERLINK") || line.startsWith("| label |"))
                .toList();
        assertThat(rows)
                .hasSize(2)
                .allMatch(row -> row.chars().filter(c -> c == '|').count() == 6);
    }

    @Test
    void theReportHasNoMarkupOfItsNames() throws IOException {
        String page = Files.readString(tuned.resolve("report.html"));
        assertThat(ACTIVE.matcher(page).find()).isFalse();
        assertThat(page)
                .contains("HYPERLINK")
                .doesNotContain("</script><script>alert", "<img src=x", "<script>alert(1)");
    }
}
