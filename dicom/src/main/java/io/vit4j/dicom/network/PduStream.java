package io.vit4j.dicom.network;

import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;

/** Protocol data units (PS3.8, 9.3) on a connection: a type, a length and as many bytes. */
final class PduStream {
    static final int ASSOCIATE_RQ = 1;
    static final int ASSOCIATE_AC = 2;
    static final int ASSOCIATE_RJ = 3;
    static final int DATA = 4;
    static final int RELEASE_RQ = 5;
    static final int RELEASE_RP = 6;
    static final int ABORT = 7;

    /** How long a unit of data may be, which peers are told; what they send of others is shorter. */
    static final int LONGEST = 1 << 18;

    private final DataInputStream in;
    private final DataOutputStream out;
    private final TimeLimit limit;

    /** One unit, without its six bytes of header. */
    record Pdu(int type, byte[] body) {}

    /** @param limit for waiting until a unit has come whole, and for writing one */
    PduStream(InputStream in, OutputStream out, TimeLimit limit) {
        this.in = new DataInputStream(new BufferedInputStream(in, 1 << 16));
        this.out = new DataOutputStream(new BufferedOutputStream(out, 1 << 16));
        this.limit = limit;
    }

    /** The next unit; EOFException if the peer has gone, ProtocolException if it sends something else. */
    Pdu read() throws IOException {
        try (TimeLimit.Running running = limit.begin()) {
            return readWhole();
        } catch (IOException e) {
            throw limit.explained(e);
        }
    }

    private Pdu readWhole() throws IOException {
        int type = in.readUnsignedByte();
        in.readUnsignedByte();
        int length = in.readInt();
        if (type < ASSOCIATE_RQ || type > ABORT) {
            throw new ProtocolException("sends something else than DICOM");
        }
        if (length < 0 || length > LONGEST) {
            throw new ProtocolException("sends a unit that is longer than agreed");
        }
        byte[] body = in.readNBytes(length);
        if (body.length < length) {
            throw new EOFException();
        }
        return new Pdu(type, body);
    }

    void write(int type, byte[] body) throws IOException {
        try (TimeLimit.Running running = limit.begin()) {
            out.writeByte(type);
            out.writeByte(0);
            out.writeInt(body.length);
            out.write(body);
            out.flush();
        } catch (IOException e) {
            throw limit.explained(e);
        }
    }

    /** Writes a part of a message: units of data of at most so many bytes, each with one value. */
    void writeData(int context, boolean command, byte[] bytes, int longest) throws IOException {
        int most = Math.max(1, Math.min(longest, LONGEST) - 6);
        int at = 0;
        do {
            int length = Math.min(most, bytes.length - at);
            boolean last = at + length == bytes.length;
            try (TimeLimit.Running running = limit.begin()) {
                out.writeByte(DATA);
                out.writeByte(0);
                out.writeInt(length + 6);
                out.writeInt(length + 2);
                out.writeByte(context);
                out.writeByte((command ? 1 : 0) | (last ? 2 : 0));
                out.write(bytes, at, length);
                if (last) {
                    out.flush();
                }
            } catch (IOException e) {
                throw limit.explained(e);
            }
            at += length;
        } while (at < bytes.length);
    }

    /** Breaks an association off; the connection may be gone already. */
    void abort() {
        try {
            write(ABORT, new byte[] {0, 0, 0, 0});
        } catch (IOException e) {
            // nobody listens any more
        }
    }
}
