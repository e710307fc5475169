package io.vit4j.dicom.network;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.vit4j.base.InputException;
import io.vit4j.dicom.Attributes;
import io.vit4j.dicom.StoredFile;
import io.vit4j.dicom.TestImages;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import javax.net.ssl.SSLContext;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Encrypted associations: both sides show a certificate, and the called one's is for its host. */
@Timeout(60)
class DicomTlsTest {
    private static final List<StoredFile> IMAGE =
            List.of(StoredFile.of(TestImages.chest(1).file()));

    @TempDir
    Path folder;

    private static StorageServer server(SSLContext tls, AtomicInteger taken) {
        return StorageServer.start(
                StorageServer.Settings.of("VIT4J", 0).withTls(Optional.of(tls)),
                (header, file) -> taken.incrementAndGet());
    }

    private static List<Destination.Outcome> send(StorageServer server, Optional<SSLContext> tls) throws IOException {
        return new StoreDestination(new DicomPeer("VIT4J", "localhost", server.port()), "PEER", tls).send(IMAGE);
    }

    @Test
    void peersShowACertificateThatIsTrusted() throws Exception {
        Path keys = TestKeys.of(folder, "localhost");
        SSLContext both = Tls.context(Optional.of(keys), Optional.of(keys), TestKeys.PASSWORD);
        SSLContext withoutCertificate = Tls.context(Optional.empty(), Optional.of(keys), TestKeys.PASSWORD);
        AtomicInteger taken = new AtomicInteger();
        try (StorageServer server = server(both, taken)) {
            assertThat(send(server, Optional.of(both))).containsExactly(Destination.Outcome.STORED);
            assertThatThrownBy(() -> send(server, Optional.of(withoutCertificate)))
                    .isInstanceOf(IOException.class);
            assertThatThrownBy(() -> send(server, Optional.empty())).isInstanceOf(IOException.class);
        }
        assertThat(taken).hasValue(1);
        assertThatThrownBy(() -> Tls.context(Optional.of(keys), Optional.empty(), "wrong"))
                .isInstanceOf(InputException.class)
                .hasMessageContaining("localhost.p12");
    }

    @Test
    void aTrustedCertificateOfAnotherHostIsNotTakenForTheDestination() throws Exception {
        Path keys = TestKeys.of(folder, "elsewhere.example");
        SSLContext both = Tls.context(Optional.of(keys), Optional.of(keys), TestKeys.PASSWORD);
        AtomicInteger taken = new AtomicInteger();
        try (StorageServer server = server(both, taken)) {
            assertThatThrownBy(() -> send(server, Optional.of(both)))
                    .isInstanceOf(IOException.class)
                    .hasMessageContaining("localhost");
        }
        assertThat(taken).hasValue(0);
    }

    @Test
    void aDicomwebServiceSeesACertificateAndIsTrustedByOneInPem() throws Exception {
        Path keys = TestKeys.of(folder, "localhost");
        Path certificate = TestKeys.certificate(keys);
        SSLContext both = Tls.context(Optional.of(keys), Optional.of(certificate), TestKeys.PASSWORD);
        SSLContext nothingToShow = Tls.context(Optional.empty(), Optional.of(certificate), "");
        SSLContext noTrust = Tls.context(Optional.of(keys), Optional.empty(), TestKeys.PASSWORD);
        Attributes image = TestImages.chest(1);
        try (TestWebService service = TestWebService.withImage(Optional.of(both), image)) {
            DicomWebSource source = DicomWebSource.parse(service.address(), Optional.of(both));
            assertThat(source.search()).hasSize(1);
            assertThat(source.retrieve(source.search().get(0))).isEqualTo(image.file());
            int asked = service.requests.size();
            for (SSLContext wrong : List.of(nothingToShow, noTrust)) {
                assertThatThrownBy(() -> DicomWebSource.parse(service.address(), Optional.of(wrong))
                                .search())
                        .isInstanceOf(InputException.class)
                        .hasMessageContaining("cannot be reached");
            }
            assertThatThrownBy(() -> DicomWebSource.parse(service.address(), Optional.empty())
                            .search())
                    .isInstanceOf(InputException.class);
            assertThat(service.requests).hasSize(asked);
        }
    }

    @Test
    void aStowServiceSeesACertificateAndIsTrustedByOneInPem() throws Exception {
        Path keys = TestKeys.of(folder, "localhost");
        SSLContext both = Tls.context(Optional.of(keys), Optional.of(TestKeys.certificate(keys)), TestKeys.PASSWORD);
        try (TestWebService service = TestWebService.secured(
                both, exchange -> TestWebService.answer(exchange, 200, "{\"00081199\": {\"vr\": \"SQ\"}}"))) {
            Destination destination = Destination.parse(service.address(), "VIT4J", Optional.of(both));
            assertThat(destination.send(IMAGE)).containsExactly(Destination.Outcome.STORED);
            Destination untrusting = Destination.parse(service.address(), "VIT4J", Optional.empty());
            List<Destination.Outcome.Kind> kinds = new ArrayList<>();
            try {
                untrusting.send(IMAGE).forEach(outcome -> kinds.add(outcome.kind()));
            } catch (IOException e) {
                kinds.add(Destination.Outcome.Kind.LATER);
            }
            assertThat(kinds).containsExactly(Destination.Outcome.Kind.LATER);
            assertThat(service.requests).hasSize(1);
        }
    }

    @Test
    void certificatesThatCannotBeReadAreNamed() throws IOException {
        Path broken = Files.writeString(
                folder.resolve("ca.pem"), "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n");
        assertThatThrownBy(() -> Tls.context(Optional.empty(), Optional.of(broken), ""))
                .isInstanceOf(InputException.class)
                .hasMessageContaining("ca.pem");
    }
}
