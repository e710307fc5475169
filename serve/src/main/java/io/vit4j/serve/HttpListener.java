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
import org.eclipse.jetty.util.thread.QueuedThreadPool;

/**
 * Jetty as this server uses it, not yet started: HTTP/1.1, or HTTPS, with bounded headers, connections and silence.
 *
 * @param watch disconnects whoever is slow
 */
record HttpListener(Server server, ServerConnector connector, ConnectionWatch watch) {
    private static final int LONGEST_HEADER = 16 << 10;

    /**
     * Which Jetty otherwise works out from the JVM's flags, by way of all its management beans: an eighth of a second. It spaces out
     * counters that several threads write to.
     */
    private static final String REFERENCES_PER_CACHE_LINE = "org.eclipse.jetty.util.referencesPerCacheLine";

    static HttpListener of(ServerSettings settings, Optional<SslContextFactory.Server> tls) {
        if (System.getProperty(REFERENCES_PER_CACHE_LINE) == null) {
            System.setProperty(REFERENCES_PER_CACHE_LINE, "16"); // of 4 bytes in 64
        }
        QueuedThreadPool threads =
                new QueuedThreadPool(16 + 2 * Runtime.getRuntime().availableProcessors(), 4);
        threads.setName("vit4j-http");
        threads.setDaemon(true);
        Server server = new Server(threads);
        server.setStopTimeout(0); // ModelServer.drain() waits
        ConnectionWatch watch = new ConnectionWatch(settings.receiveWithin(), server.getScheduler());
        ServerConnector connector = connector(server, settings, tls, watch);
        server.addConnector(connector);
        return new HttpListener(server, connector, watch);
    }

    private static ServerConnector connector(
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
