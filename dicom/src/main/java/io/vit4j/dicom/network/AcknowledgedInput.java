package io.vit4j.dicom.network;

import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.Socket;
import java.net.SocketOption;

/**
 * What comes on a connection, acknowledged at once. Programs such as those of dcmtk write a unit's header and its body one after the other,
 * and their system keeps the body back until the header is acknowledged (RFC 896): by default after 40 ms, which is more than all else that
 * an instance takes.
 */
final class AcknowledgedInput extends FilterInputStream {
    private static final String OPTION = "TCP_QUICKACK"; // of the module jdk.net, where the system has it

    private final Socket socket;
    private final SocketOption<Boolean> option;

    private AcknowledgedInput(InputStream in, Socket socket, SocketOption<Boolean> option) {
        super(in);
        this.socket = socket;
        this.option = option;
    }

    /**
     * The same input, acknowledged at once where that can be asked for.
     *
     * @param socket that the input comes from, be it through TLS
     */
    @SuppressWarnings("unchecked") // the option of this name is true or false
    static InputStream of(Socket socket, InputStream in) {
        for (SocketOption<?> option : socket.supportedOptions()) {
            if (option.name().equals(OPTION)) {
                return new AcknowledgedInput(in, socket, (SocketOption<Boolean>) option);
            }
        }
        return in;
    }

    @Override
    public int read() throws IOException {
        socket.setOption(option, true); // each time, since the system forgets it with the next answer
        return super.read();
    }

    @Override
    public int read(byte[] bytes, int from, int length) throws IOException {
        socket.setOption(option, true);
        return super.read(bytes, from, length);
    }
}
