package io.vit4j.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.vit4j.data.ArrowDataset;
import io.vit4j.dicom.DicomWriter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** DICOM through the command: what --window, --frame and --patient-key change. */
class DicomCommandTest {
    private static final int PICTURES = 4;

    @TempDir
    Path folder;

    @BeforeEach
    void picturesAreWritten() throws IOException {
        for (int i = 0; i < PICTURES; i++) {
            Path file =
                    folder.resolve("data").resolve(i % 2 == 0 ? "cat" : "dog").resolve("IM" + i);
            Files.createDirectories(file.getParent());
            Files.write(file, DicomWriter.twoFrames("patient-" + i, 40 + i));
        }
    }

    private CommandRun prepare(String output, String... more) {
        List<String> line = new ArrayList<>(List.of(
                "prepare",
                "--data",
                folder.resolve("data").toString(),
                "--output",
                folder.resolve(output).toString(),
                "--image-size",
                "4",
                "--validation",
                "0",
                "--test",
                "0",
                "--patient-key",
                folder.resolve("key").toString()));
        line.addAll(List.of(more));
        CommandRun run = CommandRun.of(line.toArray(String[]::new));
        assertThat(run.exitCode()).as(run.err()).isZero();
        return run;
    }

    private int firstPixel(String output) {
        try (ArrowDataset data = ArrowDataset.open(folder.resolve(output))) {
            return data.get(0).picture().pixels()[0] & 0xFF;
        }
    }

    @Test
    void windowAndFrameChooseWhatIsSeen() {
        CommandRun run = prepare("file");
        assertThat(run.out()).contains("4 pictures have several frames, of which one is taken (--frame)");
        assertThat(firstPixel("file")).isEqualTo(40); // frames are of one level: 40, and 200 more of the second
        prepare("second", "--frame", "2");
        assertThat(firstPixel("second")).isEqualTo(240);
        prepare("window", "--window", "40.5,21"); // whose middle is 40
        assertThat(firstPixel("window")).isBetween(127, 128);
        prepare("auto", "--window", "auto");
        assertThat(firstPixel("auto")).isZero(); // all of one value
    }

    @Test
    void thePatientsKeyIsMadeAndNoIdentifierIsWritten() throws IOException {
        CommandRun run = prepare("dataset");
        assertThat(run.out()).contains(folder.resolve("key") + ": a new key for patients' identifiers");
        assertThat(run.out() + run.err()).doesNotContain("patient-0");
        try (ArrowDataset data = ArrowDataset.open(folder.resolve("dataset"))) {
            assertThat(data.column("patient", 0)).matches("[0-9a-f]{16}");
        }
        prepare("names", "--file-names", "digest");
        try (ArrowDataset data = ArrowDataset.open(folder.resolve("names"))) {
            assertThat(data.get(0).file()).matches("[0-9a-f]{16}");
        }
        assertThat(prepare("again").out()).doesNotContain("a new key");
        try (ArrowDataset first = ArrowDataset.open(folder.resolve("dataset"));
                ArrowDataset second = ArrowDataset.open(folder.resolve("again"))) {
            assertThat(second.column("patient", 0)).isEqualTo(first.column("patient", 0));
        }
    }
}
