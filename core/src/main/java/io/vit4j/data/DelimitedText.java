package io.vit4j.data;

import de.siegmar.fastcsv.reader.CloseableIterator;
import de.siegmar.fastcsv.reader.CsvParseException;
import de.siegmar.fastcsv.reader.CsvReader;
import de.siegmar.fastcsv.reader.CsvRecord;
import io.vit4j.base.InputException;
import java.io.BufferedInputStream;
import java.io.BufferedReader;
import java.io.FilterReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.Reader;
import java.io.UncheckedIOException;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.zip.GZIPInputStream;
import java.util.zip.ZipException;

/**
 * Reads tables in text: CSV (RFC 4180) with comma, semicolon or tab, with or without byte order mark, any line ends, also
 * gzipped. Every value is stripped of spaces around it.
 */
final class DelimitedText {
    private static final long LONGEST_TEXT = 1L << 30;

    /** Tables compress to a tenth; what is longer than this, and {@link #MOST_COMPRESSED} times its file, is none. */
    private static final long LONGEST_UNMEASURED = 64 << 20;

    private static final long MOST_COMPRESSED = 200;
    private static final int LONGEST_ROW = 4 << 20;
    private static final int LOOK_AHEAD = 1 << 16;
    private static final Pattern SEPARATOR_LINE =
            Pattern.compile("(?i)\"?sep=([^\\w\\s\"]|\t)\"?[,;\t]*(?:\r\n|\r|\n)");

    /** What a row weighs on the heap beyond its characters: a record, a list, an array, and a string a field. */
    private static final long BYTES_PER_ROW = 200;

    private static final long BYTES_PER_FIELD = 64;

    private DelimitedText() {}

    /** Receives the rows; the first is the header, if the file has one. */
    @FunctionalInterface
    interface RowReader {
        /** @param fields without spaces around them; at least one */
        void row(long line, List<String> fields);
    }

    /** Reads the whole file, calling back for each row that is not empty. */
    static void read(Path file, Problems problems, RowReader rows) {
        read(TextSource.of(file), problems, rows);
    }

    static void read(TextSource file, Problems problems, RowReader rows) {
        try (Reader text = open(file, problems)) {
            Form form = formOf(text, file, problems);
            read(text, form, file, problems, rows);
        } catch (CsvParseException e) {
            throw file.fault("not a table: " + reason(e) + "; repair it there", e);
        } catch (UncheckedIOException e) {
            throw unreadable(file, e.getCause());
        } catch (IOException e) {
            throw unreadable(file, e);
        }
    }

    private static void read(Reader text, Form form, TextSource file, Problems problems, RowReader rows)
            throws IOException {
        try (CsvReader<CsvRecord> csv = CsvReader.builder()
                        .fieldSeparator(form.separator())
                        .skipEmptyLines(true)
                        .allowExtraFields(true)
                        .allowMissingFields(true)
                        .maxBufferSize(LONGEST_ROW)
                        .ofCsvRecord(text);
                CloseableIterator<CsvRecord> records = csv.iterator()) {
            long room = Runtime.getRuntime().maxMemory() / 2;
            while (records.hasNext()) {
                CsvRecord record = records.next();
                long line = record.getStartingLineNumber() + form.linesBefore();
                int count = record.getFieldCount();
                room -= BYTES_PER_ROW;
                List<String> fields = new ArrayList<>(count);
                for (int i = 0; i < count; i++) {
                    String field = record.getField(i);
                    String clean = CleanText.of(field);
                    if (!clean.equals(field)) {
                        problems.add(
                                clean.equals(field.strip())
                                        ? Problems.ProblemKind.STRAY_SPACE
                                        : Problems.ProblemKind.LOOKALIKE,
                                file.name(),
                                line,
                                "",
                                "\"" + shortened(field) + "\" "
                                        + (clean.equals(field.strip())
                                                ? "has spaces around it"
                                                : "is read as \"" + shortened(clean)
                                                        + "\", without unusual spaces or code points"));
                    }
                    fields.add(clean);
                    room -= BYTES_PER_FIELD + 2L * field.length();
                }
                if (room < 0) {
                    throw tooManyRows(file, line);
                }
                rows.row(line, fields);
            }
        }
    }

