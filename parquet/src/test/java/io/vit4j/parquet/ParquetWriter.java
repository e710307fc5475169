package io.vit4j.parquet;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.apache.parquet.bytes.BytesInput;
import org.apache.parquet.column.ColumnDescriptor;
import org.apache.parquet.column.ColumnWriteStore;
import org.apache.parquet.column.Encoding;
import org.apache.parquet.column.ParquetProperties;
import org.apache.parquet.column.page.DictionaryPage;
import org.apache.parquet.column.page.PageWriteStore;
import org.apache.parquet.column.page.PageWriter;
import org.apache.parquet.column.statistics.SizeStatistics;
import org.apache.parquet.column.statistics.Statistics;
import org.apache.parquet.column.statistics.geospatial.GeospatialStatistics;
import org.apache.parquet.example.data.Group;
import org.apache.parquet.example.data.GroupWriter;
import org.apache.parquet.example.data.simple.SimpleGroup;
import org.apache.parquet.format.ColumnChunk;
import org.apache.parquet.format.ColumnMetaData;
import org.apache.parquet.format.CompressionCodec;
import org.apache.parquet.format.ConvertedType;
import org.apache.parquet.format.DataPageHeader;
import org.apache.parquet.format.DictionaryPageHeader;
import org.apache.parquet.format.FieldRepetitionType;
import org.apache.parquet.format.FileMetaData;
import org.apache.parquet.format.KeyValue;
import org.apache.parquet.format.PageHeader;
import org.apache.parquet.format.PageType;
import org.apache.parquet.format.RowGroup;
import org.apache.parquet.format.SchemaElement;
import org.apache.parquet.format.Util;
import org.apache.parquet.io.ColumnIOFactory;
import org.apache.parquet.schema.LogicalTypeAnnotation;
import org.apache.parquet.schema.MessageType;
import org.apache.parquet.schema.MessageTypeParser;
import org.apache.parquet.schema.Type;

/** Writes Parquet files: the library encodes the columns, and what surrounds them is written here. Uncompressed. */
final class ParquetWriter {
    private final MessageType schema;
    private final ByteArrayOutputStream file = new ByteArrayOutputStream();
    private final List<RowGroup> rowGroups = new ArrayList<>();
    private final Map<String, String> metadata = new LinkedHashMap<>();
    private long rows;

    /** @param schema as Parquet prints it */
    ParquetWriter(String schema) {
        this.schema = MessageTypeParser.parseMessageType(schema);
        file.writeBytes("PAR1".getBytes(StandardCharsets.US_ASCII));
    }

    ParquetWriter metadata(String key, String value) {
        metadata.put(key, value);
        return this;
    }

    /** A row group; each consumer fills a row. */
    ParquetWriter rowGroup(List<Consumer<Group>> filled) {
        Pages pages = new Pages();
        try (ColumnWriteStore store = ParquetProperties.builder()
                .withPageRowCountLimit(3)
                .withMinRowCountForPageSizeCheck(1)
                .build()
                .newColumnWriteStore(schema, pages)) {
            GroupWriter writer =
                    new GroupWriter(new ColumnIOFactory().getColumnIO(schema).getRecordWriter(store), schema);
            for (Consumer<Group> row : filled) {
                Group group = new SimpleGroup(schema);
                row.accept(group);
                writer.write(group);
            }
            store.flush();
        }
        List<ColumnChunk> chunks = new ArrayList<>();
        for (ColumnDescriptor column : schema.getColumns()) {
            chunks.add(pages.of.get(String.join(".", column.getPath())).chunk());
        }
        rowGroups.add(new RowGroup(chunks, file.size(), filled.size()));
        rows += filled.size();
        return this;
    }

