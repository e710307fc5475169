package io.vit4j.hub;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.vit4j.base.InputException;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Archives that NumPy wrote (make.py beside them), whole and damaged. */
class NumpyArchiveTest {
    @TempDir
    Path folder;

    private static Path resource(String name) {
        try {
            return Path.of(NumpyArchiveTest.class.getResource(name).toURI());
        } catch (URISyntaxException e) {
            throw new AssertionError(e);
        }
    }

    private static ByteBuffer bytes(NumpyArchive archive, String name) {
        return ByteBuffer.wrap(archive.tensor(name).orElseThrow().bytes()).order(ByteOrder.LITTLE_ENDIAN);
    }

    @Test
    void everyTypeAndOrderIsReadAsNumpyWroteIt() {
        try (NumpyArchive archive = NumpyArchive.open(resource("arrays.npz"))) {
            for (String name : new String[] {"plain", "by/columns"}) { // the numbers from 0 on, row by row
                assertThat(archive.tensor(name).orElseThrow().dtype()).isEqualTo(StoredDtype.F32);
                assertThat(archive.tensor(name).orElseThrow().shape()).containsExactly(2, 3, 4);
                ByteBuffer numbers = bytes(archive, name);
                for (int i = 0; i < 24; i++) {
                    assertThat(numbers.getFloat()).as(name).isEqualTo(i);
                }
            }
            assertThat(archive.tensor("half").orElseThrow().dtype()).isEqualTo(StoredDtype.F16);
            assertThat(bytes(archive, "half").getShort(2 * 3)).isEqualTo((short) 0x4200); // 3
            assertThat(archive.tensor("bfloat16").orElseThrow().dtype()).isEqualTo(StoredDtype.BF16);
            assertThat(bytes(archive, "bfloat16").getShort(2 * 3)).isEqualTo((short) 0x4040); // 3
            assertThat(bytes(archive, "double").getDouble(8 * 11)).isEqualTo(11);
            assertThat(bytes(archive, "int64").getLong(8)).isEqualTo(1L << 62);
            assertThat(bytes(archive, "bool").get(0)).isEqualTo((byte) 1);
            assertThat(archive.tensor("scalar").orElseThrow().shape()).isEmpty();
            assertThat(bytes(archive, "scalar").getFloat()).isEqualTo(3.5f);
            assertThat(archive.tensor("empty").orElseThrow().shape()).containsExactly(0, 3);
            assertThat(archive.tensors()).hasSize(9);
        }
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            compressed.npz | is compressed; write it with numpy.savez
            objects.npz    | its entry thing.npy is of NumPy's type '|O', of which no weights are
            big-endian.npz | its entry thing.npy is of NumPy's type '>f4'
            structured.npz | its entry thing.npy has a header that does not say type, order and shape of a plain array
            zip.bin        | is no array
            """)
    void whatIsNoArchiveOfPlainNumbersIsRefusedByName(String name, String message) {
        assertThatThrownBy(() -> NumpyArchive.open(resource(name)))
                .isInstanceOf(InputException.class)
                .hasMessageContaining(name + ": ")
                .hasMessageContaining(message)
                .message()
                .doesNotContain("\n");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{'descr': '<f4', 'fortran_order': False, 'shape': (9223372036854775807, 3), }",
                "{'descr': '<f4', 'fortran_order': True, 'shape': (999999999999999999, 999999999999999999), }",
                "{'descr': '<f4', 'fortran_order': False, 'shape': (5,), }",
                "{'descr': '<f4', 'fortran_order': False, 'shape': (-1,), }",
                "{'descr': '<f4', 'fortran_order': __import__('os').system('id'), 'shape': (1,), }",
                "{'descr': '<f4', 'shape': (1,), }",
                ""
            })
    void headersThatLieAreRefused(String header) throws IOException {
        byte[] text = header.getBytes(StandardCharsets.ISO_8859_1);
        ByteBuffer array = ByteBuffer.allocate(10 + text.length + 4).order(ByteOrder.LITTLE_ENDIAN);
        array.put(new byte[] {(byte) 0x93, 'N', 'U', 'M', 'P', 'Y', 1, 0})
                .putShort((short) text.length)
                .put(text)
                .putFloat(1);
        Path file = Files.write(folder.resolve("a.npz"), TorchPickleTest.zip(Map.of("x.npy", array.array())));
        assertThatThrownBy(() -> NumpyArchive.open(file))
                .isInstanceOf(InputException.class)
                .hasMessageContaining("its entry x.npy ");
    }

    @Test
    void aHeaderLongerThanItsEntryIsRefused() throws IOException {
        byte[] array = {(byte) 0x93, 'N', 'U', 'M', 'P', 'Y', 2, 0, -1, -1, -1, 127, 0, 0, 0};
        Path file = Files.write(folder.resolve("a.npz"), TorchPickleTest.zip(Map.of("x.npy", array)));
        assertThatThrownBy(() -> NumpyArchive.open(file))
                .isInstanceOf(InputException.class)
                .hasMessageContaining("longer than it may be");
    }

    @Test
    void damageIsRefusedOrHarmlessNeverAnotherException() throws IOException {
        byte[] whole = Files.readAllBytes(resource("arrays.npz"));
        Random random = new Random(1);
        Path file = folder.resolve("damaged.npz");
        for (int round = 0; round < 300; round++) {
            byte[] damaged = whole.clone();
            if (round % 3 == 0) {
                damaged = java.util.Arrays.copyOf(whole, random.nextInt(whole.length));
            } else {
                for (int i = 0; i < 3; i++) {
                    damaged[random.nextInt(damaged.length)] = (byte) random.nextInt(256);
                }
            }
            Files.write(file, damaged);
            try (NumpyArchive archive = NumpyArchive.open(file)) {
                archive.tensors().forEach(StoredTensor::bytes);
            } catch (InputException refused) {
                assertThat(refused).hasMessageContaining("damaged.npz");
            }
        }
    }
}
