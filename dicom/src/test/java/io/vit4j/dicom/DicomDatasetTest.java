package io.vit4j.dicom;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.vit4j.Vit4j;
import io.vit4j.base.InputException;
import io.vit4j.base.Progress;
import io.vit4j.data.ArrowDataset;
import io.vit4j.data.CsvLabelFile;
import io.vit4j.data.ImageFolder;
import io.vit4j.data.PrepareDataset;
import io.vit4j.data.Split;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.HexFormat;
import java.util.List;
import java.util.stream.IntStream;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Folders of DICOM as data sets: columns from the headers, patients as digests, labels joined by identifiers. */
class DicomDatasetTest {
    private static final int PICTURES = 12;

    @TempDir
    Path folder;

    private static byte[] xray(int number) {
        DicomWriter dataSet = new DicomWriter(DicomWriter.EXPLICIT)
                .text(Tag.SOP_CLASS, "UI", "1.2.840.10008.5.1.4.1.1.1.1")
                .text(Tag.SOP_INSTANCE, "UI", "1.2.3." + number)
                .text(Tag.ACCESSION_NUMBER, "SH", "ACC" + number / 2) // two pictures an examination
                .text(Tag.MANUFACTURER, "LO", "Drawn")
                .text(0x00100010, "PN", "Secret^Name")
                .text(Tag.PATIENT_ID, "LO", "secret-" + number / 4)
                .text(Tag.PATIENT_SEX, "CS", number % 2 == 0 ? "F" : "M")
                .text(Tag.PATIENT_AGE, "AS", "0%d0Y".formatted(1 + number % 9))
                .text(Tag.VIEW_POSITION, "CS", "PA")
                .picture();
        return DicomWriter.file(DicomWriter.EXPLICIT, dataSet);
    }

    private Path pictures() throws IOException {
        Path data = Files.createDirectories(folder.resolve("data"));
        for (int i = 0; i < PICTURES; i++) {
            Files.write(data.resolve("IM%04d".formatted(i)), xray(i));
        }
        byte[] report = DicomWriter.file(
                DicomWriter.EXPLICIT,
                "1.2.840.10008.5.1.4.1.1.88.33",
                new byte[128],
                new DicomWriter(DicomWriter.EXPLICIT).text(Tag.SOP_CLASS, "UI", "1.2.840.10008.5.1.4.1.1.88.33"));
        Files.write(data.resolve("SR0001.dcm"), report);
        return data;
    }

    private PrepareDataset.Prepared prepared(Path data, List<String> names, String output) throws IOException {
        StringBuilder csv = new StringBuilder("name,finding\n");
        for (int i = 0; i < names.size(); i++) {
            csv.append(names.get(i))
                    .append(',')
                    .append(i % 2 == 0 ? "no" : "yes")
                    .append('\n');
        }
        Path labels = Files.writeString(folder.resolve("labels.csv"), csv);
        return Vit4j.prepare(data)
                .labels(labels)
                .columns(new CsvLabelFile.Columns("name", new CsvLabelFile.OneLabel("finding")))
                .folder(options -> options.patientKey(folder.resolve("key")))
                .split(Split.byFraction(0.34, 0.34, Split.By.PATIENT, 1))
                .imageSize(8, 8)
                .output(folder.resolve(output))
                .run(Progress.NONE);
    }