    Path write(Path to) {
        try {
            FileMetaData footer = new FileMetaData(1, elements(), rows, rowGroups);
            metadata.forEach((key, value) -> footer.addToKey_value_metadata(new KeyValue(key).setValue(value)));
            int start = file.size();
            Util.writeFileMetaData(footer, file);
            int length = file.size() - start;
            for (int shift = 0; shift < 32; shift += 8) {
                file.write(length >>> shift);
            }
            file.writeBytes("PAR1".getBytes(StandardCharsets.US_ASCII));
            Files.createDirectories(to.getParent());
            return Files.write(to, file.toByteArray());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private List<SchemaElement> elements() {
        List<SchemaElement> elements = new ArrayList<>();
        elements.add(new SchemaElement("schema").setNum_children(schema.getFieldCount()));
        schema.getFields().forEach(field -> add(elements, field));
        return elements;
    }

    private static void add(List<SchemaElement> elements, Type type) {
        SchemaElement element = new SchemaElement(type.getName())
                .setRepetition_type(
                        FieldRepetitionType.valueOf(type.getRepetition().name()));
        elements.add(element);
        if (type.isPrimitive()) {
            element.setType(org.apache.parquet.format.Type.valueOf(
                    type.asPrimitiveType().getPrimitiveTypeName().name().replaceAll("^BINARY$", "BYTE_ARRAY")));
            if (LogicalTypeAnnotation.stringType().equals(type.getLogicalTypeAnnotation())) {
                element.setConverted_type(ConvertedType.UTF8);
            }
        } else {
            element.setNum_children(type.asGroupType().getFieldCount());
            type.asGroupType().getFields().forEach(field -> add(elements, field));
        }
    }

    private final class Pages implements PageWriteStore {
        private final Map<String, Column> of = new LinkedHashMap<>();

        @Override
        public PageWriter getPageWriter(ColumnDescriptor path) {
            return of.computeIfAbsent(String.join(".", path.getPath()), any -> new Column(path));
        }

        @Override
        public void close() {}
    }

    private final class Column implements PageWriter {
        private final ColumnDescriptor column;
        private final ByteArrayOutputStream dictionary = new ByteArrayOutputStream();
        private final ByteArrayOutputStream data = new ByteArrayOutputStream();
        private long values;

        Column(ColumnDescriptor column) {
            this.column = column;
        }

        ColumnChunk chunk() {
            long start = file.size();
            file.writeBytes(dictionary.toByteArray());
            long dataStart = file.size();
            file.writeBytes(data.toByteArray());
            long length = file.size() - start;
            ColumnMetaData about = new ColumnMetaData(
                    org.apache.parquet.format.Type.valueOf(column.getPrimitiveType()
                            .getPrimitiveTypeName()
                            .name()
                            .replaceAll("^BINARY$", "BYTE_ARRAY")),
                    List.of(org.apache.parquet.format.Encoding.PLAIN),
                    List.of(column.getPath()),
                    CompressionCodec.UNCOMPRESSED,
                    values,
                    length,
                    length,
                    dataStart);
            if (dictionary.size() > 0) {
                about.setDictionary_page_offset(start);
            }
            return new ColumnChunk(start).setMeta_data(about);
        }

        private void write(PageHeader header, BytesInput bytes, ByteArrayOutputStream to) throws IOException {
            Util.writePageHeader(header, to);
            to.writeBytes(bytes.toByteArray());
        }

        private void write(BytesInput bytes, int count, Encoding rl, Encoding dl, Encoding encoding)
                throws IOException {
            values += count;
            PageHeader header = new PageHeader(PageType.DATA_PAGE, (int) bytes.size(), (int) bytes.size())
                    .setData_page_header(new DataPageHeader(count, thrift(encoding), thrift(dl), thrift(rl)));
            write(header, bytes, data);
        }

        private static org.apache.parquet.format.Encoding thrift(Encoding encoding) {
            return org.apache.parquet.format.Encoding.valueOf(encoding.name());
        }

        @Override
        public void writePage(
                BytesInput bytes, int count, Statistics<?> statistics, Encoding rl, Encoding dl, Encoding encoding)
                throws IOException {
            write(bytes, count, rl, dl, encoding);
        }

        @Override
        public void writePage(
                BytesInput bytes,
                int count,
                int rowCount,
                Statistics<?> statistics,
                Encoding rl,
                Encoding dl,
                Encoding encoding)
                throws IOException {
            write(bytes, count, rl, dl, encoding);
        }

        @Override
        public void writePage(
                BytesInput bytes,
                int count,
                int rowCount,
                Statistics<?> statistics,
                SizeStatistics sizes,
                GeospatialStatistics places,
                Encoding rl,
                Encoding dl,
                Encoding encoding)
                throws IOException {
            write(bytes, count, rl, dl, encoding);
        }

        @Override
        public void writePageV2(
                int rowCount,
                int nullCount,
                int count,
                BytesInput rl,
                BytesInput dl,
                Encoding encoding,
                BytesInput bytes,
                Statistics<?> statistics) {
            throw new UnsupportedOperationException("pages of the first version are written");
        }

        @Override
        public void writeDictionaryPage(DictionaryPage page) throws IOException {
            int size = (int) page.getBytes().size();
            PageHeader header = new PageHeader(PageType.DICTIONARY_PAGE, size, size)
                    .setDictionary_page_header(
                            new DictionaryPageHeader(page.getDictionarySize(), thrift(page.getEncoding())));
            write(header, page.getBytes(), dictionary);
        }

        @Override
        public long getMemSize() {
            return data.size();
        }

        @Override
        public long allocatedSize() {
            return data.size();
        }

        @Override
        public String memUsageString(String prefix) {
            return prefix;
        }
    }
}
