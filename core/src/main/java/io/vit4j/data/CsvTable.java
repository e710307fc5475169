package io.vit4j.data;

import de.siegmar.fastcsv.reader.CsvParseException;
import de.siegmar.fastcsv.reader.CsvReader;
import de.siegmar.fastcsv.reader.CsvRecord;
import de.siegmar.fastcsv.writer.CsvWriter;
import de.siegmar.fastcsv.writer.LineDelimiter;
import io.vit4j.base.DurableFiles;
import io.vit4j.base.InputException;
import io.vit4j.base.OpenFiles;
import java.io.IOException;
import java.io.OutputStreamWriter;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.io.Writer;
import java.nio.channels.Channels;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import java.util.regex.Pattern;

/**
 * The CSV files that vit4j writes, and those of them that it reads back. People open them in spreadsheets, which take a cell that
 * begins with {@code =}, {@code +}, {@code -} or {@code @} for a formula. Such a cell gets an apostrophe in front, unless it is a
 * number; reading removes it.
 */
public final class CsvTable {
    private static final String STARTS_A_FORMULA = "=+-@\t\r\n\uFF1D\uFF0B\uFF0D\uFF20";
    private static final char GUARD = '\'';
    private static final Pattern NUMBER =
            Pattern.compile("[+-]?(?:\\d++(?:\\.\\d*+)?|\\.\\d++)(?:[eE][+-]?\\d++)?|[+-]?(?:Infinity|NaN)");

    private CsvTable() {}

    /** Makes the rows. */
    @FunctionalInterface
    public interface Rows {
        /**
         * Hands out the rows in their order.
         * @param file takes the cells of a row
         */
        void writeTo(Consumer<List<String>> file);
    }

    /** Receives the rows. */
    @FunctionalInterface
    public interface RowReader {
        /**
         * Receives a row; the first is the header.
         * @param line the line of the file in which it begins, from 1
         * @param cells as many as the row has
         */
        void row(long line, List<String> cells);
    }

    /** Writes a file of patients' data ({@link io.vit4j.base.Privacy}), whole or not at all. */
    public static void write(DurableFiles files, Path path, Rows rows) {
        files.ofPatients().write(path, out -> {
            Writer text = new OutputStreamWriter(Channels.newOutputStream(out), StandardCharsets.UTF_8);
            CsvWriter csv = CsvWriter.builder().build(text);
            rows.writeTo(cells -> csv.writeRecord(guarded(cells)));
            csv.flush(); // also flushes the text below it
        });
    }

    /** {@return a row ended by a line feed, for a file that grows} */
    public static String line(List<String> cells) {
        StringWriter line = new StringWriter();
        CsvWriter csv = CsvWriter.builder().lineDelimiter(LineDelimiter.LF).build(line);
        csv.writeRecord(guarded(cells));
        try {
            csv.flush();
        } catch (IOException e) {
            throw new UncheckedIOException(e); // a string does not fail
        }
        return line.toString();
    }

    /**
     * Reads a file that {@link #write} wrote. InputException if it is no such file, or has no row.
     * @param mend what to do if it cannot be read
     */
    public static void read(Path path, String mend, RowReader rows) {
        boolean empty = true;
        try (CsvReader<CsvRecord> csv = CsvReader.builder().ofCsvRecord(OpenFiles.stream(path))) {
            for (CsvRecord row : csv) {
                empty = false;
                List<String> cells = new ArrayList<>(row.getFieldCount());
                row.getFields().forEach(cell -> cells.add(unguarded(cell)));
                rows.row(row.getStartingLineNumber(), cells);
            }
        } catch (CsvParseException e) {
            throw InputException.in(path, "not a table: " + DelimitedText.reason(e) + "; " + mend, e);
        } catch (IOException | UncheckedIOException e) {
            throw InputException.in(path, "cannot be read (" + e.getMessage() + "); " + mend, e);
        }
        if (empty) {
            throw InputException.in(path, "is empty; " + mend);
        }
    }

    private static List<String> guarded(List<String> cells) {
        List<String> guarded = new ArrayList<>(cells.size());
        cells.forEach(cell ->
                guarded.add(startsAFormula(cell) && !NUMBER.matcher(cell).matches() ? GUARD + cell : cell));
        return guarded;
    }

    private static String unguarded(String cell) {
        return !cell.isEmpty() && cell.charAt(0) == GUARD && startsAFormula(cell) ? cell.substring(1) : cell;
    }

    /** Whether a cell starts a formula, after any apostrophes: these are guarded as well, so that reading gives back what was written. */
    private static boolean startsAFormula(String cell) {
        int at = 0;
        while (at < cell.length() && cell.charAt(at) == GUARD) {
            at++;
        }
        return at < cell.length() && STARTS_A_FORMULA.indexOf(cell.charAt(at)) >= 0;
    }
}
