package io.vit4j.serve;

import io.vit4j.base.InputException;
import io.vit4j.base.OpenFiles;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.time.Duration;
import org.eclipse.jetty.server.HttpConfiguration;
import org.eclipse.jetty.server.HttpConnectionFactory;
import org.eclipse.jetty.server.NetworkConnectionLimit;
import org.eclipse.jetty.server.SecureRequestCustomizer;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.ServerConnector;
import org.eclipse.jetty.server.SslConnectionFactory;
import org.eclipse.jetty.util.ssl.SslContextFactory;

/** Jetty as this server uses it: HTTP/1.1, or HTTPS, with bounded headers, connections and silence. */
final class HttpListener {
    private static final int LONGEST_HEADER = 16 << 10;

    private HttpListener() {}

    static ServerConnector connector(Server server, ServerSettings settings, ConnectionWatch watch) {
        HttpConfiguration http = new HttpConfiguration();
        http.setSendServerVersion(false);
        http.setRequestHeaderSize(LONGEST_HEADER);
        http.setIdleTimeout(-1); // the connector's
        HttpConnectionFactory plain = new HttpConnectionFactory(http);
        ServerConnector connector;
        if (settings.keystore().isPresent()) {
            SecureRequestCustomizer secure = new SecureRequestCustomizer();
            secure.setSniHostCheck(false); // names are what Origins checks
            http.addCustomizer(secure);
            connector =
                    new ServerConnector(server, new SslConnectionFactory(tls(settings), plain.getProtocol()), plain);
        } else {
            connector = new ServerConnector(server, plain);
        }
        connector.setHost(settings.host());
        connector.setPort(settings.port());
        Duration idle = settings.receiveWithin().plus(settings.deadline()); // silence while an answer is made is none
        connector.setIdleTimeout(idle.toMillis());
        connector.addBean(watch);
        server.addBean(new NetworkConnectionLimit(settings.maxConnections(), server));
        return connector;
    }

    private static SslContextFactory.Server tls(ServerSettings settings) {
        Path file = settings.keystore().orElseThrow();
        String password = settings.readKeystorePassword();
        SslContextFactory.Server tls = new SslContextFactory.Server();
        tls.setKeyStore(keys(file, password));
        tls.setKeyStorePassword(password);
        tls.setIncludeProtocols("TLSv1.3", "TLSv1.2");
        return tls;
    }

    private static KeyStore keys(Path file, String password) {
        try (InputStream in = OpenFiles.stream(file)) {
            KeyStore keys = KeyStore.getInstance("PKCS12"); // the JDK's reads JKS too
            keys.load(in, password.toCharArray());
            return keys;
        } catch (IOException | GeneralSecurityException e) {
            throw InputException.in(
                    file,
                    "cannot be read as a keystore (" + e.getMessage() + "); check the path and the password's file",
                    e);
        }
    }
}
