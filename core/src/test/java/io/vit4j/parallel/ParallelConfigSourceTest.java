package io.vit4j.parallel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.vit4j.base.InputException;
import io.vit4j.base.Progress;
import io.vit4j.hub.HubSettings;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ParallelConfigSourceTest {
    @TempDir
    Path folder;

    private Path resolve(String text) {
        Map<String, String> offline =
                Map.of("HF_HUB_CACHE", folder.resolve("cache").toString(), "HF_HUB_OFFLINE", "1");
        return ParallelConfigSource.resolve(text, HubSettings.from(offline), Progress.NONE);
    }

    @Test
    void aFileOrAFolderIsItself() throws Exception {
        Path file = Files.writeString(folder.resolve("four stages.json"), "{}");
        assertThat(resolve(file.toString())).isEqualTo(file);
        assertThat(resolve(folder.toString())).isEqualTo(folder);
    }

    @Test
    void aNameIsLookedUpInTheCacheThatPythonFills() throws Exception {
        String commit = "0123456789abcdef0123456789abcdef01234567";
        Path repository = folder.resolve("cache/models--Graphcore--vit-base-ipu");
        Path snapshot = Files.createDirectories(repository.resolve("snapshots").resolve(commit));
        Files.createDirectory(repository.resolve("refs"));
        Files.writeString(repository.resolve("refs/main"), commit);
        Files.writeString(snapshot.resolve("ipu_config.json"), "{\"layers_per_ipu\":[3,3,3,3]}");
        Path found = resolve("Graphcore/vit-base-ipu");
        assertThat(ParallelConfig.read(found, ParallelOptions.NONE).stages()).isEqualTo(4);
    }

    @Test
    void whatIsNowhereIsOneLine() {
        refused("stages.json", "no such file");
        refused("some where", "neither a file, nor a folder with ipu_config.json, nor a name on the hub");
        refused("org/unknown", "not in the cache");
    }

    private void refused(String text, String why) {
        assertThatExceptionOfType(InputException.class)
                .isThrownBy(() -> resolve(text))
                .withMessageStartingWith(text)
                .withMessageContaining(why);
    }
}