    @Test
    void headersBecomeColumnsAndPatientsDigests() throws Exception {
        List<String> names =
                IntStream.range(0, PICTURES).mapToObj("1.2.3.%d"::formatted).toList();
        PrepareDataset.Prepared prepared = prepared(pictures(), names, "dataset");
        assertThat(prepared.remarks().toString())
                .contains("a new key for patients' identifiers")
                .contains("12 rows name their pictures by an identifier in the pictures' headers")
                .doesNotContain("secret-");
        Path key = folder.resolve("key");
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(key)))
                .isEqualTo("rw-------");
        Mac mac = Mac.getInstance("HmacSHA256");
        mac.init(new SecretKeySpec(Files.readString(key).strip().getBytes(StandardCharsets.UTF_8), "HmacSHA256"));
        try (ArrowDataset data = ArrowDataset.open(folder.resolve("dataset"))) {
            assertThat(data.size()).isEqualTo(PICTURES);
            for (int row = 0; row < PICTURES; row++) {
                String digest = HexFormat.of()
                        .formatHex(mac.doFinal(("secret-" + row / 4).getBytes(StandardCharsets.UTF_8)))
                        .substring(0, 16);
                assertThat(data.column("patient", row)).isEqualTo(digest);
                assertThat(data.column("instance", row)).isEqualTo("1.2.3." + row);
                assertThat(data.column("sex", row)).isEqualTo(row % 2 == 0 ? "F" : "M");
                assertThat(data.column("age", row)).isEqualTo((1 + row % 9) + "0");
                assertThat(data.column("view_position", row)).isEqualTo("PA");
                assertThat(data.column("manufacturer", row)).isEqualTo("Drawn");
            }
        }
        for (String split : List.of(Split.TRAIN, Split.VALIDATION, Split.TEST)) {
            assertThat(prepared.rows().get(split))
                    .as("a patient's four pictures stay together")
                    .isEqualTo(4);
        }
        try (var files = Files.walk(folder.resolve("dataset"))) {
            for (Path file : files.filter(Files::isRegularFile).toList()) {
                String text = new String(Files.readAllBytes(file), StandardCharsets.ISO_8859_1);
                assertThat(text).as(file.toString()).doesNotContain("secret-").doesNotContain("Secret^");
            }
        }
    }

    @Test
    void anExaminationsLabelIsThatOfEachOfItsPictures() throws IOException {
        List<String> examinations =
                IntStream.range(0, PICTURES / 2).mapToObj("ACC%d"::formatted).toList();
        prepared(pictures(), examinations, "dataset");
        try (ArrowDataset data = ArrowDataset.open(folder.resolve("dataset"))) {
            assertThat(data.size()).isEqualTo(PICTURES);
        }
    }

    @Test
    void mediaWithADirectoryHaveOnlyThePicturesThatItLists() throws IOException {
        Path data = pictures();
        Files.write(data.resolve("logo.png"), new byte[] {1, 2, 3}); // of the viewer that comes with the medium
        assertThat(new ImageFolder(data).names()).hasSize(PICTURES + 1).doesNotContain("SR0001.dcm");
        DicomWriter[] records = new DicomWriter[3];
        for (int i = 0; i < records.length; i++) {
            records[i] = new DicomWriter(DicomWriter.EXPLICIT)
                    .text(Tag.RECORD_TYPE, "CS", "IMAGE")
                    .text(Tag.REFERENCED_FILE, "CS", "IM%04d".formatted(i));
        }
        byte[] directory = DicomWriter.file(
                DicomWriter.EXPLICIT,
                "1.2.840.10008.1.3.10",
                new byte[128],
                new DicomWriter(DicomWriter.EXPLICIT).sequence(Tag.DIRECTORY_RECORDS, false, records));
        Files.write(data.resolve("DICOMDIR"), directory);
        assertThat(new ImageFolder(data).names()).containsExactly("IM0000", "IM0001", "IM0002");
    }

    @Test
    void aKeyThatOthersMayReadIsRefused() throws IOException {
        Path key = Files.writeString(folder.resolve("key"), "a".repeat(64));
        Files.setPosixFilePermissions(key, PosixFilePermissions.fromString("rw-r--r--"));
        assertThatThrownBy(() -> prepared(pictures(), List.of("IM0000", "IM0001"), "dataset"))
                .isInstanceOf(InputException.class)
                .hasMessageContaining("a key for patients' identifiers that others may read");
    }
}
