package io.vit4j.spark;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.vit4j.PrepareRequest;
import io.vit4j.Vit4j;
import io.vit4j.base.InputException;
import io.vit4j.base.Progress;
import io.vit4j.base.Sha256;
import io.vit4j.data.ArrowDataset;
import io.vit4j.data.CsvLabelFile;
import io.vit4j.data.PrepareDataset;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.functions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Prepared by tasks, byte for byte what one process prepares. */
class VitDatasetsTest {
    /** Two batches of 128 grey pictures fit into a shard. */
    private static final long SHARD = 90_000;

    private static final UnaryOperator<PrepareRequest> SMALL =
            request -> request.imageSize(16, 16).shardSize(SHARD);

    private static final UnaryOperator<PrepareRequest> SKIPPING =
            request -> SMALL.apply(request).onBadImage(PrepareDataset.OnBadImage.SKIP);

    @TempDir
    Path folder;

    private Path single(Path pictures, UnaryOperator<PrepareRequest> options) {
        Path dataset = folder.resolve("single");
        options.apply(Vit4j.prepare(pictures)).output(dataset).run(Progress.NONE);
        return dataset;
    }

    /** The content of all files but {@code problems.csv}, which names the pictures' folder as each of them calls it. */
    private static Map<String, String> content(Path dataset) throws IOException {
        Map<String, String> content = new TreeMap<>();
        try (Stream<Path> files = Files.list(dataset)) {
            for (Path file :
                    files.filter(each -> !each.endsWith("problems.csv")).toList()) {
                if (!file.getFileName().toString().endsWith(".crc")) { // Hadoop's own sums beside local files
                    content.put(
                            file.getFileName().toString(),
                            Sha256.hex(Files.readString(file, StandardCharsets.ISO_8859_1)));
                }
            }
        }
        return content;
    }

    @Test
    void aFolderBecomesTheBytesThatOneProcessMakes() throws IOException {
        DrawnPictures drawn = DrawnPictures.draw(folder.resolve("cxr"), 300, Set.of());
        drawn.spoil(5);
        drawn.spoil(290);
        Path dataset = folder.resolve("dataset");

        PreparedDataset prepared =
                VitDatasets.prepare(LocalSpark.session(), drawn.folder().toString(), dataset.toString(), SKIPPING);

        assertThat(content(dataset)).isEqualTo(content(single(drawn.folder(), SKIPPING)));
        assertThat(content(dataset)).containsKeys("data-00001-of-00002.arrow", "skipped.csv", "metadata.jsonl");
        assertThat(prepared.skipped()).isEqualTo(2);
        assertThat(prepared.rows().values().stream().mapToInt(Integer::intValue).sum())
                .isEqualTo(298);
        try (ArrowDataset data = ArrowDataset.open(dataset)) {
            data.verify();
            assertThat(data.channels()).isEqualTo(1);
        }
        assertThat(VitDatasets.prepare(LocalSpark.session(), drawn.folder().toString(), dataset.toString(), SKIPPING)
                        .alreadyThere())
                .isTrue();
    }

