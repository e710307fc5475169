package io.vit4j.serve;

import java.time.Duration;
import java.util.Optional;
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

    static ServerConnector connector(
            Server server, ServerSettings settings, Optional<SslContextFactory.Server> tls, ConnectionWatch watch) {
        HttpConfiguration http = new HttpConfiguration();
        http.setSendServerVersion(false);
        http.setRequestHeaderSize(LONGEST_HEADER);
        http.setIdleTimeout(-1); // the connector's
        HttpConnectionFactory plain = new HttpConnectionFactory(http);
        ServerConnector connector;
        if (tls.isPresent()) {
            SecureRequestCustomizer secure = new SecureRequestCustomizer();
            secure.setSniHostCheck(false); // names are what Origins checks
            http.addCustomizer(secure);
            connector = new ServerConnector(server, new SslConnectionFactory(tls.get(), plain.getProtocol()), plain);
        } else {
            connector = new ServerConnector(server, plain);
        }
        connector.setHost(settings.host());
        connector.setPort(settings.port());
        Duration idle = settings.receiveWithin()
                .plus(settings.deadline()); // a connection is also silent while its answer is computed
        connector.setIdleTimeout(idle.toMillis());
        connector.addBean(watch);
        server.addBean(new NetworkConnectionLimit(settings.maxConnections(), server));
        return connector;
    }
}
