package io.vit4j.data;

import java.nio.file.Path;

/** A format in which data sets are divided into files that hold pictures and columns together. Found by {@link java.util.ServiceLoader}. */
public interface ShardFormat {
    /** How its files' names end, such as {@code .parquet}. */
    String ending();

    /**
     * Opens a file and reads what it says of itself.
     *
     * @throws io.vit4j.base.InputException if it is damaged or something else
     */
    Shard open(Path file);
}
