package io.vit4j.synth;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import de.siegmar.fastcsv.reader.CsvReader;
import de.siegmar.fastcsv.reader.NamedCsvRecord;
import io.vit4j.Shared;
import io.vit4j.base.InputException;
import io.vit4j.base.Progress;
import io.vit4j.image.ImageDecoder;
import io.vit4j.synth.SyntheticRelease.Options;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CancellationException;
import java.util.stream.Stream;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SyntheticReleaseTest {
    @TempDir
    Path folder;

    private static SyntheticRelease write(Path output, int count, int workers) {
        return SyntheticRelease.write(new Options(output, count, 1, Prevalence.BALANCED), workers, Progress.NONE);
    }

    private static Map<String, Integer> hashes(Path root) throws IOException {
        try (Stream<Path> files = Files.walk(root)) {
            Map<String, Integer> hashes = new TreeMap<>();
            for (Path file : files.filter(Files::isRegularFile).toList()) {
                hashes.put(root.relativize(file).toString(), Arrays.hashCode(Files.readAllBytes(file)));
            }
            return hashes;
        }
    }

    @Test
    void theSameBytesComeFromAnyNumberOfWorkers() throws IOException {
        write(folder.resolve("one"), 9, 1);
        write(folder.resolve("three"), 9, 3);
        assertThat(hashes(folder.resolve("three"))).isEqualTo(hashes(folder.resolve("one")));
    }

    @Test
    void itsFilesAreThoseOfTheRelease() throws IOException {
        SyntheticRelease release = write(folder, 10, 2);
        assertThat(release.pictures()).isEqualTo(10);
        assertThat(release.drawn()).isEqualTo(10);
        List<NamedCsvRecord> rows;
        try (CsvReader<NamedCsvRecord> reader = CsvReader.builder().ofNamedCsvRecord(release.labelFile())) {
            rows = reader.stream().toList();
        }
        assertThat(rows).hasSize(10);
        assertThat(rows.get(0).getField("Image Index")).isEqualTo("00000001_000.png");
        List<Study> plan = StudyPlan.of(10, 1, Prevalence.BALANCED);
        for (int i = 0; i < 10; i++) {
            NamedCsvRecord row = rows.get(i);
            assertThat(row.getField("Finding Labels"))
                    .isEqualTo(Finding.cell(plan.get(i).findings()));
            assertThat(row.getField("Patient ID")).isEqualTo("" + plan.get(i).patient());
            assertThat(row.getField("View Position")).isIn("PA", "AP");
            assertThat(row.getField("Patient Gender")).isIn("M", "F");
            BufferedImage image = ImageIO.read(folder.resolve("images")
                    .resolve(row.getField("Image Index"))
                    .toFile());
            assertThat(image.getWidth()).isEqualTo(1024);
            assertThat(image.getHeight()).isEqualTo(1024);
            assertThat(image.getType()).isEqualTo(BufferedImage.TYPE_BYTE_GRAY);
            byte[] drawn = new XraySynthesizer(1).draw(plan.get(i)).pixels();
            Path file = folder.resolve("images").resolve(row.getField("Image Index"));
            assertThat(ImageDecoder.decode(file).pixels()).isEqualTo(drawn);
            int[] read = image.getRaster().getSamples(0, 500, 1024, 1, 0, (int[]) null);
            for (int x = 0; x < 1024; x++) {
                assertThat(read[x]).isEqualTo(drawn[500 * 1024 + x] & 255);
            }
        }
        List<String> train = Files.readAllLines(folder.resolve("train_val_list.txt"));
        List<String> test = Files.readAllLines(folder.resolve("test_list.txt"));
        assertThat(Stream.concat(train.stream(), test.stream()).sorted())
                .isEqualTo(rows.stream().map(row -> row.getField("Image Index")).toList());
        assertThat(train.stream().map(name -> name.substring(0, 8)))
                .doesNotContainAnyElementsOf(
                        test.stream().map(name -> name.substring(0, 8)).toList());
    }

    @Test
    void itsHeaderIsThatOfTheRealLabelFile() throws IOException {
        String real = Files.readString(Shared.path("nih-sample/Data_Entry_2017_v2020.csv"));
        String drawn = Files.readString(write(folder, 1, 1).labelFile());
        assertThat(drawn.substring(0, drawn.indexOf('\n') + 1)).isEqualTo(real.substring(0, real.indexOf('\n') + 1));
        String row = "\\d{8}_\\d{3}\\.png,[A-Za-z_| ]+,\\d+,\\d+,\\d+,[MF],(PA|AP),\\d+,\\d+,0\\.\\d+,0\\.\\d+\\r?";
        assertThat(real.split("\n")[1]).matches(row);
        assertThat(drawn.split("\n")[1]).matches(row);
    }

    @Test
    void aSecondRunGoesOnWhereTheFirstStopped() throws IOException {
        write(folder, 6, 1);
        Map<String, Integer> whole = hashes(folder);
        Path images = folder.resolve("images");
        List<Study> plan = StudyPlan.of(6, 1, Prevalence.BALANCED);
        Files.delete(images.resolve(plan.get(2).fileName()));
        Path cut = images.resolve(plan.get(4).fileName());
        Files.write(cut, Arrays.copyOf(Files.readAllBytes(cut), 1000));
        Files.delete(folder.resolve(SyntheticRelease.LABEL_FILE));
        assertThat(write(folder, 6, 1).drawn()).isEqualTo(2);
        assertThat(hashes(folder)).isEqualTo(whole);
        assertThat(write(folder, 8, 1).drawn()).isEqualTo(2);
    }

    @Test
    void anInterruptStopsAndKeepsWhatIsDrawn() {
        Progress.Factory stopper = (what, total) -> new Progress() {
            @Override
            public void advance(long by) {}

            @Override
            public void close() {}
        };
        Thread.currentThread().interrupt();
        assertThatThrownBy(() -> SyntheticRelease.write(new Options(folder, 200, 1, Prevalence.NIH), 1, stopper))
                .isInstanceOf(CancellationException.class);
        assertThat(Thread.interrupted()).isTrue();
        assertThat(folder.resolve(SyntheticRelease.LABEL_FILE)).doesNotExist();
    }

    @Test
    void whatCannotBeDoneIsSaidInOneLine() throws IOException {
        assertThatThrownBy(() -> new Options(folder, 0, 1, Prevalence.NIH))
                .isInstanceOf(InputException.class)
                .hasMessageContaining("--count 0");
        assertThatThrownBy(() -> Prevalence.of("rare"))
                .isInstanceOf(InputException.class)
                .hasMessageContaining("balanced");

        write(folder.resolve("a"), 2, 1);
        assertThatThrownBy(() -> SyntheticRelease.write(
                        new Options(folder.resolve("a"), 2, 2, Prevalence.BALANCED), 1, Progress.NONE))
                .isInstanceOf(InputException.class)
                .hasMessageContaining("another release");
        assertThatThrownBy(() -> write(folder.resolve("a"), 1, 1))
                .isInstanceOf(InputException.class)
                .hasMessageContaining("at least as many");

        Path own = Files.createDirectories(folder.resolve("own/images"));
        Files.writeString(own.resolve("x.png"), "mine");
        assertThatThrownBy(() -> write(folder.resolve("own"), 1, 1))
                .isInstanceOf(InputException.class)
                .hasMessageContaining("not drawn by vit4j");

        Path file = Files.writeString(folder.resolve("file"), "");
        assertThatThrownBy(() -> write(file, 1, 1))
                .isInstanceOf(InputException.class)
                .hasMessageContaining("cannot be written");
    }

    @Test
    void aPictureThatCannotBeWrittenStopsEverything() throws IOException {
        Path blocked = folder.resolve("images").resolve("00000001_000.png");
        Files.createDirectories(blocked.resolve("in the way"));
        Files.writeString(folder.resolve("synthetic.txt"), "");
        assertThatThrownBy(() -> write(folder, 3, 2))
                .isInstanceOf(InputException.class)
                .hasMessageContaining("00000001_000.png");
    }
}
