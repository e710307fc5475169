package com.example;

import io.vit4j.spark.ViTClassificationModel;
import io.vit4j.spark.ViTClassifier;
import io.vit4j.spark.VitDatasets;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;

/** From folders of pictures on a shared file system to a table of scores. */
public final class Screening {
    private Screening() {}

    /**
     * Tunes a checkpoint on a folder of pictures, and scores those of another.
     *
     * @param ranks tasks that train together
     * @return path, scores and fault of each picture
     */
    public static Dataset<Row> run(
            SparkSession spark, String pictures, String checkpoint, String work, int ranks, String toScore) {
        VitDatasets.prepare(spark, pictures, work + "/dataset", options -> options.imageSize(32, 32));
        ViTClassificationModel tuned = new ViTClassifier()
                .setCheckpoint(checkpoint)
                .setDataset(work + "/dataset")
                .setOutput(work + "/tuned")
                .setReplaceClassifier(true)
                .setRanks(ranks)
                .setArgument("num_train_epochs", "20")
                .setArgument("learning_rate", "3e-3")
                .setArgument("per_device_train_batch_size", "8")
                .fit(spark);
        return tuned.transform(spark.read().format("binaryFile").load(toScore)).select("path", "scores", "fault");
    }
}
