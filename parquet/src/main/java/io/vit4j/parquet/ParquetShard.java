package io.vit4j.parquet;

import io.vit4j.data.Shard;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.parquet.format.RowGroup;

/** A Parquet file. */
final class ParquetShard implements Shard {
    private final ParquetFooter footer;

    ParquetShard(ParquetFooter footer) {
        this.footer = footer;
    }

    @Override
    public List<Column> columns() {
        return footer.columns().stream().map(ParquetColumn::column).toList();
    }

    @Override
    public long rows() {
        return footer.rows();
    }

    @Override
    public Map<String, String> metadata() {
        return footer.metadata();
    }

    @Override
    public void forEachRow(List<String> names, RowVisitor visitor) {
        List<ParquetColumn> wanted = names.stream().map(this::column).toList();
        for (RowGroup group : footer.rowGroups()) {
            List<ColumnValues> columns = new ArrayList<>(wanted.size());
            for (ParquetColumn column : wanted) {
                columns.add(ColumnValues.of(footer, group, column));
            }
            for (long row = 0; row < group.getNum_rows(); row++) {
                List<List<String>> cells = new ArrayList<>(columns.size());
                for (ColumnValues column : columns) {
                    cells.add(column.next());
                }
                visitor.row(cells);
            }
        }
    }

    @Override
    public Files files(String column) {
        return new PictureColumn(footer, column(column).bytes().orElseThrow());
    }

    private ParquetColumn column(String name) {
        return footer.columns().stream()
                .filter(column -> column.column().name().equals(name))
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException("no column " + name + " in " + footer.file()));
    }
}
