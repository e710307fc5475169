package io.vit4j.spark;

import io.vit4j.base.InputException;
import io.vit4j.infer.ImageClassifier;
import io.vit4j.torch.Dtype;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.List;
import org.apache.spark.api.java.function.MapPartitionsFunction;
import org.apache.spark.ml.Model;
import org.apache.spark.ml.param.IntParam;
import org.apache.spark.ml.param.Param;
import org.apache.spark.ml.param.ParamMap;
import org.apache.spark.ml.util.DefaultParamsReader;
import org.apache.spark.ml.util.DefaultParamsWriter;
import org.apache.spark.ml.util.Identifiable$;
import org.apache.spark.ml.util.MLReader;
import org.apache.spark.ml.util.MLWritable;
import org.apache.spark.ml.util.MLWriter;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Encoders;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.api.java.UDF1;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StringType;
import org.apache.spark.sql.types.StructField;
import org.apache.spark.sql.types.StructType;

/**
 * A tuned model that scores the pictures of a table. Each executor has one copy of it in memory for all of its tasks, and one on its
 * machine's disk.
 *
 * <pre>{@code
 * ViTClassificationModel model = ViTClassificationModel.of(spark, "hdfs:///cxr/tuned").setInputCol("path");
 * model.transform(pictures).select("path", "scores", "fault").write().parquet("hdfs:///cxr/scores");
 * }</pre>
 *
 * A row whose picture cannot be read has null scores, and the reason in the column of faults. The others are not affected.
 */
public final class ViTClassificationModel extends Model<ViTClassificationModel> implements MLWritable {
    private static final String FILES = "model";

    private final String uid;
    private final HadoopFolder folder;
    private Param<String> inputCol;
    private Param<String> scoresCol;
    private Param<String> scoresType;
    private Param<String> presentCol;
    private Param<String> faultCol;
    private Param<String> explanationCol;
    private Param<String> dtype;
    private Param<String> localDir;
    private IntParam batchSize;

    private ViTClassificationModel(String uid, HadoopFolder folder) {
        this.uid = uid;
        this.folder = folder;
        inputCol = new Param<>(
                this,
                "inputCol",
                "column with a picture's file (binary), its address (string), or what Spark's image source gives");
        scoresCol = new Param<>(this, "scoresCol", "new column: a score for each label; null if the picture is faulty");
        scoresType =
                new Param<>(this, "scoresType", "map: scores by label; vector: in the order of the model's labels");
        presentCol = new Param<>(this, "presentCol", "new column: the labels whose scores reach their thresholds");
        faultCol = new Param<>(this, "faultCol", "new column: why the picture cannot be read; null if it can");
        explanationCol = new Param<>(
                this, "explanationCol", "new column: where the model looked for its first label; empty for none");
        dtype = new Param<>(this, "dtype", "type of products: float32, bfloat16 or float16");
        localDir = new Param<>(this, "localDir", "folder on every executor's machine for the model's copy");
        batchSize = new IntParam(this, "batchSize", "rows that are read before their pictures are computed together");
        setDefault(inputCol, "content");
        setDefault(scoresCol, "scores");
        setDefault(scoresType, "map");
        setDefault(presentCol, "present");
        setDefault(faultCol, "fault");
        setDefault(explanationCol, "");
        setDefault(dtype, "float32");
        setDefault(localDir, System.getProperty("java.io.tmpdir"));
        setDefault(batchSize, 64);
    }

    /**
     * The tuned model in a folder, as {@code vit4j train} or {@code ViTClassifier} leaves it.
     *
     * @param folder in any file system of Hadoop's that the executors can reach
     */
    public static ViTClassificationModel of(SparkSession spark, String folder) {
        return new ViTClassificationModel(
                Identifiable$.MODULE$.randomUID("vit"),
                HadoopFolder.of(folder, spark.sparkContext().hadoopConfiguration()));
    }

    /** {@return the folder with the tuned model} */
    public String folder() {
        return folder.toString();
    }

    @Override
    public String uid() {
        return uid;
    }

    /** {@return the parameter: column with a picture's file, or its address} */
    public Param<String> inputCol() {
        return inputCol;
    }

