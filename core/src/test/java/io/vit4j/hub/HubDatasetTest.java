package io.vit4j.hub;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.vit4j.base.InputException;
import io.vit4j.base.Progress;
import io.vit4j.hub.FakeHub.Fault;
import io.vit4j.hub.FakeHub.Request;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(60)
class HubDatasetTest {
    private static final String NAME = "hf:org/pets";
    private static final String TWO_CONFIGURATIONS = """
            ---
            license: mit
            configs:
            - config_name: small
              data_files:
              - split: train
                path: small/train-*
            - config_name: full
              data_files:
              - split: train
                path: full/train-*
              - split: test
                path: full/test-*
            ---
            # Pets
            """;

    @TempDir
    Path cache;

    private FakeHub hub;

    @BeforeEach
    void start() throws IOException {
        hub = new FakeHub();
        hub.repository = "org/pets";
        hub.small.put(".gitattributes", bytes("x"));
        hub.small.put("README.md", bytes("# Pets\n"));
        hub.large.put("data/train-00000-of-00002.parquet", shard(1));
        hub.large.put("data/train-00001-of-00002.parquet", shard(2));
        hub.large.put("pets.bin", new byte[50_000]);
    }

    @AfterEach
    void stop() {
        hub.close();
    }

    @Test
    void onlyWhatIsNeededIsDownloadedIntoTheLayoutOfHuggingfaceHub() throws IOException {
        Path folder = resolve(NAME);
        Path dataset = cache.resolve("datasets--org--pets");
        assertThat(folder).isEqualTo(dataset.resolve("snapshots").resolve(FakeHub.COMMIT));
        assertThat(files(folder))
                .containsExactly("README.md", "data/train-00000-of-00002.parquet", "data/train-00001-of-00002.parquet");
        Path second = folder.resolve("data/train-00001-of-00002.parquet");
        assertThat(second).hasBinaryContent(shard(2));
        assertThat(Files.readSymbolicLink(second)) // as huggingface_hub writes it: relative, from the file's own folder
                .isEqualTo(Path.of("../../../blobs", FakeHub.hash("SHA-256", shard(2))));
        assertThat(dataset.resolve("refs/main")).hasContent(FakeHub.COMMIT);
        assertThat(hub.requests)
                .filteredOn(request -> request.host().equals("hub"))
                .extracting(Request::path)
                .allMatch(path -> path.startsWith("/api/datasets/org/pets/revision/main")
                        || path.startsWith("/datasets/org/pets/resolve/" + FakeHub.COMMIT + "/"));
    }

    @Test
    void whatTheCacheHasIsNotDownloadedAgain() {
        resolve(NAME);
        hub.requests.clear();
        resolve(NAME);
        assertThat(hub.requests).extracting(Request::path).containsExactly("/api/datasets/org/pets/revision/main");
        hub.requests.clear();
        resolve(NAME + "@" + FakeHub.COMMIT);
        assertThat(hub.requests).isEmpty();
    }

    @Test
    void aBrokenDownloadContinuesAndIsChecked() {
        hub.faults.add(Fault.BREAK_HALFWAY);
        Path folder = resolve(NAME);
        assertThat(folder.resolve("data/train-00000-of-00002.parquet")).hasBinaryContent(shard(1));
        assertThat(folder.resolve("data/train-00001-of-00002.parquet")).hasBinaryContent(shard(2));
        assertThat(hub.requests).extracting(Request::range).contains("bytes=5000-");
        hub.commit = "1".repeat(40);
        hub.large.put("data/train-00001-of-00002.parquet", shard(3));
        hub.faults.add(Fault.WRONG_BYTES);
        assertThatThrownBy(() -> resolve(NAME))
                .isInstanceOf(InputException.class)
                .hasMessageContaining("data/train-00001-of-00002.parquet differs from what the hub announced");
    }

    @Test
    void offlineTheCacheIsEnoughIfItIsComplete() throws IOException {
        assertThatThrownBy(() -> resolve(NAME, "", true))
                .isInstanceOf(InputException.class)
                .hasMessageContaining("org/pets: not in the cache")
                .hasMessageContaining("HF_HUB_OFFLINE");
        Path folder = resolve(NAME);
        hub.requests.clear();
        assertThat(resolve(NAME, "", true)).isEqualTo(folder);
        Files.delete(folder.resolve("data/train-00001-of-00002.parquet"));
        assertThatThrownBy(() -> resolve(NAME, "", true))
                .isInstanceOf(InputException.class)
                .hasMessageContaining("not in the cache");
        assertThat(hub.requests).isEmpty();
    }

    /** As {@code huggingface_hub.snapshot_download} leaves it: there is no list of the files. */
    @Test
    void whatPythonHasDownloadedIsFoundOffline() throws IOException {
        Path dataset = cache.resolve("datasets--org--pets");
        Path shard = dataset.resolve("snapshots/" + FakeHub.COMMIT + "/data/train.parquet");
        Files.createDirectories(shard.getParent());
        Files.write(shard, shard(1));
        Files.createDirectories(dataset.resolve("refs"));
        Files.writeString(dataset.resolve("refs/main"), FakeHub.COMMIT);
        assertThat(resolve(NAME, "", true)).isEqualTo(dataset.resolve("snapshots/" + FakeHub.COMMIT));
        assertThat(hub.requests).isEmpty();
    }

    @Test
    void theTokenIsSentToTheHubAlone() {
        hub.requiredToken = "hf_secret";
        resolve(NAME, "hf_secret", false);
        assertThat(hub.requests)
                .allMatch(request ->
                        request.host().equals("hub") == request.authorization().equals("Bearer hf_secret"));
    }

