package io.vit4j.hub;

import static org.assertj.core.api.Assertions.assertThat;

import io.vit4j.base.DurableFiles;
import io.vit4j.base.InputException;
import io.vit4j.base.RandomKey;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Random tensors survive a file; random damage never does worse than an InputException. */
class SafetensorsPropertyTest {
    @TempDir
    Path folder;

    @Test
    void whatIsWrittenIsRead() throws IOException {
        Path file = folder.resolve("random.safetensors");
        for (int round = 0; round < 100; round++) {
            RandomKey.Stream random = RandomKey.of(1).with(round).stream();
            Map<String, StoredTensor> tensors = new TreeMap<>();
            for (int i = random.nextInt(8); i > 0; i--) {
                StoredTensor tensor = randomTensor(random);
                tensors.put(tensor.name(), tensor);
            }
            Safetensors.write(DurableFiles.SYSTEM, file, Map.of("round", "" + round), tensors.values());
            try (SafetensorsFile read = Safetensors.open(file)) {
                assertThat(read.tensors()).hasSize(tensors.size());
                StoredDtype before = StoredDtype.U64;
                for (StoredTensor tensor : read.tensors()) {
                    assertThat(tensor.dtype()).isLessThanOrEqualTo(before);
                    before = tensor.dtype();
                    StoredTensor original = tensors.get(tensor.name());
                    assertThat(tensor.dtype()).isEqualTo(original.dtype());
                    assertThat(tensor.shape()).isEqualTo(original.shape());
                    assertThat(tensor.bytes()).isEqualTo(original.bytes());
                }
            }
        }
    }

    @Test
    void damageIsRefusedOrHarmlessNeverAnotherException() throws IOException {
        Path file = folder.resolve("damaged.safetensors");
        RandomKey.Stream tensorsOf = RandomKey.of(2).stream();
        List<StoredTensor> tensors = new ArrayList<>();
        for (int i = 0; i < 5; i++) {
            tensors.add(randomTensor(tensorsOf).named("tensor." + i));
        }
        Safetensors.write(DurableFiles.SYSTEM, file, Map.of("format", "pt"), tensors);
        byte[] whole = Files.readAllBytes(file);
        int header = (int)
                ByteBuffer.wrap(whole).order(java.nio.ByteOrder.LITTLE_ENDIAN).getLong();
        byte[] telling = "{}[]\",:0129-eE. \\u".getBytes();
        int refused = 0;
        int rounds = 800;
        for (int round = 0; round < rounds; round++) {
            RandomKey.Stream random = RandomKey.of(3).with(round).stream();
            byte[] damaged = whole.clone();
            for (int i = random.nextInt(3); i >= 0; i--) {
                int at = random.nextInt(8 + header);
                damaged[at] =
                        random.nextInt(2) == 0 ? (byte) random.nextInt(256) : telling[random.nextInt(telling.length)];
            }
            Files.write(file, damaged);
            try (SafetensorsFile read = Safetensors.open(file)) {
                read.tensors().forEach(StoredTensor::bytes);
            } catch (InputException e) {
                assertThat(e.getMessage()).contains("damaged.safetensors").doesNotContain("\n");
                refused++;
            }
        }
        assertThat(refused).isBetween(rounds / 2, rounds);
    }

    private static StoredTensor randomTensor(RandomKey.Stream random) {
        StoredDtype dtype = StoredDtype.values()[random.nextInt(StoredDtype.values().length)];
        long[] shape = new long[random.nextInt(5)];
        for (int i = 0; i < shape.length; i++) {
            shape[i] = random.nextInt(4) + (i == 0 ? 0 : 1);
        }
        if (dtype.bits() % 8 != 0) {
            shape = new long[] {random.nextInt(4) * 4};
        }
        ByteBuffer bytes = ByteBuffer.allocate((int) dtype.byteSize(shape));
        while (bytes.hasRemaining()) {
            bytes.put((byte) random.nextInt(256));
        }
        StringBuilder name = new StringBuilder();
        for (int i = random.nextInt(6); i >= 0; i--) {
            name.appendCodePoint(random.nextInt(5) == 0 ? 0x1F600 + random.nextInt(40) : 32 + random.nextInt(400));
        }
        return StoredTensor.of(name.toString(), dtype, shape, bytes.flip());
    }
}
