package io.vit4j.spark;

import io.vit4j.base.InputException;
import io.vit4j.data.CsvLabelFile;
import io.vit4j.data.DistributedPrepare;
import io.vit4j.data.ImageSource;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.spark.api.java.JavaPairRDD;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.broadcast.Broadcast;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.functions;
import org.apache.spark.sql.types.ArrayType;
import org.apache.spark.sql.types.BinaryType;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.StructField;
import scala.Tuple2;

/** A table of pictures: what of it comes to the driver, as the text of a label file, and where executors find the pictures. */
final class FrameTable {
    /** What messages call the table. */
    static final String NAME = "the table of pictures";

    private static final String LENGTH = "vit4j_length";
    private static final String SUM = "vit4j_sum";
    private static final String WIDTH = "vit4j_width";
    static final String LISTED = "|";

    private final Dataset<Row> frame;
    private final CsvLabelFile.Columns columns;
    private final Pictures pictures;
    private final String csv;
    private final Map<String, String> fingerprints = new LinkedHashMap<>();

    private FrameTable(Dataset<Row> frame, CsvLabelFile.Columns columns, Pictures pictures, List<Column> prints) {
        this.frame = frame;
        this.columns = columns;
        this.pictures = pictures;
        List<StructField> kept = Arrays.stream(frame.schema().fields())
                .filter(field -> isText(field.dataType()))
                .toList();
        if (kept.stream().noneMatch(field -> field.name().equals(columns.image()))) {
            throw new InputException(NAME + ": has no column " + columns.image() + " with the pictures' names; it has "
                    + Arrays.toString(frame.columns()));
        }
        List<Column> selected = new ArrayList<>();
        kept.forEach(field -> selected.add(text(field)));
        selected.addAll(prints);
        List<Row> rows = frame.select(selected.toArray(Column[]::new)).collectAsList();
        csv = csv(kept.stream().map(StructField::name).toList(), rows);
        int image = kept.stream().map(StructField::name).toList().indexOf(columns.image());
        for (Row row : rows) {
            if (!row.isNullAt(image)) {
                StringBuilder print = new StringBuilder();
                for (int i = kept.size(); i < row.size(); i++) {
                    print.append(row.get(i)).append(' ');
                }
                String name = row.getString(image);
                String before = fingerprints.putIfAbsent(name, print.toString().strip());
                if (before != null && !before.equals(print.toString().strip())) {
                    throw new InputException(NAME + ": two rows named " + name + " hold different pictures; give each"
                            + " picture a name of its own");
                }
            }
        }
    }

    /** Each row names a file. */
    static FrameTable ofPaths(Dataset<Row> frame, CsvLabelFile.Columns columns) {
        SparkSession spark = frame.sparkSession();
        HadoopFolder root = HadoopFolder.of("/", spark.sparkContext().hadoopConfiguration());
        FrameTable table = new FrameTable(frame, columns, Pictures.ofFiles(root), List.of());
        table.look(root);
        return table;
    }

    /** Lets executors look at the files: their lengths and dates, not their content. Those that are not there are no pictures. */
    private void look(HadoopFolder root) {
        JavaSparkContext spark =
                JavaSparkContext.fromSparkContext(frame.sparkSession().sparkContext());
        List<String> names = List.copyOf(fingerprints.keySet());
        List<String> found = spark.parallelize(names, Pictures.tasks(spark, names.size()))
                .map(name -> root.has(name) ? root.entry(name).fingerprint() : "")
                .collect();
        for (int i = 0; i < names.size(); i++) {
            if (found.get(i).isEmpty()) {
                fingerprints.remove(names.get(i));
            } else {
                fingerprints.put(names.get(i), found.get(i));
            }
        }
    }

