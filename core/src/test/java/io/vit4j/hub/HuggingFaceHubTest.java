package io.vit4j.hub;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.vit4j.base.InputException;
import io.vit4j.base.Progress;
import io.vit4j.base.RandomKey;
import io.vit4j.hub.FakeHub.Fault;
import io.vit4j.hub.FakeHub.Request;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.ProxySelector;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Stream;
import org.assertj.core.util.Throwables;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(180)
class HuggingFaceHubTest {
    private static final String NAME = "org/vit";
    private static final byte[] CONFIG = "{\"model_type\": \"vit\"}".getBytes(StandardCharsets.UTF_8);

    @TempDir
    Path cache;

    private final byte[] weights = new byte[300_000];
    private FakeHub hub;

    @BeforeEach
    void start() throws IOException {
        hub = new FakeHub();
        RandomKey.Stream random = RandomKey.of(5).stream();
        for (int i = 0; i < weights.length; i++) {
            weights[i] = (byte) random.nextInt(256);
        }
        hub.small.put("config.json", CONFIG);
        hub.small.put("preprocessor_config.json", "{}".getBytes(StandardCharsets.UTF_8));
        hub.large.put("model.safetensors", weights);
        hub.large.put("pytorch_model.bin", new byte[] {1});
    }

    @AfterEach
    void stop() {
        hub.close();
    }

    @Test
    void aModelIsDownloadedIntoTheLayoutOfHuggingfaceHub() throws IOException {
        Path folder = resolve(NAME);
        Path model = cache.resolve("models--org--vit");
        assertThat(folder).isEqualTo(model.resolve("snapshots").resolve(FakeHub.COMMIT));
        assertThat(names(folder)).containsExactly("config.json", "model.safetensors", "preprocessor_config.json");
        assertThat(folder.resolve("config.json")).hasBinaryContent(CONFIG);
        assertThat(folder.resolve("model.safetensors")).hasBinaryContent(weights);
        assertThat(Files.readSymbolicLink(folder.resolve("model.safetensors")))
                .isEqualTo(Path.of("../../blobs", FakeHub.hash("SHA-256", weights)));
        assertThat(Files.readSymbolicLink(folder.resolve("config.json")))
                .isEqualTo(Path.of("../../blobs", FakeHub.gitBlobId(CONFIG)));
        assertThat(model.resolve("refs/main")).hasContent(FakeHub.COMMIT);
        assertThat(names(model.resolve("blobs"))).hasSize(3); // nothing incomplete is left
    }

    @Test
    void whatTheCacheHasIsNotDownloadedAgain() {
        resolve(NAME);
        hub.requests.clear();
        resolve(NAME);
        assertThat(hub.requests).extracting(Request::method).containsExactly("HEAD"); // has the branch moved?
        hub.requests.clear();
        resolve(NAME + "@" + FakeHub.COMMIT);
        assertThat(hub.requests).isEmpty();
    }

    @Test
    void oneFileOfARepositoryNeedsNothingElseOfIt() throws IOException {
        hub.small.clear();
        hub.large.clear();
        hub.small.put("ipu_config.json", "{\"replicas\": 2}".getBytes(StandardCharsets.UTF_8));
        HubName name = HubName.parse(NAME).orElseThrow();
        Path file = new HuggingFaceHub(settings("", false)).file(name, "ipu_config.json", Progress.NONE);
        assertThat(file).hasContent("{\"replicas\": 2}");
        hub.requests.clear();
        assertThat(new HuggingFaceHub(settings("", true)).file(name, "ipu_config.json", Progress.NONE))
                .isEqualTo(file);
        assertThat(hub.requests).isEmpty();
        assertThatThrownBy(() -> new HuggingFaceHub(settings("", false)).file(name, "other.json", Progress.NONE))
                .isInstanceOf(InputException.class)
                .hasMessageContaining("org/vit: has no other.json");
    }

