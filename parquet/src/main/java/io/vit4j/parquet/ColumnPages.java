package io.vit4j.parquet;

import io.vit4j.base.InputException;
import io.vit4j.base.OpenFiles;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.zip.CRC32;
import org.apache.parquet.VersionParser;
import org.apache.parquet.bytes.BytesInput;
import org.apache.parquet.column.ColumnDescriptor;
import org.apache.parquet.column.ColumnReader;
import org.apache.parquet.column.Encoding;
import org.apache.parquet.column.impl.ColumnReaderImpl;
import org.apache.parquet.column.page.DataPage;
import org.apache.parquet.column.page.DataPageV1;
import org.apache.parquet.column.page.DataPageV2;
import org.apache.parquet.column.page.DictionaryPage;
import org.apache.parquet.column.page.PageReader;
import org.apache.parquet.format.ColumnChunk;
import org.apache.parquet.format.ColumnMetaData;
import org.apache.parquet.format.DataPageHeader;
import org.apache.parquet.format.DataPageHeaderV2;
import org.apache.parquet.format.PageHeader;
import org.apache.parquet.format.PageType;
import org.apache.parquet.format.RowGroup;
import org.apache.parquet.io.api.PrimitiveConverter;
import shaded.parquet.org.apache.thrift.TException;

/** The pages of one leaf in one row group, read one at a time. What they claim is checked before memory is taken for it. */
final class ColumnPages {
    private static final int MOST_HEADER_BYTES = 64 << 20;
    private static final int FIRST_LOOK = 4 << 10;

    /** Nothing but a decompression bomb is packed so densely. */
    private static final int DENSEST = 1000;

    private static final int SMALL = 1 << 20;

    /**
     * A page with values.
     *
     * @param header what it says of itself
     * @param position of its bytes
     * @param firstValue its first value's number in the row group
     */
    record Page(PageHeader header, long position, long firstValue) {
        int values() {
            return header.isSetData_page_header()
                    ? header.getData_page_header().getNum_values()
                    : header.getData_page_header_v2().getNum_values();
        }
    }

    /** Where the values lie that pages refer to. */
    private record Dictionary(PageHeader header, long position) {}

    private final ParquetFooter footer;
    private final ColumnDescriptor column;
    private final ColumnMetaData chunk;
    private final String where;
    private final List<Page> pages = new ArrayList<>();
    private Optional<Dictionary> dictionary = Optional.empty();

    ColumnPages(ParquetFooter footer, RowGroup group, ParquetColumn.Leaf leaf) {
        this.footer = footer;
        this.column = leaf.descriptor();
        long rows = group.getNum_rows();
        this.where = "column " + String.join(".", column.getPath());
        ColumnChunk found =
                leaf.number() < group.getColumnsSize() ? group.getColumns().get(leaf.number()) : null;
        if (found == null || !found.isSetMeta_data()) {
            throw ParquetFooter.damaged(footer.file(), where + " is missing in a row group");
        }
        if (found.isSetFile_path()) {
            throw InputException.in(
                    footer.file(),
                    "its columns are in other files, such as " + found.getFile_path() + "; write them into one file");
        }
        chunk = found.getMeta_data();
        boolean same = chunk.getPath_in_schema().equals(List.of(column.getPath()))
                && chunk.getType().name().replace("BYTE_ARRAY", "BINARY").equals(typeName());
        long values = chunk.getNum_values();
        if (!same || values < 0 || (column.getMaxRepetitionLevel() == 0 && values != rows)) {
            throw ParquetFooter.damaged(
                    footer.file(), where + " has " + values + " values for " + rows + " rows of a row group");
        }
        read(channel -> {
            scan(channel);
            return this;
        });
    }

    private String typeName() {
        return column.getPrimitiveType().getPrimitiveTypeName().name().replace("BYTE_ARRAY", "BINARY");
    }

    /** Its pages with values, in order. */
    List<Page> pages() {
        return pages;
    }

