package io.vit4j.parquet;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.vit4j.PrepareRequest;
import io.vit4j.Vit4j;
import io.vit4j.base.InputException;
import io.vit4j.base.Progress;
import io.vit4j.data.ArrowBytes;
import io.vit4j.data.ArrowDataset;
import io.vit4j.data.CsvLabelFile;
import io.vit4j.data.DataFolder;
import io.vit4j.data.ImageSource;
import io.vit4j.data.LabelTable;
import io.vit4j.data.PrepareDataset;
import io.vit4j.data.PrepareDataset.Prepared;
import io.vit4j.data.ProblemType;
import io.vit4j.data.Problems;
import io.vit4j.data.Split;
import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Consumer;
import javax.imageio.ImageIO;
import org.apache.parquet.example.data.Group;
import org.apache.parquet.io.api.Binary;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Folders of Parquet files as {@code datasets} writes them. */
class ShardDatasetTest {
    private static final String SCHEMA = """
            message schema {
              optional group image { optional binary bytes; optional binary path (STRING); }
              optional int64 label;
              optional binary patient_id (STRING);
            }
            """;
    private static final String FEATURES = """
            {"info": {"features": {"image": {"_type": "Image"},
              "label": {"names": ["dog", "cat", "ant"], "_type": "ClassLabel"},
              "patient_id": {"dtype": "string", "_type": "Value"}}}}
            """;

    @TempDir
    Path folder;

    private final Problems problems = new Problems();
    private int outputs;

    @Test
    void shardsGiveTheFileThatTheSamePicturesInAFolderGive() throws IOException {
        Path shards = folder.resolve("shards");
        Path pictures = Files.createDirectories(folder.resolve("pictures"));
        write(shards.resolve("data/test-00000-of-00001.parquet"), 20, 24);
        write(shards.resolve("data/train-00000-of-00002.parquet"), 0, 13);
        write(shards.resolve("data/train-00001-of-00002.parquet"), 13, 20);
        List<String> lines = new ArrayList<>();
        for (int i : new int[] {20, 21, 22, 23, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19}) {
            Files.write(pictures.resolve(i + ".png"), png(i));
            lines.add(i + ".png," + List.of("dog", "cat", "ant").get(i % 3) + ",p" + i / 2 + ","
                    + (i < 20 ? "train" : "test"));
        }
        Files.writeString(
                folder.resolve("labels.csv"), "file,label,patient_id,split\n" + String.join("\n", lines) + "\n");
        Path fromShards = prepare(Vit4j.prepare(shards.toString())).folder();
        Path fromPictures = prepare(Vit4j.prepare(pictures)
                        .labels(folder.resolve("labels.csv"))
                        .columns(new CsvLabelFile.Columns("file", new CsvLabelFile.OneLabel("label")).split("split"))
                        .table(ShardDatasetTest::withoutLabelColumn))
                .folder();
        ArrowDataset one = ArrowDataset.open(fromShards);
        ArrowDataset other = ArrowDataset.open(fromPictures);
        assertThat(one.info().labels().names()).containsExactly("ant", "cat", "dog");
        assertThat(one.rows("test")).hasSize(4);
        assertThat(one.size()).isEqualTo(24).isEqualTo(other.size());
        assertThat(Files.readString(fromShards.resolve("metadata.jsonl")))
                .isEqualTo(Files.readString(fromPictures.resolve("metadata.jsonl")))
                .contains("\"patient_id\":\"p11\"");
        // but for the digests, which tell the sources apart
        assertThat(withoutDigest(fromShards)).isEqualTo(withoutDigest(fromPictures));
    }

    @Test
    void severalThreadsGetTheirPicturesAcrossShardsAndRowGroups() throws IOException {
        List<Integer> rows = new ArrayList<>();
        for (int shard = 0; shard < 6; shard++) {
            write(folder.resolve("data/train-0000" + shard + "-of-00006.parquet"), 7 * shard, 7 * shard + 7);
        }
        try (DataFolder data = DataFolder.builder(folder).open()) {
            for (int i = 0; i < 42; i++) {
                rows.add(i);
            }
            rows.parallelStream()
                    .forEach(i -> assertThat(((ImageSource.ByName) data.images()).read(i + ".png"))
                            .isEqualTo(png(i)));
        }
    }

