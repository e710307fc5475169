package io.vit4j.hub;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.HttpServer;
import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsServer;
import io.vit4j.base.InputException;
import io.vit4j.base.Progress;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A hub with TLS that sends to an address without, where anyone on the way could read the token and change the file. */
class RedirectFromTlsTest {
    private static final char[] PASSWORD = "changeit".toCharArray();

    @TempDir
    Path folder;

    private final AtomicInteger plainRequests = new AtomicInteger();
    private HttpsServer secure;
    private HttpServer plain;
    private SSLContext before;

    @BeforeEach
    void start() throws Exception {
        Path keys = folder.resolve("keys.p12");
        Process keytool = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "keytool")
                                .toString(),
                        "-genkeypair",
                        "-keyalg",
                        "EC",
                        "-dname",
                        "CN=localhost",
                        "-ext",
                        "san=dns:localhost",
                        "-storepass",
                        new String(PASSWORD),
                        "-keystore",
                        keys.toString())
                .redirectErrorStream(true)
                .start();
        assertThat(new String(keytool.getInputStream().readAllBytes(), java.nio.charset.StandardCharsets.UTF_8))
                .doesNotContain("error");
        KeyStore store = KeyStore.getInstance("PKCS12");
        try (InputStream in = Files.newInputStream(keys)) {
            store.load(in, PASSWORD);
        }
        KeyManagerFactory own = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
        own.init(store, PASSWORD);
        TrustManagerFactory trusted = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        trusted.init(store);
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(own.getKeyManagers(), trusted.getTrustManagers(), null);
        before = SSLContext.getDefault();
        SSLContext.setDefault(context);

        plain = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        plain.createContext("/", exchange -> {
            plainRequests.incrementAndGet();
            exchange.sendResponseHeaders(404, -1);
            exchange.close();
        });
        plain.start();
        secure = HttpsServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        secure.setHttpsConfigurator(new HttpsConfigurator(context));
        secure.createContext("/", exchange -> {
            exchange.getResponseHeaders()
                    .set("Location", "http://localhost:" + plain.getAddress().getPort() + "/file");
            if (exchange.getRequestURI().getPath().contains("config.json")) {
                exchange.sendResponseHeaders(307, -1);
            } else {
                exchange.sendResponseHeaders(404, -1);
            }
            exchange.close();
        });
        secure.start();
    }

    @AfterEach
    void stop() {
        SSLContext.setDefault(before);
        secure.stop(0);
        plain.stop(0);
    }

    @Test
    void aRedirectFromTlsToPlainIsRefused() {
        URI hub = URI.create("https://localhost:" + secure.getAddress().getPort());
        HubSettings settings = new HubSettings(
                folder.resolve("cache"),
                hub,
                HubToken.clean("hf_secret", "test"),
                false,
                true,
                Duration.ofSeconds(5),
                Duration.ofMillis(1));
        assertThatThrownBy(() -> CheckpointSource.resolve("org/vit", settings, Progress.NONE))
                .isInstanceOf(InputException.class)
                .hasMessage(hub + ": redirects from https to http, which is refused; check HF_ENDPOINT and the proxy");
        assertThat(plainRequests).hasValue(0);
    }
}