    /** {@return the parameter: column of scores} */
    public Param<String> scoresCol() {
        return scoresCol;
    }

    /** {@return the parameter: what scores are, {@code map} or {@code vector}} */
    public Param<String> scoresType() {
        return scoresType;
    }

    /** {@return the parameter: column of the labels that are present} */
    public Param<String> presentCol() {
        return presentCol;
    }

    /** {@return the parameter: column of faults} */
    public Param<String> faultCol() {
        return faultCol;
    }

    /** {@return the parameter: column that says where the model looked} */
    public Param<String> explanationCol() {
        return explanationCol;
    }

    /** {@return the parameter: type of products} */
    public Param<String> dtype() {
        return dtype;
    }

    /** {@return the parameter: folder on every executor's machine} */
    public Param<String> localDir() {
        return localDir;
    }

    /** {@return the parameter: rows of a batch} */
    public IntParam batchSize() {
        return batchSize;
    }

    /**
     * Sets the column with a picture's file (binary), its address (string), or what Spark's {@code image} source gives; {@code content} by
     * default.
     */
    public ViTClassificationModel setInputCol(String column) {
        set(inputCol, column);
        return this;
    }

    /** Sets the column of scores, {@code scores} by default. */
    public ViTClassificationModel setScoresCol(String column) {
        set(scoresCol, column);
        return this;
    }

    /** Sets what scores are: {@code map} by label, or {@code vector} in the order of {@link #labels}. */
    public ViTClassificationModel setScoresType(String type) {
        set(scoresType, type);
        return this;
    }

    /** Sets the column of the labels whose scores reach their thresholds, {@code present} by default. */
    public ViTClassificationModel setPresentCol(String column) {
        set(presentCol, column);
        return this;
    }

    /** Sets the column of faults, {@code fault} by default. */
    public ViTClassificationModel setFaultCol(String column) {
        set(faultCol, column);
        return this;
    }

    /**
     * Adds a column that says where the model looked for the label of the highest score: {@code label}, {@code rows}, {@code columns} and
     * {@code values} of a grid over what the model saw. It takes several times as long as the scores.
     */
    public ViTClassificationModel setExplanationCol(String column) {
        set(explanationCol, column);
        return this;
    }

    /** Sets the type of products: {@code float32} (the default), {@code bfloat16} or {@code float16}. */
    public ViTClassificationModel setDtype(String type) {
        set(dtype, type);
        return this;
    }

    /** Sets the folder on every executor's machine in which the model's copy is kept, by default {@code java.io.tmpdir}. */
    public ViTClassificationModel setLocalDir(String local) {
        set(localDir, local);
        return this;
    }

    /** Sets how many rows are read before their pictures are computed together, 64 by default. */
    public ViTClassificationModel setBatchSize(int rows) {
        set(batchSize, rows);
        return this;
    }

    /** {@return the labels, in the order of the model's outputs; the model is fetched to this machine for it} */
    public List<String> labels() {
        return io.vit4j.model.Pretrained.definition(local()).labels();
    }

    private Path local() {
        ClassifierPool.Key key = key();
        return LocalFolders.copy(key.folder(), key.name(), key.localDir());
    }

    private ClassifierPool.Key key() {
        try {
            return new ClassifierPool.Key(
                    folder,
                    LocalFolders.name("model", folder),
                    getOrDefault(localDir),
                    Dtype.parse(getOrDefault(dtype)));
        } catch (IOException e) {
            throw new InputException(folder + ": cannot be read: " + e.getMessage(), e);
        }
    }

