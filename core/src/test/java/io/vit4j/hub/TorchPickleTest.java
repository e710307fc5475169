package io.vit4j.hub;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.vit4j.base.InputException;
import io.vit4j.base.RandomKey;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.zip.CRC32;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Files that PyTorch wrote (make.py beside them), whole and damaged. */
class TorchPickleTest {
    @TempDir
    Path folder;

    @ParameterizedTest
    @ValueSource(strings = {"zip.bin", "zip-protocol4.bin", "zip-protocol5.bin", "legacy.bin", "legacy-protocol3.bin"})
    void everyTensorOfEveryFormIsWhatPyTorchWroteAsSafetensors(String name) {
        try (SafetensorsFile expected = Safetensors.open(resource("expected.safetensors"));
                TorchPickle file = TorchPickle.open(resource(name))) {
            Set<String> names = new HashSet<>();
            expected.tensors().forEach(tensor -> names.add(tensor.name()));
            if (name.startsWith("legacy")) {
                names.remove("uint16"); // unknown to the older form
                names.remove("float8_e4m3fn");
            }
            assertThat(file.tensors()).extracting(StoredTensor::name).containsExactlyInAnyOrderElementsOf(names);
            for (StoredTensor tensor : file.tensors()) {
                StoredTensor wanted = expected.tensor(tensor.name()).orElseThrow();
                assertThat(tensor.dtype()).as(tensor.name()).isEqualTo(wanted.dtype());
                assertThat(tensor.shape()).as(tensor.name()).isEqualTo(wanted.shape());
                assertThat(tensor.bytes()).as(tensor.name()).isEqualTo(wanted.bytes());
                if (tensor.byteSize() > 5) {
                    ByteBuffer part = ByteBuffer.allocateDirect(3);
                    tensor.read(2, part);
                    assertThat(part.flip()).isEqualTo(ByteBuffer.wrap(wanted.bytes(), 2, 3));
                }
                assertThatThrownBy(() -> tensor.read(tensor.byteSize(), ByteBuffer.allocate(1)))
                        .isInstanceOf(IndexOutOfBoundsException.class);
            }
        }
    }

    @ParameterizedTest
    @CsvSource({
        "elsewhere.bin, the one in \"network\" should be saved on its own",
        "module.bin, asks for torch.nn.modules.linear.Linear",
        "sparse.bin, asks for torch._utils._rebuild_sparse_tensor",
        "conj.bin, stored conjugated",
        "script.bin, TorchScript",
        "expanded.bin, goes beyond the 4 bytes of storage",
    })
    void whatIsNoStateDictOfPlainTensorsIsRefusedByName(String name, String message) {
        assertThatThrownBy(() -> TorchPickle.open(resource(name)))
                .isInstanceOf(InputException.class)
                .hasMessageContaining(name)
                .hasMessageContaining(message);
    }

    @Test
    void theModelsOwnDictIsFoundAmongATrainingProgramsState() {
        try (TorchPickle file = TorchPickle.open(resource("nested.bin"))) {
            assertThat(file.tensor("plain").orElseThrow().shape()).containsExactly(4, 6);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"zip.bin", "legacy.bin"})
    void aFileCutOffAnywhereIsRefused(String name) throws IOException {
        byte[] whole = Files.readAllBytes(resource(name));
        for (int length = 0; length < whole.length; length += 1 + length / 100) {
            assertRefused(java.util.Arrays.copyOf(whole, length), "cut.bin");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"zip.bin", "zip-protocol4.bin", "legacy.bin", "legacy-protocol3.bin"})
    void damageIsRefusedOrHarmlessNeverAnotherException(String name) throws IOException {
        byte[] whole = Files.readAllBytes(resource(name));
        Path file = folder.resolve("damaged.bin");
        for (int round = 0; round < 250; round++) {
            RandomKey.Stream random = RandomKey.of(4).with(name).with(round).stream();
            byte[] damaged = whole.clone();
            for (int i = random.nextInt(4); i >= 0; i--) {
                damaged[random.nextInt(damaged.length)] = (byte) random.nextInt(256);
            }
            Files.write(file, damaged);
            try (TorchPickle read = TorchPickle.open(file)) {
                read.tensors().forEach(StoredTensor::bytes);
            } catch (InputException e) {
                assertThat(e.getMessage()).contains("damaged.bin");
            }
        }
    }

