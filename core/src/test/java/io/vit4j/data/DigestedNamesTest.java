package io.vit4j.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.vit4j.PrepareRequest;
import io.vit4j.Vit4j;
import io.vit4j.base.InputException;
import io.vit4j.base.Progress;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.HexFormat;
import java.util.Optional;
import java.util.regex.Pattern;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A data set whose pictures' names identify nobody. */
class DigestedNamesTest {
    private static final String KEY = "a key of the test's own making";

    @TempDir
    Path folder;

    private Path key;

    @BeforeEach
    void picturesAreNamedAfterPatients() throws IOException {
        key = Files.writeString(folder.resolve("key"), KEY);
        Files.setPosixFilePermissions(key, PosixFilePermissions.fromString("rw-------"));
        for (int patient = 0; patient < 4; patient++) {
            Path file = folder.resolve("scans")
                    .resolve(patient % 2 == 0 ? "cat" : "dog")
                    .resolve("Meier" + patient + ".png");
            Files.createDirectories(file.getParent());
            BufferedImage picture = new BufferedImage(4, 4, BufferedImage.TYPE_BYTE_GRAY);
            picture.getRaster().setSample(0, 0, 0, 10 * patient);
            ImageIO.write(picture, "png", file.toFile());
        }
    }

    private PrepareRequest request() {
        return Vit4j.prepare(folder.resolve("scans"))
                .folder(options -> options.patientPattern(Pattern.compile("Meier\\d")))
                .imageSize(4, 4)
                .output(folder.resolve("dataset"));
    }

    private static String digest(String text) throws Exception {
        Mac mac = Mac.getInstance("HmacSHA256");
        mac.init(new SecretKeySpec(KEY.getBytes(StandardCharsets.UTF_8), "HmacSHA256"));
        return HexFormat.of()
                .formatHex(mac.doFinal(text.getBytes(StandardCharsets.UTF_8)))
                .substring(0, 16);
    }

    @Test
    void namesAndPatientsFoundInThemAreKeyedDigests() throws Exception {
        request().deidentifyNames(Optional.of(key)).run(Progress.NONE);
        try (ArrowDataset data = ArrowDataset.open(folder.resolve("dataset"))) {
            assertThat(data.get(0).file()).isEqualTo(digest("cat/Meier0.png"));
            assertThat(data.column("patient", 0)).isEqualTo(digest("Meier0"));
        }
        try (var files = Files.list(folder.resolve("dataset"))) {
            for (Path file : files.toList()) {
                assertThat(new String(Files.readAllBytes(file), StandardCharsets.ISO_8859_1))
                        .as(file.toString())
                        .doesNotContain("Meier");
            }
        }
        assertThat(Files.readString(folder.resolve("dataset/metadata.jsonl")))
                .contains("{\"file_name\":\"" + digest("cat/Meier0.png") + "\"");
    }

    @Test
    void keptNamesMakeAnotherDataSet() {
        request().deidentifyNames(Optional.of(key)).run(Progress.NONE);
        assertThat(request()
                        .deidentifyNames(Optional.of(key))
                        .run(Progress.NONE)
                        .alreadyThere())
                .isTrue();
        assertThatThrownBy(() -> request().run(Progress.NONE))
                .isInstanceOf(InputException.class)
                .hasMessageContaining("contains another data set");
        request().overwrite(true).run(Progress.NONE);
        try (ArrowDataset data = ArrowDataset.open(folder.resolve("dataset"))) {
            assertThat(data.get(0).file()).isEqualTo("cat/Meier0.png");
            assertThat(data.column("patient", 0)).isEqualTo("Meier0");
        }
    }
}
