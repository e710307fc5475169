package io.vit4j.spark;

import io.vit4j.PrepareRequest;
import io.vit4j.base.InputException;
import io.vit4j.base.JsonObject;
import io.vit4j.data.CsvLabelFile;
import io.vit4j.train.arguments.TrainingArguments;
import java.util.List;
import java.util.Optional;
import java.util.function.UnaryOperator;
import org.apache.spark.ml.Estimator;
import org.apache.spark.ml.param.BooleanParam;
import org.apache.spark.ml.param.IntParam;
import org.apache.spark.ml.param.Param;
import org.apache.spark.ml.param.ParamMap;
import org.apache.spark.ml.util.DefaultParamsReader;
import org.apache.spark.ml.util.DefaultParamsWritable;
import org.apache.spark.ml.util.Identifiable$;
import org.apache.spark.ml.util.MLReader;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.types.StructType;

/**
 * Fine-tunes a model on a cluster. Training is a barrier stage: every task of it is a rank, and all of them run at the same time.
 *
 * <pre>{@code
 * ViTClassificationModel tuned = new ViTClassifier()
 *         .setCheckpoint("google/vit-base-patch16-224-in21k")
 *         .setDataset("hdfs:///cxr/dataset")
 *         .setOutput("hdfs:///cxr/tuned")
 *         .setArgument("num_train_epochs", "3")
 *         .setRanks(4)
 *         .fit(spark);
 * }</pre>
 *
 * Each machine copies the data set to its local disk once. Checkpoints go to the output folder. If an executor is lost, Spark runs the stage
 * again, and training continues from the newest checkpoint; the weights at the end are the same, to the bit, as if nothing had happened.
 */
public final class ViTClassifier extends Estimator<ViTClassificationModel> implements DefaultParamsWritable {
    private final String uid;
    private Param<String> checkpoint;
    private Param<String> dataset;
    private Param<String> output;
    private Param<String> arguments;
    private IntParam ranks;
    private BooleanParam replaceClassifier;
    private Param<String> localDir;
    private Param<String> imageCol;
    private Param<String> contentCol;
    private Param<String> labelCol;
    private Param<String> patientCol;
    private Param<String> splitCol;

    /** Everything is still to be said. */
    public ViTClassifier() {
        this(Identifiable$.MODULE$.randomUID("vit"));
    }

    /** @param uid by which pipelines know it */
    public ViTClassifier(String uid) {
        this.uid = uid;
        checkpoint = new Param<>(this, "checkpoint", "what training starts from: a folder, or a name on the hub");
        dataset = new Param<>(this, "dataset", "folder of the prepared data set; fit(table) writes it");
        output = new Param<>(this, "output", "folder for checkpoints, results and the tuned model");
        arguments =
                new Param<>(this, "arguments", "training arguments as a JSON object, as vit4j train --args takes them");
        ranks = new IntParam(this, "ranks", "tasks that train together; 0: as many as the parallel configuration has");
        replaceClassifier =
                new BooleanParam(this, "replaceClassifier", "replace a classifier for another number of labels");
        localDir = new Param<>(this, "localDir", "folder on every executor's machine for copies and the run's files");
        imageCol = new Param<>(this, "imageCol", "column with the pictures' names or addresses, for fit(table)");
        contentCol = new Param<>(this, "contentCol", "column with the pictures' files; empty: imageCol has addresses");
        labelCol = new Param<>(this, "labelCol", "column with a label, or an array of labels, for fit(table)");
        patientCol = new Param<>(this, "patientCol", "column that names the patient; empty for none");
        splitCol = new Param<>(this, "splitCol", "column that says train, validation or test; empty for none");
        setDefault(arguments, "{}");
        setDefault(ranks, 0);
        setDefault(replaceClassifier, false);
        setDefault(localDir, System.getProperty("java.io.tmpdir"));
        setDefault(imageCol, "path");
        setDefault(contentCol, "");
        setDefault(labelCol, "label");
        setDefault(patientCol, "");
        setDefault(splitCol, "");
    }

    @Override
    public String uid() {
        return uid;
    }

    /** {@return the parameter: what training starts from} */
    public Param<String> checkpoint() {
        return checkpoint;
    }

    /** {@return the parameter: folder of the prepared data set} */
    public Param<String> dataset() {
        return dataset;
    }

    /** {@return the parameter: folder of the tuned model} */
    public Param<String> output() {
        return output;
    }

    /** {@return the parameter: training arguments as JSON} */
    public Param<String> arguments() {
        return arguments;
    }

    /** {@return the parameter: tasks that train together} */
    public IntParam ranks() {
        return ranks;
    }

    /** {@return the parameter: whether a classifier for other labels is replaced} */
    public BooleanParam replaceClassifier() {
        return replaceClassifier;
    }

    /** {@return the parameter: folder on every executor's machine} */
    public Param<String> localDir() {
        return localDir;
    }

    /** {@return the parameter: column with the pictures' names} */
    public Param<String> imageCol() {
        return imageCol;
    }

    /** {@return the parameter: column with the pictures' files} */
    public Param<String> contentCol() {
        return contentCol;
    }

    /** {@return the parameter: column with labels} */
    public Param<String> labelCol() {
        return labelCol;
    }

    /** {@return the parameter: column with patients} */
    public Param<String> patientCol() {
        return patientCol;
    }

    /** {@return the parameter: column with splits} */
    public Param<String> splitCol() {
        return splitCol;
    }

    /** Sets what training starts from: a folder of any file system of Hadoop's, or a name on the hub, which every executor must reach. */
    public ViTClassifier setCheckpoint(String folderOrName) {
        set(checkpoint, folderOrName);
        return this;
    }

