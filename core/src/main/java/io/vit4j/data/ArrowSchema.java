package io.vit4j.data;

import com.google.flatbuffers.FlatBufferBuilder;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.arrow.flatbuf.Endianness;
import org.apache.arrow.flatbuf.Field;
import org.apache.arrow.flatbuf.FixedSizeList;
import org.apache.arrow.flatbuf.FloatingPoint;
import org.apache.arrow.flatbuf.Int;
import org.apache.arrow.flatbuf.KeyValue;
import org.apache.arrow.flatbuf.Precision;
import org.apache.arrow.flatbuf.Schema;
import org.apache.arrow.flatbuf.Type;
import org.apache.arrow.flatbuf.Utf8;

/** The schema of a data set's file, written with Arrow's generated metadata classes. */
final class ArrowSchema {
    private ArrowSchema() {}

    /** Builds the schema and returns its offset in the builder. */
    static int of(DatasetInfo info, FlatBufferBuilder builder) {
        List<Integer> fields = new ArrayList<>();
        fields.add(utf8(ArrowFormat.FILE_NAME, builder));
        fields.add(utf8(ArrowFormat.SPLIT, builder));
        fields.add(fixedSizeList(ArrowFormat.LABELS, info.labelCount(), Item.FLOAT32, builder));
        info.columns().forEach(name -> fields.add(utf8(name, builder)));
        fields.add(fixedSizeList(ArrowFormat.PIXELS, info.pictureBytes(), Item.UINT8, builder));
        int fieldVector = Schema.createFieldsVector(builder, ints(fields));
        int metadata = Schema.createCustomMetadataVector(builder, keyValues(info.toMetadata(), builder));
        return Schema.createSchema(builder, Endianness.Little, fieldVector, metadata, 0);
    }

    /** Types of a list's items. */
    private enum Item {
        FLOAT32,
        UINT8;

        int field(FlatBufferBuilder builder) {
            int name = builder.createString("item");
            return switch (this) {
                case FLOAT32 ->
                    ArrowSchema.field(
                            name,
                            Type.FloatingPoint,
                            FloatingPoint.createFloatingPoint(builder, Precision.SINGLE),
                            new int[0],
                            builder);
                case UINT8 -> ArrowSchema.field(name, Type.Int, Int.createInt(builder, 8, false), new int[0], builder);
            };
        }
    }

    private static int utf8(String name, FlatBufferBuilder builder) {
        int nameOffset = builder.createString(name);
        Utf8.startUtf8(builder);
        return field(nameOffset, Type.Utf8, Utf8.endUtf8(builder), new int[0], builder);
    }

    private static int fixedSizeList(String name, int size, Item item, FlatBufferBuilder builder) {
        int nameOffset = builder.createString(name);
        int type = FixedSizeList.createFixedSizeList(builder, size);
        return field(nameOffset, Type.FixedSizeList, type, new int[] {item.field(builder)}, builder);
    }

    /** A field that holds no nulls. */
    private static int field(int name, byte typeId, int type, int[] children, FlatBufferBuilder builder) {
        int childVector = Field.createChildrenVector(builder, children);
        int metadata = Field.createCustomMetadataVector(builder, new int[0]);
        Field.startField(builder);
        Field.addName(builder, name);
        Field.addNullable(builder, false);
        Field.addTypeType(builder, typeId);
        Field.addType(builder, type);
        Field.addChildren(builder, childVector);
        Field.addCustomMetadata(builder, metadata);
        return Field.endField(builder);
    }

    private static int[] keyValues(Map<String, String> values, FlatBufferBuilder builder) {
        List<Integer> offsets = new ArrayList<>();
        values.forEach((key, value) ->
                offsets.add(KeyValue.createKeyValue(builder, builder.createString(key), builder.createString(value))));
        return ints(offsets);
    }

    private static int[] ints(List<Integer> offsets) {
        return offsets.stream().mapToInt(Integer::intValue).toArray();
    }
}