    @ParameterizedTest
    @CsvSource({
        "401, RepoNotFound, there is no such data set or it is private",
        "403, GatedRepo, /datasets/org/pets and set HF_TOKEN",
        "404, RevisionNotFound, has no branch",
        "404, '', no such data set at"
    })
    void refusalsAreOneLineWithTheMend(int status, String code, String says) {
        hub.refusals = 100;
        hub.refusalStatus = status;
        hub.refusalCode = code;
        assertThatThrownBy(() -> resolve(NAME))
                .isInstanceOf(InputException.class)
                .hasMessageStartingWith("org/pets: ")
                .hasMessageNotContaining("model")
                .satisfies(e -> assertThat(e.getMessage().replace(",", "")).contains(says));
    }

    @Test
    void aConfigurationIsChosenByItsName() throws IOException {
        hub.large.clear();
        hub.small.put("README.md", bytes(TWO_CONFIGURATIONS));
        for (String file : List.of("small/train-a.parquet", "full/train-a.parquet", "full/test-a.parquet")) {
            hub.large.put(file, bytes(file));
        }
        assertThatThrownBy(() -> resolve(NAME))
                .isInstanceOf(InputException.class)
                .hasMessageContaining("several configurations, small, full; choose one with hf:org/pets/small");
        assertThatThrownBy(() -> resolve(NAME + "/huge"))
                .hasMessageContaining("no configuration huge, but small, full");
        DatasetSource source = source(NAME + "/full", "", false);
        assertThat(source.configuration()).contains("full");
        assertThat(files(source.path())).containsExactly("README.md", "full/test-a.parquet", "full/train-a.parquet");
    }

    @Test
    void theParquetBranchHasAFolderForEachConfiguration() throws IOException {
        hub.large.clear();
        hub.small.clear();
        hub.large.put("default/train/0000.parquet", shard(1));
        hub.large.put("other/train/0000.parquet", shard(2));
        Path folder = resolve(NAME + "@refs/convert/parquet/other");
        assertThat(files(folder)).containsExactly("other/train/0000.parquet");
        assertThat(cache.resolve("datasets--org--pets/refs/refs/convert/parquet"))
                .hasContent(FakeHub.COMMIT);
    }

    @Test
    void withoutParquetFilesImagesArchivesAndTablesAreDownloaded() throws IOException {
        hub.large.remove("data/train-00000-of-00002.parquet");
        hub.large.remove("data/train-00001-of-00002.parquet");
        hub.large.put("images/my cats.zip", shard(3));
        hub.small.put("metadata.csv", bytes("file_name,label\n"));
        hub.small.put("dogs/a dog é.png", bytes("png"));
        hub.small.put("pets.py", bytes("import x"));
        Path folder = resolve(NAME);
        assertThat(files(folder))
                .containsExactly("README.md", "dogs/a dog é.png", "images/my cats.zip", "metadata.csv");
        assertThat(folder.resolve("images/my cats.zip")).hasBinaryContent(shard(3));
    }

    @Test
    void aDataSetThatAProgramMakesIsNamedAsSuch() {
        hub.large.clear();
        hub.small.put("pets.py", bytes("import x"));
        assertThatThrownBy(() -> resolve(NAME))
                .isInstanceOf(InputException.class)
                .hasMessageContaining("hf:org/pets@refs/convert/parquet");
        hub.small.remove("pets.py");
        hub.small.put("all.arrow", bytes("x"));
        assertThatThrownBy(() -> resolve(NAME)).hasMessageContaining("it has .arrow, .md");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"../../evil.parquet", "/etc/evil.parquet", "a//b.parquet", "a\\\\..\\\\b.parquet", "./x.parquet"
            })
    void noNameLeadsOutOfTheCache(String name) throws IOException {
        hub.large.put(name, shard(1));
        assertThatThrownBy(() -> resolve(NAME))
                .isInstanceOf(InputException.class)
                .hasMessageContaining("names a file outside the repository");
        assertThat(cache.resolve("datasets--org--pets")).doesNotExist();
    }

    @ParameterizedTest
    @ValueSource(strings = {"hf:", "hf:pets", "hf:a/b/c/d", "hf:a/b@", "hf:../b", "hf:a/b@../x"})
    void otherNamesAreRefused(String name) {
        assertThatThrownBy(() -> resolve(name))
                .isInstanceOf(InputException.class)
                .hasMessageContaining("hf:OWNER/NAME[@REVISION][/CONFIGURATION]");
    }

    private Path resolve(String name) {
        return resolve(name, "", false);
    }

    private Path resolve(String name, String token, boolean offline) {
        return source(name, token, offline).path();
    }

    private DatasetSource source(String name, String token, boolean offline) {
        HubSettings settings = new HubSettings(
                cache,
                hub.endpoint(),
                token.isEmpty() ? Optional.empty() : HubToken.clean(token, "HF_TOKEN"),
                offline,
                true,
                Duration.ofSeconds(5),
                Duration.ofMillis(5));
        return DatasetSource.resolve(name, settings, Progress.NONE);
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    private static byte[] shard(int number) {
        byte[] bytes = new byte[10_000];
        java.util.Arrays.fill(bytes, (byte) number);
        return bytes;
    }

    private static List<String> files(Path folder) throws IOException {
        try (Stream<Path> files = Files.walk(folder)) {
            return files.filter(Files::isRegularFile)
                    .map(file -> folder.relativize(file).toString())
                    .sorted()
                    .toList();
        }
    }
}
