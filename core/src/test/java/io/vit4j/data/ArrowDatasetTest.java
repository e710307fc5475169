package io.vit4j.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.flatbuffers.FlatBufferBuilder;
import io.vit4j.base.InputException;
import io.vit4j.base.JsonObject;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.IntStream;
import org.apache.arrow.flatbuf.Footer;
import org.apache.arrow.flatbuf.KeyValue;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

class ArrowDatasetTest {
    private static final int ROWS = 150;

    @TempDir
    Path folder;

    /** 150 rows of 3x2 pixels in batches of 64, 64 and 22. */
    private byte[] write() throws IOException {
        DatasetInfo info = new DatasetInfo(
                new LabelVocabulary(List.of("A", "B")),
                ProblemType.MULTI_LABEL,
                2,
                3,
                1,
                2,
                3,
                JsonObject.empty(),
                1337,
                List.of("note"),
                "d");
        try (DatasetWriter writer =
                new DatasetWriter(folder, info, "s", (from, to) -> from + "-" + to, false, DatasetWriter.NO_SHARDS)) {
            for (int start = 0; start < ROWS; start += 64) {
                int end = Math.min(start + 64, ROWS);
                List<ArrowFormat.StoredRow> rows = new ArrayList<>();
                byte[] pixels = new byte[(end - start) * 6];
                for (int i = start; i < end; i++) {
                    rows.add(new ArrowFormat.StoredRow(
                            "ü" + i, i % 5 == 0 ? "test" : "train", new float[] {i % 2, Float.NaN}, List.of("n" + i)));
                    Arrays.fill(pixels, (i - start) * 6, (i - start + 1) * 6, (byte) i);
                }
                writer.append(end, rows, pixels, new long[end - start], Map.of());
            }
            writer.finish();
        }
        return Files.readAllBytes(folder.resolve(ArrowDataset.FILE));
    }

    /** Reads everything there is. */
    private static List<Object> content(ArrowDataset dataset) {
        List<Object> all = new ArrayList<>(List.of(dataset.info().toMetadata()));
        for (int row = 0; row < dataset.size(); row++) {
            Sample sample = dataset.get(row);
            all.add(List.of(
                    sample.file(),
                    Arrays.toString(sample.labels()),
                    Arrays.toString(sample.picture().pixels()),
                    dataset.splitOf(row),
                    dataset.column(dataset.info().columns().get(0), row)));
        }
        return all;
    }

    @Test
    void everyValueComesBack() throws IOException {
        write();
        ArrowDataset dataset = ArrowDataset.open(folder);

        assertThat(dataset.size()).isEqualTo(ROWS);
        for (int row : new int[] {149, 0, 63, 64, 127, 128}) {
            assertThat(dataset.fileName(row)).isEqualTo("ü" + row);
            assertThat(dataset.get(row).picture().pixels()).containsOnly((byte) row);
            assertThat(dataset.labels(row)).containsExactly(row % 2, Float.NaN);
            assertThat(dataset.column("note", row)).isEqualTo("n" + row);
        }
        assertThat(dataset.rows("test"))
                .isEqualTo(IntStream.range(0, ROWS).filter(i -> i % 5 == 0).toArray());
        assertThat(dataset.rows("validation")).isEmpty();
        assertThatThrownBy(() -> dataset.get(ROWS)).isInstanceOf(IndexOutOfBoundsException.class);
        assertThatThrownBy(() -> dataset.get(-1)).isInstanceOf(IndexOutOfBoundsException.class);
        assertThatThrownBy(() -> dataset.column("absent", 0)).hasMessageContaining("[note]");
        dataset.verify();
    }

    @Test
    void everyFlippedBitIsRecognisedNoLaterThanItIsRead() throws IOException {
        byte[] sound = write();
        Path file = folder.resolve(ArrowDataset.FILE);
        List<Object> truth = content(ArrowDataset.open(folder));
        Random random = new Random(11);
        int recognised = 0;
        for (int i = 0; i < 700; i++) {
            byte[] damaged = sound.clone();
            int at = random.nextInt(damaged.length);
            damaged[at] ^= (byte) (1 << random.nextInt(8));
            Files.write(file, damaged);
            try {
                assertThat(content(ArrowDataset.open(folder)))
                        .as("bit of byte %d", at)
                        .isEqualTo(truth);
            } catch (InputException e) {
                recognised++;
            }
        }
        assertThat(recognised).isEqualTo(700); // every byte is under a sum, or has one value only
    }

    @Test
    void damageInPixelsIsFoundWhenTheyAreReadAndNotBefore() throws IOException {
        byte[] bytes = write();
        int at = bytes.length;
        while (bytes[--at] != 100 || bytes[at - 1] != 100 || bytes[at - 2] != 100) {}
        bytes[at] ^= 1; // of row 100, in the second batch
        Files.write(folder.resolve(ArrowDataset.FILE), bytes);
        ArrowDataset dataset = ArrowDataset.open(folder);

        assertThat(dataset.rows("test")).hasSize(30);
        assertThat(dataset.get(0).picture().pixels()).containsOnly(0);
        assertThatThrownBy(() -> dataset.get(64))
                .isInstanceOf(InputException.class)
                .hasMessageContaining("rows 64 to 127")
                .hasMessageContaining(ArrowDataset.FILE);
        assertThatThrownBy(dataset::verify).isInstanceOf(InputException.class);
    }

