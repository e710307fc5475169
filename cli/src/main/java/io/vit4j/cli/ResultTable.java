package io.vit4j.cli;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.PrintWriter;
import java.util.Locale;

/** Metrics as two columns. */
final class ResultTable {
    private ResultTable() {}

    static void print(PrintWriter out, ObjectNode metrics) {
        int width = 0;
        for (var names = metrics.fieldNames(); names.hasNext(); ) {
            width = Math.max(width, names.next().length());
        }
        int column = width;
        metrics.properties().forEach(metric -> {
            String value = metric.getValue().isNumber()
                    ? String.format(Locale.ROOT, "%.4f", metric.getValue().doubleValue())
                    : metric.getValue().asText();
            out.printf("  %-" + column + "s  %12s%n", metric.getKey(), value);
        });
        out.flush();
    }
}
