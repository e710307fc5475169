package io.vit4j.spark;

import io.vit4j.PrepareRequest;
import io.vit4j.Vit4j;
import io.vit4j.base.InputException;
import io.vit4j.data.CsvLabelFile;
import io.vit4j.data.DataFolder;
import io.vit4j.data.ListedImages;
import java.io.IOException;
import java.util.List;
import java.util.function.UnaryOperator;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;

/**
 * Makes data sets of pictures and labels on a cluster. Labels and splits are decided by the driver; executors read and decode the pictures, and
 * write the shards. The data set is the same, byte for byte, as the one that {@code vit4j prepare --shard-size} makes of the same files.
 *
 * <pre>{@code
 * VitDatasets.prepare(spark, "hdfs:///cxr/CXR8", "hdfs:///cxr/dataset", options -> options
 *         .forModel("google/vit-base-patch16-224-in21k")
 *         .onBadImage(PrepareDataset.OnBadImage.SKIP));
 * }</pre>
 *
 * Whatever fails, the data set's folder has no half shard: shards get their names when all are written, and the index last.
 */
public final class VitDatasets {
    /** Bytes of a shard, unless {@link PrepareRequest#shardSize} says otherwise: 512 MiB. */
    public static final long SHARD_SIZE = 512L << 20;

    private VitDatasets() {}

    /**
     * Makes a data set of a folder of pictures: with a label file in it, or a folder per class, as for {@code vit4j prepare}. Archives are not
     * looked into.
     *
     * @param pictures the folder, in any file system of Hadoop's
     * @param dataset the folder of the data set, in any file system of Hadoop's
     * @param options what else is said: model, split, shard size, ... Workers and output have no meaning here
     * @throws InputException with everything that is wrong with the files, in one go
     */
    public static PreparedDataset prepare(
            SparkSession spark, String pictures, String dataset, UnaryOperator<PrepareRequest> options) {
        HadoopFolder folder = HadoopFolder.of(pictures, spark.sparkContext().hadoopConfiguration());
        try {
            HadoopFolder images = folder;
            List<String> names = folder.names();
            if (names.isEmpty()) {
                throw new InputException(folder + ": no such folder, or an empty one; it should contain the images");
            }
            ListedImages listed = null;
            for (String below : DataFolder.imageFolders()) {
                if (listed == null && names.contains(below)) {
                    images = folder.resolve(below);
                    listed = Pictures.listed(images);
                    listed = listed.names().isEmpty() ? null : listed;
                }
            }
            if (listed == null) {
                images = folder;
                listed = Pictures.listed(folder);
            }
            PrepareRequest request = Vit4j.prepare(listed).shardSize(SHARD_SIZE);
            String labels = DataFolder.labelFiles().stream()
                    .filter(names::contains)
                    .findFirst()
                    .orElse("");
            if (!labels.isEmpty()) {
                byte[] content = folder.read(labels);
                request.folder(choices -> choices.labelFile(folder + "/" + labels, content));
            }
            return new PrepareJob(spark, dataset).run(options.apply(request), Pictures.ofFiles(images));
        } catch (IOException e) {
            throw new InputException(folder + ": cannot be read: " + e.getMessage(), e);
        }
    }

    /**
     * Makes a data set of a table that names pictures' files.
     *
     * @param pictures in the order in which the data set is to have them
     * @param columns of the table: that with the files' addresses, and those with labels, patients and splits
     * @param dataset the folder of the data set
     * @param options what else is said
     */
    public static PreparedDataset prepare(
            Dataset<Row> pictures,
            CsvLabelFile.Columns columns,
            String dataset,
            UnaryOperator<PrepareRequest> options) {
        return ofTable(FrameTable.ofPaths(pictures, columns), dataset, options);
    }

    /**
     * Makes a data set of a table that holds pictures' files, such as Spark's {@code binaryFile} source gives, joined with labels; or pictures
     * that Spark's {@code image} source has decoded.
     *
     * @param pictures in the order in which the data set is to have them
     * @param content the column with the files' bytes, or with what the {@code image} source gives
     * @param columns of the table: that with the pictures' names, and those with labels, patients and splits
     * @param dataset the folder of the data set
     * @param options what else is said
     */
    public static PreparedDataset prepare(
            Dataset<Row> pictures,
            String content,
            CsvLabelFile.Columns columns,
            String dataset,
            UnaryOperator<PrepareRequest> options) {
        return ofTable(FrameTable.ofPictures(pictures, content, columns), dataset, options);
    }

    private static PreparedDataset ofTable(FrameTable table, String dataset, UnaryOperator<PrepareRequest> options) {
        PrepareRequest request = Vit4j.prepare(table.images())
                .folder(choices -> choices.labelFile(FrameTable.NAME, table.csv()))
                .columns(table.columns())
                .shardSize(SHARD_SIZE);
        return new PrepareJob(table.spark(), dataset).run(options.apply(request), table.pictures());
    }
}
