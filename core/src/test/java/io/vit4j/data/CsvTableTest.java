package io.vit4j.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import de.siegmar.fastcsv.reader.CsvReader;
import de.siegmar.fastcsv.reader.CsvRecord;
import io.vit4j.base.DurableFiles;
import io.vit4j.base.InputException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CsvTableTest {
    @TempDir
    Path folder;

    private Path file(String content) throws IOException {
        return Files.writeString(folder.resolve("table.csv"), content);
    }

    private static String cell(String text) {
        return CsvTable.line(List.of(text)).stripTrailing();
    }

    /** As OWASP's page on CSV injection lists them; the guard is the one that spreadsheets themselves take for text. */
    @Test
    void noCellStartsAFormula() {
        assertThat(cell("=HYPERLINK(1)")).isEqualTo("'=HYPERLINK(1)");
        assertThat(cell("@SUM(1)")).isEqualTo("'@SUM(1)");
        assertThat(cell("-2+3+cmd")).isEqualTo("'-2+3+cmd");
        assertThat(cell("+1 2")).isEqualTo("'+1 2");
        assertThat(cell("\t=1")).isEqualTo("'\t=1");
        assertThat(cell("\r=1,\"")).isEqualTo("\"'\r=1,\"\"\"");
    }

    @Test
    void numbersStayNumbersAndTextStaysText() {
        for (String text :
                List.of("-0.5", "+1", "-1e-7", "-.5", "-3.", "-Infinity", "-NaN", "1=2", "a@b", "it's", "'a'")) {
            assertThat(cell(text)).isEqualTo(text);
        }
    }

    /** Whatever is written is read again: also apostrophes that were there before. */
    @Test
    void everyCellComesBackAsItWas() throws IOException {
        Random random = new Random(7);
        String alphabet = "'''==+-@\t\r\n\",;a1.\uFF1D";
        List<List<String>> rows = new ArrayList<>();
        for (int i = 0; i < 3000; i++) {
            List<String> row = new ArrayList<>();
            for (int j = 0; j < 3; j++) {
                StringBuilder cell = new StringBuilder();
                for (int length = random.nextInt(6); length > 0; length--) {
                    cell.append(alphabet.charAt(random.nextInt(alphabet.length())));
                }
                row.add(cell.toString());
            }
            rows.add(row);
        }
        Path file = folder.resolve("table.csv");
        CsvTable.write(DurableFiles.SYSTEM, file, out -> rows.forEach(out));
        List<List<String>> read = new ArrayList<>();
        CsvTable.read(file, "mend", (line, cells) -> read.add(cells));
        assertThat(read).isEqualTo(rows);
        try (CsvReader<CsvRecord> csv = CsvReader.builder().ofCsvRecord(file)) {
            for (CsvRecord row : csv) {
                assertThat(row.getFields())
                        .allSatisfy(cell -> assertThat(cell).matches("(?s)(?![=+\\-@\t\r\n\uFF1D]).*|[+-]?[\\d.]+"));
            }
        }
    }

    @Test
    void whatIsNoTableIsNamedInOneLine() throws IOException {
        for (String content :
                List.of("", "\n\n", "a,\"unclosed" + "\nb,c".repeat(5 << 20), "a," + "b".repeat(17 << 20))) {
            Path file = file(content);
            assertThatThrownBy(() -> CsvTable.read(file, "evaluate again", (line, cells) -> {}))
                    .isInstanceOf(InputException.class)
                    .hasMessageStartingWith(file.toString())
                    .hasMessageEndingWith("; evaluate again");
        }
    }
}