    @Test
    void aZipThatLiesIsRefused() throws IOException {
        byte[] pickle = {'}', '.'};
        assertRefused(zip(Map.of("a/data.pkl", pickle, "b/data.pkl", pickle)), "2 entries");
        assertRefused(zip(Map.of("a/other", pickle)), "0 entries");
        assertRefused(zip(Map.of("a/data.pkl", pickle)), "without tensors");
        assertRefused(zip(Map.of("a/data.pkl", pickle, "a/byteorder", "big".getBytes())), "little-endian");
        ByteArrayOutputStream compressed = new ByteArrayOutputStream();
        try (ZipOutputStream out = new ZipOutputStream(compressed)) {
            out.putNextEntry(new ZipEntry("a/data.pkl"));
            out.write(new byte[1 << 20]);
        }
        assertRefused(compressed.toByteArray(), "is compressed");

        byte[] twice = zip(Map.of("a/data.pkl", pickle, "b/data.pkl", pickle));
        for (int i = 0; i < twice.length; i++) {
            if (twice[i] == 'b' && twice[i + 1] == '/') {
                twice[i] = 'a';
            }
        }
        assertRefused(twice, "two entries a/data.pkl");

        byte[] overlapping = zip(new TreeMap<>(Map.of("a/0", new byte[4], "b/1", new byte[4])));
        int entry = find(overlapping, "a/0", overlapping.length / 2);
        overlapping[entry - 46 + 20] += 1;
        overlapping[entry - 46 + 24] += 1;
        assertRefused(overlapping, "overlaps the one before it");

        byte[] real = Files.readAllBytes(resource("zip.bin"));
        int storage = find(real, "zip/data/0", real.length / 2); // in the directory at the end
        byte[] longer = real.clone();
        longer[storage - 46 + 20] += 4; // the stored size of the directory's record
        assertRefused(longer, "do not agree");
        longer[storage - 46 + 24] += 4;
        assertRefused(longer, "says that storage 0 has");
        longer[storage - 46 + 23] = 1;
        longer[storage - 46 + 27] = 1;
        assertRefused(longer, "longer than the file allows");
        byte[] shifted = real.clone();
        shifted[storage - 46 + 42] += 1;
        assertRefused(shifted, "is not where the directory says");
    }

    private static int find(byte[] bytes, String text, int from) {
        for (int i = from; i < bytes.length - text.length(); i++) {
            if (new String(bytes, i, text.length()).equals(text)) {
                return i;
            }
        }
        throw new AssertionError(text);
    }

    private void assertRefused(byte[] bytes, String message) throws IOException {
        Path file = Files.write(folder.resolve("cut.bin"), bytes);
        assertThatThrownBy(() -> TorchPickle.open(file).close())
                .isInstanceOf(InputException.class)
                .hasMessageContaining(message);
    }

    static byte[] zip(Map<String, byte[]> entries) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (ZipOutputStream out = new ZipOutputStream(bytes)) {
            out.setMethod(ZipOutputStream.STORED);
            for (Map.Entry<String, byte[]> entry : entries.entrySet()) {
                ZipEntry stored = new ZipEntry(entry.getKey());
                stored.setSize(entry.getValue().length);
                CRC32 crc = new CRC32();
                crc.update(entry.getValue());
                stored.setCrc(crc.getValue());
                out.putNextEntry(stored);
                out.write(entry.getValue());
            }
        }
        return bytes.toByteArray();
    }

    static Path resource(String name) {
        try {
            return Path.of(TorchPickleTest.class.getResource(name).toURI());
        } catch (URISyntaxException e) {
            throw new AssertionError(e);
        }
    }
}
