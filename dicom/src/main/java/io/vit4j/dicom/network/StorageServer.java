package io.vit4j.dicom.network;

import io.vit4j.base.ByteBudget;
import io.vit4j.base.InputException;
import io.vit4j.base.IoReason;
import java.io.EOFException;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import javax.net.ssl.SSLContext;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Listens for DICOM associations, takes images (C-STORE; PS3.4, annex B), and answers C-ECHO. Each association has a thread of its own.
 */
public final class StorageServer implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(StorageServer.class);
    private static final int BACKLOG = 64;
    private static final int SURPLUS = 8; // associations that are told to come later

    private final Settings settings;
    private final InstanceReceiver receiver;
    private final ServerSocket server;
    private final Set<Socket> open = ConcurrentHashMap.newKeySet();
    private final ByteBudget memory;
    private volatile boolean closed;

    /**
     * How it listens.
     *
     * @param title its application entity title, by which peers must call it
     * @param address to listen on; empty for all
     * @param port 0 for any
     * @param callers titles of those who may call; empty for everybody
     * @param mostAssociations at the same time; more are told to come later
     * @param longestInstance in bytes; longer ones are answered with A700
     * @param memory in bytes, for all instances that are arriving; those for which there is none are answered with A700. An instance
     *     needs twice its size
     * @param patience in milliseconds, until a peer has sent the next unit whole, or has read what it was sent
     * @param tls for encrypted connections, on which peers must show a trusted certificate
     */
    public record Settings(
            String title,
            Optional<InetAddress> address,
            int port,
            Set<String> callers,
            int mostAssociations,
            long longestInstance,
            long memory,
            int patience,
            Optional<SSLContext> tls) {
        /** Copies the titles. */
        public Settings {
            callers = Set.copyOf(callers);
        }

        /** For everybody, on all addresses, 32 associations, half a gigabyte an instance, half of Java's heap, a minute. */
        public static Settings of(String title, int port) {
            return new Settings(
                    title,
                    Optional.empty(),
                    port,
                    Set.of(),
                    32,
                    1L << 29,
                    Runtime.getRuntime().maxMemory() / 2,
                    60_000,
                    Optional.empty());
        }

        /** {@return the same on one address alone} */
        public Settings withAddress(InetAddress only) {
            return new Settings(
                    title, Optional.of(only), port, callers, mostAssociations, longestInstance, memory, patience, tls);
        }

        /** {@return the same for these callers alone, if there are any} */
        public Settings withCallers(Set<String> titles) {
            return new Settings(title, address, port, titles, mostAssociations, longestInstance, memory, patience, tls);
        }

        /** {@return the same with another limit for associations} */
        public Settings withMostAssociations(int most) {
            return new Settings(title, address, port, callers, most, longestInstance, memory, patience, tls);
        }

        /** {@return the same with other limits for instances, in bytes: for each, and for the memory of all} */
        public Settings withMemory(long longest, long all) {
            return new Settings(title, address, port, callers, mostAssociations, longest, all, patience, tls);
        }

        /** {@return the same with another patience, in milliseconds} */
        public Settings withPatience(int millis) {
            return new Settings(title, address, port, callers, mostAssociations, longestInstance, memory, millis, tls);
        }

        /** {@return the same over TLS, if there is a context} */
        public Settings withTls(Optional<SSLContext> context) {
            return new Settings(
                    title, address, port, callers, mostAssociations, longestInstance, memory, patience, context);
        }
    }

    private StorageServer(Settings settings, InstanceReceiver receiver, ServerSocket server) {
        this.settings = settings;
        this.receiver = receiver;
        this.server = server;
        memory = new ByteBudget(settings.memory());
    }

    /** Begins to listen; InputException if the port is taken. */
    public static StorageServer start(Settings settings, InstanceReceiver receiver) {
        try {
            ServerSocket socket = socket(settings);
            StorageServer started = new StorageServer(settings, receiver, socket);
            Thread thread = new Thread(started::accept, "dicom-accept");
            thread.setDaemon(true);
            thread.start();
            return started;
        } catch (IOException e) {
            throw new InputException(
                    "cannot listen on port " + settings.port() + " (" + IoReason.of(e) + "); choose another", e);
        }
    }

    private static ServerSocket socket(Settings settings) throws IOException {
        ServerSocket socket = new ServerSocket();
        socket.setReuseAddress(true);
        socket.bind(
                settings.address().isPresent()
                        ? new InetSocketAddress(settings.address().get(), settings.port())
                        : new InetSocketAddress(settings.port()),
                BACKLOG);
        return socket;
    }

    /** {@return the port that it listens on} */
    public int port() {
        return server.getLocalPort();
    }

    private void accept() {
        while (!closed) {
            try {
                begin(server.accept());
            } catch (IOException e) {
                if (!closed) {
                    LOG.warn("a connection could not be accepted: {}", IoReason.of(e));
                    pause();
                }
            } catch (RuntimeException | Error e) { // such as for want of threads; the next may be accepted
                LOG.error("a connection could not be accepted", e);
                pause();
            }
        }
    }

    private void begin(Socket socket) throws IOException {
        if (open.size() >= settings.mostAssociations() + SURPLUS) {
            socket.close();
            return;
        }
        open.add(socket);
        try {
            Thread thread = new Thread(() -> serve(socket), "dicom-association");
            thread.setDaemon(true);
            thread.start();
        } catch (RuntimeException | Error e) {
            open.remove(socket);
            socket.close();
            throw e;
        }
    }

    /** So that a shortage of file descriptors is not a busy loop. */
    private static void pause() {
        try {
            Thread.sleep(100);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void serve(Socket socket) {
        String peer = socket.getInetAddress().getHostAddress();
        try (Connection connection = Connection.accepted(socket, settings.tls(), settings.patience())) {
            PduStream stream = connection.stream();
            try {
                new AcceptedAssociation(stream, settings, receiver, memory)
                        .run(open.size() > settings.mostAssociations());
            } catch (ProtocolException | RuntimeException e) {
                LOG.warn("{} {}; the association is aborted", peer, said(e));
                stream.abort();
            } catch (Error e) { // such as for want of memory: of this association alone
                LOG.error("{}: the association is aborted", peer, e);
                stream.abort();
            }
        } catch (EOFException | SocketException | SocketTimeoutException e) {
            LOG.debug("{} has gone: {}", peer, e.getMessage());
        } catch (IOException e) {
            LOG.warn("{}: {}", peer, IoReason.of(e));
        } finally {
            open.remove(socket);
        }
    }

    private static String said(Exception e) {
        return e instanceof ProtocolException ? e.getMessage() : "caused a fault in this program (" + e + ")";
    }

    /** Stops listening, and closes the connections that are open. */
    @Override
    public void close() {
        closed = true;
        try {
            server.close();
            for (Socket socket : open) {
                socket.close();
            }
        } catch (IOException e) {
            LOG.debug("closing: {}", e.getMessage());
        }
    }
}
