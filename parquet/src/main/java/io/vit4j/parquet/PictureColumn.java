package io.vit4j.parquet;

import io.vit4j.data.Shard;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.parquet.column.ColumnReader;
import org.apache.parquet.format.RowGroup;
import org.apache.parquet.io.api.Binary;

/** The files in a column of bytes. The pages read last are kept, so that threads at neighbouring rows share them. */
final class PictureColumn implements Shard.Files {
    /** Rows that are read at the same time may lie on two pages. */
    private static final int PAGES_KEPT = 2;

    private record Place(ColumnPages column, ColumnPages.Page page, long firstRow) {}

    private final ParquetColumn.Leaf leaf;
    private final List<Place> places = new ArrayList<>();
    private final Map<Place, List<Binary>> kept = new LinkedHashMap<>(4, 0.75F, true);

    PictureColumn(ParquetFooter footer, ParquetColumn.Leaf leaf) {
        this.leaf = leaf;
        long row = 0;
        for (RowGroup group : footer.rowGroups()) {
            if (group.getNum_rows() > 0) {
                ColumnPages column = new ColumnPages(footer, group, leaf);
                for (ColumnPages.Page page : column.pages()) {
                    places.add(new Place(column, page, row + page.firstValue()));
                }
            }
            row += group.getNum_rows();
        }
    }

    @Override
    public synchronized Optional<byte[]> read(long row) {
        Place place = placeOf(row);
        List<Binary> page = kept.get(place);
        if (page == null) {
            if (kept.size() >= PAGES_KEPT) {
                kept.remove(kept.keySet().iterator().next());
            }
            page = load(place);
            kept.put(place, page);
        }
        Binary file = page.get((int) (row - place.firstRow()));
        return file == Binary.EMPTY ? Optional.empty() : Optional.of(bytes(file));
    }

    private static byte[] bytes(Binary file) {
        ByteBuffer buffer = file.toByteBuffer();
        byte[] bytes = new byte[buffer.remaining()];
        buffer.get(bytes);
        return bytes;
    }

    private Place placeOf(long row) {
        int low = 0;
        int high = places.size() - 1;
        while (low < high) { // the last that begins at the row or before
            int middle = (low + high + 1) >>> 1;
            if (places.get(middle).firstRow() <= row) {
                low = middle;
            } else {
                high = middle - 1;
            }
        }
        return places.get(low);
    }

    private List<Binary> load(Place place) {
        ColumnReader reader = place.column().values(List.of(place.page()));
        return place.column().decoding(() -> {
            int count = place.page().values();
            List<Binary> files = new ArrayList<>(count);
            for (int i = 0; i < count; i++) {
                boolean present =
                        reader.getCurrentDefinitionLevel() == leaf.descriptor().getMaxDefinitionLevel();
                files.add(present ? reader.getBinary() : Binary.EMPTY);
                reader.consume();
            }
            return files;
        });
    }
}
