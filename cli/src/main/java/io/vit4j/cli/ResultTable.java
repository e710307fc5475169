package io.vit4j.cli;

import io.vit4j.base.TerminalText;
import io.vit4j.metrics.Metrics;
import java.io.PrintWriter;
import java.util.Locale;

/** Metrics as two columns. */
final class ResultTable {
    private ResultTable() {}

    static void print(PrintWriter out, Metrics metrics) {
        int width = metrics.values().keySet().stream()
                .mapToInt(name -> TerminalText.of(name).length())
                .max()
                .orElse(1);
        metrics.values()
                .forEach((name, value) ->
                        out.printf(Locale.ROOT, "  %-" + width + "s  %12.4f%n", TerminalText.of(name), value));
        out.flush();
    }
}
