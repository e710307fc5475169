package io.vit4j.report;

import com.github.mustachejava.DefaultMustacheFactory;
import java.io.IOException;
import java.io.StringReader;
import java.io.StringWriter;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/**
 * A page's largest table, by {@link Html} and by a template engine: the first of a process, since a process writes its report a few
 * times at most. Here for its package, in which the builder is visible.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.SingleShotTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Warmup(iterations = 0)
@Measurement(iterations = 1)
@Fork(10)
public class TableBenchmark {
    private static final int ROWS = 300;
    private static final int NUMBERS = 8;
    private static final String CELLS = IntStream.range(0, NUMBERS)
            .mapToObj(i -> "<td class=\"n\">{{" + i + "}}</td>")
            .reduce("", String::concat);
    private static final String TEMPLATE =
            "<table>{{#rows}}<tr><td class=\"name\">{{name}}</td>" + CELLS + "</tr>{{/rows}}</table>";

    private List<Map<String, String>> rows;

    /** Labels with numbers. */
    @Setup
    public void draw() {
        rows = new ArrayList<>();
        for (int row = 0; row < ROWS; row++) {
            Map<String, String> cells = new HashMap<>();
            cells.put("name", "label <" + row + "> & others");
            for (int i = 0; i < NUMBERS; i++) {
                cells.put(Integer.toString(i), Double.toString(row / (i + 1.0)));
            }
            rows.add(cells);
        }
    }

    /** Both write the same. */
    @TearDown
    public void compare() throws IOException {
        if (!builder().equals(template())) {
            throw new IllegalStateException("the builder's table and the template's differ");
        }
    }

    /** By the builder. */
    @Benchmark
    public String builder() {
        Html html = new Html();
        html.open("table");
        for (Map<String, String> row : rows) {
            html.open("tr").element("td", row.get("name"), "class", "name");
            for (int i = 0; i < NUMBERS; i++) {
                html.number(row.get(Integer.toString(i)));
            }
            html.close("tr");
        }
        return html.close("table").toString();
    }

    /** By a template. */
    @Benchmark
    public String template() throws IOException {
        StringWriter text = new StringWriter();
        new DefaultMustacheFactory()
                .compile(new StringReader(TEMPLATE), "table")
                .execute(text, Map.of("rows", rows))
                .flush();
        return text.toString();
    }
}
