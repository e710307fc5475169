package io.vit4j.parquet;

import io.vit4j.data.Shard;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.apache.parquet.column.ColumnDescriptor;
import org.apache.parquet.format.ConvertedType;
import org.apache.parquet.format.FieldRepetitionType;
import org.apache.parquet.format.LogicalType;
import org.apache.parquet.format.SchemaElement;
import org.apache.parquet.format.Type;
import org.apache.parquet.schema.PrimitiveType;

/**
 * A column at the top of a file's schema.
 *
 * @param column its name and kind
 * @param value the leaf with its values; for a picture that with the path. Empty if it cannot be read
 * @param bytes the leaf with its files' bytes, if it has any
 */
record ParquetColumn(Shard.Column column, Optional<Leaf> value, Optional<Leaf> bytes) {
    private static final int DEEPEST = 64;
    private static final int LIST_PATH = 3;

    /**
     * A leaf of the schema.
     *
     * @param number among all leaves, as row groups list them
     * @param descriptor its path, type and levels
     * @param text how its values are written
     */
    record Leaf(int number, ColumnDescriptor descriptor, ValueText text) {
        /** Whether it is {@code labels.list.element}, or written as older programs write it; not the field of a list's structs. */
        boolean isList() {
            return descriptor.getMaxRepetitionLevel() == 1 && descriptor.getPath().length <= LIST_PATH;
        }
    }

    private record Found(List<String> path, SchemaElement element, Leaf leaf) {}

    static List<ParquetColumn> in(List<SchemaElement> schema, Path file) {
        return new Reader(schema, file).columns();
    }

    /** Walks the schema, which lists the elements of the tree one after another. */
    private static final class Reader {
        private final List<SchemaElement> schema;
        private final Path file;
        private int next = 1;
        private int leaves;

        Reader(List<SchemaElement> schema, Path file) {
            this.schema = schema;
            this.file = file;
        }

        List<ParquetColumn> columns() {
            if (schema.isEmpty() || schema.get(0).getNum_children() < 1) {
                throw ParquetFooter.damaged(file, "it has no columns");
            }
            List<ParquetColumn> columns = new ArrayList<>();
            Set<String> names = new HashSet<>();
            int count = schema.get(0).getNum_children();
            for (int i = 0; i < count; i++) {
                SchemaElement top = peek();
                List<Found> found = new ArrayList<>();
                walk(List.of(), 0, 0, found, 0);
                if (!names.add(top.getName())) {
                    throw ParquetFooter.damaged(file, "it has two columns " + top.getName());
                }
                columns.add(column(top, found));
            }
            return columns;
        }

        private SchemaElement peek() {
            if (next >= schema.size()) {
                throw ParquetFooter.damaged(file, "its schema ends too early");
            }
            return schema.get(next);
        }

        private void walk(List<String> above, int repetition, int definition, List<Found> found, int depth) {
            SchemaElement element = peek();
            next++;
            if (depth > DEEPEST) {
                throw ParquetFooter.damaged(file, "its schema is nested too deeply");
            }
            List<String> path = new ArrayList<>(above);
            path.add(element.getName());
            FieldRepetitionType repeated =
                    element.isSetRepetition_type() ? element.getRepetition_type() : FieldRepetitionType.REQUIRED;
            int r = repetition + (repeated == FieldRepetitionType.REPEATED ? 1 : 0);
            int d = definition + (repeated == FieldRepetitionType.REQUIRED ? 0 : 1);
            if (element.isSetNum_children() && element.getNum_children() > 0) {
                for (int i = 0; i < element.getNum_children(); i++) {
                    walk(path, r, d, found, depth + 1);
                }
            } else if (!element.isSetType()) {
                return; // a group without columns
            } else {
                found.add(new Found(path, element, new Leaf(leaves++, descriptor(path, element, r, d), text(element))));
            }
        }

        private static ColumnDescriptor descriptor(List<String> path, SchemaElement element, int r, int d) {
            PrimitiveType type = new PrimitiveType(
                    org.apache.parquet.schema.Type.Repetition.OPTIONAL, // the levels say how it is
                    PrimitiveType.PrimitiveTypeName.valueOf(
                            element.getType() == Type.BYTE_ARRAY
                                    ? "BINARY"
                                    : element.getType().name()),
                    element.getType_length(),
                    element.getName());
            return new ColumnDescriptor(path.toArray(String[]::new), type, r, d);
        }