    /** Finds the pages, and the dictionary in front of them. */
    private void scan(FileChannel channel) throws IOException {
        long position = chunk.isSetDictionary_page_offset() && chunk.getDictionary_page_offset() > 0
                ? Math.min(chunk.getDictionary_page_offset(), chunk.getData_page_offset())
                : chunk.getData_page_offset();
        long end = position + chunk.getTotal_compressed_size();
        if (position < 4 || end < position || end > footer.size()) {
            throw ParquetFooter.damaged(footer.file(), where + " would lie from " + position + " to " + end);
        }
        for (long values = 0; values < chunk.getNum_values(); ) {
            if (position >= end) {
                throw ParquetFooter.damaged(
                        footer.file(), where + " ends after " + values + " of " + chunk.getNum_values() + " values");
            }
            PageHeader header = new PageHeader();
            position = readHeader(channel, position, end, header);
            long at = position;
            position += header.getCompressed_page_size();
            if (header.getType() == PageType.DICTIONARY_PAGE && header.isSetDictionary_page_header()) {
                dictionary = Optional.of(new Dictionary(header, at));
            } else if (header.isSetData_page_header() || header.isSetData_page_header_v2()) {
                Page page = new Page(header, at, values);
                if (page.values() < 0 || page.values() > chunk.getNum_values() - values) {
                    throw ParquetFooter.damaged(footer.file(), where + " has a page of " + page.values() + " values");
                }
                values += page.values();
                pages.add(page);
            }
        }
    }

    /** Returns the position behind the header. */
    private long readHeader(FileChannel channel, long position, long end, PageHeader header) throws IOException {
        for (long look = FIRST_LOOK; ; look *= 8) {
            int length = (int) Math.min(Math.min(look, MOST_HEADER_BYTES), end - position);
            ByteArrayInputStream in = new ByteArrayInputStream(
                    ParquetFooter.bytes(channel, position, length).array());
            try {
                header.clear();
                header.read(ParquetFooter.protocol(in, length));
            } catch (TException | RuntimeException e) {
                if (length < end - position && length < MOST_HEADER_BYTES) {
                    continue; // it may be longer
                }
                throw ParquetFooter.damaged(
                        footer.file(), where + " has no page at byte " + position + " (" + e.getMessage() + ")", e);
            }
            long behind = position + length - in.available();
            if (header.getCompressed_page_size() < 0 || header.getCompressed_page_size() > end - behind) {
                throw ParquetFooter.damaged(
                        footer.file(), where + " has a page that is longer than the column, at byte " + position);
            }
            return behind;
        }
    }

    private DictionaryPage load(FileChannel channel, Dictionary found) throws IOException {
        PageHeader header = found.header();
        byte[] bytes = unpacked(stored(channel, header, found.position()), header.getUncompressed_page_size());
        int entries = header.getDictionary_page_header().getNum_values();
        if (entries < 0 || entries > bytes.length) {
            throw ParquetFooter.damaged(footer.file(), where + " has a dictionary of " + entries + " values");
        }
        return new DictionaryPage(
                BytesInput.from(bytes),
                entries,
                encoding(header.getDictionary_page_header().getEncoding()));
    }

    /** The page's values, packed out. */
    private DataPage load(Page page) {
        return read(channel -> load(channel, page));
    }

    private DataPage load(FileChannel channel, Page page) throws IOException {
        PageHeader header = page.header();
        byte[] stored = stored(channel, header, page.position());
        if (header.isSetData_page_header()) {
            DataPageHeader data = header.getData_page_header();
            byte[] bytes = unpacked(stored, header.getUncompressed_page_size());
            PageCheck check = new PageCheck(column, data.getNum_values());
            check.levels(bytes, data.getRepetition_level_encoding(), data.getDefinition_level_encoding());
            check.values(bytes, data.getEncoding());
            return new DataPageV1(
                    BytesInput.from(bytes),
                    data.getNum_values(),
                    bytes.length,
                    null,
                    encoding(data.getRepetition_level_encoding()),
                    encoding(data.getDefinition_level_encoding()),
                    encoding(data.getEncoding()));
        }
        DataPageHeaderV2 data = header.getData_page_header_v2();
        int repetition = data.getRepetition_levels_byte_length();
        int definition = data.getDefinition_levels_byte_length();
        if (repetition < 0 || definition < 0 || (long) repetition + definition > stored.length) {
            throw ParquetFooter.damaged(footer.file(), where + " has a page with levels longer than itself");
        }
        int levels = repetition + definition;
        byte[] packed = Arrays.copyOfRange(stored, levels, stored.length);
        byte[] bytes = data.isSetIs_compressed() && !data.isIs_compressed()
                ? packed
                : unpacked(packed, header.getUncompressed_page_size() - levels);
        PageCheck check = new PageCheck(column, data.getNum_values());
        check.levels(ByteBuffer.wrap(stored, 0, repetition), ByteBuffer.wrap(stored, repetition, definition));
        check.values(bytes, data.getEncoding());
        return DataPageV2.uncompressed(
                data.getNum_rows(),
                data.getNum_nulls(),
                data.getNum_values(),
                BytesInput.from(stored, 0, repetition),
                BytesInput.from(stored, repetition, definition),
                encoding(data.getEncoding()),
                BytesInput.from(bytes),
                null);
    }

