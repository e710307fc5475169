package io.vit4j.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.vit4j.base.InputException;
import io.vit4j.base.JsonObject;
import io.vit4j.base.Progress;
import io.vit4j.image.Picture;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.zip.GZIPOutputStream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveOutputStream;
import org.apache.commons.compress.archivers.tar.TarConstants;
import org.apache.commons.compress.archivers.zip.ZipArchiveEntry;
import org.apache.commons.compress.archivers.zip.ZipArchiveOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Images from folders and archives come to the same data set. */
class ImageSourcesTest {
    private static final PictureReader RAW = (bytes, name) -> {
        if (bytes.length != 6) {
            throw new InputException(name + ": damaged");
        }
        return new Picture(3, 2, 1, bytes);
    };

    @TempDir
    Path folder;

    private record Entry(String name, byte[] content) {}

    private static List<Entry> entries(int count) {
        List<Entry> entries = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            byte[] pixels = new byte[6];
            new Random(i).nextBytes(pixels);
            entries.add(new Entry("images/" + i + ".png", pixels));
        }
        return entries;
    }

    private static String labels(int count) {
        StringBuilder csv = new StringBuilder("Image Index,Finding Labels,Patient ID\n");
        for (int i = 0; i < count; i++) {
            csv.append(i)
                    .append(".png,")
                    .append(i % 2 == 0 ? "Mass" : "Edema|Mass")
                    .append(",")
                    .append(i / 2)
                    .append("\n");
        }
        return csv.toString();
    }

    private static void tar(Path file, List<Entry> entries) throws IOException {
        try (OutputStream out = new GZIPOutputStream(Files.newOutputStream(file));
                TarArchiveOutputStream tar = new TarArchiveOutputStream(out)) {
            tar.setLongFileMode(TarArchiveOutputStream.LONGFILE_POSIX);
            for (Entry entry : entries) {
                TarArchiveEntry header = new TarArchiveEntry(entry.name(), true);
                header.setSize(entry.content().length);
                tar.putArchiveEntry(header);
                tar.write(entry.content());
                tar.closeArchiveEntry();
            }
        }
    }

    private static void zip(Path file, List<Entry> entries) throws IOException {
        try (ZipOutputStream zip = new ZipOutputStream(Files.newOutputStream(file))) {
            for (Entry entry : entries) {
                zip.putNextEntry(new ZipEntry(entry.name()));
                zip.write(entry.content());
            }
        }
    }

    private Path data(String name, int rows) throws IOException {
        Path data = Files.createDirectories(folder.resolve(name));
        Files.writeString(data.resolve("Data_Entry_2017.csv"), labels(rows));
        return data;
    }

    private PrepareOptions options(Path data, Path output, PictureReader reader) {
        Problems problems = new Problems();
        DataFolder found = DataFolder.builder(data).problems(problems).open();
        return PrepareDataset.builder(found.labels(), found.images(), output)
                .problems(problems)
                .split(Split.byFraction(0.1, 0.1, Split.By.PATIENT, 1))
                .workers(2)
                .pictures(reader, 2, 3, 2, 3, JsonObject.empty(), JsonObject.empty());
    }

    private List<String> content(Path output) {
        List<String> rows = new ArrayList<>();
        try (ArrowDataset dataset = ArrowDataset.open(output)) {
            for (int row = 0; row < dataset.size(); row++) {
                Sample sample = dataset.get(row);
                rows.add(sample.file()
                        + Arrays.toString(sample.picture().pixels())
                        + Arrays.toString(sample.labels())
                        + dataset.splitOf(row));
            }
        }
        return rows;
    }

    @Test
    void folderZipAndTarsGiveTheSameRowsInTheLabelFilesOrder() throws IOException {
        List<Entry> all = entries(300);
        Path plain = data("plain", 300);
        Files.createDirectories(plain.resolve("images"));
        for (Entry entry : all) {
            Files.write(plain.resolve(entry.name()), entry.content());
        }
        Path zipped = data("zipped", 300);
        zip(zipped.resolve("images.zip"), all);
        Path tarred = data("tarred", 300);
        List<Entry> backwards = new ArrayList<>(all);
        java.util.Collections.reverse(backwards);
        backwards.add(100, new Entry("images/._5.png", new byte[1])); // as macOS writes
        backwards.add(new Entry("images/extra.png", new byte[9]));
        backwards.add(new Entry("README.txt", new byte[9]));
        tar(tarred.resolve("images_001.tar.gz"), backwards.subList(0, 200));
        tar(tarred.resolve("images_002.tar.gz"), backwards.subList(200, backwards.size()));

        List<List<String>> contents = new ArrayList<>();
        for (Path data : List.of(plain, zipped, tarred)) {
            Path output = folder.resolve("out-" + data.getFileName());
            options(data, output, RAW).run(Progress.NONE);
            contents.add(content(output));
            assertThat(output.resolve(PictureSpool.FILE)).doesNotExist();
        }
        assertThat(contents.get(0)).hasSize(300);
        assertThat(contents.get(0).get(7))
                .startsWith("7.png" + Arrays.toString(all.get(7).content()));
        assertThat(contents.get(1)).isEqualTo(contents.get(0));
        assertThat(contents.get(2)).isEqualTo(contents.get(0));
    }

    @Test
    void anInterruptedPassThroughAnArchiveDecodesOnlyTheRest() throws IOException {
        Path data = data("tarred", 300);
        tar(data.resolve("images.tar.gz"), entries(300));
        Path output = folder.resolve("out");
        AtomicInteger read = new AtomicInteger();
        assertThatThrownBy(() -> options(data, output, (bytes, name) -> {
                            if (read.incrementAndGet() > 200) {
                                throw new IllegalStateException("killed");
                            }
                            return RAW.read(bytes, name);
                        })
                        .run(Progress.NONE))
                .hasMessage("killed");
        AtomicInteger again = new AtomicInteger();
        options(data, output, (bytes, name) -> {
                    again.incrementAndGet();
                    return RAW.read(bytes, name);
                })
                .run(Progress.NONE);

        assertThat(again.get()).isLessThanOrEqualTo(110);
        assertThat(content(output)).hasSize(300);
        assertThat(content(output).get(299))
                .contains(Arrays.toString(entries(300).get(299).content()));
    }

    @Test
    void anArchivesGapsAndBadImagesAreToldOrLeftOut() throws IOException {
        Path data = data("tarred", 300);
        List<Entry> some = entries(298);
        some.set(4, new Entry("images/4.png", new byte[2]));
        tar(data.resolve("images.tgz"), some);
        Path output = folder.resolve("out");

        assertThatThrownBy(() -> options(data, output, RAW).run(Progress.NONE))
                .isInstanceOf(InputException.class)
                .hasMessageContaining("2 images missing")
                .hasMessageContaining("298.png");
        PrepareDataset.Prepared prepared = options(data, output, RAW)
                .problems(new Problems())
                .onBadImage(PrepareDataset.OnBadImage.SKIP)
                .run(Progress.NONE);
        assertThat(prepared.skipped()).isEqualTo(3);
        assertThat(content(output)).hasSize(297);
        assertThat(Files.readString(output.resolve("skipped.csv"))).contains("4.png: damaged", "299.png");
    }

    @Test
    void linksDevicesAndNamesOutsideTheArchiveAreNotFollowed() throws IOException {
        Path data = data("tarred", 8);
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (TarArchiveOutputStream tar = new TarArchiveOutputStream(bytes)) {
            for (byte kind : new byte[] {
                TarConstants.LF_SYMLINK,
                TarConstants.LF_LINK,
                TarConstants.LF_CHR,
                TarConstants.LF_BLK,
                TarConstants.LF_FIFO
            }) {
                TarArchiveEntry link = new TarArchiveEntry("0.png", kind);
                link.setLinkName("/etc/passwd");
                tar.putArchiveEntry(link);
                tar.closeArchiveEntry();
            }
        }
        Files.write(data.resolve("images.tar"), bytes.toByteArray());
        assertThatThrownBy(() -> options(data, folder.resolve("out"), RAW).run(Progress.NONE))
                .isInstanceOf(InputException.class)
                .hasMessageContaining("none of its 8 images is in");

        List<Entry> outside = List.of(new Entry("../0.png", new byte[6]));
        tar(data.resolve("images.tar"), outside);
        assertThatThrownBy(() -> options(data, folder.resolve("out"), RAW).run(Progress.NONE))
                .isInstanceOf(InputException.class)
                .hasMessageContaining("names a file outside itself");
        Path zipped = data("zipped", 2);
        zip(zipped.resolve("a.zip"), outside);
        assertThatThrownBy(() -> options(zipped, folder.resolve("out"), RAW)).hasMessageContaining("outside itself");
    }

    @Test
    void mutilatedArchivesAreFaultsAndNothingElse() throws IOException {
        Path tarFile = folder.resolve("a.tar.gz");
        Path zipFile = folder.resolve("a.zip");
        List<Entry> some = entries(5);
        some.add(new Entry("x/".repeat(120) + "long.png", new byte[6]));
        tar(tarFile, some);
        zip(zipFile, some);
        byte[] zip = Files.readAllBytes(zipFile);
        byte[] tar;
        try (var in = new java.util.zip.GZIPInputStream(Files.newInputStream(tarFile))) {
            tar = in.readAllBytes();
        }
        Random random = new Random(5);
        for (int i = 0; i < 1000; i++) {
            byte[] bytes = (i % 2 == 0 ? zip : tar).clone();
            for (int n = 0; n <= random.nextInt(4); n++) {
                bytes[random.nextInt(Math.min(bytes.length, i % 2 == 0 ? bytes.length : 8000))] =
                        (byte) (random.nextBoolean() ? random.nextInt() : '0' + random.nextInt(8));
            }
            if (random.nextInt(5) == 0) {
                bytes = Arrays.copyOf(bytes, random.nextInt(bytes.length));
            }
            Path file = Files.write(folder.resolve(i % 2 == 0 ? "m.zip" : "m.tar"), bytes);
            try {
                if (i % 2 == 0) {
                    try (ZipImages images = new ZipImages(List.of(file))) {
                        images.names().forEach(name -> readOrFault(images, name));
                    }
                } else {
                    new TarImages(List.of(file)).forEach(name -> true, (name, content) -> {});
                }
            } catch (InputException e) {
                assertThat(e.getMessage()).contains(file.getFileName().toString());
            }
        }
    }

    private static void readOrFault(ZipImages images, String name) {
        try {
            images.read(name);
        } catch (InputException e) {
            assertThat(e.getMessage()).contains("m.zip");
        }
    }

    /** A file of zeros, unpacked only to be passed over. */
    @Test
    void anArchiveThatUnpacksToMuchMoreIsRefused() throws IOException {
        ByteArrayOutputStream zeros = new ByteArrayOutputStream();
        try (OutputStream out = new GZIPOutputStream(zeros)) {
            out.write(new byte[16 << 20]);
        }
        Path file = folder.resolve("bomb.tar.gz");
        try (OutputStream out = Files.newOutputStream(file)) {
            TarArchiveEntry header = new TarArchiveEntry("readme");
            header.setSize(4_000_000_000L);
            byte[] block = new byte[512];
            header.writeEntryHeader(block);
            ByteArrayOutputStream first = new ByteArrayOutputStream();
            try (OutputStream zipped = new GZIPOutputStream(first)) {
                zipped.write(block);
            }
            out.write(first.toByteArray());
            for (int i = 0; i < 65; i++) {
                out.write(zeros.toByteArray()); // one gzip file behind another is one
            }
        }
        assertThatThrownBy(() -> new TarImages(List.of(file)).forEach(name -> true, (name, bytes) -> {}))
                .isInstanceOf(InputException.class)
                .hasMessageContaining("unpacks to more than 200 times its size");
    }

    /** Many entries over the same bytes are how a zip file comes to hold petabytes. */
    @Test
    void aZipWhoseEntriesOverlapIsRefused() throws IOException {
        Path file = folder.resolve("bomb.zip");
        byte[] noise = new byte[5000];
        new Random(3).nextBytes(noise);
        zip(file, List.of(new Entry("0.png", noise)));
        byte[] one = Files.readAllBytes(file);
        ByteBuffer bytes = ByteBuffer.wrap(one).order(ByteOrder.LITTLE_ENDIAN);
        int directory = bytes.getInt(one.length - 6);
        byte[] entry = Arrays.copyOfRange(one, directory, one.length - 22);
        ByteArrayOutputStream bomb = new ByteArrayOutputStream();
        bomb.write(one, 0, directory);
        for (int i = 0; i < 5; i++) {
            entry[46] = (byte) ('0' + i); // its name
            bomb.write(entry);
        }
        bytes.putShort(one.length - 14, (short) 5).putShort(one.length - 12, (short) 5);
        bytes.putInt(one.length - 10, 5 * entry.length);
        bomb.write(one, one.length - 22, 22);
        Files.write(file, bomb.toByteArray());
        assertThatThrownBy(() -> new ZipImages(List.of(file)))
                .isInstanceOf(InputException.class)
                .hasMessageContaining("overlap");
    }

    /** A link in a zip file is a small file that holds a path; that is all it is here. */
    @Test
    void aLinkInAZipIsReadAsItsOwnFewBytes() throws IOException {
        Path file = folder.resolve("links.zip");
        try (ZipArchiveOutputStream zip = new ZipArchiveOutputStream(file.toFile())) {
            ZipArchiveEntry link = new ZipArchiveEntry("passwd.png");
            link.setUnixMode(0120777);
            zip.putArchiveEntry(link);
            zip.write("/etc/passwd".getBytes());
            zip.closeArchiveEntry();
        }
        try (ZipImages images = new ZipImages(List.of(file))) {
            assertThat(images.read("passwd.png")).isEqualTo("/etc/passwd".getBytes());
        }
    }

    @Test
    void aHeaderThatClaimsTheWholeMemoryIsRefused() throws IOException {
        Path file = folder.resolve("bomb.tar.gz");
        try (OutputStream out = new GZIPOutputStream(Files.newOutputStream(file))) {
            TarArchiveEntry header = new TarArchiveEntry("././@LongLink", TarConstants.LF_GNUTYPE_LONGNAME);
            header.setSize(2_000_000_000L);
            byte[] block = new byte[512];
            header.writeEntryHeader(block);
            out.write(block);
            byte[] name = new byte[1 << 20];
            Arrays.fill(name, (byte) 'a');
            for (int i = 0; i < 64; i++) {
                out.write(name);
            }
        }
        assertThatThrownBy(() -> new TarImages(List.of(file)).forEach(name -> true, (name, bytes) -> {}))
                .isInstanceOf(InputException.class)
                .hasMessageContaining("headers");
    }

    @Test
    void aFolderPerClassIsSingleLabelFromAnySource() throws IOException {
        List<Entry> sorted = new ArrayList<>();
        for (int i = 0; i < 40; i++) {
            String split = i < 20 ? "train" : i < 30 ? "val" : "test";
            sorted.add(new Entry(
                    split + "/" + (i % 2 == 0 ? "ant" : "bee") + "/" + i + ".png",
                    entries(40).get(i).content()));
        }
        Path plain = folder.resolve("plain");
        for (Entry entry : sorted) {
            Files.createDirectories(plain.resolve(entry.name()).getParent());
            Files.write(plain.resolve(entry.name()), entry.content());
        }
        tar(folder.resolve("classes.tar.gz"), sorted);
        zip(folder.resolve("classes.zip"), sorted);

        List<List<String>> contents = new ArrayList<>();
        for (String source : List.of("plain", "classes.tar.gz", "classes.zip")) {
            Path output = folder.resolve("out-" + source);
            PrepareDataset.Prepared prepared = options(folder.resolve(source), output, RAW)
                    .split(new Split(new Split.Given(), new Split.Given(), Optional.empty(), Split.By.PATIENT, 1))
                    .run(Progress.NONE);
            assertThat(prepared.rows()).isEqualTo(java.util.Map.of("train", 20, "validation", 10, "test", 10));
            assertThat(prepared.info().problemType()).isEqualTo(ProblemType.SINGLE_LABEL);
            contents.add(content(output));
        }
        assertThat(contents.get(0).get(0)).startsWith("test/ant/30.png").contains("[0.0]test");
        assertThat(contents.get(1)).isEqualTo(contents.get(0));
        assertThat(contents.get(2)).isEqualTo(contents.get(0));
        assertThat(Files.readAllLines(folder.resolve("out-plain/metadata.jsonl"))
                        .get(0))
                .isEqualTo("{\"file_name\":\"test/ant/30.png\",\"label\":0,\"split\":\"test\"}");
    }

    @Test
    void metadataBesideImagesAlsoInSplitFoldersIsFound() throws IOException {
        Path root = folder.resolve("hf");
        for (String split : List.of("train", "test")) {
            Files.createDirectories(root.resolve(split));
            Files.write(root.resolve(split).resolve("1.png"), new byte[] {1, 2, 3, 4, 5, (byte) split.length()});
            Files.writeString(
                    root.resolve(split).resolve("metadata.jsonl"),
                    "{\"file_name\":\"1.png\",\"label\":\"" + split + "ed\"}\n");
        }
        PrepareDataset.Prepared prepared = options(root, folder.resolve("out"), RAW)
                .split(new Split(new Split.Given(), new Split.Given(), Optional.empty(), Split.By.PATIENT, 1))
                .run(Progress.NONE);
        assertThat(prepared.rows()).containsEntry("train", 1).containsEntry("test", 1);
        assertThat(content(folder.resolve("out")).get(0)).startsWith("test/1.png[1, 2, 3, 4, 5, 4]");
    }

    @Test
    void emptyAndStrangePlacesAreOneLine() throws IOException {
        Path empty = Files.createDirectories(folder.resolve("empty"));
        Path text = Files.writeString(folder.resolve("x.txt"), "x");
        for (Path place : List.of(empty, text, folder.resolve("nowhere"))) {
            assertThatThrownBy(() -> options(place, folder.resolve("out"), RAW))
                    .isInstanceOf(InputException.class)
                    .hasMessageContaining(place.toString());
        }
    }

    /** jfif, ppm, no ending, another's: what its bytes say is a picture is one, also if it cannot be read here. */
    @Test
    void picturesAreKnownByTheirContentWhereTheirNamesSayNothing() throws IOException {
        byte[] png = "\u0089PNG\r\n\u001a\n".getBytes(StandardCharsets.ISO_8859_1);
        byte[] dicom = Arrays.copyOf(new byte[128], 140);
        System.arraycopy("DICM".getBytes(StandardCharsets.US_ASCII), 0, dicom, 128, 4);
        byte[] text = "this is no picture".getBytes(StandardCharsets.US_ASCII);
        List<Entry> entries = List.of(
                new Entry("cat/1.jfif", png),
                new Entry("cat/2.ppm", png),
                new Entry("cat/3", png),
                new Entry("cat/1.2.840.113619", dicom),
                new Entry("dog/4.dcm", dicom),
                new Entry("dog/5.HEIC", png),
                new Entry("dog/README", text),
                new Entry("dog/.DS_Store", png),
                new Entry("dog/labels.csv", png),
                new Entry("dog/short", new byte[] {1}));
        Path files = folder.resolve("files");
        for (Entry entry : entries) {
            Path file = files.resolve(entry.name());
            Files.createDirectories(file.getParent());
            Files.write(file, entry.content());
        }
        zip(folder.resolve("a.zip"), entries);
        tar(folder.resolve("a.tar.gz"), entries);
        List<String> expected =
                List.of("cat/1.2.840.113619", "cat/1.jfif", "cat/2.ppm", "cat/3", "dog/4.dcm", "dog/5.HEIC");
        assertThat(new ImageFolder(files).names()).isEqualTo(expected);
        try (ZipImages zip = new ZipImages(List.of(folder.resolve("a.zip")))) {
            assertThat(zip.names()).isEqualTo(expected);
        }
        Files.move(
                files.resolve("dog/4.dcm"),
                Files.createDirectories(folder.resolve("scans/a")).resolve("4.dcm"));
        assertThatThrownBy(() -> DataFolder.builder(folder.resolve("scans")).open())
                .isInstanceOf(InputException.class)
                .hasMessageContaining(
                        "scans: contains only pictures that cannot be read here (1 DICOM); put vit4j-dicom on the class path, or convert"
                                + " them to PNG");
        Map<String, byte[]> read = new TreeMap<>();
        new TarImages(List.of(folder.resolve("a.tar.gz"))).forEach(name -> true, read::put);
        assertThat(List.copyOf(read.keySet())).isEqualTo(expected);
        assertThat(read.get("cat/1.2.840.113619")).isEqualTo(dicom);
        assertThat(read.get("cat/3")).isEqualTo(png);
    }

    private PrepareDataset.Prepared prepareAsTold(String source, Problems problems) {
        DataFolder found =
                DataFolder.builder(folder.resolve(source)).problems(problems).open();
        return PrepareDataset.builder(found.labels(), found.images(), folder.resolve("out-" + source))
                .problems(problems)
                .split(Split.usual(found.labels(), Split.By.PATIENT, 1))
                .workers(2)
                .pictures(RAW, 2, 3, 2, 3, JsonObject.empty(), JsonObject.empty())
                .run(Progress.NONE);
    }

    private static List<Entry> sorted(int from, int to) {
        List<Entry> entries = new ArrayList<>();
        for (int i = from; i < to; i++) {
            entries.add(new Entry(
                    (i % 2 == 0 ? "ant/" : "bee/") + i % 10 + ".png",
                    entries(to).get(i).content()));
        }
        return entries;
    }

    /** The names inside are the same in both, as they are in many data sets. */
    @Test
    void archivesNamedForSplitsAreFoldersOfThoseNames() throws IOException {
        for (String kind : List.of("zip", "tar")) {
            Path data = Files.createDirectories(folder.resolve(kind));
            for (String split : List.of("train", "cats_test")) {
                List<Entry> some = split.equals("train")
                        ? sorted(0, 20).subList(0, 10)
                        : sorted(20, 40).subList(0, 10);
                if (kind.equals("zip")) {
                    zip(data.resolve(split + ".zip"), some);
                } else {
                    tar(data.resolve(split + ".tar.gz"), some);
                }
            }
            Problems problems = new Problems();
            assertThat(prepareAsTold(kind, problems).rows())
                    .containsEntry("test", 10)
                    .containsEntry("train", 9);
            assertThat(content(folder.resolve("out-" + kind))).anyMatch(row -> row.startsWith("cats_test/ant/0.png"));
        }
    }

    @Test
    void metadataInsideArchivesIsRead() throws IOException {
        List<Entry> all = new ArrayList<>(entries(12));
        StringBuilder csv = new StringBuilder("file_name,label\n");
        StringBuilder lines = new StringBuilder();
        for (int i = 0; i < 12; i++) {
            csv.append(i).append(".png,").append(i % 2 == 0 ? "a" : "b").append('\n');
            lines.append("{\"file_name\": \"")
                    .append(i)
                    .append(".png\", \"label\": \"")
                    .append(i % 2 == 0 ? "a" : "b")
                    .append("\"}\n");
        }
        Problems problems = new Problems();
        for (String name : List.of("metadata.csv", "metadata.jsonl")) {
            List<Entry> withLabels = new ArrayList<>(all);
            String text = name.endsWith("csv") ? csv.toString() : lines.toString();
            withLabels.add(5, new Entry("images/" + name, text.getBytes(java.nio.charset.StandardCharsets.UTF_8)));
            zip(folder.resolve(name + ".zip"), withLabels);
            tar(folder.resolve(name + ".tar.gz"), withLabels);
            for (String archive : List.of(name + ".zip", name + ".tar.gz")) {
                PrepareDataset.Prepared prepared = prepareAsTold(archive, problems);
                assertThat(prepared.info().labels().names()).as(archive).containsExactly("a", "b");
                assertThat(content(folder.resolve("out-" + archive))).hasSize(12);
            }
        }
    }

    /** Python's zipfile reads names that do not say they are UTF-8 as code page 437. */
    @Test
    void namesInZipArchivesAreUtf8OrCodePage437() throws IOException {
        List<Entry> umlauts = new ArrayList<>();
        for (int i = 0; i < 8; i++) {
            umlauts.add(new Entry(
                    (i % 2 == 0 ? "sch\u00f6n/" : "h\u00fcbsch/") + i + ".png",
                    entries(8).get(i).content()));
        }
        zip(folder.resolve("utf8.zip"), umlauts);
        try (ZipOutputStream zip = new ZipOutputStream(
                Files.newOutputStream(folder.resolve("dos.zip")), java.nio.charset.Charset.forName("IBM437"))) {
            for (Entry entry : umlauts) {
                zip.putNextEntry(new ZipEntry(entry.name()));
                zip.write(entry.content());
            }
        }
        for (String archive : List.of("utf8.zip", "dos.zip")) {
            assertThat(prepareAsTold(archive, new Problems()).info().labels().names())
                    .as(archive)
                    .containsExactly("h\u00fcbsch", "sch\u00f6n");
        }
    }

    @Test
    void hiddenAndServiceFoldersArePassedOverAnywhereAndTold() throws IOException {
        List<Entry> all = new ArrayList<>(sorted(0, 10));
        for (String hidden : List.of(
                "ant/.ipynb_checkpoints/0-checkpoint.png",
                "__MACOSX/ant/0.png",
                "bee/@eaDir/1.png/SYNOPHOTO_THUMB_M.png",
                ".hidden/cow/1.png",
                "#recycle/bee/1.png",
                "System Volume Information/x/1.png",
                "ant/._0.png")) {
            all.add(new Entry(hidden, new byte[6]));
        }
        Path plain = folder.resolve("plain");
        for (Entry entry : all) {
            Files.createDirectories(plain.resolve(entry.name()).getParent());
            Files.write(plain.resolve(entry.name()), entry.content());
        }
        zip(folder.resolve("some.zip"), all);
        tar(folder.resolve("some.tar"), all);
        for (String source : List.of("plain", "some.zip", "some.tar")) {
            Problems problems = new Problems();
            assertThat(prepareAsTold(source, problems).info().labels().names()).containsExactly("ant", "bee");
            assertThat(content(folder.resolve("out-" + source))).hasSize(10);
            assertThat(problems.remarks()).anyMatch(remark -> remark.contains("7 images that are hidden"));
        }
    }

    @Test
    void archivesBesideImagesAreLeftAsideAndTold() throws IOException {
        for (Entry entry : sorted(0, 10)) {
            Path file = folder.resolve("both").resolve(entry.name());
            Files.createDirectories(file.getParent());
            Files.write(file, entry.content());
        }
        zip(folder.resolve("both/more.zip"), sorted(10, 20));
        Problems problems = new Problems();
        prepareAsTold("both", problems);
        assertThat(problems.remarks()).anyMatch(remark -> remark.contains("1 archives next to the images are ignored"));
    }

    @Test
    void parquetFilesNameTheArtifactThatReadsThem(@TempDir Path data) throws IOException {
        Files.createDirectories(data.resolve("data"));
        Files.writeString(data.resolve("data/train-00000-of-00001.parquet"), "PAR1");
        assertThatThrownBy(() -> DataFolder.builder(data).open())
                .isInstanceOf(InputException.class)
                .hasMessageContaining("train-00000-of-00001.parquet")
                .hasMessageContaining("add io.vit4j:vit4j-parquet to the class path");
    }
}
