package io.vit4j.parquet;

import io.vit4j.data.Shard;
import io.vit4j.data.ShardFormat;
import java.nio.file.Path;

/**
 * Parquet, as Hugging Face {@code datasets}, pandas and pyarrow write it: uncompressed or with Snappy, Zstandard, gzip or LZ4.
 *
 * <pre>{@code
 * Shard shard = new ParquetFormat().open(Path.of("data/train-00000-of-00005.parquet"));
 * byte[] picture = shard.files("image").read(0).orElseThrow();
 * }</pre>
 */
public final class ParquetFormat implements ShardFormat {
    /** For {@link java.util.ServiceLoader}. */
    public ParquetFormat() {}

    @Override
    public String ending() {
        return ".parquet";
    }

    @Override
    public Shard open(Path file) {
        return new ParquetShard(ParquetFooter.read(file));
    }
}