    /** Sets the folder of the data set, which {@link VitDatasets} or {@code vit4j prepare} made, or {@link #fit(Dataset)} will. */
    public ViTClassifier setDataset(String folder) {
        set(dataset, folder);
        return this;
    }

    /** Sets the folder for checkpoints, results and the tuned model. */
    public ViTClassifier setOutput(String folder) {
        set(output, folder);
        return this;
    }

    /** Sets all training arguments: a JSON object as {@code vit4j train --args} takes it. */
    public ViTClassifier setArguments(String json) {
        set(arguments, json);
        return this;
    }

    /**
     * Sets one training argument.
     *
     * @param name with underscores
     * @param value as on the command line
     */
    public ViTClassifier setArgument(String name, String value) {
        return setArguments(given().with(name, value).line());
    }

    /** Sets how many tasks train together; by default as many as the parallel configuration has. */
    public ViTClassifier setRanks(int count) {
        set(ranks, count);
        return this;
    }

    /** Sets whether a classifier that the checkpoint has for another number of labels is replaced; by default that is an error. */
    public ViTClassifier setReplaceClassifier(boolean replace) {
        set(replaceClassifier, replace);
        return this;
    }

    /**
     * Sets the folder, on every executor's machine, for copies of data set and checkpoint and for the files of the run; by default
     * {@code java.io.tmpdir} of the driver.
     */
    public ViTClassifier setLocalDir(String folder) {
        set(localDir, folder);
        return this;
    }

    /** Sets the column with the pictures' names, or with their addresses if there is no {@link #setContentCol}. */
    public ViTClassifier setImageCol(String column) {
        set(imageCol, column);
        return this;
    }

    /** Sets the column with the bytes of the pictures' files. */
    public ViTClassifier setContentCol(String column) {
        set(contentCol, column);
        return this;
    }

    /** Sets the column with the label of each picture, or, if it is an array, with all of its labels. */
    public ViTClassifier setLabelCol(String column) {
        set(labelCol, column);
        return this;
    }

    /** Sets the column that names the patient, whose pictures stay in one split. */
    public ViTClassifier setPatientCol(String column) {
        set(patientCol, column);
        return this;
    }

    /** Sets the column that says {@code train}, {@code validation} or {@code test}. */
    public ViTClassifier setSplitCol(String column) {
        set(splitCol, column);
        return this;
    }

    private JsonObject given() {
        return JsonObject.parse(getOrDefault(arguments), "arguments");
    }

    /**
     * Prepares the table as the data set, unless it is there already, and trains on it. Pictures have the size that the checkpoint takes.
     *
     * @param table with the columns {@link #imageCol}, {@link #labelCol} and so on
     */
    @Override
    public ViTClassificationModel fit(Dataset<?> table) {
        String folder = required(dataset);
        StructType schema = table.schema();
        String label = getOrDefault(labelCol);
        if (!List.of(schema.fieldNames()).contains(label)) {
            throw new InputException("labelCol " + label + ": the table has no such column, but "
                    + String.join(", ", schema.fieldNames()));
        }
        boolean several = schema.apply(label).dataType().typeName().equals("array");
        CsvLabelFile.Columns columns = new CsvLabelFile.Columns(
                getOrDefault(imageCol),
                several ? new CsvLabelFile.JoinedLabels(label, FrameTable.LISTED) : new CsvLabelFile.OneLabel(label),
                named(patientCol),
                named(splitCol));
        TrainingArguments training = TrainJob.arguments(given());
        StartFolder start = start(table.sparkSession());
        UnaryOperator<PrepareRequest> options = request -> {
            request.forModel(start.here());
            training.imageSize().ifPresent(size -> request.imageSize(size.height(), size.width()));
            return request;
        };
        if (getOrDefault(contentCol).isEmpty()) {
            VitDatasets.prepare(table.toDF(), columns, folder, options);
        } else {
            VitDatasets.prepare(table.toDF(), getOrDefault(contentCol), columns, folder, options);
        }
        return fit(table.sparkSession());
    }

    private Optional<String> named(Param<String> column) {
        return Optional.of(getOrDefault(column)).filter(name -> !name.isEmpty());
    }

    /**
     * Trains on the data set that is prepared.
     *
     * @throws InputException if a rank finds something that the user has to mend
     */
    public ViTClassificationModel fit(SparkSession spark) {
        String tuned = required(output);
        String data = required(dataset);
        TrainJob job = new TrainJob(spark, start(spark), data, tuned, getOrDefault(localDir));
        job.run(
                given(),
                (Integer) getOrDefault(ranks),
                getOrDefault(replaceClassifier).equals(true));
        return copyValues(ViTClassificationModel.of(spark, tuned).setParent(this), ParamMap.empty());
    }

    private StartFolder start(SparkSession spark) {
        return StartFolder.of(required(checkpoint), spark.sparkContext().hadoopConfiguration(), getOrDefault(localDir));
    }

    private String required(Param<String> param) {
        if (!isDefined(param)) {
            throw new InputException(param.name() + ": is not set: " + param.doc());
        }
        return getOrDefault(param);
    }

    @Override
    public StructType transformSchema(StructType schema) {
        return schema;
    }

    @Override
    public ViTClassifier copy(ParamMap extra) {
        return defaultCopy(extra);
    }

    /** Reads what {@code write} wrote. */
    public static MLReader<ViTClassifier> read() {
        return new DefaultParamsReader<>();
    }

    /** Reads what {@code save} wrote. */
    public static ViTClassifier load(String path) {
        return read().load(path);
    }
}