    @Test
    void aBranchThatMovedIsFollowedAndSharesItsUnchangedFiles() throws IOException {
        Path before = resolve(NAME);
        hub.commit = "f".repeat(40);
        hub.small.put("config.json", "{}".getBytes(StandardCharsets.UTF_8));
        hub.requests.clear();
        Path after = resolve(NAME);
        assertThat(after).isEqualTo(before.resolveSibling(hub.commit));
        assertThat(after.resolve("config.json")).hasContent("{}");
        assertThat(before.resolve("config.json")).hasBinaryContent(CONFIG);
        assertThat(after.resolve("model.safetensors")).hasBinaryContent(weights);
        assertThat(hub.requests).noneMatch(request -> request.host().equals("store"));
    }

    @Test
    void withoutAConnectionTheCacheServes() {
        Path folder = resolve(NAME);
        hub.close();
        assertThat(resolve(NAME)).isEqualTo(folder);
        assertThat(CheckpointSource.resolve(NAME, settings("", true), Progress.NONE))
                .isEqualTo(folder);
        assertThatThrownBy(() -> resolve("org/other"))
                .isInstanceOf(InputException.class)
                .hasMessageContaining("org/other: cannot be downloaded")
                .hasMessageContaining("check the network");
    }

    @Test
    void aRefusalLetsTheCacheServe() {
        Path folder = resolve(NAME);
        hub.requiredToken = "hf_new";
        assertThat(resolve(NAME)).isEqualTo(folder);
    }

    @Test
    void offlineNothingIsAskedAndTheMendIsSaid() {
        assertThatThrownBy(() -> CheckpointSource.resolve(NAME, settings("", true), Progress.NONE))
                .isInstanceOf(InputException.class)
                .hasMessageContaining("HF_HUB_OFFLINE");
        assertThat(hub.requests).isEmpty();
    }

    @Test
    void anotherRevisionIsAskedForByItsName() throws IOException {
        Path folder = resolve(NAME + "@refs/pr/1");
        assertThat(folder.resolve("model.safetensors")).exists();
        assertThat(cache.resolve("models--org--vit/refs/refs/pr/1")).hasContent(FakeHub.COMMIT);
        assertRefused(NAME + "@v2", "has no branch, tag or commit v2");
    }

    @ParameterizedTest
    @EnumSource(Fault.class)
    void everyFaultOfTheWayIsOvercome(Fault fault) throws IOException {
        hub.faults.add(Fault.BREAK_HALFWAY); // so that there is a range to be asked for
        hub.faults.add(fault);
        hub.faults.add(fault);
        if (fault == Fault.WRONG_BYTES) {
            hub.faults.clear();
            Path part =
                    cache.resolve("models--org--vit/blobs/" + FakeHub.hash("SHA-256", weights) + ".vit4j.incomplete");
            Files.createDirectories(part.getParent());
            Files.write(part, new byte[1000]); // begun earlier, and damaged since
        }
        Path folder = resolve(NAME);
        assertThat(folder.resolve("model.safetensors")).hasBinaryContent(weights);
        assertThat(names(cache.resolve("models--org--vit/blobs"))).noneMatch(name -> name.contains("incomplete"));
    }

    /** Else a server could hold a process forever with a byte now and then. */
    @Test
    void aHubThatOnlyDripsIsGivenUp() {
        hub.faults.addAll(java.util.Collections.nCopies(20, Fault.DRIP));
        HubSettings impatient = new HubSettings(
                cache, hub.endpoint(), Optional.empty(), false, true, Duration.ofMillis(200), Duration.ofMillis(1));
        assertThatThrownBy(() -> CheckpointSource.resolve(NAME, impatient, Progress.NONE))
                .isInstanceOf(InputException.class)
                .hasMessageMatching(".*cannot be downloaded \\(only \\d+ bytes a second, less than 4096\\).*");
        assertThat(hub.requests.stream().filter(request -> request.host().equals("store")))
                .hasSize(5);
    }