    private byte[] stored(FileChannel channel, PageHeader header, long at) throws IOException {
        refuseLargerThanMemory(header);
        byte[] stored = ParquetFooter.bytes(channel, at, header.getCompressed_page_size())
                .array();
        if (header.isSetCrc()) {
            CRC32 sum = new CRC32();
            sum.update(stored);
            if ((int) sum.getValue() != header.getCrc()) {
                throw ParquetFooter.damaged(footer.file(), where + " has a page with a wrong checksum, at byte " + at);
            }
        }
        return stored;
    }

    private void refuseLargerThanMemory(PageHeader header) {
        long unpacked = header.getUncompressed_page_size();
        long packed = header.getCompressed_page_size();
        if (unpacked < 0 || (unpacked > SMALL && unpacked > packed * DENSEST)) {
            throw ParquetFooter.damaged(
                    footer.file(), where + " has a page of " + packed + " bytes that would unpack to " + unpacked);
        }
        long heap = Runtime.getRuntime().maxMemory();
        if (unpacked + packed > heap / 4 * 3) {
            throw InputException.in(
                    footer.file(),
                    where + " has a page of " + (unpacked >> 20) + " MiB, which does not fit into the " + (heap >> 20)
                            + " MiB of memory that Java may use; give it more with -Xmx, or write the file with smaller"
                            + " row groups");
        }
    }

    private byte[] unpacked(byte[] stored, int length) throws IOException {
        if (length < 0) {
            throw ParquetFooter.damaged(footer.file(), where + " has a page of " + length + " bytes");
        }
        return PageCodec.of(chunk.getCodec(), footer.file()).unpack(stored, length);
    }

    private Encoding encoding(org.apache.parquet.format.Encoding encoding) {
        return Encoding.valueOf(encoding.name());
    }

    /** Something that reads the file. */
    private interface Reading<T> {
        T from(FileChannel channel) throws IOException;
    }

    private <T> T read(Reading<T> reading) {
        return decoding(() -> {
            try (FileChannel channel = OpenFiles.read(footer.file())) {
                return reading.from(channel);
            }
        });
    }

    /** Runs what decodes, and says of what goes wrong where it is. */
    <T> T decoding(Callable<T> work) {
        try {
            return work.call();
        } catch (InputException e) {
            throw e;
        } catch (IOException | RuntimeException e) { // what the decoders throw if something is damaged
            throw ParquetFooter.damaged(footer.file(), where + " cannot be decoded (" + e + ")", e);
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }

    /** One page of the row group after another, as the library's readers take them. */
    PageReader reader(List<Page> some) {
        Iterator<Page> rest = some.iterator();
        long count = some.stream().mapToLong(Page::values).sum();
        return new PageReader() {
            @Override
            public DictionaryPage readDictionaryPage() {
                return dictionary
                        .map(found -> read(channel -> load(channel, found)))
                        .orElse(null);
            }

            @Override
            public long getTotalValueCount() {
                return count;
            }

            @Override
            public DataPage readPage() {
                return rest.hasNext() ? load(rest.next()) : null;
            }
        };
    }

    /** Decodes the values of some pages. */
    ColumnReader values(List<Page> some) {
        return decoding(() -> new ColumnReaderImpl(column, reader(some), new PrimitiveConverter() {}, version()));
    }

    private VersionParser.ParsedVersion version() {
        try {
            return VersionParser.parse(footer.createdBy());
        } catch (VersionParser.VersionParseException | RuntimeException e) {
            return null; // one of those whose files are read as they say
        }
    }
}
