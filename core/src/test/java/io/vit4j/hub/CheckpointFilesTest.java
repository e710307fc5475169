package io.vit4j.hub;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.vit4j.Shared;
import io.vit4j.base.DurableFiles;
import io.vit4j.base.InputException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class CheckpointFilesTest {
    @TempDir
    Path folder;

    @ParameterizedTest
    @ValueSource(strings = {"vit-micro", "vit-tiny", "vit-nobias-tanh"})
    void allFourFormsGiveTheSameBytes(String model) {
        Path fixture = Shared.model(model);
        Map<String, byte[]> expected = weights(fixture.resolve("checkpoint"));
        assertThat(expected).hasSizeGreaterThan(30).containsKey("vit.encoder.layer.0.attention.attention.query.weight");
        for (String form : List.of("checkpoint-sharded", "checkpoint-bin")) {
            Map<String, byte[]> weights = weights(fixture.resolve(form));
            assertThat(weights.keySet()).isEqualTo(expected.keySet());
            weights.forEach((name, bytes) -> assertThat(bytes).as(name).isEqualTo(expected.get(name)));
        }
        Map<String, byte[]> headless = weights(fixture.resolve("checkpoint-backbone"));
        assertThat(headless).containsKeys("pooler.dense.weight", "pooler.dense.bias");
        headless.keySet().removeIf(name -> name.startsWith("pooler."));
        Map<String, byte[]> withoutHead = new TreeMap<>();
        expected.forEach((name, bytes) -> withoutHead.put(name.replaceFirst("^vit\\.", ""), bytes));
        withoutHead.keySet().removeIf(name -> name.startsWith("classifier."));
        assertThat(headless.keySet()).isEqualTo(withoutHead.keySet());
        headless.forEach((name, bytes) -> assertThat(bytes).as(name).isEqualTo(withoutHead.get(name)));
        assertThat(CheckpointFiles.config(fixture.resolve("checkpoint")).text("model_type"))
                .isEqualTo("vit");
        assertThat(CheckpointFiles.imageProcessor(fixture.resolve("checkpoint")).height())
                .isEqualTo(CheckpointFiles.config(fixture.resolve("checkpoint")).integer("image_size"));
    }

    @Test
    void safetensorsArePreferredToAPickle() throws IOException {
        Files.writeString(folder.resolve("pytorch_model.bin"), "never opened");
        ShardedSafetensors.write(DurableFiles.SYSTEM, folder, List.of(tensor("classifier.bias", 1)), 100);
        assertThat(folder.resolve("pytorch_model.bin")).doesNotExist(); // it would be another model's
        Files.writeString(folder.resolve("pytorch_model.bin"), "never opened");
        assertThat(weights(folder).get("classifier.bias")).containsExactly(1);
    }

    @Test
    void shardedPicklesAreRead() throws IOException {
        Files.copy(TorchPickleTest.resource("zip.bin"), folder.resolve("pytorch_model-00001-of-00002.bin"));
        Files.copy(TorchPickleTest.resource("legacy.bin"), folder.resolve("pytorch_model-00002-of-00002.bin"));
        Files.writeString(folder.resolve("pytorch_model.bin.index.json"), """
                {"metadata": {}, "weight_map": {"plain": "pytorch_model-00001-of-00002.bin",
                "half": "pytorch_model-00002-of-00002.bin"}}""");
        Map<String, byte[]> weights = weights(folder);
        assertThat(weights.keySet()).containsExactly("half", "plain");
        try (SafetensorsFile expected = Safetensors.open(TorchPickleTest.resource("expected.safetensors"))) {
            weights.forEach((name, bytes) -> assertThat(bytes)
                    .isEqualTo(expected.tensor(name).orElseThrow().bytes()));
        }
    }

    @Test
    void foldersWithoutACheckpointAreRefusedWithTheMend() throws IOException {
        assertRefused(() -> CheckpointFiles.config(folder), "contains no config.json");
        assertRefused(() -> CheckpointFiles.openWeights(folder), "model.safetensors is missing");
        assertRefused(() -> CheckpointFiles.openWeights(folder.resolve("no")), "no such folder");
        assertRefused(() -> CheckpointFiles.config(folder.resolve("no")), "no such folder");
        Files.createDirectory(folder.resolve("checkpoint-10"));
        assertRefused(() -> CheckpointFiles.openWeights(folder), "did you mean " + folder.resolve("checkpoint-10"));
        Files.createFile(folder.resolve("tf_model.h5"));
        assertRefused(() -> CheckpointFiles.openWeights(folder), "tf_model.h5 is from another framework");
        Path file = Files.writeString(folder.resolve("config.json"), "<!DOCTYPE html>");
        assertRefused(() -> CheckpointFiles.config(file), "is not a folder");
        assertRefused(() -> CheckpointFiles.config(folder), "is a web page");
        Files.writeString(folder.resolve("pytorch_model.bin"), "version https://git-lfs.github.com/spec/v1\noid");
        assertRefused(() -> CheckpointFiles.openWeights(folder), "Git LFS pointer");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
            "../outside/a.safetensors"   | not the name of
            "/etc/a.safetensors"         | not the name of
            "below/a.safetensors"        | not the name of
            "..\\\\a.safetensors"        | not the name of
            "C:a.safetensors"            | not the name of
            ".safetensors"               | not the name of
            "pytorch_model.bin"          | not the name of
            7                            | not the name of
            ["a.safetensors"]            | not the name of
            "missing.safetensors"        | is missing
            "other.safetensors"          | contains no tensor w
            """)
    void anIndexThatLiesIsRefused(String shard, String message) throws IOException {
        Safetensors.write(DurableFiles.SYSTEM, folder.resolve("other.safetensors"), Map.of(), List.of(tensor("v", 1)));
        Files.writeString(folder.resolve("model.safetensors.index.json"), "{\"weight_map\": {\"w\": " + shard + "}}");
        assertRefused(() -> CheckpointFiles.openWeights(folder), message);
    }

    @Test
    void anIndexWithoutAMapIsRefused() throws IOException {
        for (String index : List.of("{}", "{\"weight_map\": []}", "{\"weight_map\": {}}")) {
            Files.writeString(folder.resolve("model.safetensors.index.json"), index);
            assertRefused(() -> CheckpointFiles.openWeights(folder), "weight_map");
        }
    }

    @Test
    void twoNamesOfOneWeightAreRefused() {
        List<StoredTensor> tensors = List.of(tensor("layernorm.weight", 1), tensor("vit.layernorm.weight", 2));
        ShardedSafetensors.write(DurableFiles.SYSTEM, folder, tensors, 100);
        assertRefused(
                () -> CheckpointFiles.openWeights(
                        folder, (name, all) -> name.replaceFirst("^layernorm", "vit.layernorm")),
                "two names of the same weight");
    }

    @Test
    void whatWrappersForTrainingPutInFrontIsTakenOff() {
        List<StoredTensor> tensors = List.of(tensor("module._orig_mod.head.bias", 1), tensor("module.norm.weight", 2));
        ShardedSafetensors.write(DurableFiles.SYSTEM, folder, tensors, 100);
        assertThat(weights(folder).keySet()).containsExactly("head.bias", "norm.weight");
    }

    private static void assertRefused(Runnable work, String message) {
        assertThatThrownBy(work::run).isInstanceOf(InputException.class).hasMessageContaining(message);
    }

    private static StoredTensor tensor(String name, int value) {
        return StoredTensor.of(name, StoredDtype.U8, new long[] {1}, ByteBuffer.wrap(new byte[] {(byte) value}));
    }

    private static Map<String, byte[]> weights(Path folder) {
        Map<String, byte[]> bytes = new TreeMap<>();
        try (WeightSource weights = CheckpointFiles.openWeights(folder)) {
            for (StoredTensor tensor : weights.tensors()) {
                assertThat(weights.tensor(tensor.name())).containsSame(tensor);
                bytes.put(tensor.name(), tensor.bytes());
            }
        }
        return bytes;
    }
}
