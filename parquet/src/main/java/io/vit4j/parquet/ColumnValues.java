package io.vit4j.parquet;

import java.util.ArrayList;
import java.util.List;
import org.apache.parquet.column.ColumnReader;
import org.apache.parquet.format.RowGroup;

/** The values of a leaf in a row group as texts, row after row. */
interface ColumnValues {
    /** Those of the next row: none if it is null. */
    List<String> next();

    static ColumnValues of(ParquetFooter footer, RowGroup group, ParquetColumn column) {
        return column.value().isEmpty() || group.getNum_rows() == 0
                ? List::of
                : new FromPages(
                        new ColumnPages(footer, group, column.value().get()),
                        column.value().get());
    }

    /** Decodes page after page. */
    final class FromPages implements ColumnValues {
        private final ColumnPages pages;
        private final ParquetColumn.Leaf leaf;
        private final ColumnReader reader;
        private long left;

        FromPages(ColumnPages pages, ParquetColumn.Leaf leaf) {
            this.pages = pages;
            this.leaf = leaf;
            this.reader = pages.values(pages.pages());
            this.left = reader.getTotalValueCount();
        }

        @Override
        public List<String> next() {
            return pages.decoding(() -> {
                List<String> cell = new ArrayList<>(1);
                if (left == 0) {
                    throw new IllegalStateException("it ends before the last row");
                }
                do {
                    if (reader.getCurrentDefinitionLevel() == leaf.descriptor().getMaxDefinitionLevel()) {
                        cell.add(leaf.text().of(reader));
                    }
                    reader.consume();
                    left--;
                } while (left > 0 && reader.getCurrentRepetitionLevel() > 0);
                return cell;
            });
        }
    }
}
