package io.vit4j.spark;

import io.vit4j.PrepareRequest;
import io.vit4j.base.InputException;
import io.vit4j.base.Progress;
import io.vit4j.data.DistributedPrepare;
import io.vit4j.data.PrepareDataset;
import io.vit4j.data.ShardContent;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import org.apache.spark.Partitioner;
import org.apache.spark.TaskContext;
import org.apache.spark.api.java.JavaPairRDD;
import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.storage.StorageLevel;
import scala.Tuple2;

/** Prepares a data set: a first stage decodes the pictures, a second one writes the shards, each of which is a task. */
final class PrepareJob {
    private static final String INDEX = "data.arrow.index.json";
    private static final String SINGLE = "data.arrow";
    private static final String TEMPORARY = "_temporary";
    private static final String SHARD = "data-\\d{5}-of-\\d{5}\\.arrow";

    private final JavaSparkContext spark;
    private final HadoopFolder dataset;

    PrepareJob(SparkSession session, String dataset) {
        spark = JavaSparkContext.fromSparkContext(session.sparkContext());
        this.dataset = HadoopFolder.of(dataset, session.sparkContext().hadoopConfiguration());
    }

    PreparedDataset run(PrepareRequest request, Pictures pictures) {
        Path small = LocalFolders.temporary("prepare");
        try {
            return run(request.output(small), pictures, small);
        } catch (InputException e) {
            uploadProblems(small);
            throw new InputException(e.getMessage().replace(small.toString(), dataset.toString()), e);
        } catch (IOException e) {
            throw new InputException(dataset + ": cannot be written (" + e.getMessage() + "); run it again", e);
        } finally {
            LocalFolders.delete(small);
        }
    }

    private void uploadProblems(Path small) {
        try {
            if (Files.exists(small.resolve("problems.csv"))) {
                dataset.upload(small, "problems.csv"::equals);
            }
        } catch (IOException e) {
            // the first fault is what the user must know
        }
    }

    private PreparedDataset run(PrepareRequest request, Pictures pictures, Path small) throws IOException {
        DistributedPrepare plan = request.distribute(Progress.NONE);
        if (!request.overwrites() && (dataset.has(INDEX) || dataset.has(SINGLE))) {
            return alreadyThere(plan, small);
        }
        dataset.delete(TEMPORARY);
        JavaPairRDD<Integer, byte[]> decoded = pictures.decoded(spark, plan).persist(StorageLevel.DISK_ONLY());
        try {
            List<DistributedPrepare.Fact> facts = facts(decoded);
            List<ShardContent> shards = plan.divide(facts);
            List<Tuple2<String, byte[]>> written = write(shards, facts, decoded);
            PrepareDataset.Prepared prepared = plan.finish(written.stream()
                    .map(shard -> Blob.read(shard._2(), ShardContent.Written.class))
                    .toList());
            publish(shards, written, small);
            return new PreparedDataset(
                    dataset.toString(), prepared.rows(), prepared.skipped(), prepared.remarks(), false);
        } finally {
            decoded.unpersist(false);
            dataset.delete(TEMPORARY);
        }
    }

    private PreparedDataset alreadyThere(DistributedPrepare plan, Path small) throws IOException {
        if (dataset.has(INDEX)) {
            dataset.download(small, INDEX::equals);
            if (plan.isSame(small)) {
                return new PreparedDataset(
                        dataset.toString(),
                        Map.of(),
                        0,
                        List.of("this data set already exists; nothing was done"),
                        true);
            }
        }
        throw new InputException(dataset + ": contains another data set, with other images, labels or settings; choose"
                + " another folder, or replace it with --overwrite true");
    }

    /** What became of each row's picture, in the order of the rows; the pixels stay where they are. */
    private static List<DistributedPrepare.Fact> facts(JavaPairRDD<Integer, byte[]> decoded) {
        List<DistributedPrepare.Fact> facts = new ArrayList<>();
        decoded.values()
                .map(blob -> Blob.of(
                        Blob.read(blob, DistributedPrepare.Decoded.class).fact()))
                .collect()
                .forEach(blob -> facts.add(Blob.read(blob, DistributedPrepare.Fact.class)));
        facts.sort((a, b) -> Integer.compare(a.row(), b.row()));
        return facts;
    }

    /** Writes each shard under a name of its task's, so that a second try of it meets nothing of the first. */
    private List<Tuple2<String, byte[]>> write(
            List<ShardContent> shards, List<DistributedPrepare.Fact> facts, JavaPairRDD<Integer, byte[]> decoded) {
        List<byte[]> contents = shards.stream().map(Blob::of).toList();
        JavaRDD<byte[]> plans = spark.parallelize(contents, contents.size());
        int[] broken = facts.stream()
                .filter(fact -> !fact.fault().isEmpty())
                .mapToInt(DistributedPrepare.Fact::row)
                .toArray();
        JavaPairRDD<Integer, byte[]> sorted = decoded.filter(row -> Arrays.binarySearch(broken, row._1()) < 0)
                .repartitionAndSortWithinPartitions(new ByShard(
                        shards.stream().mapToInt(shard -> shard.rowNumbers()[0]).toArray()));
        HadoopFolder temporary = dataset.resolve(TEMPORARY);
        return plans.zipPartitions(sorted, (plan, pictures) -> {
                    ShardContent shard = Blob.read(plan.next(), ShardContent.class);
                    return Collections.singletonList(written(shard, pictures, temporary))
                            .iterator();
                })
                .collect();
    }

    private static Tuple2<String, byte[]> written(
            ShardContent shard, Iterator<Tuple2<Integer, byte[]>> pictures, HadoopFolder temporary) throws IOException {
        String name = shard.name() + "." + TaskContext.get().taskAttemptId();
        Iterator<DistributedPrepare.Decoded> decoded = new Iterator<>() {
            @Override
            public boolean hasNext() {
                return pictures.hasNext();
            }

            @Override
            public DistributedPrepare.Decoded next() {
                return Blob.read(pictures.next()._2(), DistributedPrepare.Decoded.class);
            }
        };
        try (OutputStream out = temporary.create(name)) {
            return new Tuple2<>(name, Blob.of(shard.write(decoded, out)));
        }
    }

    /** The shards hold rows in ascending order, so the first row of each tells where a row belongs. */
    private static final class ByShard extends Partitioner {
        private final int[] firstRows;

        ByShard(int[] firstRows) {
            this.firstRows = firstRows;
        }

        @Override
        public int numPartitions() {
            return firstRows.length;
        }

        @Override
        public int getPartition(Object row) {
            int at = Arrays.binarySearch(firstRows, (Integer) row);
            return at >= 0 ? at : -at - 2;
        }
    }

    /** Puts the new files in the place of what the folder had of another data set; the index, without which there is none, is last. */
    private void publish(List<ShardContent> shards, List<Tuple2<String, byte[]>> written, Path small)
            throws IOException {
        dataset.delete(INDEX);
        for (String name : dataset.names()) {
            if (name.matches(SHARD) || name.equals("skipped.csv") || name.equals("problems.csv")) {
                dataset.delete(name);
            }
        }
        for (int i = 0; i < shards.size(); i++) {
            dataset.rename(TEMPORARY + "/" + written.get(i)._1(), shards.get(i).name());
        }
        dataset.upload(small, name -> !name.equals(INDEX));
        dataset.upload(small, INDEX::equals);
        dataset.delete(SINGLE);
    }
}
