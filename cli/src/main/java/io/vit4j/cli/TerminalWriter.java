package io.vit4j.cli;

import io.vit4j.base.TerminalText;
import java.io.FilterWriter;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.Writer;

/** What a command prints, with every control character escaped ({@link TerminalText}), except for line feeds and tabs. */
final class TerminalWriter extends FilterWriter {
    private TerminalWriter(Writer out) {
        super(out);
    }

    /** Prints to the same place, escaped. */
    static PrintWriter around(PrintWriter out) {
        return new PrintWriter(new TerminalWriter(out), true);
    }

    @Override
    public void write(int c) throws IOException {
        write(String.valueOf((char) c));
    }

    @Override
    public void write(char[] text, int from, int length) throws IOException {
        write(new String(text, from, length));
    }

    @Override
    public void write(String text, int from, int length) throws IOException {
        String part = text.substring(from, from + length);
        // the line ends of Windows are layout too
        out.write(TerminalText.lines(part.replace(System.lineSeparator(), "\n")).replace("\n", System.lineSeparator()));
    }
}
