package io.vit4j.dicom.network;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.vit4j.base.InputException;
import io.vit4j.dicom.StoredFile;
import io.vit4j.dicom.TestImages;
import java.io.IOException;
import java.nio.file.Path;
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

    private Path keys(String host) throws Exception {
        Path keys = folder.resolve(host + ".p12");
        Process keytool = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "keytool")
                                .toString(),
                        "-genkeypair",
                        "-keyalg",
                        "EC",
                        "-dname",
                        "CN=" + host,
                        "-ext",
                        "san=dns:" + host,
                        "-storetype",
                        "PKCS12",
                        "-storepass",
                        "password",
                        "-keystore",
                        keys.toString())
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .start();
        assertThat(keytool.waitFor()).isZero();
        return keys;
    }

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
        Path keys = keys("localhost");
        SSLContext both = Tls.context(Optional.of(keys), Optional.of(keys), "password");
        SSLContext withoutCertificate = Tls.context(Optional.empty(), Optional.of(keys), "password");
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
        Path keys = keys("elsewhere.example");
        SSLContext both = Tls.context(Optional.of(keys), Optional.of(keys), "password");
        AtomicInteger taken = new AtomicInteger();
        try (StorageServer server = server(both, taken)) {
            assertThatThrownBy(() -> send(server, Optional.of(both)))
                    .isInstanceOf(IOException.class)
                    .hasMessageContaining("localhost");
        }
        assertThat(taken).hasValue(0);
    }
}
