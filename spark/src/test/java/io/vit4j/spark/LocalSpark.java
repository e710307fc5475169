package io.vit4j.spark;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.apache.spark.sql.SparkSession;

/** The Spark of this process, of which there can be one at a time. */
final class LocalSpark {
    private static SparkSession session;

    private LocalSpark() {}

    /** Two threads in this process, for all tests. */
    static synchronized SparkSession session() {
        if (session == null || session.sparkContext().isStopped()) {
            session = builder()
                    .master("local[2,3]") // a task that fails is tried three times
                    .config("spark.sql.shuffle.partitions", 2)
                    .getOrCreate();
        }
        return session;
    }

    /** With executors as processes of their own. */
    static synchronized SparkSession of(String master) {
        stop();
        try {
            Files.createDirectories(Path.of(System.getenv("SPARK_HOME"), "jars"));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        session = builder()
                .master(master)
                .config("spark.executor.memory", "1g")
                .config("spark.executor.extraClassPath", System.getProperty("java.class.path"))
                .config("spark.executorEnv.OMP_NUM_THREADS", "1")
                .getOrCreate();
        return session;
    }

    static synchronized void stop() {
        if (session != null) {
            session.stop();
            session = null;
        }
    }

    private static SparkSession.Builder builder() {
        return SparkSession.builder()
                .appName("vit4j")
                .config("spark.ui.enabled", false)
                .config("spark.driver.host", "127.0.0.1")
                .config("spark.driver.bindAddress", "127.0.0.1")
                .config("spark.hadoop.fs.flaky.impl", FlakyFileSystem.class.getName())
                .config(
                        "spark.sql.warehouse.dir",
                        Path.of("target/warehouse").toUri().toString());
    }
}