    /** One coloured picture among grey ones makes all wide, and moves the bounds of shards. */
    @Test
    void aTableOfBytesBecomesTheSameToo() throws IOException {
        DrawnPictures drawn = DrawnPictures.draw(folder.resolve("cxr"), 300, Set.of(200));
        drawn.spoil(7);
        Path single = single(drawn.folder(), SKIPPING);
        Dataset<Row> labels = LocalSpark.session()
                .read()
                .option("header", true)
                .csv(drawn.folder().resolve("Data_Entry_2017.csv").toString());
        Dataset<Row> files = LocalSpark.session()
                .read()
                .format("binaryFile")
                .load(drawn.folder().resolve("images").toString())
                .select(
                        functions
                                .substring_index(functions.col("path"), "/", -1)
                                .as("Image Index"),
                        functions.col("content"));
        Path dataset = folder.resolve("dataset");

        VitDatasets.prepare(
                labels.join(files, "Image Index").orderBy("Image Index"),
                "content",
                new CsvLabelFile.Columns("Image Index", new CsvLabelFile.JoinedLabels("Finding Labels", "|"))
                        .patient("Patient ID"),
                dataset.toString(),
                SKIPPING);

        try (ArrowDataset data = ArrowDataset.open(dataset);
                ArrowDataset expected = ArrowDataset.open(single)) {
            data.verify();
            assertThat(data.isSharded()).isTrue();
            assertThat(data.channels()).isEqualTo(3);
            assertThat(data.size()).isEqualTo(expected.size()).isEqualTo(299);
            for (int row = 0; row < data.size(); row++) {
                assertThat(data.fileName(row)).isEqualTo(expected.fileName(row));
                assertThat(data.splitOf(row)).isEqualTo(expected.splitOf(row));
                assertThat(data.get(row).picture().pixels())
                        .isEqualTo(expected.get(row).picture().pixels());
                assertThat(data.labels(row)).isEqualTo(expected.labels(row));
            }
        }
    }

    /** Grey, coloured and see-through pictures, as Spark decodes them, and one that it cannot. */
    @Test
    void picturesThatSparkHasDecodedHaveThePixelsOfTheirFiles() throws IOException {
        DrawnPictures drawn = DrawnPictures.draw(folder.resolve("cxr"), 12, Set.of(3, 8));
        drawn.clear(8);
        drawn.spoil(5);
        Dataset<Row> table = LocalSpark.session()
                .read()
                .format("image")
                .option("dropInvalid", false)
                .load(drawn.folder().resolve("images").toString())
                .select(
                        functions
                                .substring_index(functions.col("image.origin"), "/", -1)
                                .as("name"),
                        functions.col("image"),
                        functions
                                .when(functions.col("image.origin").endsWith("0.png"), "sick")
                                .otherwise("well")
                                .as("finding"))
                .orderBy("name");
        Path dataset = folder.resolve("dataset");

        PreparedDataset prepared = VitDatasets.prepare(
                table,
                "image",
                new CsvLabelFile.Columns("name", new CsvLabelFile.OneLabel("finding")),
                dataset.toString(),
                SKIPPING);

        assertThat(prepared.skipped()).isEqualTo(1);
        assertThat(Files.readString(dataset.resolve("skipped.csv")))
                .contains("00005.png: Spark's image source could not decode it");
        try (ArrowDataset data = ArrowDataset.open(dataset);
                ArrowDataset expected = ArrowDataset.open(single(drawn.folder(), SKIPPING))) {
            assertThat(data.size()).isEqualTo(expected.size()).isEqualTo(11);
            assertThat(data.channels()).isEqualTo(3);
            for (int row = 0; row < data.size(); row++) {
                assertThat(data.fileName(row)).isEqualTo(expected.fileName(row));
                assertThat(data.get(row).picture().pixels())
                        .isEqualTo(expected.get(row).picture().pixels());
            }
        }
    }

    @Test
    void aTableOfPathsIsReadByTheTasks() throws IOException {
        DrawnPictures drawn = DrawnPictures.draw(folder.resolve("cxr"), 12, Set.of());
        Dataset<Row> table = LocalSpark.session()
                .range(12)
                .select(
                        functions
                                .concat(
                                        functions.lit(drawn.folder().resolve("images") + "/"),
                                        functions.lpad(functions.col("id").cast("string"), 5, "0"),
                                        functions.lit(".png"))
                                .as("path"),
                        functions
                                .when(functions.col("id").mod(3).equalTo(0), "sick")
                                .otherwise("well")
                                .as("finding"));
        Path dataset = folder.resolve("dataset");

        PreparedDataset prepared = VitDatasets.prepare(
                table,
                new CsvLabelFile.Columns("path", new CsvLabelFile.OneLabel("finding")),
                dataset.toString(),
                SMALL);

        assertThat(prepared.rows().values().stream().mapToInt(Integer::intValue).sum())
                .isEqualTo(12);
        try (ArrowDataset data = ArrowDataset.open(dataset)) {
            assertThat(data.labels().names()).containsExactly("sick", "well");
            assertThat(data.fileName(3)).isEqualTo(drawn.file(3).toString());
            assertThat(data.labels(3)).containsExactly(0);
        }
    }

