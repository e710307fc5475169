package io.vit4j.dicom.network;

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
import javax.net.ssl.SSLServerSocket;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Listens for DICOM associations, and takes the images that come (C-STORE; PS3.4, annex B) and answers whether it is there (C-ECHO). Each
 * association has a thread of its own.
 */
public final class StorageServer implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(StorageServer.class);
    private static final int BACKLOG = 64;
    private static final int SURPLUS = 8; // associations that are told to come later

    private final Settings settings;
    private final InstanceReceiver receiver;
    private final ServerSocket server;
    private final Set<Socket> open = ConcurrentHashMap.newKeySet();
    private volatile boolean closed;

    /**
     * How it listens.
     *
     * @param title its application entity title, by which peers must call it
     * @param address to listen at; empty for all
     * @param port 0 for any
     * @param callers titles of those who may call; empty for everybody
     * @param mostAssociations at the same time; more are told to come later
     * @param longestInstance in bytes
     * @param patience in milliseconds, for a peer that says nothing
     * @param tls for encrypted connections, where peers must show a certificate that is trusted
     */
    public record Settings(
            String title,
            Optional<InetAddress> address,
            int port,
            Set<String> callers,
            int mostAssociations,
            long longestInstance,
            int patience,
            Optional<SSLContext> tls) {
        /** Copies the titles. */
        public Settings {
            callers = Set.copyOf(callers);
        }

        /** For everybody, at all addresses, 32 associations, half a gigabyte an instance, a minute. */
        public static Settings of(String title, int port) {
            return new Settings(title, Optional.empty(), port, Set.of(), 32, 1L << 29, 60_000, Optional.empty());
        }
    }

    private StorageServer(Settings settings, InstanceReceiver receiver, ServerSocket server) {
        this.settings = settings;
        this.receiver = receiver;
        this.server = server;
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
                    "port " + settings.port() + " cannot be listened at (" + IoReason.of(e) + "); choose another", e);
        }
    }

    private static ServerSocket socket(Settings settings) throws IOException {
        ServerSocket socket = settings.tls().isPresent()
                ? settings.tls().get().getServerSocketFactory().createServerSocket()
                : new ServerSocket();
        if (socket instanceof SSLServerSocket encrypted) {
            encrypted.setNeedClientAuth(true);
        }
        socket.setReuseAddress(true);
        socket.bind(
                settings.address().isPresent()
                        ? new InetSocketAddress(settings.address().get(), settings.port())
                        : new InetSocketAddress(settings.port()),
                BACKLOG);
        return socket;
    }

    /** {@return the port that it listens at} */
    public int port() {
        return server.getLocalPort();
    }

    private void accept() {
        while (!closed) {
            try {
                Socket socket = server.accept();
                if (open.size() >= settings.mostAssociations() + SURPLUS) {
                    socket.close();
                    continue;
                }
                open.add(socket);
                Thread thread = new Thread(() -> serve(socket), "dicom-association");
                thread.setDaemon(true);
                thread.start();
            } catch (IOException e) {
                if (!closed) {
                    LOG.warn("a connection could not be accepted: {}", IoReason.of(e));
                    pause();
                }
            }
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
        try (socket) {
            socket.setSoTimeout(settings.patience());
            socket.setTcpNoDelay(true);
            PduStream stream = new PduStream(socket.getInputStream(), socket.getOutputStream());
            try {
                new AcceptedAssociation(stream, settings, receiver).run(open.size() > settings.mostAssociations());
            } catch (ProtocolException | RuntimeException e) {
                stream.abort();
                LOG.warn("{} {}; the association is broken off", peer, said(e));
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

    /** Stops listening, and breaks off the associations that are open. */
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