    @Override
    public StructType transformSchema(StructType schema) {
        String column = getOrDefault(inputCol);
        if (!List.of(schema.fieldNames()).contains(column)) {
            throw new InputException("inputCol " + column + ": the table has no such column, but "
                    + String.join(", ", schema.fieldNames()));
        }
        DataType type = schema.apply(column).dataType();
        if (!PictureColumn.is(type) && !(type instanceof StringType)) {
            throw new InputException("inputCol " + column + ": is " + type.simpleString()
                    + ", but must be binary (picture files), string (their addresses), or what Spark's image source"
                    + " gives");
        }
        String scores = getOrDefault(scoresType);
        if (!List.of("map", "vector").contains(scores)) {
            throw new InputException("scoresType " + scores + ": it can be map or vector");
        }
        if (getOrDefault(batchSize) instanceof Integer rows && rows < 1) {
            throw new InputException("batchSize " + rows + ": it must be at least 1");
        }
        Scoring.ScoreColumns names = new Scoring.ScoreColumns(
                getOrDefault(scoresCol),
                getOrDefault(presentCol),
                getOrDefault(faultCol),
                getOrDefault(explanationCol));
        for (String added : List.of(names.scores(), names.present(), names.fault(), names.explanation())) {
            if (List.of(schema.fieldNames()).contains(added)) {
                throw new InputException("the table has a column " + added + " already; give another name");
            }
        }
        return Scoring.added(schema, names, scores.equals("vector"));
    }

    @Override
    public Dataset<Row> transform(Dataset<?> table) {
        StructType schema = transformSchema(table.schema());
        Scoring scoring = new Scoring(
                key(),
                table.schema().fieldIndex(getOrDefault(inputCol)),
                HadoopFolder.of("/", table.sparkSession().sparkContext().hadoopConfiguration()),
                getOrDefault(scoresType).equals("vector"),
                !getOrDefault(explanationCol).isEmpty(),
                (Integer) getOrDefault(batchSize));
        MapPartitionsFunction<Row, Row> scored = scoring::over;
        return table.toDF().mapPartitions(scored, Encoders.row(schema));
    }

    /**
     * Registers a function of SQL, such as {@code vit_predict(content)}, that gives {@code scores} (by label) and {@code fault} of a picture's
     * file, or of a column of Spark's {@code image} source. It takes a row at a time, so {@link #transform} is faster for tables.
     */
    public void register(SparkSession spark, String name) {
        ClassifierPool.Key key = key();
        StructType type = new StructType(new StructField[] {
            DataTypes.createStructField(
                    "scores", DataTypes.createMapType(DataTypes.StringType, DataTypes.DoubleType, false), true),
            DataTypes.createStructField("fault", DataTypes.StringType, true)
        });
        UDF1<Object, Row> predict = picture -> {
            try (ClassifierPool.Lease lease = ClassifierPool.lease(key)) {
                ImageClassifier classifier = lease.classifier();
                return RowFactory.create(
                        Scoring.map(classifier.classify(PictureColumn.file(picture, "the picture"))), null);
            } catch (InputException e) {
                return RowFactory.create(null, e.getMessage());
            }
        };
        spark.udf().register(name, predict, type);
    }

    @Override
    public ViTClassificationModel copy(ParamMap extra) {
        ViTClassificationModel copied = new ViTClassificationModel(uid, folder);
        copyValues(copied, extra);
        copied.setParent(parent());
        return copied;
    }

    /** Writes the parameters, and a copy of the model's files. */
    @Override
    public MLWriter write() {
        ViTClassificationModel model = this;
        return new MLWriter() {
            @Override
            public void saveImpl(String path) {
                DefaultParamsWriter.saveMetadata(model, path, sparkSession());
                try {
                    HadoopFolder to =
                            HadoopFolder.of(path, sc().hadoopConfiguration()).resolve(FILES);
                    to.upload(local(), file -> !file.startsWith("checkpoint-"));
                } catch (IOException e) {
                    throw new UncheckedIOException(e);
                }
            }
        };
    }

    /** Reads what {@link #write} wrote. */
    public static MLReader<ViTClassificationModel> read() {
        return new MLReader<>() {
            @Override
            public ViTClassificationModel load(String path) {
                DefaultParamsReader.Metadata metadata =
                        DefaultParamsReader.loadMetadata(path, sparkSession(), ViTClassificationModel.class.getName());
                ViTClassificationModel model = new ViTClassificationModel(
                        metadata.uid(),
                        HadoopFolder.of(path, sc().hadoopConfiguration()).resolve(FILES));
                metadata.getAndSetParams(model, metadata.getAndSetParams$default$2());
                return model;
            }
        };
    }

    /** Reads what {@code save} wrote. */
    public static ViTClassificationModel load(String path) {
        return read().load(path);
    }

    @Override
    public String toString() {
        return "ViTClassificationModel " + uid + " of " + folder;
    }
}
