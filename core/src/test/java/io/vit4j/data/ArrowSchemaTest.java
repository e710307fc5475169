package io.vit4j.data;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.flatbuffers.FlatBufferBuilder;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import org.apache.arrow.vector.types.FloatingPointPrecision;
import org.apache.arrow.vector.types.pojo.ArrowType;
import org.apache.arrow.vector.types.pojo.Field;
import org.apache.arrow.vector.types.pojo.FieldType;
import org.apache.arrow.vector.types.pojo.Schema;
import org.junit.jupiter.api.Test;

class ArrowSchemaTest {
    @Test
    void arrowsOwnClassesReadTheSchemaThatIsMeant() {
        DatasetInfo info = ArrowBytes.info();
        List<Field> fields = new ArrayList<>(List.of(
                utf8("file_name"),
                utf8("split"),
                list("labels", info.labelCount(), new ArrowType.FloatingPoint(FloatingPointPrecision.SINGLE))));
        info.columns().forEach(name -> fields.add(utf8(name)));
        fields.add(list("pixels", info.pictureBytes(), new ArrowType.Int(8, false)));

        FlatBufferBuilder builder = new FlatBufferBuilder();
        builder.finish(ArrowSchema.of(info, builder));
        Schema read = Schema.convertSchema(
                org.apache.arrow.flatbuf.Schema.getRootAsSchema(ByteBuffer.wrap(builder.sizedByteArray())));

        assertThat(info.columns()).isNotEmpty();
        assertThat(read).isEqualTo(new Schema(fields, info.toMetadata()));
    }

    private static Field utf8(String name) {
        return new Field(name, FieldType.notNullable(ArrowType.Utf8.INSTANCE), List.of());
    }

    private static Field list(String name, int size, ArrowType item) {
        return new Field(
                name,
                FieldType.notNullable(new ArrowType.FixedSizeList(size)),
                List.of(new Field("item", FieldType.notNullable(item), List.of())));
    }
}
