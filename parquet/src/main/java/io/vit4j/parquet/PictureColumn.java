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

/** The files in a column of bytes. The pages read last are kept, so that threads at neighbouring rows share them. */
final class PictureColumn implements Shard.Files {
    /** Rows that are read at the same time may lie on two pages. */
    private static final int PAGES_KEPT = 2;

    private record Place(ColumnPages column, ColumnPages.Page page, long firstRow) {}

    private final ParquetColumn.Leaf leaf;
    private final List<Place> places = new ArrayList<>();
    private final Map<Place, List<Optional<ByteBuffer>>> kept = new LinkedHashMap<>(4, 0.75F, true);

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
        List<Optional<ByteBuffer>> page = kept.get(place);
        if (page == null) {
            if (kept.size() >= PAGES_KEPT) {
                kept.remove(kept.keySet().iterator().next());
            }
            page = load(place);
            kept.put(place, page);
        }
        return page.get((int) (row - place.firstRow())).map(PictureColumn::bytes);
    }

    private static byte[] bytes(ByteBuffer file) {
        ByteBuffer buffer = file.duplicate();
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

    private List<Optional<ByteBuffer>> load(Place place) {
        ColumnReader reader = place.column().values(List.of(place.page()));
        return place.column().decoding(() -> {
            int count = place.page().values();
            List<Optional<ByteBuffer>> files = new ArrayList<>(count);
            for (int i = 0; i < count; i++) {
                boolean present =
                        reader.getCurrentDefinitionLevel() == leaf.descriptor().getMaxDefinitionLevel();
                // a Binary does not look at the length that the page says before it is made a buffer
                files.add(present ? Optional.of(reader.getBinary().toByteBuffer()) : Optional.empty());
                reader.consume();
            }
            return files;
        });
    }
}