    @Test
    void everyShortenedFileIsRefused() throws IOException {
        byte[] sound = write();
        Random random = new Random(12);
        for (int i = 0; i < 300; i++) {
            int length = i < 50 ? i : random.nextInt(sound.length);
            Files.write(folder.resolve(ArrowDataset.FILE), Arrays.copyOf(sound, length));
            assertThatThrownBy(() -> ArrowDataset.open(folder))
                    .isInstanceOf(InputException.class)
                    .hasMessageContaining(ArrowDataset.FILE);
        }
        Files.delete(folder.resolve(ArrowDataset.FILE));
        assertThatThrownBy(() -> ArrowDataset.open(folder)).hasMessageContaining("no such file");
    }

    @Test
    void aFileCutShortWhileInUseIsAFaultAndNoCrash() throws IOException {
        write();
        ArrowDataset dataset = ArrowDataset.open(folder);
        try (RandomAccessFile file =
                new RandomAccessFile(folder.resolve(ArrowDataset.FILE).toFile(), "rw")) {
            file.setLength(0);
        }
        assertThatThrownBy(() -> dataset.get(100)).isInstanceOf(InputException.class);
        assertThatThrownBy(() -> dataset.fileName(149)).isInstanceOf(InputException.class);
        assertThatThrownBy(() -> dataset.rows("train")).isInstanceOf(InputException.class);
    }

    @Test
    void hostileFootersAreFaultsAndNothingElse() throws IOException {
        byte[] sound = write();
        int footerLength =
                ByteBuffer.wrap(sound).order(java.nio.ByteOrder.LITTLE_ENDIAN).getInt(sound.length - 10);
        int footerStart = sound.length - 10 - footerLength;
        Random random = new Random(13);
        for (int i = 0; i < 1200; i++) {
            byte[] hostile = sound.clone();
            for (int n = 0; n <= random.nextInt(4); n++) {
                int at = footerStart + random.nextInt(footerLength - 4);
                if (random.nextBoolean()) {
                    hostile[at] = (byte) random.nextInt();
                } else {
                    ByteBuffer.wrap(hostile)
                            .putInt(at, random.nextBoolean() ? random.nextInt() : random.nextBoolean() ? -1 : 1 << 30);
                }
            }
            Files.write(folder.resolve(ArrowDataset.FILE), ArrowBytes.sealed(hostile)); // as an attacker can
            try {
                content(ArrowDataset.open(folder));
            } catch (InputException e) {
                assertThat(e).hasMessageNotContaining("\n");
            }
        }
    }

    /** Entries of a footer may all be the same long text, however many there are. */
    @Test
    @Timeout(60)
    void metadataThatRepeatsItsTextIsRefused() throws IOException {
        for (int entries : new int[] {90, 100_000}) {
            FlatBufferBuilder builder = new FlatBufferBuilder(1 << 21);
            int text = builder.createString("x".repeat(1 << 20));
            int pair = KeyValue.createKeyValue(builder, text, text);
            int[] pairs = new int[entries];
            Arrays.fill(pairs, pair);
            int metadata = org.apache.arrow.flatbuf.Schema.createCustomMetadataVector(builder, pairs);
            org.apache.arrow.flatbuf.Schema.startSchema(builder);
            org.apache.arrow.flatbuf.Schema.addCustomMetadata(builder, metadata);
            int schema = org.apache.arrow.flatbuf.Schema.endSchema(builder);
            Footer.finishFooterBuffer(builder, Footer.createFooter(builder, (short) 4, schema, 0, 0, metadata));
            byte[] footer = builder.sizedByteArray();
            ByteBuffer file = ByteBuffer.allocate(64 + footer.length + 10).order(java.nio.ByteOrder.LITTLE_ENDIAN);
            file.position(64);
            file.put(footer).putInt(footer.length).put(ArrowFormat.MAGIC);
            Files.write(folder.resolve(ArrowDataset.FILE), file.array());
            assertThatThrownBy(() -> ArrowDataset.open(folder))
                    .isInstanceOf(InputException.class)
                    .hasMessageContaining("its footer points nowhere");
        }
    }

    @Test
    void sumsThatAreMadeRightAgainAreThoseThatWereWritten() throws IOException {
        byte[] sound = write();
        assertThat(ArrowBytes.sealed(sound)).isEqualTo(sound);
        byte[] changed = sound.clone();
        changed[sound.length / 2] ^= 1;
        assertThat(ArrowBytes.sealed(changed)).isNotEqualTo(sound).isNotEqualTo(changed);
    }

    @Test
    void anotherProgramsArrowFileIsRefusedByName() throws IOException {
        FlatBufferBuilder builder = new FlatBufferBuilder();
        org.apache.arrow.vector.types.pojo.Schema schema = new org.apache.arrow.vector.types.pojo.Schema(List.of());
        int schemaAt = schema.getSchema(builder);
        org.apache.arrow.flatbuf.Footer.finishFooterBuffer(
                builder, org.apache.arrow.flatbuf.Footer.createFooter(builder, (short) 4, schemaAt, 0, 0, 0));
        byte[] footer = builder.sizedByteArray();
        ByteBuffer file = ByteBuffer.allocate(64 + footer.length + 10).order(java.nio.ByteOrder.LITTLE_ENDIAN);
        file.position(64);
        file.put(footer).putInt(footer.length).put(ArrowFormat.MAGIC);
        Files.write(folder.resolve(ArrowDataset.FILE), file.array());

        assertThatThrownBy(() -> ArrowDataset.open(folder))
                .isInstanceOf(InputException.class)
                .hasMessageContaining("not one written by prepare");
    }

    @Test
    void manyThreadsReadAtOnce() throws IOException {
        write();
        ArrowDataset dataset = ArrowDataset.open(folder);
        boolean all = IntStream.range(0, 20_000).parallel().allMatch(i -> {
            int row = i * 7919 % ROWS;
            Sample sample = dataset.get(row);
            return sample.file().equals("ü" + row) && sample.picture().pixels()[5] == (byte) row;
        });
        assertThat(all).isTrue();
    }
}
