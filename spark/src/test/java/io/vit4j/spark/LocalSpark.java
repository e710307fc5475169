package io.vit4j.spark;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.apache.spark.sql.SparkSession;

/** The Spark of this process, of which there can be one at a time. */
final class LocalSpark {
    /** Flags of a Java that lives for seconds. */
    static final String QUICK = "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC -Xshare:auto";

    private static SparkSession session;

    private LocalSpark() {}

    /** Two threads in this process, for all tests. */
    static SparkSession session() {
        return of("local[2,3]", Map.of()); // a task that fails is tried three times
    }

    /** With executors as processes of their own, which compile quickly rather than well. */
    static SparkSession of(String master) {
        return of(master, Map.of("spark.executor.extraJavaOptions", QUICK));
    }

    /** The session that there is, if it has this master; else a new one instead. */
    static synchronized SparkSession of(String master, Map<String, Object> options) {
        if (session != null
                && !session.sparkContext().isStopped()
                && session.sparkContext().master().equals(master)) {
            return session;
        }
        stop();
        try {
            Files.createDirectories(Path.of(System.getenv("SPARK_HOME"), "jars"));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        SparkSession.Builder builder = SparkSession.builder()
                .master(master)
                .appName("vit4j")
                .config("spark.ui.enabled", false)
                .config("spark.driver.host", "127.0.0.1")
                .config("spark.driver.bindAddress", "127.0.0.1")
                .config("spark.executor.memory", "1g")
                .config("spark.executor.extraClassPath", System.getProperty("java.class.path"))
                .config("spark.executorEnv.OMP_NUM_THREADS", "1")
                .config("spark.sql.shuffle.partitions", 1)
                .config("spark.sql.adaptive.enabled", false)
                .config("spark.sql.codegen.wholeStage", false) // queries of a few rows are not worth compiling
                .config("spark.sql.codegen.factoryMode", "NO_CODEGEN")
                .config("spark.stage.maxConsecutiveAttempts", 2)
                .config("spark.hadoop.fs.flaky.impl", FlakyFileSystem.class.getName())
                .config(
                        "spark.sql.warehouse.dir",
                        Path.of("target/warehouse").toUri().toString());
        options.forEach((name, value) -> builder.config(name, value.toString()));
        session = builder.getOrCreate();
        return session;
    }

    static synchronized void stop() {
        if (session != null) {
            session.stop();
            session = null;
        }
    }
}