    @Test
    void aBrokenDownloadGoesOnWhereItBroke() {
        hub.faults.addAll(List.of(Fault.BREAK_HALFWAY, Fault.BREAK_HALFWAY));
        resolve(NAME);
        List<String> ranges = hub.requests.stream()
                .filter(request -> request.host().equals("store"))
                .map(Request::range)
                .toList();
        assertThat(ranges).hasSize(3);
        assertThat(ranges.get(0)).isEmpty();
        assertThat(ranges.get(1)).startsWith("bytes=");
        long second = Long.parseLong(ranges.get(1).replaceAll("\\D", ""));
        long third = Long.parseLong(ranges.get(2).replaceAll("\\D", ""));
        assertThat(second).isPositive();
        assertThat(third).isGreaterThan(second).isLessThan(weights.length);
    }

    @Test
    void aDownloadGivenUpGoesOnNextTime() throws IOException {
        hub.faults.add(Fault.BREAK_HALFWAY);
        hub.faults.addAll(java.util.Collections.nCopies(5, Fault.BREAK_AT_ONCE));
        assertRefused(NAME, "cannot be downloaded");
        assertThat(names(cache.resolve("models--org--vit/snapshots/" + FakeHub.COMMIT)))
                .doesNotContain("model.safetensors");
        hub.requests.clear();
        Path folder = resolve(NAME);
        assertThat(folder.resolve("model.safetensors")).hasBinaryContent(weights);
        assertThat(hub.requests).anyMatch(request -> request.range().startsWith("bytes="));
    }

    @Test
    void contentOfAnotherHashIsNeverTaken() throws IOException {
        hub.faults.addAll(java.util.Collections.nCopies(9, Fault.WRONG_BYTES));
        assertRefused(NAME, "differs from what the hub announced");
        assertThat(names(cache.resolve("models--org--vit/blobs"))).hasSize(2);
        hub.faults.clear();
        hub.overrides.put("ETag", "\"" + "a".repeat(40) + "\"");
        hub.small.put("config.json", "{ }".getBytes(StandardCharsets.UTF_8));
        hub.commit = "e".repeat(40);
        assertRefused(NAME, "config.json differs from what the hub announced");
    }

    @Test
    void aFileWithoutAKnownHashIsCheckedBySize() throws IOException {
        hub.overrides.put("ETag", "W/\"mirror-1\"");
        hub.overrides.put("X-Linked-Etag", "\"mirror-2\"");
        Path folder = resolve(NAME);
        assertThat(folder.resolve("model.safetensors")).hasBinaryContent(weights);
    }

    @Test
    void theTokenGoesToTheHubAndNowhereElse() {
        hub.requiredToken = "hf_secret";
        hub.relativeRedirectFirst = true;
        assertRefused(NAME, "there is no such model, or it is private");
        hub.requests.clear();
        CheckpointSource.resolve(NAME, settings("hf_secret", false), Progress.NONE);
        assertThat(hub.requests).anyMatch(request -> request.host().equals("store"));
        for (Request request : hub.requests) {
            assertThat(request.authorization()).isEqualTo(request.host().equals("hub") ? "Bearer hf_secret" : "");
        }
        assertThat(settings("hf_secret", false).toString()).doesNotContain("hf_secret");
    }

    @ParameterizedTest
    @CsvSource({
        "403, GatedRepo, accept their conditions",
        "401, RepoNotFound, there is no such model",
        "403, '', refuses it (403)",
        "404, RepoNotFound, no such model",
        "404, '', no such model",
        "404, EntryNotFound, has no config.json",
        "404, RevisionNotFound, 'no branch, tag or commit'",
        "503, '', answered 503",
        "500, '', answered 500",
        "400, '', answered 400",
    })
    void refusalsAreSaidInWords(int status, String code, String message) {
        hub.refusals = 100;
        hub.refusalStatus = status;
        hub.refusalCode = code;
        assertRefused(NAME, message);
    }

    @Test
    void aHubThatIsBusyForAWhileIsAskedAgain() {
        hub.refusals = 3;
        resolve(NAME);
    }

