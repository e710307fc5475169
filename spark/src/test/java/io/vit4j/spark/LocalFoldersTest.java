package io.vit4j.spark;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LocalFoldersTest {
    @TempDir
    Path folder;

    /** The ranks of a machine end at the same time. */
    @Test
    void severalRemoveAFolderAtOnce() throws IOException {
        for (int round = 0; round < 20; round++) {
            Path job = folder.resolve("job-" + round);
            for (int file = 0; file < 50; file++) {
                Files.createFile(
                        Files.createDirectories(job.resolve("" + file % 5)).resolve("" + file));
            }
            List<CompletableFuture<Void>> ranks = IntStream.range(0, 4)
                    .mapToObj(rank -> CompletableFuture.runAsync(() -> LocalFolders.delete(job)))
                    .toList();
            assertThat(ranks).allSatisfy(CompletableFuture::join);
            assertThat(job).doesNotExist();
        }
    }
}
