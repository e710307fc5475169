package io.vit4j.hub;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.vit4j.Shared;
import io.vit4j.base.DurableFiles;
import io.vit4j.base.InputException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class SafetensorsTest {
    /** Two tensors, 12 bytes of data, as the format's description spells it. */
    private static final String HEADER = "{\"__metadata__\":{\"format\":\"pt\"},"
            + "\"w\":{\"dtype\":\"F32\",\"shape\":[2,1],\"data_offsets\":[0,8]},"
            + "\"b\":{\"dtype\":\"U8\",\"shape\":[4],\"data_offsets\":[8,12]}}";

    private static final byte[] DATA = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12};

    @TempDir
    Path folder;

    @Test
    void aFileWrittenByHandIsRead() throws IOException {
        try (SafetensorsFile file = Safetensors.open(save(HEADER, DATA))) {
            assertThat(file.metadata()).isEqualTo(Map.of("format", "pt"));
            assertThat(file.tensors()).extracting(StoredTensor::name).containsExactly("w", "b");
            StoredTensor w = file.tensor("w").orElseThrow();
            assertThat(w.dtype()).isEqualTo(StoredDtype.F32);
            assertThat(w.shape()).containsExactly(2, 1);
            assertThat(w.bytes()).containsExactly(1, 2, 3, 4, 5, 6, 7, 8);
            assertThat(file.tensor("b").orElseThrow().bytes()).containsExactly(9, 10, 11, 12);
            assertThat(file.tensor("c")).isEmpty();

            ByteBuffer direct = ByteBuffer.allocateDirect(3);
            w.read(4, direct);
            assertThat(direct.flip()).isEqualTo(ByteBuffer.wrap(new byte[] {5, 6, 7}));
            assertThatThrownBy(() -> w.read(6, ByteBuffer.allocate(3))).isInstanceOf(IndexOutOfBoundsException.class);
            assertThatThrownBy(() -> w.read(-1, ByteBuffer.allocate(3))).isInstanceOf(IndexOutOfBoundsException.class);
        }
    }

    @Test
    void writingGivesTheLibrarysBytesWhateverTheOrderOfTheTensors() throws IOException {
        StoredTensor w = tensor("w", StoredDtype.F32, 1, 2, 3, 4, 5, 6, 7, 8);
        StoredTensor a = tensor("a", StoredDtype.F32, 9, 10, 11, 12);
        StoredTensor n = tensor("n", StoredDtype.I64, 0, 0, 0, 0, 0, 0, 0, 1);
        StoredTensor flag = tensor("flag", StoredDtype.BOOL, 1);
        String header = "{\"__metadata__\":{\"a\":\"1\",\"format\":\"pt\"},"
                + "\"n\":{\"dtype\":\"I64\",\"shape\":[1],\"data_offsets\":[0,8]},"
                + "\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[8,12]},"
                + "\"w\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[12,20]},"
                + "\"flag\":{\"dtype\":\"BOOL\",\"shape\":[1],\"data_offsets\":[20,21]}}";
        header += " ".repeat((8 - header.length() % 8) % 8);
        byte[] data = {0, 0, 0, 0, 0, 0, 0, 1, 9, 10, 11, 12, 1, 2, 3, 4, 5, 6, 7, 8, 1};
        for (List<StoredTensor> order : List.of(List.of(w, a, n, flag), List.of(flag, n, a, w))) {
            Path file = folder.resolve("written.safetensors");
            Safetensors.write(DurableFiles.SYSTEM, file, Map.of("format", "pt", "a", "1"), order);
            assertThat(file).hasBinaryContent(bytes(header, data));
        }
    }

    @ParameterizedTest
    @CsvSource({"vit-micro,7", "vit-tiny,10"})
    void theLibrarysFilesAreWrittenAgainToTheByte(String model, int atLeast) throws IOException {
        try (Stream<Path> walk = Files.walk(Shared.model(model))) {
            List<Path> files = walk.filter(path -> path.toString().endsWith(".safetensors"))
                    .toList();
            assertThat(files).hasSizeGreaterThanOrEqualTo(atLeast);
            for (Path original : files) {
                try (SafetensorsFile file = Safetensors.open(original)) {
                    Path again = folder.resolve("again.safetensors");
                    Safetensors.write(DurableFiles.SYSTEM, again, file.metadata(), file.tensors());
                    assertThat(Files.mismatch(original, again))
                            .as("%s", original)
                            .isEqualTo(-1);
                }
            }
        }
    }

    @ParameterizedTest
    @CsvSource({"vit-micro,3", "vit-tiny,10"})
    void shardsAreThoseOfTransformers(String model, int files) throws IOException {
        Path fixture = Shared.model(model);
        try (SafetensorsFile whole = Safetensors.open(fixture.resolve("checkpoint/model.safetensors"))) {
            Files.writeString(folder.resolve("model.safetensors"), "an older run's");
            Files.writeString(folder.resolve("model-00001-of-00003.safetensors"), "an older run's");
            List<StoredTensor> ordered = whole.tensors().stream()
                    .sorted(Comparator.comparing(tensor -> transformersName(tensor.name())))
                    .toList();
            ShardedSafetensors.write(DurableFiles.SYSTEM, folder, ordered, 40_000);
        }
        assertThat(folder.resolve("model.safetensors")).doesNotExist();
        assertThat(folder.resolve("model-00001-of-00003.safetensors")).doesNotExist();
        try (Stream<Path> list = Files.list(fixture.resolve("checkpoint-sharded"))) {
            List<Path> shards = list.filter(
                            path -> path.getFileName().toString().startsWith("model"))
                    .toList();
            assertThat(shards).hasSize(files);
            for (Path shard : shards) {
                String name = shard.getFileName().toString();
                if (name.endsWith(".json")) {
                    assertThat(Files.readString(folder.resolve(name)).strip())
                            .isEqualTo(Files.readString(shard).strip());
                } else {
                    assertThat(Files.mismatch(folder.resolve(name), shard))
                            .as(name)
                            .isEqualTo(-1);
                }
            }
        }
    }

    /** The name in transformers 5's memory, by which it sorts before it splits. */
    private static String transformersName(String name) {
        return name.replace("encoder.layer.", "layers.")
                .replace("attention.attention.query", "attention.q_proj")
                .replace("attention.attention.key", "attention.k_proj")
                .replace("attention.attention.value", "attention.v_proj")
                .replace("attention.output.dense", "attention.o_proj")
                .replace("intermediate.dense", "mlp.fc1")
                .replace("output.dense", "mlp.fc2");
    }

    @Test
    void aTensorLargerThanAShardStandsAlone() throws IOException {
        List<StoredTensor> tensors = List.of(
                tensor("a", StoredDtype.U8, 1, 2),
                tensor("b", StoredDtype.U8, 1, 2, 3, 4, 5, 6),
                tensor("c", StoredDtype.U8, 1));
        ShardedSafetensors.write(DurableFiles.SYSTEM, folder, tensors, 4);
        assertThat(Files.readString(folder.resolve("model.safetensors.index.json")))
                .contains("\"total_size\": 9", "\"b\": \"model-00001-of-00002.safetensors\"")
                .contains("\"a\": \"model-00002-of-00002.safetensors\"", "\"c\": \"model-00002-of-00002.safetensors\"");
        ShardedSafetensors.write(DurableFiles.SYSTEM, folder, tensors, 9);
        try (Stream<Path> list = Files.list(folder)) {
            assertThat(list).containsExactly(folder.resolve("model.safetensors"));
        }
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
            "shape":[2,1]|"shape":[2,2]|do not span the 16 bytes
            "shape":[2,1]|"shape":[-2,-1]|not a size
            "shape":[2,1]|"shape":[2.0,1]|not a size
            "shape":[2,1]|"shape":[99999999999999999999]|not a size
            "shape":[2,1]|"shape":[4294967296,4294967296,2]|has no size
            "shape":[2,1]|"shape":[9223372036854775807,9223372036854775807]|has no size
            "shape":[2,1]|"shape":"2"|its shape is
            "shape":[2,1]|"size":[2,1]|its shape is
            "dtype":"F32"|"dtype":"F31"|its dtype is "F31"
            "dtype":"F32"|"dtype":32|its dtype is 32
            "dtype":"F32"|"dtype":null|its dtype is null
            "dtype":"U8"|"dtype":"F6_E2M3"|do not span the 3 bytes
            "shape":[4],|"shape":[1],|do not span the 1 bytes
            [0,8]|[8,0]|do not span the 8 bytes
            [0,8]|[-8,0]|not a size
            [0,8]|[0,8,8]|not two numbers
            [0,8]|[9223372036854775807,0]|do not span
            [0,8]|[1,9]|begins at byte 1 of the data and leaves a gap
            [8,12]|[4,8]|begins at byte 4 of the data and overlaps
            [8,12]|[9,13]|begins at byte 9 of the data and leaves a gap
            "b":|"w":|Duplicate
            "U8","shape":[4]|"U8","shape":[4],"shape":[4]|Duplicate
            {"format":"pt"}|{"format":1}|__metadata__.format is a number
            {"format":"pt"}|["format"]|__metadata__ is a list
            """)
    void aHeaderThatLiesIsRefused(String part, String replacement, String message) throws IOException {
        assertThat(HEADER).contains(part);
        Path file = save(HEADER.replace(part, replacement), DATA);
        assertThatThrownBy(() -> Safetensors.open(file))
                .isInstanceOf(InputException.class)
                .hasMessageContaining(file.toString())
                .hasMessageContaining(message);
    }

    @ParameterizedTest
    @ValueSource(longs = {-1, Long.MIN_VALUE, 1L << 40, 100_000_001, 1000})
    void aHeaderLengthThatLiesIsRefused(long length) throws IOException {
        byte[] bytes = bytes(HEADER, DATA);
        ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).putLong(0, length);
        assertRefused(bytes, "its header");
    }

    @Test
    void otherFilesAreRefusedByWhatTheyAre() throws IOException {
        assertRefused(new byte[0], "0 bytes");
        assertRefused(new byte[7], "7 bytes");
        assertRefused(
                "version https://git-lfs.github.com/spec/v1\noid sha256:1\nsize 9\n".getBytes(StandardCharsets.UTF_8),
                "Git LFS pointer");
        assertRefused("\n <!DOCTYPE html><html>404</html>".getBytes(StandardCharsets.UTF_8), "web page");
        assertRefused(bytes("[1,2]", DATA), "not a JSON object");
        assertRefused(bytes("", DATA), "not a JSON object");
        assertRefused(bytes(" {}", new byte[0]), "not a JSON object");
        assertRefused(bytes("{}", new byte[1]), "there is more data after them");
        assertRefused(bytes(HEADER, new byte[11]), "truncated");
        assertRefused(bytes(HEADER, new byte[13]), "there is more data after them");
        assertRefused(bytes("{\"a\":" + "[".repeat(5000) + "]".repeat(5000) + "}", new byte[0]), "depth");
        assertRefused(bytes(HEADER + "{}", DATA), "Trailing token");
        byte[] badText = bytes(HEADER, DATA);
        badText[9] = (byte) 0xFF;
        assertRefused(badText, "UTF-8");
        byte[] utf16 = "{}".getBytes(StandardCharsets.UTF_16LE);
        assertRefused(bytes(new String(utf16, StandardCharsets.ISO_8859_1), new byte[0]), "not a JSON object");
        assertThatThrownBy(() -> Safetensors.open(folder))
                .isInstanceOf(InputException.class)
                .hasMessageContaining("is a folder");
        assertThatThrownBy(() -> Safetensors.open(folder.resolve("absent")))
                .isInstanceOf(InputException.class)
                .hasMessageContaining("no such file");
    }

    @Test
    void emptyTensorsAndSingleValuesAndOddNamesSurvive() throws IOException {
        List<StoredTensor> tensors = List.of(
                StoredTensor.of("", StoredDtype.F32, new long[] {0, 7}, ByteBuffer.allocate(0)),
                StoredTensor.of("é\"\\\n\u0001😀", StoredDtype.F32, new long[0], ByteBuffer.allocate(4)),
                StoredTensor.of("\uFB00", StoredDtype.F4, new long[] {2}, ByteBuffer.allocate(1)));
        Path file = folder.resolve("odd.safetensors");
        Safetensors.write(DurableFiles.SYSTEM, file, Map.of(), tensors);
        try (SafetensorsFile read = Safetensors.open(file)) {
            assertThat(read.metadata()).isEmpty();
            for (StoredTensor tensor : tensors) {
                assertThat(read.tensor(tensor.name()).orElseThrow().shape()).isEqualTo(tensor.shape());
            }
        }
    }

    @Test
    void aFileThatShrinksWhileOpenIsAFaultOfTheFile() throws IOException {
        Path path = save(HEADER, DATA);
        try (SafetensorsFile file = Safetensors.open(path)) {
            Files.write(path, new byte[10]);
            assertThatThrownBy(() -> file.tensor("b").orElseThrow().bytes())
                    .isInstanceOf(InputException.class)
                    .hasMessageContaining("shortened");
        }
    }

    private void assertRefused(byte[] bytes, String message) throws IOException {
        Path file = folder.resolve("bad.safetensors");
        Files.write(file, bytes);
        assertThatThrownBy(() -> Safetensors.open(file))
                .isInstanceOf(InputException.class)
                .hasMessageContaining(message);
    }

    private Path save(String header, byte[] data) throws IOException {
        return Files.write(folder.resolve("model.safetensors"), bytes(header, data));
    }

    private static byte[] bytes(String header, byte[] data) {
        byte[] json = header.getBytes(StandardCharsets.UTF_8);
        return ByteBuffer.allocate(8 + json.length + data.length)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putLong(json.length)
                .put(json)
                .put(data)
                .array();
    }

    private static StoredTensor tensor(String name, StoredDtype dtype, int... bytes) {
        ByteBuffer buffer = ByteBuffer.allocate(bytes.length);
        for (int value : bytes) {
            buffer.put((byte) value);
        }
        return StoredTensor.of(name, dtype, new long[] {bytes.length * 8L / dtype.bits()}, buffer.flip());
    }
}
