package io.vit4j.spark;

import io.vit4j.data.DistributedPrepare;
import io.vit4j.data.ListedImages;
import java.io.IOException;
import java.util.List;
import java.util.stream.IntStream;
import org.apache.spark.api.java.JavaPairRDD;
import org.apache.spark.api.java.JavaSparkContext;
import scala.Tuple2;

/** Where executors find the pictures' files. */
interface Pictures {
    /** Most rows that a task decodes. */
    int ROWS_OF_TASK = 256;

    /** The picture of each planned row, once, as a {@link Blob} of {@link DistributedPrepare.Decoded}. */
    JavaPairRDD<Integer, byte[]> decoded(JavaSparkContext spark, DistributedPrepare plan);

    /** Files of a folder, or with whole addresses of their own. */
    static Pictures ofFiles(HadoopFolder folder) {
        return (spark, plan) -> {
            List<String> paths = plan.paths();
            List<Tuple2<Integer, String>> rows = IntStream.range(0, paths.size())
                    .mapToObj(row -> new Tuple2<>(row, paths.get(row)))
                    .toList();
            DistributedPrepare.Decoder decoder = plan.decoder();
            return spark.parallelize(rows, tasks(spark, rows.size())).mapToPair(row -> {
                String path = row._2();
                DistributedPrepare.Decoded picture = decoder.decode(
                        row._1(), () -> ListedImages.read(path, length -> folder.read(path, length)), path);
                return new Tuple2<>(row._1(), Blob.of(picture));
            });
        };
    }

    /** How many tasks share so many rows: enough to keep all executors busy, and small enough to be repeated cheaply. */
    static int tasks(JavaSparkContext spark, int rows) {
        int small = (rows + ROWS_OF_TASK - 1) / ROWS_OF_TASK;
        return Math.max(1, Math.max(small, Math.min(rows, spark.defaultParallelism())));
    }

    /** The pictures of a folder and those below. */
    static ListedImages listed(HadoopFolder folder) throws IOException {
        return new ListedImages(folder.toString(), folder.files(), folder::read);
    }
}