    /** The first row that is not empty; empty if there is none. */
    static List<String> header(TextSource file) {
        List<String> header = new ArrayList<>();
        try {
            read(file, new Problems(), (line, fields) -> {
                header.addAll(fields);
                throw new FirstRowRead();
            });
        } catch (FirstRowRead e) {
            return header;
        }
        return header;
    }

    /** Ends the reading. */
    private static final class FirstRowRead extends RuntimeException {
        FirstRowRead() {
            super(null, null, false, false);
        }
    }

    /** Receives the lines of a file. */
    @FunctionalInterface
    interface LineReader {
        /** @return about how many bytes of the heap it keeps for the line */
        long line(long number, String text);
    }

    /** Reads a text of lines, such as JSON lines, with or without byte order mark, also gzipped. */
    static void readLines(TextSource file, Problems problems, LineReader lines) {
        try (BufferedReader text = new BufferedReader(open(file, problems), LOOK_AHEAD)) {
            long room = Runtime.getRuntime().maxMemory() / 4;
            StringBuilder line = new StringBuilder();
            long number = 1;
            for (int c = text.read(); c >= 0; c = text.read()) {
                if (c != '\n') {
                    line.append((char) c);
                    if (line.length() > LONGEST_ROW) {
                        throw file.fault("line " + number + ": longer than 4 MiB; is it the right file?");
                    }
                    continue;
                }
                room -= BYTES_PER_ROW + lines.line(number, line.toString());
                if (room < 0) {
                    throw tooManyRows(file, number);
                }
                number++;
                line.setLength(0);
            }
            if (line.length() > 0) {
                lines.line(number, line.toString());
            }
        } catch (IOException e) {
            throw unreadable(file, e);
        }
    }

    static InputException tooManyRows(TextSource file, long line) {
        return file.fault("line " + line + ": more rows than fit into memory; is it the right file? If so,"
                + " raise the heap with -Xmx");
    }

    static String reason(CsvParseException e) {
        Throwable deepest = e;
        while (deepest.getCause() != null) {
            deepest = deepest.getCause();
        }
        return deepest == e ? e.getMessage() : e.getMessage() + " (" + deepest.getMessage() + ")";
    }

    private static InputException unreadable(TextSource file, IOException e) {
        if (e instanceof CharacterCodingException) {
            return file.fault("not UTF-8 text; save it as UTF-8", e);
        }
        if (e instanceof NoSuchFileException) {
            return file.fault("no such file; check the path", e);
        }
        if (e instanceof ZipException || e instanceof java.io.EOFException) {
            return file.fault("damaged gzip data (" + e.getMessage() + "); download it again", e);
        }
        return file.fault("cannot be read (" + e.getMessage() + ")", e);
    }

    private static Reader open(TextSource file, Problems problems) throws IOException {
        InputStream in = new BufferedInputStream(file.open(), LOOK_AHEAD);
        try {
            if (startsWith(in, 0x1F, 0x8B)) {
                in = new BufferedInputStream(new GZIPInputStream(in, LOOK_AHEAD), LOOK_AHEAD);
            }
            OtherTables.refuse(in, file);
            if (startsWith(in, 0xFF, 0xFE) || startsWith(in, 0xFE, 0xFF)) {
                throw file.fault("UTF-16 text; save it as UTF-8");
            }
            if (startsWith(in, 0xEF, 0xBB, 0xBF)) {
                in.skipNBytes(3);
                problems.add(Problems.ProblemKind.FILE_FORM, file.name(), 1, "", "a byte order mark, ignored");
            }
            Reader decoded = new InputStreamReader(
                    in,
                    StandardCharsets.UTF_8
                            .newDecoder()
                            .onMalformedInput(CodingErrorAction.REPORT)
                            .onUnmappableCharacter(CodingErrorAction.REPORT));
            return new BufferedReader(new BoundedReader(decoded, file), LOOK_AHEAD);
        } catch (IOException | RuntimeException e) {
            in.close();
            throw e;
        }
    }

