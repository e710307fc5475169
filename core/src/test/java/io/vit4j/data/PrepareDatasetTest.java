package io.vit4j.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.vit4j.base.InputException;
import io.vit4j.base.JsonObject;
import io.vit4j.base.Progress;
import io.vit4j.image.Picture;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.apache.arrow.memory.RootAllocator;
import org.apache.arrow.vector.VectorSchemaRoot;
import org.apache.arrow.vector.complex.FixedSizeListVector;
import org.apache.arrow.vector.ipc.ArrowFileReader;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PrepareDatasetTest {
    private static final int HEIGHT = 4;
    private static final int WIDTH = 5;

    /** An "image file" of these tests: its bytes are the pixels, one channel or three. */
    private static final PictureReader RAW = (bytes, name) -> {
        if (bytes.length != HEIGHT * WIDTH && bytes.length != HEIGHT * WIDTH * 3) {
            throw new InputException(name + ": damaged");
        }
        return new Picture(WIDTH, HEIGHT, bytes.length / (HEIGHT * WIDTH), bytes);
    };

    @TempDir
    Path folder;

    private Path images;
    private Path output;
    private final List<byte[]> pixels = new ArrayList<>();
    private Problems problems = new Problems();

    @BeforeEach
    void makeFolders() throws IOException {
        images = Files.createDirectories(folder.resolve("data/images"));
        output = folder.resolve("dataset");
    }

    /** That many images, each of a patient of its own; every name has its row in {@code labels.csv}. */
    private Path release(int count, int channels) throws IOException {
        StringBuilder csv = new StringBuilder("Image Index,Finding Labels,Patient ID,View Position\n");
        for (int i = 0; i < count; i++) {
            byte[] content = new byte[HEIGHT * WIDTH * channels];
            new Random(i).nextBytes(content);
            pixels.add(content);
            Files.write(images.resolve(name(i)), content);
            csv.append(name(i))
                    .append(i % 3 == 0 ? ",Edema|Mass," : ",No Finding,")
                    .append(i)
                    .append(",P\"\"A\n");
        }
        return Files.writeString(folder.resolve("data/labels.csv"), csv);
    }

    private static String name(int i) {
        return String.format("%05d.png", i);
    }

    private LabelTable table() {
        return NihLabelFile.read(folder.resolve("data/labels.csv"), NihLabelFile.NoFinding.KEEP, problems);
    }

    private PrepareOptions options() {
        return options(RAW);
    }

    private PrepareOptions options(PictureReader reader) {
        return PrepareDataset.builder(table(), new ImageFolder(images), output)
                .problems(problems)
                .split(Split.byFraction(0.1, 0.2, Split.By.PATIENT, 1337))
                .workers(3)
                .pictures(
                        reader,
                        HEIGHT,
                        WIDTH,
                        HEIGHT,
                        WIDTH,
                        JsonObject.empty().with("do_resize", true),
                        JsonObject.empty());
    }

    @Test
    void rowsKeepTheLabelFilesOrderWithPixelsLabelsAndColumns() throws IOException {
        release(300, 1);
        PrepareDataset.Prepared prepared = options().run(Progress.NONE);

        ArrowDataset dataset = ArrowDataset.open(output);
        assertThat(dataset.size()).isEqualTo(300);
        assertThat(dataset.channels()).isEqualTo(1);
        assertThat(dataset.labels().names()).containsExactly("Edema", "Mass", "No Finding");
        assertThat(dataset.info().processor().toString()).isEqualTo("{\"do_resize\":true}");
        for (int row = 299; row >= 0; row--) {
            Sample sample = dataset.get(row);
            assertThat(sample.file()).isEqualTo(name(row));
            assertThat(sample.picture().pixels()).isEqualTo(pixels.get(row));
            assertThat(sample.labels())
                    .isEqualTo(row % 3 == 0 ? new float[] {1, 1, 0} : new float[] {0, 0, 1})
                    .isEqualTo(dataset.labels(row));
            assertThat(dataset.column("Patient ID", row)).isEqualTo(Integer.toString(row));
            assertThat(dataset.column("View Position", row)).isEqualTo("P\"\"A");
        }
        assertThat(dataset.rows(Split.TRAIN)).hasSize(210).isSorted();
        assertThat(dataset.rows(Split.VALIDATION)).hasSize(30);
        assertThat(dataset.rows(Split.TEST)).hasSize(60);
        assertThat(prepared.rows()).containsEntry("train", 210).containsEntry("test", 60);
        int fifthTest = dataset.rows(Split.TEST)[5];
        assertThat(dataset.split(Split.TEST).get(5).file()).isEqualTo(dataset.fileName(fifthTest));
        assertThat(namesIn(output)).containsExactly("data.arrow", "metadata.jsonl");
    }

    private static List<String> namesIn(Path folder) throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            return files.map(f -> f.getFileName().toString()).sorted().toList();
        }
    }

    @Test
    void arrowsOwnReaderReadsTheSame() throws IOException {
        release(200, 3);
        options().run(Progress.NONE);

        int row = 0;
        try (RootAllocator allocator = new RootAllocator();
                FileChannel channel = FileChannel.open(output.resolve("data.arrow"), StandardOpenOption.READ);
                ArrowFileReader reader = new ArrowFileReader(channel, allocator)) {
            VectorSchemaRoot root = reader.getVectorSchemaRoot();
            assertThat(root.getSchema().getCustomMetadata())
                    .containsEntry("labels", "[\"Edema\",\"Mass\",\"No Finding\"]")
                    .containsEntry("height", "4")
                    .containsEntry("channels", "3");
            assertThat(root.getSchema().getFields().stream().map(f -> f.getName()))
                    .containsExactly(
                            "file_name", "split", "labels", "Finding Labels", "Patient ID", "View Position", "pixels");
            while (reader.loadNextBatch()) {
                FixedSizeListVector pixelColumn = (FixedSizeListVector) root.getVector("pixels");
                for (int i = 0; i < root.getRowCount(); i++, row++) {
                    assertThat(root.getVector("file_name").getObject(i)).hasToString(name(row));
                    List<?> values = pixelColumn.getObject(i);
                    for (int p = 0; p < values.size(); p++) {
                        assertThat(((Byte) values.get(p)).byteValue()).isEqualTo(pixels.get(row)[p]);
                    }
                    List<?> labels = ((FixedSizeListVector) root.getVector("labels")).getObject(i);
                    assertThat(labels.toString()).isEqualTo(row % 3 == 0 ? "[1.0,1.0,0.0]" : "[0.0,0.0,1.0]");
                }
            }
        }
        assertThat(row).isEqualTo(200);
    }

    /** Another user of the folder may have put them there, to have somebody else's file overwritten. */
    @Test
    void linksInTheOutputFolderAreNotWrittenThrough() throws IOException {
        release(20, 3);
        Files.createDirectories(output);
        Path victim = Files.writeString(folder.resolve("victim"), "precious");
        for (String name : List.of("data.arrow.partial", "data.arrow.lock", "data.arrow.spool")) {
            Path link = Files.createSymbolicLink(output.resolve(name), victim);
            if (!name.endsWith("spool")) { // which pictures in a folder do not need
                assertThatThrownBy(() -> options().run(Progress.NONE))
                        .isInstanceOf(InputException.class)
                        .hasMessage(link + ": is a link, but is written here, not where it leads; remove the link");
            }
            Files.delete(link);
        }
        for (String name : List.of("data.arrow.journal", "data.arrow.widened", "metadata.jsonl", "skipped.csv")) {
            Files.createSymbolicLink(output.resolve(name), victim);
        }
        options().run(Progress.NONE);
        assertThat(victim).hasContent("precious");
        assertThat(namesIn(output)).containsExactly("data.arrow", "metadata.jsonl");
    }

    @Test
    void onlyItsOwnerReadsADataSet() throws IOException {
        assumeTrue(folder.getFileSystem().supportedFileAttributeViews().contains("posix"), "no modes here");
        release(20, 1);
        Files.write(images.resolve(name(3)), new byte[3]); // for problems.csv and skipped.csv
        options().onBadImage(PrepareDataset.OnBadImage.SKIP).run(Progress.NONE);
        assertThat(namesIn(output)).containsExactly("data.arrow", "metadata.jsonl", "problems.csv", "skipped.csv");
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(output)))
                .isEqualTo("rwx------");
        try (Stream<Path> files = Files.list(output)) {
            assertThat(files)
                    .allSatisfy(file -> assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
                            .isEqualTo("rw-------"));
        }
    }

    @Test
    void metadataJsonlIsWhatImagefolderReads() throws IOException {
        release(3, 1);
        Files.move(
                images.resolve(name(1)),
                Files.createDirectories(images.resolve("more")).resolve(name(1)));
        options().run(Progress.NONE);

        assertThat(Files.readAllLines(output.resolve("metadata.jsonl")).get(1))
                .startsWith("{\"file_name\":\"more/00001.png\",\"labels\":[0,0,1],\"split\":\"")
                .endsWith("\"Finding Labels\":\"No Finding\",\"Patient ID\":\"1\",\"View Position\":\"P\\\"\\\"A\"}");
    }

    @Test
    void greyPicturesInThreeChannelsAreStoredAsOneUntilAColouredOneComes() throws IOException {
        release(300, 1);
        byte[] grey = Pixels.widen(pixels.get(140));
        Files.write(images.resolve(name(140)), grey);
        options().run(Progress.NONE);
        assertThat(ArrowDataset.open(output).channels()).isEqualTo(1);
        assertThat(ArrowDataset.open(output).get(140).picture().pixels()).isEqualTo(pixels.get(140));

        byte[] coloured = grey.clone();
        coloured[7] ^= 1;
        Files.write(images.resolve(name(260)), coloured);
        options().overwrite(true).run(Progress.NONE);
        ArrowDataset dataset = ArrowDataset.open(output);
        assertThat(dataset.channels()).isEqualTo(3);
        for (int row : new int[] {0, 127, 128, 140, 255, 256, 259, 261, 299}) {
            assertThat(dataset.get(row).picture().pixels()).isEqualTo(Pixels.widen(pixels.get(row)));
        }
        assertThat(dataset.get(260).picture().pixels()).isEqualTo(coloured);
        assertThat(namesIn(output)).doesNotContain("data.arrow.widened", "data.arrow.partial");
    }

    @Test
    void anInterruptedPrepareGoesOnWhereItWasAndGivesTheSameBytes() throws IOException {
        release(700, 1);
        options().run(Progress.NONE);
        byte[] undisturbed = Files.readAllBytes(output.resolve("data.arrow"));
        Files.delete(output.resolve("data.arrow"));

        AtomicInteger read = new AtomicInteger();
        PictureReader dies = (bytes, name) -> {
            if (read.incrementAndGet() > 400) {
                throw new IllegalStateException("killed");
            }
            return RAW.read(bytes, name);
        };
        assertThatThrownBy(() -> options(dies).run(Progress.NONE)).hasMessage("killed");
        assertThat(output.resolve("data.arrow")).doesNotExist();

        AtomicInteger readAgain = new AtomicInteger();
        options((bytes, name) -> {
                    readAgain.incrementAndGet();
                    return RAW.read(bytes, name);
                })
                .run(Progress.NONE);
        assertThat(Files.readAllBytes(output.resolve("data.arrow"))).isEqualTo(undisturbed);
        assertThat(readAgain.get()).isLessThanOrEqualTo(700 - 256);
    }

    @Test
    void whatWasDamagedOrChangedMeanwhileIsDoneAgain() throws IOException {
        release(700, 1);
        options().run(Progress.NONE);
        byte[] undisturbed = Files.readAllBytes(output.resolve("data.arrow"));
        for (int round = 0; round < 3; round++) {
            Files.deleteIfExists(output.resolve("data.arrow"));
            AtomicInteger read = new AtomicInteger();
            assertThatThrownBy(() -> options((bytes, name) -> {
                                if (read.incrementAndGet() > 600) {
                                    throw new IllegalStateException("killed");
                                }
                                return RAW.read(bytes, name);
                            })
                            .run(Progress.NONE))
                    .hasMessage("killed");
            Path partial = output.resolve("data.arrow.partial");
            byte[] half = Files.readAllBytes(partial);
            half[half.length / 2] ^= 4;
            if (round == 0) {
                Files.write(partial, half);
            } else if (round == 1) {
                Files.write(partial, Arrays.copyOf(half, half.length / 3));
            } else {
                Files.writeString(output.resolve(PrepareJournal.FILE), "{\"torn", StandardOpenOption.APPEND);
            }
            options().run(Progress.NONE);
            assertThat(Files.readAllBytes(output.resolve("data.arrow"))).isEqualTo(undisturbed);
        }
        assertThat(ArrowDataset.open(output).get(600).picture().pixels()).isEqualTo(pixels.get(600));
    }

    @Test
    void anImageOrLabelReplacedMeanwhileIsNotTakenFromTheEarlierRun() throws IOException {
        Path labels = release(500, 1);
        AtomicInteger read = new AtomicInteger();
        assertThatThrownBy(() -> options((bytes, name) -> {
                            if (read.incrementAndGet() > 450) {
                                throw new IllegalStateException("killed");
                            }
                            return RAW.read(bytes, name);
                        })
                        .run(Progress.NONE))
                .hasMessage("killed");
        byte[] other = pixels.get(499);
        Files.write(images.resolve(name(130)), other);
        Files.setLastModifiedTime(images.resolve(name(130)), java.nio.file.attribute.FileTime.fromMillis(1));
        Files.writeString(labels, Files.readString(labels).replace(name(300) + ",Edema|Mass", name(300) + ",Mass"));
        AtomicInteger readAgain = new AtomicInteger();
        options((bytes, name) -> {
                    readAgain.incrementAndGet();
                    return RAW.read(bytes, name);
                })
                .run(Progress.NONE);

        assertThat(readAgain.get()).isEqualTo(500 - 128); // the batch before the changes is kept
        ArrowDataset dataset = ArrowDataset.open(output);
        assertThat(dataset.get(130).picture().pixels()).isEqualTo(other);
        assertThat(dataset.get(300).labels()).containsExactly(0, 1, 0);
        assertThat(dataset.get(303).labels()).containsExactly(1, 1, 0);
    }

    @Test
    void allBadImagesAreNamedInOneGoAndWhatWasReadStaysForTheNextTry() throws IOException {
        release(300, 1);
        for (int bad : new int[] {140, 150, 299}) {
            Files.write(images.resolve(name(bad)), new byte[3]);
        }

        assertThatThrownBy(() -> options().run(Progress.NONE))
                .isInstanceOf(InputException.class)
                .hasMessageContaining("3 images that cannot be read")
                .hasMessageContaining("labels.csv, line 142")
                .hasMessageContaining("00140.png: damaged")
                .hasMessageContaining("--on-bad-image skip");
        assertThat(Files.readString(output.resolve("problems.csv"))).contains("00140.png", "00150.png", "00299.png");
        assertThat(output.resolve("data.arrow")).doesNotExist();

        AtomicInteger readAgain = new AtomicInteger();
        for (int bad : new int[] {140, 150, 299}) {
            Files.write(images.resolve(name(bad)), pixels.get(bad));
        }
        problems = new Problems();
        options((bytes, name) -> {
                    readAgain.incrementAndGet();
                    return RAW.read(bytes, name);
                })
                .run(Progress.NONE);
        assertThat(readAgain.get()).isEqualTo(300 - 128); // the batch before the first bad one is kept
        assertThat(ArrowDataset.open(output).get(150).picture().pixels()).isEqualTo(pixels.get(150));
    }

    @Test
    void ifNoImageCanBeReadThatIsTheOneCauseAndNothingIsLeftBehind() throws IOException {
        release(10, 1);
        assertThatThrownBy(() -> options((bytes, name) -> {
                            throw new InputException(name + ": damaged");
                        })
                        .run(Progress.NONE))
                .isInstanceOf(InputException.class)
                .hasMessageContaining("none of its images can be read; the first: 00000.png: damaged");
        assertThat(output).doesNotExist();
    }

    @Test
    void badAndMissingImagesAreLeftOutAndListedWhereThatIsAsked() throws IOException {
        release(300, 1);
        Files.write(images.resolve(name(130)), new byte[3]);
        Files.delete(images.resolve(name(7)));
        PrepareDataset.Prepared prepared =
                options().onBadImage(PrepareDataset.OnBadImage.SKIP).run(Progress.NONE);

        ArrowDataset dataset = ArrowDataset.open(output);
        assertThat(prepared.skipped()).isEqualTo(2);
        assertThat(dataset.size()).isEqualTo(298);
        assertThat(dataset.fileName(7)).isEqualTo(name(8));
        assertThat(dataset.fileName(129)).isEqualTo(name(131));
        assertThat(dataset.get(297).picture().pixels()).isEqualTo(pixels.get(299));
        assertThat(Files.readAllLines(output.resolve("skipped.csv")))
                .hasSize(3)
                .anySatisfy(line -> assertThat(line).startsWith("9,00007.png,"))
                .anySatisfy(line -> assertThat(line).startsWith("132,00130.png,"));
        assertThat(Files.readAllLines(output.resolve("metadata.jsonl"))).hasSize(298);
        assertThat(prepared.rows().values().stream().mapToInt(Integer::intValue).sum())
                .isEqualTo(298);
    }

    @Test
    void allThatIsWrongWithTheRowsIsToldInOneGo() throws IOException {
        Path labels = release(4, 1);
        Files.writeString(
                labels,
                "00001.png,Mass,1,PA\n" // contradicts line 3
                        + "00000.png,Edema|Mass,0,\"P\"\"\"\"A\"\n"
                        + "absent.png,Mass,9,PA\n"
                        + "../../../etc/passwd,Mass,9,PA\n"
                        + "too,few\n",
                StandardOpenOption.APPEND);
        Files.write(images.resolve("extra.png"), new byte[3]);

        assertThatThrownBy(() -> options()
                        .vocabulary(new LabelVocabulary(List.of("Mass", "No Finding")))
                        .run(Progress.NONE))
                .isInstanceOf(InputException.class)
                .hasMessageContaining("line 6")
                .hasMessageContaining("2 images missing (first: " + labels + ", line 8: absent.png")
                .hasMessageContaining("line 10")
                .hasMessageContaining("Edema");
        assertThat(Files.readString(output.resolve("problems.csv")))
                .contains("extra.png", "contradicts line 3", "../../../etc/passwd");
        assertThat(namesIn(output)).containsExactly("problems.csv");
    }

    @Test
    void theSamePictureInTwoSplitsIsTold() throws IOException {
        release(60, 1);
        for (int i = 0; i < 60; i++) {
            Files.write(images.resolve(name(i)), pixels.get(i / 2));
        }
        PrepareDataset.Prepared prepared = options().run(Progress.NONE);

        assertThat(problems.count(Problems.ProblemKind.SHARED_PIXELS)).isPositive();
        assertThat(prepared.remarks())
                .anySatisfy(r -> assertThat(r)
                        .contains("pixels are also in another split")
                        .containsPattern("the same picture as .* in \\w+ at line [1-9]"));
        // pictures whose folder is their label have no line
        LabelTable.LabelRow ofFolder = new LabelTable.LabelRow(
                0, "a/1.png", List.of("a"), List.of(), Optional.empty(), Optional.empty(), List.of());
        assertThat(ofFolder.atLine()).isEmpty();
    }

    @Test
    void theSameAgainIsNothingToDoAndAnotherIsRefused() throws IOException {
        release(20, 1);
        options().run(Progress.NONE);
        byte[] first = Files.readAllBytes(output.resolve("data.arrow"));
        PrepareDataset.Prepared again = options((bytes, name) -> {
                    throw new IllegalStateException("read again");
                })
                .run(Progress.NONE);
        assertThat(again.alreadyThere()).isTrue();
        assertThat(again.rows()).containsEntry("test", 4);

        assertThatThrownBy(() -> options()
                        .split(Split.byFraction(0.3, 0, Split.By.PATIENT, 1))
                        .run(Progress.NONE))
                .isInstanceOf(InputException.class)
                .hasMessageContaining("--overwrite");
        assertThat(Files.readAllBytes(output.resolve("data.arrow"))).isEqualTo(first);
    }

    @Test
    void twoAtOnceIntoOneFolderIsRefused() throws IOException {
        release(5, 1);
        assertThatThrownBy(() -> options((bytes, name) -> {
                            options().run(Progress.NONE);
                            return RAW.read(bytes, name);
                        })
                        .run(Progress.NONE))
                .isInstanceOf(InputException.class)
                .hasMessageContaining("another prepare");
    }

    @Test
    void foldersThatCannotBeUsedAreOneLine() throws IOException {
        release(5, 1);
        Path file = Files.writeString(folder.resolve("file"), "x");
        for (Path impossible : List.of(file, file.resolve("below"))) {
            assertThatThrownBy(() -> PrepareDataset.builder(table(), new ImageFolder(images), impossible)
                            .pictures(RAW, HEIGHT, WIDTH, HEIGHT, WIDTH, JsonObject.empty(), JsonObject.empty())
                            .run(Progress.NONE))
                    .isInstanceOf(InputException.class)
                    .hasMessageContaining(impossible.toString());
        }
        assertThatThrownBy(() -> new ImageFolder(folder.resolve("nowhere"))).isInstanceOf(InputException.class);
        Path empty = Files.createDirectory(folder.resolve("empty"));
        assertThatThrownBy(() -> PrepareDataset.builder(table(), new ImageFolder(empty), output)
                        .pictures(RAW, HEIGHT, WIDTH, HEIGHT, WIDTH, JsonObject.empty(), JsonObject.empty())
                        .run(Progress.NONE))
                .isInstanceOf(InputException.class)
                .hasMessageContaining("no images");
    }

    @Test
    void labelsInAModelsOrderAreTheSameLabels() throws IOException {
        release(12, 1);
        options().run(Progress.NONE);
        ArrowDataset stored = ArrowDataset.open(output);
        assertThat(stored.labels().names()).containsExactly("Edema", "Mass", "No Finding");
        ArrowDataset ordered = stored.inOrderOf(List.of("No Finding", "Edema", "Mass"));
        for (int row = 0; row < 12; row++) {
            float[] labels = stored.labels(row);
            assertThat(ordered.labels(row)).containsExactly(labels[2], labels[0], labels[1]);
            assertThat(ordered.get(row).labels()).containsExactly(labels[2], labels[0], labels[1]);
        }
        assertThat(ordered.digest()).isNotEqualTo(stored.digest());
        assertThat(stored.inOrderOf(List.of("No Finding", "Edema", "Hernia"))).isSameAs(stored);
        assertThat(stored.inOrderOf(stored.labels().names())).isSameAs(stored);
        assertThat(stored.inOrderOf(List.of("Edema", "Edema", "Mass"))).isSameAs(stored);
        stored.close();
    }

    @Test
    void classesInAModelsOrderAreTheSameClasses() throws IOException {
        release(9, 1);
        StringBuilder csv = new StringBuilder("file,label\n");
        for (int i = 0; i < 9; i++) {
            csv.append(name(i))
                    .append(',')
                    .append(List.of("ant", "bee", "cat").get(i % 3))
                    .append('\n');
        }
        Path file = Files.writeString(folder.resolve("classes.csv"), csv);
        LabelTable classes = CsvLabelFile.read(
                file,
                new CsvLabelFile.Columns(
                        "file",
                        new CsvLabelFile.OneLabel("label"),
                        java.util.Optional.empty(),
                        java.util.Optional.empty()),
                problems);
        PrepareDataset.builder(classes, new ImageFolder(images), output)
                .pictures(RAW, HEIGHT, WIDTH, HEIGHT, WIDTH, JsonObject.empty(), JsonObject.empty())
                .run(Progress.NONE);
        try (ArrowDataset ordered = ArrowDataset.open(output).inOrderOf(List.of("cat", "ant", "bee"))) {
            assertThat(ordered.labels(0)).containsExactly(1);
            assertThat(ordered.labels(1)).containsExactly(2);
            assertThat(ordered.labels(2)).containsExactly(0);
        }
    }
}