    @ParameterizedTest
    @CsvSource({
        "data/train-00000-of-00001.parquet, train",
        "data/validation-00000-of-00001-a09b74b3ef9c3b56.parquet, validation",
        "data/valid-00000-of-00001.parquet, validation",
        "dev.parquet, dev",
        "default/test/0000.parquet, test",
        "partial-train/0000.parquet, train",
        "test_set.parquet, test"
    })
    void filesNamesTellTheSplit(String name, String split) throws IOException {
        write(folder.resolve(name), 0, 3);
        assertThat(open().rows())
                .extracting(LabelTable.LabelRow::split)
                .allMatch(word -> word.flatMap(Split::named).equals(Split.named(split)) && word.isPresent());
    }

    @Test
    void namesThatTellNoSplitLeaveItOpenUnlessOthersDo() throws IOException {
        write(folder.resolve("part-00000-of-00001.parquet"), 0, 3);
        assertThat(open().rows()).allMatch(row -> row.split().isEmpty());
        write(folder.resolve("train-00000-of-00001.parquet"), 3, 6);
        write(folder.resolve("holdout-00000-of-00001.parquet"), 6, 9);
        Files.delete(folder.resolve("part-00000-of-00001.parquet"));
        assertThatThrownBy(() -> prepare(Vit4j.prepare(folder)))
                .isInstanceOf(InputException.class)
                .hasMessageContaining("\"holdout\" is neither train, validation nor test")
                .hasMessageContaining("--split-values");
    }

    @Test
    void theCardNamesFilesSplitsAndClasses() throws IOException {
        write(folder.resolve("a/one.parquet"), 0, 3, "");
        write(folder.resolve("b/two.parquet"), 3, 6, "");
        write(folder.resolve("old/three.parquet"), 0, 3, "");
        Files.writeString(folder.resolve("README.md"), """
                ---
                dataset_info:
                - config_name: default
                  features:
                  - name: label
                    dtype:
                      class_label:
                        names: {'0': dog, '1': cat, '2': ant}
                configs:
                - config_name: default
                  data_files:
                  - split: train
                    path: a/*
                  - split: test
                    path: b/*.parquet
                ---
                """);
        LabelTable table = open();
        assertThat(table.size()).isEqualTo(6);
        assertThat(table.rows())
                .extracting(row -> row.split().orElseThrow())
                .containsExactly("train", "train", "train", "test", "test", "test");
        assertThat(table.rows().get(4).labels()).containsExactly("cat");
        Files.delete(folder.resolve("b/two.parquet"));
        assertThatThrownBy(this::open)
                .isInstanceOf(InputException.class)
                .hasMessageContaining("README.md names b/*.parquet for test, but there is no such Parquet file");
    }

    @Test
    void severalConfigurationsAreAskedAbout() throws IOException {
        write(folder.resolve("a/train.parquet"), 0, 3);
        write(folder.resolve("b/train.parquet"), 3, 6);
        Files.writeString(
                folder.resolve("README.md"),
                "---\nconfigs:\n- {config_name: small, data_files: a/*}\n- {config_name: big, data_files: b/*}\n---\n");
        assertThatThrownBy(this::open)
                .isInstanceOf(InputException.class)
                .hasMessageContaining("several configurations, small, big; choose one with --configuration small");
        try (DataFolder data = DataFolder.builder(folder).configuration("big").open()) {
            assertThat(data.labels().rows())
                    .extracting(LabelTable.LabelRow::image)
                    .contains("3.png");
        }
    }

    @Test
    void allMissingShardsAreNamed() throws IOException {
        write(folder.resolve("data/train-00001-of-00004.parquet"), 0, 3);
        write(folder.resolve("data/train-00002-of-00004.parquet"), 3, 6);
        assertThatThrownBy(this::open)
                .isInstanceOf(InputException.class)
                .hasMessageContaining("2 Parquet files are missing: data/train-00000-of-00004.parquet,"
                        + " data/train-00003-of-00004.parquet");
        write(folder.resolve("data/train-00000-of-00002.parquet"), 3, 6);
        assertThatThrownBy(this::open).hasMessageContaining("of 2 and of 4 in all");
    }

