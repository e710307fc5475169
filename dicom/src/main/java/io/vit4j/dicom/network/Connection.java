package io.vit4j.dicom.network;

import java.io.IOException;
import java.io.InputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.util.Optional;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;

/** A connection with a peer, over TLS or not, on which no operation takes longer than the patience. */
final class Connection implements AutoCloseable {
    private final Socket plain;
    private final PduStream stream;

    private Connection(Socket plain, Socket secured, int patience) throws IOException {
        this.plain = plain;
        plain.setTcpNoDelay(true);
        InputStream in = AcknowledgedInput.of(plain, secured.getInputStream());
        stream = new PduStream(in, secured.getOutputStream(), new TimeLimit(patience, plain));
    }

    /**
     * A connection that a peer has opened.
     *
     * @param tls then the peer must show a certificate that is trusted
     */
    static Connection accepted(Socket socket, Optional<SSLContext> tls, int patience) throws IOException {
        if (tls.isEmpty()) {
            return new Connection(socket, socket, patience);
        }
        SSLSocket secured = (SSLSocket) tls.get().getSocketFactory().createSocket(socket, null, true);
        secured.setNeedClientAuth(true);
        return new Connection(socket, secured, patience);
    }

    /**
     * Opens a connection.
     *
     * @param tls then the peer must show a certificate that is trusted and is for its host
     */
    static Connection open(DicomPeer peer, Optional<SSLContext> tls, int connectMillis, int patience)
            throws IOException {
        Socket socket = new Socket();
        try {
            socket.connect(new InetSocketAddress(peer.host(), peer.port()), connectMillis);
            if (tls.isEmpty()) {
                return new Connection(socket, socket, patience);
            }
            SSLSocket secured =
                    (SSLSocket) tls.get().getSocketFactory().createSocket(socket, peer.host(), peer.port(), true);
            SSLParameters parameters = secured.getSSLParameters();
            parameters.setEndpointIdentificationAlgorithm("HTTPS"); // RFC 2818: a name or address of the certificate
            secured.setSSLParameters(parameters);
            return new Connection(socket, secured, patience);
        } catch (IOException | RuntimeException e) {
            socket.close();
            throw e;
        }
    }

    PduStream stream() {
        return stream;
    }

    /** Closes it without a goodbye of TLS, for which a peer that does not read would make us wait. */
    @Override
    public void close() throws IOException {
        plain.close();
    }
}
