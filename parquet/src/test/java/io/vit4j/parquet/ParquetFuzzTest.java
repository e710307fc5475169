package io.vit4j.parquet;

import static org.assertj.core.api.Assertions.assertThat;

import io.vit4j.fuzz.Fuzz;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A short run of {@code bench/fuzz --target parquet}. */
@Timeout(300)
class ParquetFuzzTest {
    @TempDir
    Path folder;

    @Test
    void whateverTheBytesTheyAreReadOrRefusedInTimeAndMemory() throws Exception {
        assertThat(Fuzz.instrumented(
                        "--target", "parquet", "--inputs", "1000", "--quiet", "true", "--folder", folder.toString()))
                .isZero();
    }

    /** Pages whose values would be longer than the page. */
    @Test
    void whatOnceWasAFaultIsRefused() throws Exception {
        try (InputStream kept = ParquetFuzzTest.class.getResourceAsStream("kept.zip")) {
            Files.copy(kept, folder.resolve("parquet.zip"));
        }
        assertThat(Fuzz.instrumented(
                        "--target",
                        "parquet",
                        "--inputs",
                        "1",
                        "--quiet",
                        "true",
                        "--corpus",
                        folder.toString(),
                        "--folder",
                        folder.toString()))
                .isZero();
    }
}