    @Test
    void allBrokenShardsAreNamedWithWhatTheyAre() throws IOException {
        write(folder.resolve("train-00000-of-00005.parquet"), 0, 3);
        byte[] whole = Files.readAllBytes(folder.resolve("train-00000-of-00005.parquet"));
        Files.write(folder.resolve("train-00001-of-00005.parquet"), Arrays.copyOf(whole, whole.length - 100));
        Files.writeString(
                folder.resolve("train-00002-of-00005.parquet"),
                "version https://git-lfs.github.com/spec/v1\noid sha256:" + "0".repeat(64) + "\nsize 1\n");
        Files.writeString(folder.resolve("train-00003-of-00005.parquet"), "<!DOCTYPE html><html>Log in</html>");
        Files.write(folder.resolve("train-00004-of-00005.parquet"), new byte[0]);
        assertThatThrownBy(this::open)
                .isInstanceOf(InputException.class)
                .hasMessageStartingWith(folder + ": 4 of 5 Parquet files cannot be read: ")
                .hasMessageContaining("00001-of-00005.parquet: damaged")
                .hasMessageContaining("00002-of-00005.parquet: is a Git LFS pointer")
                .hasMessageContaining("00003-of-00005.parquet: is a web page")
                .hasMessageContaining("00004-of-00005.parquet: damaged")
                .hasMessageNotContaining("\n");
    }

    @Test
    void linksThatLeadOutAreRefusedExceptInTheHubsCache() throws IOException {
        Path elsewhere = folder.resolve("cache/blobs/abc");
        write(elsewhere, 0, 3);
        Path snapshot = folder.resolve("cache/snapshots/" + "0".repeat(40));
        Path other = folder.resolve("mine");
        for (Path data : List.of(snapshot, other)) {
            Files.createDirectories(data);
            Files.createSymbolicLink(data.resolve("train.parquet"), elsewhere);
        }
        try (DataFolder data = DataFolder.builder(snapshot).open()) {
            assertThat(data.labels().size()).isEqualTo(3);
        }
        assertThatThrownBy(() -> DataFolder.builder(other).open())
                .isInstanceOf(InputException.class)
                .hasMessageContaining("links that lead out of the folder");
        try (DataFolder data = DataFolder.builder(other).followLinks(true).open()) {
            assertThat(data.labels().size()).isEqualTo(3);
        }
    }

    @Test
    void rowsWithLabelMinusOneAreLeftOutAndThisIsSaid() throws IOException {
        write(folder.resolve("train-00000-of-00001.parquet"), 0, 20);
        new ParquetWriter(SCHEMA)
                .metadata("huggingface", FEATURES)
                .rowGroup(List.of(row(20, -1), row(21, -1)))
                .write(folder.resolve("test-00000-of-00001.parquet"));
        Prepared prepared = prepare(Vit4j.prepare(folder));
        assertThat(prepared.rows()).containsEntry("test", 0);
        assertThat(prepared.remarks())
                .anyMatch(remark -> remark.contains("2 rows without a label, left out"))
                .anyMatch(remark -> remark.contains("no row of the split test has a label (all 2 are -1"));
    }

    @Test
    void classesThatDoNotExistAreAProblem() throws IOException {
        new ParquetWriter(SCHEMA)
                .metadata("huggingface", FEATURES)
                .rowGroup(List.of(row(0, 1), row(1, 3), row(2, 0)))
                .write(folder.resolve("x.parquet"));
        assertThatThrownBy(() -> prepare(Vit4j.prepare(folder)))
                .isInstanceOf(InputException.class)
                .hasMessageContaining("\"label\" is 3, but there are 3 classes");
    }

    @Test
    void listsOfClassesAreSeveralLabels() throws IOException {
        String schema = """
                message schema {
                  optional binary image;
                  optional group labels { repeated group list { optional int64 element; } }
                }
                """;
        String features = """
                {"info": {"features": {"image": {"_type": "Image"},
                  "labels": {"feature": {"names": ["a", "say \\"b\\"", "c"], "_type": "ClassLabel"}, "_type": "List"}}}}
                """;
        new ParquetWriter(schema)
                .metadata("huggingface", features)
                .rowGroup(List.of(listed(0), listed(1, 1), listed(2, 0, 1), listed(3, 2)))
                .write(folder.resolve("train.parquet"));
        LabelTable table = open();
        assertThat(table.problemType()).isEqualTo(ProblemType.MULTI_LABEL);
        assertThat(table.rows())
                .extracting(LabelTable.LabelRow::labels)
                .containsExactly(List.of(), List.of("say \"b\""), List.of("a", "say \"b\""), List.of("c"));
        assertThat(table.rows()).extracting(LabelTable.LabelRow::image).first().isEqualTo("train/0");
        new ParquetWriter(schema)
                .rowGroup(List.of(listed(0, 0, 0, 1), listed(1, 1, 1, 0), listed(2, 0, 1, 0)))
                .write(folder.resolve("train.parquet"));
        assertThat(open().rows())
                .extracting(LabelTable.LabelRow::labels)
                .containsExactly(List.of("2"), List.of("0", "1"), List.of("1"));
        assertThat(problems.remarks()).anyMatch(remark -> remark.contains("named by their places"));
    }

