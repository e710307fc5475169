package io.vit4j.data;

import java.io.IOException;
import java.io.InputStream;

/** Tables that are no text, known by their first bytes, so that whoever names one hears what to do. */
final class OtherTables {
    private OtherTables() {}

    static void refuse(InputStream in, TextSource file) throws IOException {
        if (DelimitedText.startsWith(in, 'P', 'K', 3, 4)) {
            throw file.fault(
                    "a workbook (.xlsx, .ods) or another zip file; save the sheet with the labels as CSV (UTF-8) and"
                            + " give that");
        }
        if (DelimitedText.startsWith(in, 0xD0, 0xCF, 0x11, 0xE0)) {
            throw file.fault("a workbook (.xls); save the sheet with the labels as CSV (UTF-8) and give that");
        }
        if (DelimitedText.startsWith(in, 'P', 'A', 'R', '1')) {
            throw file.fault(
                    "a Parquet file; write its labels as CSV, with pandas.read_parquet and to_csv, and give that");
        }
        if (DelimitedText.startsWith(in, 'A', 'R', 'R', 'O', 'W', '1')) {
            throw file.fault(
                    "an Arrow file; write its labels as CSV, with pandas.read_feather and to_csv, and give that");
        }
        if (DelimitedText.startsWith(in, 0x80, 0x02)
                || DelimitedText.startsWith(in, 0x80, 0x03)
                || DelimitedText.startsWith(in, 0x80, 0x04)
                || DelimitedText.startsWith(in, 0x80, 0x05)) {
            throw file.fault("a pickled Python object; write its labels as CSV and give that");
        }
        if (DelimitedText.startsWith(in, 'S', 'Q', 'L', 'i', 't', 'e')) {
            throw file.fault("an SQLite database; write its labels as CSV and give that");
        }
    }
}