        private static ParquetColumn column(SchemaElement top, List<Found> found) {
            if (found.size() == 1) {
                Leaf leaf = found.get(0).leaf();
                boolean direct =
                        found.get(0).path().size() == 1 && leaf.descriptor().getMaxRepetitionLevel() == 0;
                if (leaf.text() == ValueText.BYTES && direct) {
                    return of(top, Shard.Kind.BYTES, Optional.of(leaf), Optional.of(leaf));
                }
                if (leaf.text() != ValueText.NONE && leaf.text() != ValueText.BYTES && (direct || leaf.isList())) {
                    return of(top, direct ? Shard.Kind.VALUE : Shard.Kind.VALUES, Optional.of(leaf), Optional.empty());
                }
            }
            Map<String, Leaf> inside = new java.util.HashMap<>();
            for (Found each : found) {
                if (each.path().size() == 2 && each.leaf().descriptor().getMaxRepetitionLevel() == 0) {
                    inside.put(each.path().get(1), each.leaf());
                }
            }
            Leaf bytes = inside.get("bytes");
            Leaf path = inside.get("path");
            if (bytes != null && isBinary(bytes)) {
                return of(
                        top,
                        Shard.Kind.PICTURE,
                        Optional.ofNullable(path).filter(Reader::isBinary),
                        Optional.of(bytes));
            }
            return of(top, Shard.Kind.OTHER, Optional.empty(), Optional.empty());
        }

        private static boolean isBinary(Leaf leaf) {
            return leaf.text() == ValueText.BYTES || leaf.text() == ValueText.TEXT;
        }

        private static ParquetColumn of(
                SchemaElement top, Shard.Kind kind, Optional<Leaf> value, Optional<Leaf> bytes) {
            return new ParquetColumn(new Shard.Column(top.getName(), kind), value, bytes);
        }
    }

    private static ValueText text(SchemaElement element) {
        LogicalType logical = element.isSetLogicalType() ? element.getLogicalType() : new LogicalType();
        ConvertedType converted = element.isSetConverted_type() ? element.getConverted_type() : null;
        boolean decimal = logical.isSetDECIMAL() || converted == ConvertedType.DECIMAL;
        boolean time =
                logical.isSetTIME() || converted == ConvertedType.TIME_MILLIS || converted == ConvertedType.TIME_MICROS;
        if (decimal || time) {
            return ValueText.NONE;
        }
        boolean unsigned = logical.isSetINTEGER()
                ? !logical.getINTEGER().isIsSigned()
                : converted == ConvertedType.UINT_32 || converted == ConvertedType.UINT_64;
        return switch (element.getType()) {
            case BOOLEAN -> ValueText.TRUTH;
            case INT32 ->
                logical.isSetDATE() || converted == ConvertedType.DATE
                        ? ValueText.DATE
                        : unsigned ? ValueText.UNSIGNED : ValueText.WHOLE;
            case INT64 ->
                logical.isSetTIMESTAMP()
                        ? logical.getTIMESTAMP().getUnit().isSetMILLIS()
                                ? ValueText.MILLIS
                                : logical.getTIMESTAMP().getUnit().isSetMICROS() ? ValueText.MICROS : ValueText.NANOS
                        : converted == ConvertedType.TIMESTAMP_MILLIS
                                ? ValueText.MILLIS
                                : converted == ConvertedType.TIMESTAMP_MICROS
                                        ? ValueText.MICROS
                                        : unsigned ? ValueText.UNSIGNED_LONG : ValueText.LONG;
            case FLOAT -> ValueText.FLOAT;
            case DOUBLE -> ValueText.DOUBLE;
            case BYTE_ARRAY ->
                logical.isSetSTRING()
                                || logical.isSetENUM()
                                || logical.isSetJSON()
                                || converted == ConvertedType.UTF8
                                || converted == ConvertedType.ENUM
                                || converted == ConvertedType.JSON
                        ? ValueText.TEXT
                        : ValueText.BYTES;
            default -> ValueText.NONE;
        };
    }
}