    /** Each row holds a picture. */
    static FrameTable ofPictures(Dataset<Row> frame, String content, CsvLabelFile.Columns columns) {
        if (!Arrays.asList(frame.columns()).contains(content)
                || !PictureColumn.is(frame.schema().apply(content).dataType())) {
            throw new InputException(
                    NAME + ": has no column " + content + " of bytes, or of Spark's image source; it has "
                            + frame.schema().simpleString());
        }
        Column picture = frame.col(quoted(content));
        boolean decoded = PictureColumn.isDecoded(frame.schema().apply(content).dataType());
        Column bytes = decoded ? picture.getField("data") : picture;
        List<Column> prints = new ArrayList<>(List.of(
                functions.length(bytes).as(LENGTH), functions.crc32(bytes).as(SUM)));
        if (decoded) {
            prints.add(picture.getField("width").as(WIDTH));
        }
        return new FrameTable(
                frame, columns, new Held(frame.select(frame.col(quoted(columns.image())), picture)), prints);
    }

    private static String quoted(String column) {
        return "`" + column.replace("`", "``") + "`";
    }

    /** Whether a column can be one of a label file. */
    private static boolean isText(DataType type) {
        return !(type instanceof BinaryType)
                && !type.typeName().equals("struct")
                && !type.typeName().equals("map")
                && !(type instanceof ArrayType list && !isText(list.elementType()));
    }

    /** Of a list, its values with {@code |} between them. */
    private static Column text(StructField field) {
        Column column = functions.col(quoted(field.name()));
        return (field.dataType() instanceof ArrayType ? functions.concat_ws(LISTED, column) : column.cast("string"))
                .as(field.name());
    }

    private static String csv(List<String> names, List<Row> rows) {
        StringBuilder text = new StringBuilder();
        appendLine(text, names);
        for (Row row : rows) {
            List<String> cells = new ArrayList<>();
            for (int i = 0; i < names.size(); i++) {
                cells.add(row.isNullAt(i) ? "" : row.getString(i));
            }
            appendLine(text, cells);
        }
        return text.toString();
    }

    private static void appendLine(StringBuilder text, List<String> cells) {
        for (int i = 0; i < cells.size(); i++) {
            text.append(i == 0 ? "\"" : ",\"")
                    .append(cells.get(i).replace("\"", "\"\""))
                    .append('"');
        }
        text.append('\n');
    }

    SparkSession spark() {
        return frame.sparkSession();
    }

    byte[] csv() {
        return csv.getBytes(StandardCharsets.UTF_8);
    }

    CsvLabelFile.Columns columns() {
        return columns;
    }

    Pictures pictures() {
        return pictures;
    }

    /** The pictures by their names in the table. Their headers are not looked at: what they say can be columns. */
    ImageSource images() {
        return new ImageSource.ByName() {
            @Override
            public String description() {
                return NAME;
            }

            @Override
            public List<String> names() {
                return List.copyOf(fingerprints.keySet());
            }

            @Override
            public byte[] read(String name) {
                throw new IllegalStateException("pictures are read by executors");
            }

            @Override
            public byte[] begin(String name, int length) {
                return new byte[0];
            }

            @Override
            public String fingerprint(String name) {
                return fingerprints.getOrDefault(name, "absent");
            }
        };
    }

    /** Pictures that the table holds. */
    private record Held(Dataset<Row> frame) implements Pictures {
        @Override
        public JavaPairRDD<Integer, byte[]> decoded(JavaSparkContext spark, DistributedPrepare plan) {
            Map<String, Integer> rowOf = new HashMap<>();
            List<String> paths = plan.paths();
            for (int row = 0; row < paths.size(); row++) {
                rowOf.put(paths.get(row), row);
            }
            Broadcast<Map<String, Integer>> rows = spark.broadcast(rowOf);
            DistributedPrepare.Decoder decoder = plan.decoder();
            String name = frame.columns()[0];
            return frame.dropDuplicates(name)
                    .toJavaRDD()
                    .filter(row -> !row.isNullAt(0)
                            && rows.value().containsKey(row.get(0).toString()))
                    .mapToPair(row -> {
                        String path = row.get(0).toString();
                        int number = rows.value().get(path);
                        return new Tuple2<>(
                                number,
                                Blob.of(decoder.decode(number, () -> PictureColumn.file(row.get(1), path), path)));
                    });
        }
    }
}