    @Test
    void brokenPicturesAreAllNamedAndNothingIsLeft() throws IOException {
        DrawnPictures drawn = DrawnPictures.draw(folder.resolve("cxr"), 40, Set.of());
        drawn.spoil(5);
        drawn.spoil(38);
        Path dataset = folder.resolve("dataset");

        assertThatThrownBy(() ->
                        VitDatasets.prepare(LocalSpark.session(), drawn.folder().toString(), dataset.toString(), SMALL))
                .isInstanceOf(InputException.class)
                .hasMessageContaining("2 images that cannot be read")
                .hasMessageContaining("file:" + dataset + "/problems.csv");

        assertThat(Files.readString(dataset.resolve("problems.csv"))).contains("00005.png", "00038.png");
        assertThat(content(dataset)).isEmpty();
    }

    /** The first try to write the second shard ends in its middle; Spark tries again. */
    @Test
    void aTaskThatFailsHalfwayLeavesNoHalfShard() throws IOException {
        DrawnPictures drawn = DrawnPictures.draw(folder.resolve("cxr"), 300, Set.of());
        Path dataset = folder.resolve("dataset");
        FlakyFileSystem.failures("data-00001", 1);

        VitDatasets.prepare(LocalSpark.session(), drawn.folder().toString(), "flaky:" + dataset, SMALL);

        assertThat(FlakyFileSystem.left()).isZero();
        assertThat(content(dataset)).isEqualTo(content(single(drawn.folder(), SMALL)));
    }

    @Test
    void aShardThatCannotBeWrittenLeavesNoDataSet() throws IOException {
        DrawnPictures drawn = DrawnPictures.draw(folder.resolve("cxr"), 300, Set.of());
        Path dataset = folder.resolve("dataset");
        FlakyFileSystem.failures("data-00001", 10);
        try {
            assertThatThrownBy(() -> VitDatasets.prepare(
                            LocalSpark.session(), drawn.folder().toString(), "flaky:" + dataset, SMALL))
                    .hasMessageContaining("no room");
        } finally {
            FlakyFileSystem.failures("", 0);
        }

        assertThat(content(dataset)).isEmpty();
    }

    /** A data set that was there stays until the new one is written, and another one is not replaced unasked. */
    @Test
    void anotherDataSetIsReplacedOnlyIfAsked() throws IOException {
        DrawnPictures drawn = DrawnPictures.draw(folder.resolve("cxr"), 300, Set.of());
        Path dataset = folder.resolve("dataset");
        String pictures = drawn.folder().toString();
        VitDatasets.prepare(LocalSpark.session(), pictures, dataset.toString(), SMALL);
        assertThat(content(dataset)).containsKey("data-00001-of-00002.arrow");
        Files.copy(drawn.file(1), drawn.file(2), StandardCopyOption.REPLACE_EXISTING);

        assertThatThrownBy(() -> VitDatasets.prepare(LocalSpark.session(), pictures, dataset.toString(), SMALL))
                .isInstanceOf(InputException.class)
                .hasMessageContaining("contains another data set");
        VitDatasets.prepare(
                LocalSpark.session(),
                pictures,
                dataset.toString(),
                request -> SMALL.apply(request).shardSize(1 << 20).overwrite(true));

        assertThat(content(dataset).keySet())
                .containsExactly("data-00000-of-00001.arrow", "data.arrow.index.json", "metadata.jsonl");
        try (ArrowDataset data = ArrowDataset.open(dataset)) {
            data.verify();
        }
    }
}
