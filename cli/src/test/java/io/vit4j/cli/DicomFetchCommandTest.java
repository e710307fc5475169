package io.vit4j.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.vit4j.dicom.Attributes;
import io.vit4j.dicom.TestImages;
import io.vit4j.dicom.network.TestKeys;
import io.vit4j.dicom.network.TestWebService;
import io.vit4j.dicom.network.Tls;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code vit4j dicom-fetch}: images into a folder, over HTTP and HTTPS. */
class DicomFetchCommandTest {
    @TempDir
    Path folder;

    private CommandRun fetch(String address, Object... more) {
        List<String> line = new ArrayList<>(List.of(
                "dicom-fetch", address, "--output", folder.resolve("images").toString()));
        for (Object each : more) {
            line.add(each.toString());
        }
        return CommandRun.of(line.toArray(String[]::new));
    }

    @Test
    void imagesAreRetrievedOnce() throws Exception {
        Attributes image = TestImages.chest(1);
        try (TestWebService service = TestWebService.withImage(Optional.empty(), image)) {
            assertThat(fetch(service.address()).out()).contains("1 images found, 1 retrieved into");
            Path file = folder.resolve("images").resolve(image.text("SOPInstanceUID") + ".dcm");
            assertThat(Files.readAllBytes(file)).isEqualTo(image.file());
            assertThat(fetch(service.address()).out()).contains("1 images found, 0 retrieved into");
        }
    }

    @Test
    void aServiceOfTheHospitalsOwnCertificatesIsAskedWithOnesOwn() throws Exception {
        Path keys = TestKeys.of(folder, "localhost");
        Path certificate = TestKeys.certificate(keys);
        Path password = Files.writeString(folder.resolve("password"), TestKeys.PASSWORD + "\n");
        try (TestWebService service = TestWebService.withImage(
                Optional.of(Tls.context(Optional.of(keys), Optional.of(keys), TestKeys.PASSWORD)),
                TestImages.chest(1))) {
            CommandRun untrusted = fetch(service.address());
            assertThat(untrusted.exitCode()).isEqualTo(2);
            assertThat(untrusted.err()).contains("cannot be reached").doesNotContain("secret");
            assertThat(fetch(service.address(), "--dicom-tls-trusted", certificate)
                            .exitCode())
                    .isEqualTo(2); // the service wants to see a certificate
            CommandRun run = fetch(
                    service.address(),
                    "--dicom-tls-trusted",
                    certificate,
                    "--dicom-tls-keys",
                    keys,
                    "--dicom-tls-password-file",
                    password);
            assertThat(run.err()).isEmpty();
            assertThat(run.out()).contains("1 images found, 1 retrieved into");
        }
    }

    @Test
    void optionsThatMeanNothingAreRefused() throws Exception {
        Path keys = TestKeys.of(folder, "localhost");
        CommandRun plain =
                fetch("http://reader:secret@localhost:1/dicom-web", "--dicom-tls-trusted", TestKeys.certificate(keys));
        assertThat(plain.exitCode()).isEqualTo(2);
        assertThat(plain.err())
                .contains("cannot go over TLS to an http:// address")
                .doesNotContain("secret");
        CommandRun password = fetch("https://localhost:1/dicom-web", "--dicom-tls-password-file", keys);
        assertThat(password.exitCode()).isEqualTo(2);
        assertThat(password.err()).contains("--dicom-tls-password-file has no effect");
    }
}