    /** A signed address is as good as a password. */
    @Test
    void whatSignsAnAddressIsNotSaid() {
        hub.storeAddress = "http://user:geheim@127.0.0.1:1/?X-Amz-Signature=geheim ";
        assertThatThrownBy(() -> resolve(NAME))
                .isInstanceOf(InputException.class)
                .satisfies(fault -> assertThat(Throwables.getStackTrace(fault)).doesNotContain("geheim"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"file:///etc", "ftp://127.0.0.1/x", "gopher://127.0.0.1:1", "jar:file:/x!"})
    void redirectsToOtherThanTheWebAreRefused(String address) {
        hub.storeAddress = address;
        assertRefused(NAME, "which is refused");
    }

    @Test
    void redirectsInACircleEnd() {
        hub.storeAddress = hub.endpoint() + "/" + NAME + "/resolve/main/model.safetensors?";
        assertRefused(NAME, "redirected over 5 times");
    }

    @ParameterizedTest
    @ValueSource(strings = {"../../../x", "a/b", "..", "", ".hidden", "a\\b"})
    void anEtagThatLeavesTheFolderIsRefused(String etag) throws IOException {
        hub.overrides.put("ETag", '"' + etag + '"');
        hub.overrides.put("X-Linked-Etag", '"' + etag + '"');
        assertRefused(NAME, "lacks the headers that the hub sends for a file");
    }

    @ParameterizedTest
    @ValueSource(strings = {"../../x", "main", "", "0123"})
    void aCommitThatIsNoneIsRefused(String commit) {
        hub.overrides.put("X-Repo-Commit", commit);
        assertRefused(NAME, "lacks the headers that the hub sends for a file");
        assertThat(cache.resolve("models--org--vit")).doesNotExist();
    }

    @Test
    void shardsAreDownloadedAsTheIndexNamesThem() throws IOException {
        hub.large.remove("model.safetensors");
        hub.large.put("model-00001-of-00002.safetensors", new byte[] {1, 2});
        hub.large.put("model-00002-of-00002.safetensors", new byte[] {3});
        hub.small.put("model.safetensors.index.json", """
                {"weight_map": {"a": "model-00001-of-00002.safetensors", "b": "model-00002-of-00002.safetensors"}}""".getBytes(StandardCharsets.UTF_8));
        Path folder = resolve(NAME);
        assertThat(folder.resolve("model-00002-of-00002.safetensors")).hasBinaryContent(new byte[] {3});
        assertThat(folder.resolve("pytorch_model.bin")).doesNotExist();
        Files.delete(folder.resolve("model-00002-of-00002.safetensors"));
        assertThat(resolve(NAME).resolve("model-00002-of-00002.safetensors")).exists();
    }

    @ParameterizedTest
    @ValueSource(strings = {"../../../../evil.safetensors", "NUL.safetensors"})
    void anIndexThatLeavesTheFolderIsRefused(String shard) {
        hub.large.remove("model.safetensors");
        hub.small.put(
                "model.safetensors.index.json",
                ("{\"weight_map\": {\"a\": \"" + shard + "\"}}").getBytes(StandardCharsets.UTF_8));
        assertRefused(NAME, "not the name of a *.safetensors file in the same folder");
    }

    @Test
    void aPickleIsTakenWhereThereIsNothingBetterAndWhatIsMissingIsRemembered() throws IOException {
        hub.large.remove("model.safetensors");
        Path folder = resolve(NAME);
        assertThat(names(folder)).containsExactly("config.json", "preprocessor_config.json", "pytorch_model.bin");
        assertThat(cache.resolve("models--org--vit/.no_exist/" + FakeHub.COMMIT + "/model.safetensors"))
                .exists();
        hub.large.remove("pytorch_model.bin");
        hub.commit = "d".repeat(40);
        assertRefused(NAME, "has no model.safetensors or pytorch_model.bin");
    }

    @Test
    void whereLinksAreImpossibleFilesAreCopied() throws IOException {
        HubSettings settings = new HubSettings(
                cache, hub.endpoint(), Optional.empty(), false, false, Duration.ofSeconds(1), Duration.ofMillis(1));
        Path file = CheckpointSource.resolve(NAME, settings, Progress.NONE).resolve("model.safetensors");
        assertThat(Files.isSymbolicLink(file)).isFalse();
        assertThat(file).hasBinaryContent(weights);
    }

    @Test
    void theJvmsProxyIsUsed() {
        hub.small.put("model.safetensors", weights);
        ProxySelector before = ProxySelector.getDefault();
        URI proxy = hub.endpoint();
        try {
            ProxySelector.setDefault(ProxySelector.of(new InetSocketAddress(proxy.getHost(), proxy.getPort())));
            HubSettings settings = new HubSettings(
                    cache,
                    URI.create("http://hub.invalid"),
                    Optional.empty(),
                    false,
                    true,
                    Duration.ofSeconds(1),
                    Duration.ofMillis(1));
            assertThat(CheckpointSource.resolve(NAME, settings, Progress.NONE).resolve("model.safetensors"))
                    .hasBinaryContent(weights);
        } finally {
            ProxySelector.setDefault(before);
        }
    }

    @Test
    void severalAtOnceDownloadOnce() throws Exception {
        ExecutorService threads = Executors.newFixedThreadPool(8);
        try {
            List<Callable<Path>> tasks = new ArrayList<>();
            for (int i = 0; i < 8; i++) {
                tasks.add(() -> resolve(NAME));
            }
            for (Future<Path> folder : threads.invokeAll(tasks)) {
                assertThat(folder.get().resolve("model.safetensors")).hasBinaryContent(weights);
            }
        } finally {
            threads.shutdownNow();
        }
        assertThat(hub.requests.stream().filter(request -> request.host().equals("store")))
                .hasSize(1);
    }

    @Test
    void theBarShowsEveryByte() {
        AtomicLong shown = new AtomicLong();
        List<String> bars = new ArrayList<>();
        CheckpointSource.resolve(NAME, settings("", false), (what, total) -> {
            bars.add(what + " " + total);
            return new Progress() {
                @Override
                public void advance(long by) {
                    shown.addAndGet(by);
                }

                @Override
                public void close() {}
            };
        });
        assertThat(bars).contains("Downloading model.safetensors 300000");
        assertThat(shown.get()).isEqualTo(CONFIG.length + 2 + weights.length);
    }

    @Test
    void aFolderWinsAndOtherNamesGetAHint() throws IOException {
        Path folder = Files.createDirectory(cache.resolve("checkpoint-100"));
        Path file = Files.createFile(folder.resolve("model.safetensors"));
        assertThat(resolve(folder.toString())).isEqualTo(folder);
        assertRefused(file.toString(), "is a file; name the folder that contains it");
        assertRefused(cache.resolve("checkpoint-10").toString(), "did you mean " + folder + "?");
        assertRefused("vit-base-patch16-224-in21k", "did you mean google/vit-base-patch16-224-in21k?");
        assertRefused("../" + NAME, "neither a folder nor a name on the hub");
        assertRefused("org/na me", "neither a folder nor a name on the hub");
        assertThat(hub.requests).isEmpty();
        hub.repository = "org/other";
        assertRefused(NAME, "there is no such model");
    }

    private Path resolve(String name) {
        return CheckpointSource.resolve(name, settings("", false), Progress.NONE);
    }

    private void assertRefused(String name, String message) {
        assertThatThrownBy(() -> resolve(name))
                .isInstanceOf(InputException.class)
                .hasMessageContaining(message);
    }

    private HubSettings settings(String token, boolean offline) {
        URI endpoint = hub.endpoint();
        return new HubSettings(
                cache,
                endpoint,
                HubToken.clean(token, "test"),
                offline,
                true,
                Duration.ofSeconds(1),
                Duration.ofMillis(1));
    }

    private static List<String> names(Path folder) throws IOException {
        try (Stream<Path> list = Files.list(folder)) {
            return list.map(path -> path.getFileName().toString()).sorted().toList();
        }
    }
}
