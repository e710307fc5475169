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
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
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
        try (Reader text = open(file, problems);
                CsvReader<CsvRecord> csv = CsvReader.builder()
                        .fieldSeparator(separatorOf(text, file, problems))
                        .skipEmptyLines(true)
                        .allowExtraFields(true)
                        .allowMissingFields(true)
                        .maxBufferSize(LONGEST_ROW)
                        .ofCsvRecord(text);
                CloseableIterator<CsvRecord> records = csv.iterator()) {
            long room = Runtime.getRuntime().maxMemory() / 2;
            while (records.hasNext()) {
                CsvRecord record = records.next();
                int count = record.getFieldCount();
                room -= BYTES_PER_ROW;
                List<String> fields = new ArrayList<>(count);
                for (int i = 0; i < count; i++) {
                    String field = record.getField(i);
                    String stripped = field.strip();
                    if (stripped.length() != field.length()) {
                        problems.add(
                                Problems.ProblemKind.STRAY_SPACE,
                                file.toString(),
                                record.getStartingLineNumber(),
                                "",
                                "\"" + shortened(field) + "\" has spaces around it");
                    }
                    fields.add(stripped);
                    room -= BYTES_PER_FIELD + 2L * field.length();
                }
                if (room < 0) {
                    throw tooManyRows(file, record.getStartingLineNumber());
                }
                rows.row(record.getStartingLineNumber(), fields);
            }
        } catch (CsvParseException e) {
            throw InputException.in(file, "not a table: " + reason(e) + "; repair it there", e);
        } catch (UncheckedIOException e) {
            throw unreadable(file, e.getCause());
        } catch (IOException e) {
            throw unreadable(file, e);
        }
    }

    /** The first row that is not empty; empty where there is none. */
    static List<String> header(Path file) {
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
    static void readLines(Path file, Problems problems, LineReader lines) {
        try (BufferedReader text = new BufferedReader(open(file, problems), LOOK_AHEAD)) {
            long room = Runtime.getRuntime().maxMemory() / 4;
            StringBuilder line = new StringBuilder();
            long number = 1;
            for (int c = text.read(); c >= 0; c = text.read()) {
                if (c != '\n') {
                    line.append((char) c);
                    if (line.length() > LONGEST_ROW) {
                        throw InputException.in(file, "line " + number + ": longer than 4 MiB; is it the right file?");
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

    static InputException tooManyRows(Path file, long line) {
        return InputException.in(
                file,
                "line " + line
                        + ": more rows than fit into memory; is it the right file? If so, raise the heap with -Xmx");
    }

    private static String reason(CsvParseException e) {
        Throwable deepest = e;
        while (deepest.getCause() != null) {
            deepest = deepest.getCause();
        }
        return deepest == e ? e.getMessage() : e.getMessage() + " (" + deepest.getMessage() + ")";
    }

    private static InputException unreadable(Path file, IOException e) {
        if (e instanceof CharacterCodingException) {
            return InputException.in(file, "not UTF-8 text; save it as UTF-8", e);
        }
        if (e instanceof NoSuchFileException) {
            return InputException.in(file, "no such file; check the path", e);
        }
        if (e instanceof ZipException || e instanceof java.io.EOFException) {
            return InputException.in(file, "damaged gzip data (" + e.getMessage() + "); download it again", e);
        }
        return InputException.in(file, "cannot be read (" + e.getMessage() + ")", e);
    }

    private static Reader open(Path file, Problems problems) throws IOException {
        if (Files.isDirectory(file)) {
            throw InputException.in(file, "a folder instead of a label file; name the file");
        }
        InputStream in = new BufferedInputStream(Files.newInputStream(file), LOOK_AHEAD);
        try {
            if (startsWith(in, 0x1F, 0x8B)) {
                in = new BufferedInputStream(new GZIPInputStream(in, LOOK_AHEAD), LOOK_AHEAD);
            }
            if (startsWith(in, 0xFF, 0xFE) || startsWith(in, 0xFE, 0xFF)) {
                throw InputException.in(file, "UTF-16 text; save it as UTF-8");
            }
            if (startsWith(in, 0xEF, 0xBB, 0xBF)) {
                in.skipNBytes(3);
                problems.add(Problems.ProblemKind.FILE_FORM, file.toString(), 1, "", "a byte order mark, ignored");
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

    private static boolean startsWith(InputStream in, int... bytes) throws IOException {
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

    /** The one of comma, semicolon and tab that stands most often, outside quotes, in the first line. */
    private static char separatorOf(Reader text, Path file, Problems problems) throws IOException {
        char[] start = new char[LOOK_AHEAD / 2];
        text.mark(start.length);
        int length = Math.max(text.read(start, 0, start.length), 0);
        text.reset();
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
            problems.add(
                    Problems.ProblemKind.FILE_FORM, file.toString(), 1, "", "carriage returns at line ends, accepted");
        }
        int most = counts[1] > counts[0] ? (counts[2] > counts[1] ? 2 : 1) : (counts[2] > counts[0] ? 2 : 0);
        if (most != 0) {
            String name = most == 1 ? "semicolon" : "tab";
            problems.add(
                    Problems.ProblemKind.FILE_FORM, file.toString(), 1, "", name + "s separate the columns, accepted");
        }
        return ",;\t".charAt(most);
    }

    /** A value in a message: its first characters. */
    static String shortened(String value) {
        return value.length() <= 80 ? value : value.substring(0, 80) + "...";
    }

    /** Ends a decompression bomb. */
    private static final class BoundedReader extends FilterReader {
        private final Path file;
        private final long most;
        private long read;

        BoundedReader(Reader in, Path file) throws IOException {
            super(in);
            this.file = file;
            this.most = Math.min(LONGEST_TEXT, Math.max(LONGEST_UNMEASURED, MOST_COMPRESSED * Files.size(file)));
        }

        @Override
        public int read(char[] into, int offset, int length) throws IOException {
            int count = super.read(into, offset, length);
            read += Math.max(count, 0);
            if (read > most) {
                throw InputException.in(
                        file,
                        most == LONGEST_TEXT
                                ? "more than 1 GiB of text; is it a label file?"
                                : "unpacks to more than " + MOST_COMPRESSED + " times its size; is it a label file?");
            }
            return count;
        }
    }
}
