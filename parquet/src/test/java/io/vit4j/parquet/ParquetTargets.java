package io.vit4j.parquet;

import io.vit4j.data.Shard;
import io.vit4j.fuzz.FileTarget;
import io.vit4j.fuzz.MoreTargets;
import io.vit4j.fuzz.Target;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** What this module reads, for {@code bench/fuzz}. */
public final class ParquetTargets implements MoreTargets {
    private static final int MOST_ROWS = 10_000;

    /** For {@link java.util.ServiceLoader}. */
    public ParquetTargets() {}

    @Override
    public List<Target> in(Path folder) throws IOException {
        List<byte[]> seeds = new ArrayList<>();
        for (String name : List.of("datasets", "pandas", "gzip", "zstd", "lz4", "snappy", "v2", "delta")) {
            try (var in = ParquetTargets.class.getResourceAsStream(name + ".parquet")) {
                seeds.add(in.readAllBytes());
            }
        }
        Path file = Files.createDirectories(folder.resolve("parquet")).resolve("x.parquet");
        return List.of(FileTarget.of("parquet", file, seeds, ParquetTargets::read)
                .mostAllocated(128L << 20)
                .words("PAR1", "PARE", "\25\0\25", "\31\34"));
    }

    static void read(Path file) {
        Shard shard = new ParquetFormat().open(file);
        if (shard.rows() > MOST_ROWS) {
            return;
        }
        for (Shard.Column column : shard.columns()) {
            if (column.kind() != Shard.Kind.OTHER) {
                shard.forEachRow(List.of(column.name()), cells -> {});
            }
            if (column.kind() == Shard.Kind.PICTURE || column.kind() == Shard.Kind.BYTES) {
                Shard.Files files = shard.files(column.name());
                for (long row = 0; row < shard.rows(); row++) {
                    files.read(row);
                }
            }
        }
    }
}