    @Test
    void numbersAreAskedAbout() throws IOException {
        String schema = "message s { optional group image { optional binary bytes; } optional double label; }";
        List<Consumer<Group>> rows = new ArrayList<>();
        for (int i = 0; i < 12; i++) {
            int number = i;
            rows.add(group -> {
                group.addGroup("image").append("bytes", Binary.fromConstantByteArray(png(number)));
                group.append("label", number * 1.25);
            });
        }
        new ParquetWriter(schema).rowGroup(rows).write(folder.resolve("train.parquet"));
        assertThatThrownBy(this::open)
                .isInstanceOf(InputException.class)
                .hasMessageContaining("are they classes, or numbers to predict?");
        try (DataFolder data = DataFolder.builder(folder)
                .columns(new CsvLabelFile.Columns("", new CsvLabelFile.NumberColumns(List.of("label"))))
                .open()) {
            assertThat(data.labels().problemType()).isEqualTo(ProblemType.REGRESSION);
            assertThat(data.labels().rows().get(3).labels()).containsExactly("3.75");
        }
    }

    @Test
    void aColumnOfPathsNamesFilesOfTheFolder() throws IOException {
        String schema = "message s { optional binary file_name (STRING); optional binary label (STRING); }";
        List<Consumer<Group>> rows = new ArrayList<>();
        for (int i = 0; i < 6; i++) {
            int number = i;
            Files.write(Files.createDirectories(folder.resolve("photos")).resolve(i + ".png"), png(i));
            rows.add(group -> group.append("file_name", "photos/" + number + ".png")
                    .append("label", number % 2 == 0 ? "a" : "b"));
        }
        new ParquetWriter(schema).rowGroup(rows).write(folder.resolve("metadata.parquet"));
        assertThat(prepare(Vit4j.prepare(folder)).rows().values().stream()
                        .mapToInt(Integer::intValue)
                        .sum())
                .isEqualTo(6);
        Files.delete(folder.resolve("photos/4.png"));
        assertThatThrownBy(() -> prepare(Vit4j.prepare(folder).overwrite(true)))
                .isInstanceOf(InputException.class)
                .hasMessageContaining("photos/4.png");
    }

    @Test
    void brokenPicturesAreReportedTogetherOrSkipped() throws IOException {
        List<Consumer<Group>> rows = new ArrayList<>();
        for (int i = 0; i < 30; i++) {
            rows.add(row(i, i % 3));
        }
        rows.set(4, group -> row(group, new byte[] {1, 2, 3}, "4.png", 0));
        rows.set(9, group -> group.append("label", 1L).addGroup("image").append("path", "gone/9.png"));
        new ParquetWriter(SCHEMA)
                .metadata("huggingface", FEATURES)
                .rowGroup(rows)
                .write(folder.resolve("train.parquet"));
        assertThatThrownBy(() -> prepare(Vit4j.prepare(folder)))
                .isInstanceOf(InputException.class)
                .hasMessageContaining("2 images that cannot be read (first: ")
                .hasMessageContaining("4.png");
        Prepared prepared = prepare(Vit4j.prepare(folder).onBadImage(PrepareDataset.OnBadImage.SKIP));
        assertThat(prepared.skipped()).isEqualTo(2);
    }

