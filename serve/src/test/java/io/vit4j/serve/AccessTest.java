package io.vit4j.serve;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.vit4j.base.InputException;
import java.io.InputStream;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.util.ArrayList;
import java.util.List;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLHandshakeException;
import javax.net.ssl.TrustManagerFactory;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Who may ask: tokens, TLS, the names of this machine. */
@Timeout(120)
class AccessTest {
    private static final String PASSWORD = "a password of this test";

    @TempDir
    static Path folder;

    private static byte[] png;

    @BeforeAll
    static void saveTheModel() {
        png = TestModels.png(1, 40);
        TestModels.save(folder.resolve("tuned"));
    }

    private static ServerSettings settings() {
        return TestModels.settings().model("chest", folder.resolve("tuned"));
    }

    @Test
    void whoeverHasNoTokenSeesNothingOfTheModels() throws Exception {
        Path tokens = Files.writeString(folder.resolve("tokens"), "# ours\nsecret-secret-secret\n");
        try (ModelServer guarded = ModelServer.start(settings().tokens(tokens))) {
            Client stranger = new Client(guarded.address());
            for (String open : List.of("/v2/health/live", "/v2/health/ready", "/openapi.yaml", "/")) {
                assertThat(stranger.get(open).status()).as(open).isEqualTo(200);
            }
            for (String closed : List.of("/v2", "/metrics", "/v2/models/chest", "/v1/models/chest")) {
                assertThat(stranger.get(closed).status()).as(closed).isEqualTo(401);
                assertThat(stranger.get(closed, "Authorization", "Bearer secret-secret-secres")
                                .status())
                        .isEqualTo(401);
                assertThat(stranger.get(closed, "Authorization", "Bearer secret-secret-secret")
                                .status())
                        .isEqualTo(200);
            }
            assertThat(stranger.post("/models/chest", png).status()).isEqualTo(401);
        }
        Files.writeString(tokens, "short");
        assertThatThrownBy(() -> ModelServer.start(settings().tokens(tokens)))
                .isInstanceOf(InputException.class)
                .hasMessageStartingWith(tokens.toString());
    }

    /** As a user makes one. */
    private static Path keystore(String name, String... more) throws Exception {
        Path file = folder.resolve(name);
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "keytool").toString(),
                "-genkeypair",
                "-alias",
                "server",
                "-keyalg",
                "EC",
                "-dname",
                "CN=localhost",
                "-ext",
                "san=dns:localhost,ip:127.0.0.1",
                "-keystore",
                file.toString(),
                "-storepass",
                PASSWORD));
        command.addAll(List.of(more));
        Process keytool = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(folder.resolve("keytool.log").toFile())
                .start();
        assertThat(keytool.waitFor())
                .as(Files.readString(folder.resolve("keytool.log")))
                .isZero();
        return file;
    }

    private static SSLContext trusting(Path keystore) throws Exception {
        KeyStore keys = KeyStore.getInstance(keystore.toFile(), PASSWORD.toCharArray());
        KeyStore trusted = KeyStore.getInstance("PKCS12");
        trusted.load(null, null); // empty
        trusted.setCertificateEntry("server", keys.getCertificate("server"));
        TrustManagerFactory trust = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        trust.init(trusted);
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(null, trust.getTrustManagers(), null);
        return context;
    }

    @Test
    void httpsIsAnsweredAndPlainHttpIsNot() throws Exception {
        Path password = Files.writeString(folder.resolve("password"), PASSWORD + "\n");
        for (String type : List.of("PKCS12", "JKS")) {
            Path keystore = keystore("server." + type, "-storetype", type, "-keypass", PASSWORD);
            try (ModelServer server = ModelServer.start(settings().tls(keystore, password))) {
                assertThat(server.address().getScheme()).isEqualTo("https");
                Client client = new Client(server.address(), trusting(keystore));
                assertThat(client.post("/models/chest", png).status()).isEqualTo(200);
                assertThatThrownBy(() -> new Client(server.address())).isInstanceOf(SSLHandshakeException.class);
                try (Socket plain = new Socket("127.0.0.1", server.port())) {
                    plain.setSoTimeout(20_000);
                    plain.getOutputStream()
                            .write("GET /v2/health/live HTTP/1.1\r\nHost: localhost\r\n\r\n"
                                    .getBytes(StandardCharsets.US_ASCII));
                    InputStream in = plain.getInputStream();
                    assertThat(new String(in.readAllBytes(), StandardCharsets.ISO_8859_1))
                            .doesNotContain("200", "live");
                }
            }
        }
    }

    @Test
    void keystoresThatCannotBeUsedAreNamedBeforeModelsAreLoaded() throws Exception {
        Path password = Files.writeString(folder.resolve("password"), PASSWORD);
        Path wrong = Files.writeString(folder.resolve("wrong"), "another password");
        Path keystore = keystore("keys.p12");
        Path noKey = folder.resolve("nokey.p12");
        KeyStore empty = KeyStore.getInstance("PKCS12");
        empty.load(null, null); // empty
        try (java.io.OutputStream out = Files.newOutputStream(noKey)) {
            empty.store(out, PASSWORD.toCharArray());
        }
        Path none = folder.resolve("none");
        assertFault(keystore, wrong, keystore, "password");
        assertFault(keystore, none, none, "no such file");
        assertFault(none, password, none, "no such file");
        assertFault(password, password, password, "as a keystore");
        assertFault(noKey, password, noKey, "no private key");
    }

    private static void assertFault(Path keystore, Path password, Path named, String why) {
        ServerSettings settings =
                TestModels.settings().model("chest", folder.resolve("no-model")).tls(keystore, password);
        assertThatThrownBy(() -> ModelServer.start(settings))
                .isInstanceOf(InputException.class)
                .hasMessageStartingWith(named.toString())
                .hasMessageContaining(why);
    }

    @Test
    void everyAddressOfThisMachineIsItsOwnName() throws Exception {
        try (ModelServer server = ModelServer.start(settings().host("127.0.0.2"))) {
            assertThat(new Client(server.address()).get("/v2").status()).isEqualTo(200);
        }
    }
}
