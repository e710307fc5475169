package io.vit4j.spark;

import io.vit4j.base.InputException;
import io.vit4j.data.ListedImages;
import io.vit4j.image.DecodeOptions;
import io.vit4j.image.Picture;
import io.vit4j.infer.Classification;
import io.vit4j.infer.Explanation;
import io.vit4j.infer.Heatmap;
import io.vit4j.infer.ImageClassifier;
import io.vit4j.infer.ImageInput;
import io.vit4j.infer.LabelScore;
import java.io.Serializable;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.spark.TaskContext;
import org.apache.spark.ml.linalg.SQLDataTypes;
import org.apache.spark.ml.linalg.Vectors;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructField;
import org.apache.spark.sql.types.StructType;
import org.apache.spark.util.TaskCompletionListener;
import scala.jdk.javaapi.CollectionConverters;

/**
 * Adds scores to the rows of a partition, batch by batch.
 *
 * @param input number of the column with the picture: a {@link PictureColumn}, or one of addresses
 * @param root where addresses without a file system begin
 * @param vector whether scores are a vector in the order of the model's labels, or else a map by label
 * @param explains whether a column says where the model looked
 * @param batch rows that are read before their pictures are computed
 */
record Scoring(ClassifierPool.Key model, int input, HadoopFolder root, boolean vector, boolean explains, int batch)
        implements Serializable {
    /** Of the column that says where the model looked. */
    static final StructType EXPLANATION = new StructType(new StructField[] {
        DataTypes.createStructField("label", DataTypes.StringType, false),
        DataTypes.createStructField("rows", DataTypes.IntegerType, false),
        DataTypes.createStructField("columns", DataTypes.IntegerType, false),
        DataTypes.createStructField("values", DataTypes.createArrayType(DataTypes.FloatType, false), false)
    });

    /** Of the columns that are added, in this order. */
    static StructType added(StructType before, ScoreColumns names, boolean vector) {
        StructType schema = before.add(
                        names.scores(),
                        vector
                                ? SQLDataTypes.VectorType()
                                : DataTypes.createMapType(DataTypes.StringType, DataTypes.DoubleType, false),
                        true)
                .add(names.present(), DataTypes.createArrayType(DataTypes.StringType, false), true)
                .add(names.fault(), DataTypes.StringType, true);
        return names.explanation().isEmpty() ? schema : schema.add(names.explanation(), EXPLANATION, true);
    }

    /** @param explanation empty for none */
    record ScoreColumns(String scores, String present, String fault, String explanation) {}

    Iterator<Row> over(Iterator<Row> rows) {
        ClassifierPool.Lease lease = ClassifierPool.lease(model);
        TaskContext.get().addTaskCompletionListener((TaskCompletionListener) context -> lease.close());
        Deque<Row> ready = new ArrayDeque<>();
        return new Iterator<>() {
            @Override
            public boolean hasNext() {
                if (ready.isEmpty() && rows.hasNext()) {
                    List<Row> next = new ArrayList<>(batch);
                    while (next.size() < batch && rows.hasNext()) {
                        next.add(rows.next());
                    }
                    ready.addAll(scored(next, lease));
                }
                return !ready.isEmpty();
            }

            @Override
            public Row next() {
                hasNext();
                return ready.remove();
            }
        };
    }

    private List<Row> scored(List<Row> rows, ClassifierPool.Lease lease) {
        ImageClassifier classifier = lease.classifier();
        List<Optional<byte[]>> files = new ArrayList<>();
        List<String> faults = new ArrayList<>();
        List<ImageInput> inputs = new ArrayList<>();
        for (Row row : rows) {
            try {
                byte[] file = file(row);
                files.add(Optional.of(file));
                faults.add("");
                inputs.add(ImageInput.of(name(row), file));
            } catch (InputException e) {
                files.add(Optional.empty());
                faults.add(e.getMessage());
            }
        }
        Iterator<Classification> results = classifier.classifyAll(inputs).iterator();
        List<Row> scored = new ArrayList<>();
        for (int i = 0; i < rows.size(); i++) {
            Object[] values = whole(rows.get(i));
            int at = rows.get(i).size();
            String fault = faults.get(i);
            if (fault.isEmpty()) {
                Classification result = results.next();
                if (result.fault().isPresent()) {
                    fault = result.fault().get().getMessage();
                } else {
                    values[at] = vector
                            ? vector(classifier, result.scores())
                            : CollectionConverters.asScala(map(result.scores()));
                    values[at + 1] = present(result.scores());
                    if (explains) {
                        values[at + 3] =
                                explained(lease, name(rows.get(i)), files.get(i).orElseThrow(), result.scores());
                    }
                }
            }
            values[at + 2] = fault.isEmpty() ? null : fault;
            scored.add(RowFactory.create(values));
        }
        return scored;
    }

    private Object[] whole(Row row) {
        Object[] values = new Object[row.size() + (explains ? 4 : 3)];
        for (int i = 0; i < row.size(); i++) {
            values[i] = row.get(i);
        }
        return values;
    }

    private String name(Row row) {
        Object value = row.get(input);
        if (value instanceof String address) {
            return address;
        }
        return value instanceof Row decoded && decoded.getAs("origin") instanceof String origin
                ? origin
                : "the picture";
    }

    private byte[] file(Row row) {
        return row.get(input) instanceof String address
                ? ListedImages.read(address, length -> root.read(address, length))
                : PictureColumn.file(row.get(input), name(row));
    }

    private static Object vector(ImageClassifier classifier, List<LabelScore> scores) {
        Map<String, Double> byLabel = map(scores);
        return Vectors.dense(
                classifier.labels().stream().mapToDouble(byLabel::get).toArray());
    }

    static Map<String, Double> map(List<LabelScore> scores) {
        Map<String, Double> map = new LinkedHashMap<>();
        scores.forEach(score -> map.put(score.label(), score.score()));
        return map;
    }

    private static Object present(List<LabelScore> scores) {
        return scores.stream()
                .filter(LabelScore::present)
                .map(LabelScore::label)
                .toArray(String[]::new);
    }

    /** Where the model looked for the label of the highest score. */
    private static Row explained(ClassifierPool.Lease lease, String name, byte[] file, List<LabelScore> scores) {
        ImageClassifier classifier = lease.classifier();
        Picture picture = classifier.processor().apply(ImageInput.of(name, file).read(DecodeOptions.DEFAULT));
        String label = scores.get(0).label();
        Heatmap map = lease.explanation()
                .of(picture, classifier.labels().indexOf(label), Explanation.Method.usual(classifier.definition()))
                .heatmap();
        Float[] values = new Float[map.values().length];
        Arrays.setAll(values, i -> map.values()[i]);
        return RowFactory.create(label, map.rows(), map.columns(), values);
    }
}
