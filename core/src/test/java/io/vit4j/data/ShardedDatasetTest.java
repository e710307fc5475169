package io.vit4j.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.vit4j.base.InputException;
import io.vit4j.base.JsonObject;
import io.vit4j.base.Progress;
import io.vit4j.image.Picture;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ShardedDatasetTest {
    private static final int SIDE = 4;
    private static final int ROWS = 700;

    /** Two of its batches, of 128 rows each, fit into a shard. */
    private static final long SHARD = 28_000;

    private static final PictureReader RAW =
            (bytes, name) -> new Picture(SIDE, SIDE, bytes.length / (SIDE * SIDE), bytes);

    @TempDir
    Path folder;

    private Path images;
    private Path single;
    private Path output;

    @BeforeEach
    void release() throws IOException {
        images = Files.createDirectories(folder.resolve("images"));
        single = folder.resolve("single");
        output = folder.resolve("dataset");
        StringBuilder csv = new StringBuilder("Image Index,Finding Labels,Patient ID,View Position\n");
        for (int i = 0; i < ROWS; i++) {
            write(i, 1);
            csv.append(name(i))
                    .append(i % 3 == 0 ? ",Edema|Mass," : ",No Finding,")
                    .append(i / 2)
                    .append(",PA\n");
        }
        Files.writeString(folder.resolve("labels.csv"), csv);
    }

    private void write(int image, int channels) throws IOException {
        byte[] content = new byte[SIDE * SIDE * channels];
        new Random(image).nextBytes(content);
        Files.write(images.resolve(name(image)), content);
    }

    private static String name(int i) {
        return String.format("%05d.png", i);
    }

    private PrepareOptions options(Path to, PictureReader reader) {
        LabelTable table = NihLabelFile.read(folder.resolve("labels.csv"), NihLabelFile.NoFinding.KEEP, new Problems());
        return PrepareDataset.builder(table, new ImageFolder(images), to)
                .split(Split.byFraction(0.1, 0.2, Split.By.PATIENT, 1337))
                .workers(3)
                .pictures(reader, SIDE, SIDE, SIDE, SIDE, JsonObject.empty(), JsonObject.empty());
    }

    private void prepare() {
        options(output, RAW).shardSize(SHARD).run(Progress.NONE);
    }

    /** How many pictures it reads. */
    private int prepareCounting() {
        AtomicInteger read = new AtomicInteger();
        options(output, (bytes, name) -> {
                    read.incrementAndGet();
                    return RAW.read(bytes, name);
                })
                .shardSize(SHARD)
                .run(Progress.NONE);
        return read.get();
    }

    /** Everything that can be read of a data set. */
    private static List<Object> content(Path dataset) {
        try (ArrowDataset data = ArrowDataset.open(dataset)) {
            data.verify();
            List<Object> all = new ArrayList<>(List.of(data.info(), data.size()));
            for (int row = 0; row < data.size(); row++) {
                Sample sample = data.get(row);
                all.add(List.of(
                        sample.file(),
                        Arrays.toString(sample.labels()),
                        Arrays.toString(sample.picture().pixels()),
                        data.splitOf(row),
                        data.column("View Position", row)));
            }
            for (String split : List.of(Split.TRAIN, Split.VALIDATION, Split.TEST)) {
                all.add(Arrays.toString(data.rows(split)));
            }
            return all;
        }
    }

    private static List<String> namesIn(Path folder) throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            return files.map(file -> file.getFileName().toString()).sorted().toList();
        }
    }

    private static Map<String, List<Byte>> bytes(Path folder) throws IOException {
        Map<String, List<Byte>> all = new TreeMap<>();
        for (String name : namesIn(folder)) {
            List<Byte> content = new ArrayList<>();
            for (byte b : Files.readAllBytes(folder.resolve(name))) {
                content.add(b);
            }
            all.put(name, content);
        }
        return all;
    }

    @Test
    void shardsHoldWhatOneFileHolds() throws IOException {
        options(single, RAW).run(Progress.NONE);
        prepare();
        assertThat(namesIn(output))
                .containsExactly(
                        "data-00000-of-00003.arrow",
                        "data-00001-of-00003.arrow",
                        "data-00002-of-00003.arrow",
                        "data.arrow.index.json",
                        "metadata.jsonl");
        assertThat(content(output)).isEqualTo(content(single));
        for (int i = 0; i < 3; i++) {
            assertThat(Files.size(output.resolve(ShardIndex.name(i, 3)))).isBetween(10_000L, SHARD + 2_000);
        }
        ArrowDataset data = ArrowDataset.open(output);
        assertThat(IntStream.of(0, 255, 256, 511, 512, 699).map(data::shardOf)).containsExactly(0, 0, 1, 1, 2, 2);
        Dataset test = data.split(Split.TEST);
        assertThat(test.shardOf(test.size() - 1)).isEqualTo(2);
    }

    @Test
    void anInterruptedPrepareGoesOnInTheShardWhereItWas() throws IOException {
        prepare();
        Map<String, List<Byte>> undisturbed = bytes(output);
        output = folder.resolve("interrupted");
        for (int killedAt : new int[] {300, 280}) {
            AtomicInteger read = new AtomicInteger();
            assertThatThrownBy(() -> options(output, (bytes, name) -> {
                                if (read.incrementAndGet() > killedAt) {
                                    throw new IllegalStateException("killed");
                                }
                                return RAW.read(bytes, name);
                            })
                            .shardSize(SHARD)
                            .run(Progress.NONE))
                    .hasMessage("killed");
        }
        int readAgain = prepareCounting();
        assertThat(bytes(output)).isEqualTo(undisturbed);
        assertThat(readAgain).isLessThanOrEqualTo(ROWS - 384);
    }

    @Test
    void aRunThatEndedBetweenTheLastNamesAndTheIndexIsCompleted() throws IOException {
        prepare();
        Map<String, List<Byte>> undisturbed = bytes(output);
        output = folder.resolve("interrupted");
        byte[] last = Files.readAllBytes(images.resolve(name(ROWS - 1)));
        PictureReader dies = (bytes, name) -> {
            if (Arrays.equals(bytes, last)) {
                throw new IllegalStateException("killed");
            }
            return RAW.read(bytes, name);
        };
        assertThatThrownBy(() -> options(output, dies).shardSize(SHARD).run(Progress.NONE))
                .hasMessage("killed");
        byte[] journal = Files.readAllBytes(output.resolve(PrepareJournal.FILE));
        prepare();
        Files.delete(output.resolve(ShardIndex.FILE));
        Files.write(output.resolve(PrepareJournal.FILE), journal);
        Files.move(output.resolve("data-00001-of-00003.arrow"), output.resolve("data-00001.arrow.partial"));
        assertThatThrownBy(() -> ArrowDataset.open(output))
                .isInstanceOf(InputException.class)
                .hasMessageContaining("without their index");

        int readAgain = prepareCounting();
        assertThat(bytes(output)).isEqualTo(undisturbed);
        assertThat(readAgain).isEqualTo(ROWS - 640);
    }

    @Test
    void whatWasWrittenGreyIsWidenedShardByShard() throws IOException {
        write(600, 3);
        options(single, RAW).run(Progress.NONE);
        prepare();
        assertThat(content(output)).isEqualTo(content(single));
        assertThat(namesIn(output)).noneMatch(name -> name.endsWith(".partial") || name.endsWith(".widened"));
        assertThat(ArrowDataset.open(output).channels()).isEqualTo(3);
    }

    @Test
    void wideningThatFailsLeavesNoFilesOfItsOwn() throws IOException {
        options(output, RAW).run(Progress.NONE);
        DatasetInfo info = ArrowDataset.open(output).info();
        Path narrow = Files.createDirectories(folder.resolve("narrow"));
        try (DatasetWriter writer = writerOfShards(narrow, info)) {
            append(writer, info, 0);
            append(writer, info, 1);
            assertThatThrownBy(() -> writer.widen(entry -> {
                        if (entry.endRow() == 2) {
                            throw new IllegalStateException("killed");
                        }
                        return List.of(row(info, entry.endRow() - 1));
                    }))
                    .hasMessage("killed");
        }
        assertThat(namesIn(narrow)).noneMatch(name -> name.endsWith(".widened"));
        try (DatasetWriter writer = writerOfShards(narrow, info)) {
            assertThat(writer.nextRow()).isZero();
        }
    }

    @Test
    void whatAnInterruptedRunLeftIsRemovedAlsoBehindAGap() throws IOException {
        Files.createDirectories(output);
        for (String left :
                List.of("data-00001.arrow.widened", "data-00007.arrow.widened", "data-00004.arrow.partial")) {
            Files.write(output.resolve(left), new byte[3]);
        }
        prepare();
        assertThat(namesIn(output)).noneMatch(name -> name.endsWith(".partial") || name.endsWith(".widened"));
    }

    private static DatasetWriter writerOfShards(Path folder, DatasetInfo info) throws IOException {
        return new DatasetWriter(folder, info.withDigest("d"), "s", (from, to) -> from + "-" + to, false, 1);
    }

    /** A row whose pixels are its number. */
    private static void append(DatasetWriter writer, DatasetInfo info, int number) throws IOException {
        byte[] pixels = new byte[info.pictureBytes()];
        Arrays.fill(pixels, (byte) number);
        writer.append(number + 1, List.of(row(info, number)), pixels, new long[1], Map.of());
    }

    private static ArrowFormat.StoredRow row(DatasetInfo info, int number) {
        List<String> values = info.columns().stream().map(column -> "").toList();
        return new ArrowFormat.StoredRow(name(number), "train", new float[info.labelCount()], values);
    }

    @Test
    void aDataSetIsReplacedByOneThatIsDividedOtherwise() throws IOException {
        options(output, RAW).run(Progress.NONE);
        assertThat(options(output, RAW).shardSize(SHARD).run(Progress.NONE).remarks())
                .containsExactly(
                        "this data set already exists; nothing was done; to divide it otherwise, prepare it with --overwrite true");
        List<Object> content = content(output);
        for (long size : new long[] {SHARD, 1, DatasetWriter.NO_SHARDS, SHARD}) {
            options(output, RAW).shardSize(size).overwrite(true).run(Progress.NONE);
            assertThat(content(output)).isEqualTo(content);
            int shards = size == DatasetWriter.NO_SHARDS ? 0 : size == 1 ? 6 : 3;
            assertThat(ShardIndex.shardsIn(output)).hasSize(shards);
            assertThat(namesIn(output).contains("data.arrow")).isEqualTo(shards == 0);
        }
    }

    @Test
    void aShardThatIsMissingDamagedOrAnothersIsNamed() throws IOException {
        prepare();
        Path shard = output.resolve("data-00001-of-00003.arrow");
        byte[] sound = Files.readAllBytes(shard);

        Files.delete(shard);
        Files.write(output.resolve("data-00002-of-00003.arrow"), new byte[7]);
        assertThatThrownBy(() -> ArrowDataset.open(output))
                .isInstanceOf(InputException.class)
                .hasMessageContaining("data-00001-of-00003.arrow is missing, data-00002-of-00003.arrow has 7 bytes");

        options(output, RAW).shardSize(SHARD).overwrite(true).run(Progress.NONE);
        byte[] flipped = sound.clone();
        flipped[sound.length / 2] ^= 16;
        Files.write(shard, flipped);
        ArrowDataset damaged = ArrowDataset.open(output);
        assertThatThrownBy(damaged::verify)
                .isInstanceOf(InputException.class)
                .hasMessageContaining("data-00001-of-00003.arrow")
                .hasMessageContaining("have changed since");

        Files.copy(output.resolve("data-00000-of-00003.arrow"), shard, StandardCopyOption.REPLACE_EXISTING);
        Path index = output.resolve(ShardIndex.FILE);
        String sameLength = Files.readString(index).replace("" + sound.length, "" + Files.size(shard));
        Files.writeString(index, sameLength);
        ArrowDataset mixed = ArrowDataset.open(output);
        assertThat(mixed.get(0).file()).isEqualTo(name(0));
        assertThatThrownBy(() -> mixed.get(300))
                .isInstanceOf(InputException.class)
                .hasMessageContaining("data-00001-of-00003.arrow")
                .hasMessageContaining("not the shard");

        Files.writeString(index, sameLength.replace("data-00002-of-00003", "../secret"));
        assertThatThrownBy(() -> ArrowDataset.open(output))
                .isInstanceOf(InputException.class)
                .hasMessageContaining(ShardIndex.FILE);
    }

    @Test
    void manyShardsKeepFewFilesOpen() throws IOException {
        assumeTrue(Files.isDirectory(Path.of("/proc/self/fd")), "this system does not list its open files");
        options(output, RAW).run(Progress.NONE);
        DatasetInfo info = ArrowDataset.open(output).info();
        int shards = 300;
        Path many = Files.createDirectories(folder.resolve("many"));
        try (DatasetWriter writer = writerOfShards(many, info)) {
            for (int i = 0; i < shards; i++) {
                append(writer, info, i);
            }
            writer.finish();
        }
        int before = namesIn(Path.of("/proc/self/fd")).size();
        ArrowDataset data = ArrowDataset.open(many);
        int[] order = Sampler.random(3).order(shards, 0);
        IntStream.of(order).parallel().forEach(row -> {
            assertThat(data.shardOf(row)).isEqualTo(row);
            assertThat(data.get(row).picture().pixels()).containsOnly((byte) row);
        });
        assertThat(namesIn(Path.of("/proc/self/fd")).size() - before).isBetween(1, 90);
        data.verify();
    }

    @Test
    void anEpochThatGoesByShardsReadsFourOfThemAtATime() {
        int size = 1000;
        Sampler sampler = Sampler.sharded(5, row -> row / 90); // twelve shards, the last one shorter
        int[] order = sampler.order(size, 0);

        assertThat(order.clone())
                .containsExactlyInAnyOrder(IntStream.range(0, size).toArray());
        assertThat(sampler.order(size, 0)).isEqualTo(order);
        assertThat(sampler.order(size, 1)).isNotEqualTo(order);
        assertThat(Sampler.sharded(6, row -> row / 90).order(size, 0)).isNotEqualTo(order);
        int last = -1;
        List<Integer> windows = new ArrayList<>();
        for (int start = 0; start < size; ) {
            int[] shards = Arrays.stream(order, start, Math.min(start + 100, size))
                    .map(row -> row / 90)
                    .distinct()
                    .toArray();
            assertThat(shards).hasSize(4);
            int rows = Arrays.stream(shards).map(s -> s == 11 ? 10 : 90).sum();
            assertThat(Arrays.stream(order, start, start + rows)
                            .map(row -> row / 90)
                            .distinct())
                    .hasSize(4);
            start += rows;
            windows.add(rows);
            last = Math.max(last, start);
        }
        assertThat(last).isEqualTo(size);
        assertThat(windows).hasSize(3);
    }
}