    static boolean startsWith(InputStream in, int... bytes) throws IOException {
        in.mark(bytes.length);
        try {
            for (int expected : bytes) {
                if (in.read() != expected) {
                    return false;
                }
            }
            return true;
        } finally {
            in.reset();
        }
    }

    /**
     * How a file is laid out.
     *
     * @param linesBefore lines that were read already
     */
    private record Form(char separator, int linesBefore) {}

    /**
     * The separator that a first line {@code sep=;} names, as spreadsheets write and read it; else the one of comma, semicolon and
     * tab that stands most often, outside quotes, in the first line.
     */
    private static Form formOf(Reader text, TextSource file, Problems problems) throws IOException {
        char[] start = new char[LOOK_AHEAD / 2];
        text.mark(start.length);
        int length = Math.max(text.read(start, 0, start.length), 0);
        text.reset();
        Matcher named = SEPARATOR_LINE.matcher(new String(start, 0, Math.min(length, 16)));
        if (named.lookingAt()) {
            text.skip(named.end());
            problems.add(
                    Problems.ProblemKind.FILE_FORM, file.name(), 1, "", "a line sep=" + named.group(1) + ", obeyed");
            return new Form(named.group(1).charAt(0), 1);
        }
        return new Form(separatorOf(start, length, file, problems), 0);
    }

    private static char separatorOf(char[] start, int length, TextSource file, Problems problems) {
        int[] counts = new int[3];
        boolean quoted = false;
        boolean carriageReturns = false;
        for (int i = 0; i < length; i++) {
            char c = start[i];
            if (c == '"') {
                quoted = !quoted;
            } else if (!quoted && (c == '\n' || c == '\r')) {
                carriageReturns = c == '\r';
                if (counts[0] + counts[1] + counts[2] > 0 || i > 0) {
                    break;
                }
            } else if (!quoted && ",;\t".indexOf(c) >= 0) {
                counts[",;\t".indexOf(c)]++;
            }
        }
        if (carriageReturns) {
            problems.add(Problems.ProblemKind.FILE_FORM, file.name(), 1, "", "carriage returns at line ends, accepted");
        }
        int most = counts[1] > counts[0] ? (counts[2] > counts[1] ? 2 : 1) : (counts[2] > counts[0] ? 2 : 0);
        if (most != 0) {
            String name = most == 1 ? "semicolon" : "tab";
            problems.add(Problems.ProblemKind.FILE_FORM, file.name(), 1, "", name + "s separate the columns, accepted");
        }
        return ",;\t".charAt(most);
    }

    /** A value in a message: its first characters. */
    static String shortened(String value) {
        return value.length() <= 80 ? value : value.substring(0, 80) + "...";
    }

    /** Ends a decompression bomb. */
    private static final class BoundedReader extends FilterReader {
        private final TextSource file;
        private final long most;
        private long read;

        BoundedReader(Reader in, TextSource file) throws IOException {
            super(in);
            this.file = file;
            this.most = Math.min(LONGEST_TEXT, Math.max(LONGEST_UNMEASURED, MOST_COMPRESSED * file.size()));
        }

        @Override
        public int read(char[] into, int offset, int length) throws IOException {
            int count = super.read(into, offset, length);
            read += Math.max(count, 0);
            if (read > most) {
                throw file.fault(
                        most == LONGEST_TEXT
                                ? "more than 1 GiB of text; is it a label file?"
                                : "unpacks to more than " + MOST_COMPRESSED + " times its size; is it a label file?");
            }
            return count;
        }
    }
}