    @Test
    void columnsThatAreNotReadAreNamedAndUnclearOnesAskedAbout() throws IOException {
        String schema = """
                message s {
                  optional group image { optional binary bytes; optional binary path (STRING); }
                  optional group objects { repeated group list { optional group element { optional int64 x; } } }
                  optional binary fine (STRING);
                  optional binary coarse (STRING);
                }
                """;
        List<Consumer<Group>> rows = new ArrayList<>();
        for (int i = 0; i < 6; i++) {
            int number = i;
            rows.add(group -> {
                group.addGroup("image")
                        .append("bytes", Binary.fromConstantByteArray(png(number)))
                        .append("path", number + ".png");
                group.append("fine", "f" + number % 3).append("coarse", "c" + number % 2);
            });
        }
        new ParquetWriter(schema).rowGroup(rows).write(folder.resolve("x.parquet"));
        assertThatThrownBy(this::open)
                .isInstanceOf(InputException.class)
                .hasMessageContaining("it has objects, fine, coarse. Name the column with --label-column");
        try (DataFolder data = DataFolder.builder(folder)
                .problems(problems)
                .columns(new CsvLabelFile.Columns("", new CsvLabelFile.OneLabel("coarse")).patient("fine"))
                .open()) {
            assertThat(data.labels().rows().get(3).labels()).containsExactly("c1");
            assertThat(data.labels().rows().get(4).patient()).contains("f1");
        }
        assertThat(problems.remarks()).anyMatch(remark -> remark.contains("columns that are not read: objects"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"names", "columns"})
    void shardsOfDifferentDataSetsAreRefused(String what) throws IOException {
        write(folder.resolve("train-00000-of-00002.parquet"), 0, 3);
        boolean names = what.equals("names");
        write(folder.resolve("train-00001-of-00002.parquet"), 3, 6, names ? FEATURES.replace("ant", "bee") : FEATURES);
        if (!names) {
            new ParquetWriter("message s { optional int64 label; optional binary image; }")
                    .rowGroup(List.of(group -> group.append("label", 1L)))
                    .write(folder.resolve("train-00001-of-00002.parquet"));
        }
        assertThatThrownBy(this::open)
                .isInstanceOf(InputException.class)
                .hasMessageContaining("train-00001-of-00002.parquet")
                .hasMessageContaining(names ? "the classes of \"label\" are" : "its columns are label, image");
    }

    private LabelTable open() {
        try (DataFolder data = DataFolder.builder(folder).problems(problems).open()) {
            return data.labels();
        }
    }

    private Prepared prepare(PrepareRequest request) {
        return request.output(folder.resolve("../" + folder.getFileName() + "-out" + outputs++))
                .run(Progress.NONE);
    }

    private static LabelTable withoutLabelColumn(LabelTable table) {
        int label = table.columnNames().indexOf("label_");
        List<String> names = new ArrayList<>(table.columnNames());
        names.remove(label);
        List<LabelTable.LabelRow> rows = new ArrayList<>();
        for (LabelTable.LabelRow row : table.rows()) {
            List<String> values = new ArrayList<>(row.values());
            values.remove(label);
            rows.add(new LabelTable.LabelRow(
                    row.line(), row.image(), row.labels(), row.unknown(), row.patient(), row.split(), values));
        }
        return new LabelTable(table.source(), table.problemType(), List.of("ant", "cat", "dog"), names, rows);
    }

    /** The Arrow file with a digest of zeros, and its sums made right. */
    private static byte[] withoutDigest(Path dataset) throws IOException {
        String digest = ArrowDataset.open(dataset).info().digest();
        String text = Files.readString(dataset.resolve(ArrowDataset.FILE), StandardCharsets.ISO_8859_1);
        assertThat(text).contains(digest);
        String same = text.replace(digest, "0".repeat(digest.length()));
        return ArrowBytes.sealed(same.getBytes(StandardCharsets.ISO_8859_1));
    }

    private static void write(Path file, int from, int to) throws IOException {
        write(file, from, to, FEATURES);
    }

    private static void write(Path file, int from, int to, String features) throws IOException {
        List<Consumer<Group>> rows = new ArrayList<>();
        for (int i = from; i < to; i++) {
            rows.add(row(i, i % 3));
        }
        ParquetWriter writer = new ParquetWriter(SCHEMA);
        if (!features.isEmpty()) {
            writer.metadata("huggingface", features);
        }
        int half = rows.size() / 2;
        writer.rowGroup(rows.subList(0, half))
                .rowGroup(rows.subList(half, rows.size()))
                .write(file);
    }

    private static Consumer<Group> row(int i, int label) {
        return group -> {
            row(group, png(i), i + ".png", label);
            group.append("patient_id", "p" + i / 2);
        };
    }

    private static void row(Group group, byte[] bytes, String path, int label) {
        group.addGroup("image")
                .append("bytes", Binary.fromConstantByteArray(bytes))
                .append("path", path);
        group.append("label", (long) label);
    }

    private static Consumer<Group> listed(int i, int... labels) {
        return group -> {
            group.append("image", Binary.fromConstantByteArray(png(i)));
            Group list = group.addGroup("labels");
            for (int label : labels) {
                list.addGroup("list").append("element", (long) label);
            }
        };
    }

    /** 5x4 pixels that depend on the number; every other one has colours. */
    private static byte[] png(int number) {
        BufferedImage image = new BufferedImage(5, 4, BufferedImage.TYPE_INT_RGB);
        for (int i = 0; i < 20; i++) {
            int value = (number * 29 + i * 11) % 256;
            image.setRGB(i % 5, i / 5, number % 2 == 0 ? value * 0x010101 : value << 8 | number);
        }
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try {
            ImageIO.write(image, "png", out);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return out.toByteArray();
    }
}
