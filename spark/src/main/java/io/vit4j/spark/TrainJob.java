package io.vit4j.spark;

import io.vit4j.base.InputException;
import io.vit4j.base.JsonObject;
import io.vit4j.parallel.ParallelConfig;
import io.vit4j.parallel.RendezvousSecret;
import io.vit4j.train.arguments.ParallelArguments;
import io.vit4j.train.arguments.TrainingArguments;
import java.io.IOException;
import java.io.Serializable;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.stream.IntStream;
import org.apache.hadoop.conf.Configuration;
import org.apache.spark.HashPartitioner;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.sql.SparkSession;
import scala.Function1;
import scala.Tuple2;
import scala.jdk.javaapi.CollectionConverters;
import scala.reflect.ClassTag$;

/** Trains: a barrier stage, each of whose tasks is a rank. */
final class TrainJob {
    private final JavaSparkContext spark;
    private final StartFolder start;
    private final HadoopFolder dataset;
    private final HadoopFolder tuned;
    private final String localDir;

    TrainJob(SparkSession session, StartFolder start, String dataset, String output, String localDir) {
        Configuration configuration = session.sparkContext().hadoopConfiguration();
        spark = JavaSparkContext.fromSparkContext(session.sparkContext());
        this.start = start;
        this.dataset = HadoopFolder.of(dataset, configuration);
        tuned = HadoopFolder.of(output, configuration);
        this.localDir = localDir;
    }

    /** What is given, which may name nothing that the cluster decides. */
    static TrainingArguments arguments(JsonObject given) {
        for (String name : List.of("output_dir", "rendezvous_secret")) {
            if (given.has(name)) {
                throw new InputException("arguments: " + name + " is decided by the cluster; leave it out");
            }
        }
        TrainingArguments training = TrainingArguments.builder()
                .read(given)
                .outputDir(Path.of("output"))
                .build();
        if (training.resumeFromCheckpoint().isPresent()) {
            throw new InputException(
                    "arguments: resume_from_checkpoint can be true: the newest checkpoint in the output"
                            + " folder is continued");
        }
        return training;
    }

    /**
     * Trains to the end.
     *
     * @param given training arguments
     * @param ranks 0 for as many as the parallel configuration has
     * @throws InputException if a rank finds something that the user has to mend
     */
    void run(JsonObject given, int ranks, boolean replacesClassifier) {
        TrainingArguments training = arguments(given);
        if (ranks < 0) {
            throw new InputException(
                    "ranks " + ranks + ": it must be at least 1, or 0 for the parallel configuration's");
        }
        Optional<ParallelConfig> layout = ParallelArguments.config(training);
        int tasks = ranks > 0 ? ranks : layout.map(ParallelConfig::ranks).orElse(1);
        RankSettings settings = settings(given, training, layout, replacesClassifier);
        makeRoom(training);
        ends(settings, tasks).stream().filter(end -> !end.isEmpty()).findFirst().ifPresent(mendable -> {
            throw new InputException(mendable);
        });
    }

    private void makeRoom(TrainingArguments training) {
        RunFolder run = new RunFolder(tuned);
        if (run.holdsRun() && !training.resume()) {
            if (!training.overwriteOutputDir()) {
                throw new InputException(
                        tuned + ": already contains a run; use --resume-from-checkpoint true to continue"
                                + " it, or --overwrite-output-dir true to start again");
            }
            run.forget();
        }
    }

    /**
     * What each rank ends with: empty, or what the user has to mend. The ends go through a shuffle, because Spark repeats a barrier stage that
     * others read from, but not one that is the last of its job.
     */
    private List<String> ends(RankSettings settings, int tasks) {
        Function1<scala.collection.Iterator<Integer>, scala.collection.Iterator<String>> rank =
                (Function1<scala.collection.Iterator<Integer>, scala.collection.Iterator<String>> & Serializable)
                        one -> CollectionConverters.asScala(
                                List.of(RankTask.run(settings)).iterator());
        return spark.parallelize(IntStream.range(0, tasks).boxed().toList(), tasks)
                .rdd()
                .barrier()
                .mapPartitions(rank, false, ClassTag$.MODULE$.<String>apply(String.class))
                .toJavaRDD()
                .mapToPair(end -> new Tuple2<>(0, end))
                .partitionBy(new HashPartitioner(1))
                .values()
                .collect();
    }

    private RankSettings settings(
            JsonObject given, TrainingArguments training, Optional<ParallelConfig> layout, boolean replacesClassifier) {
        try {
            return new RankSettings(
                    UUID.randomUUID().toString(),
                    start,
                    dataset,
                    LocalFolders.name("data", dataset),
                    tuned,
                    given.line(),
                    layout.map(config -> config.toJson().line()).orElse(""),
                    training.resume(),
                    replacesClassifier,
                    RendezvousSecret.random().text(),
                    localDir);
        } catch (IOException e) {
            throw new InputException(dataset + ": cannot be read: " + e.getMessage(), e);
        }
    }
}
