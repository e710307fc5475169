package io.vit4j.parallel;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;

/**
 * The first message over a connection to rank 0: who calls, and what for.
 *
 * @param use what the connection is for
 * @param rank the caller's number
 * @param worldSize ranks of the job, as the caller knows it
 * @param who the caller's process and machine, for messages
 */
record Hello(Use use, int rank, int worldSize, String who) {
    /** A rank has one connection for each use. */
    enum Use {
        /** The store, for vit4j itself; the connection by which a rank claims its number. */
        STORE,
        /** The store, for c10d. */
        C10D,
        /** The heartbeat. */
        HEARTBEAT
    }

    /** {@code process 4711 on host}. */
    static String whoIAm() {
        return "process " + ProcessHandle.current().pid() + " on " + Rendezvous.hostName();
    }

    byte[] toBytes() {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (DataOutputStream out = new DataOutputStream(bytes)) {
            out.writeByte(use.ordinal());
            out.writeInt(rank);
            out.writeInt(worldSize);
            out.writeUTF(PeerText.clean(who));
        } catch (IOException e) {
            throw new IllegalStateException(e); // into an array
        }
        return bytes.toByteArray();
    }

    static Hello ofBytes(byte[] bytes) throws IOException {
        DataInputStream in = new DataInputStream(new ByteArrayInputStream(bytes));
        int use = in.readUnsignedByte();
        if (use >= Use.values().length) {
            throw new IOException("a greeting for no known use: " + use);
        }
        Hello hello = new Hello(Use.values()[use], in.readInt(), in.readInt(), PeerText.clean(in.readUTF()));
        if (in.available() > 0) {
            throw new IOException(in.available() + " bytes behind a greeting");
        }
        return hello;
    }

    /**
     * Rank 0's answer.
     *
     * @param accepted whether the connection is open
     * @param text rank 0's process and machine, or why it is not
     */
    record Answer(boolean accepted, String text) {
        byte[] toBytes() {
            ByteArrayOutputStream bytes = new ByteArrayOutputStream();
            try (DataOutputStream out = new DataOutputStream(bytes)) {
                out.writeBoolean(accepted);
                out.writeUTF(PeerText.clean(text));
            } catch (IOException e) {
                throw new IllegalStateException(e); // into an array
            }
            return bytes.toByteArray();
        }

        static Answer ofBytes(byte[] bytes) throws IOException {
            DataInputStream in = new DataInputStream(new ByteArrayInputStream(bytes));
            return new Answer(in.readBoolean(), PeerText.clean(in.readUTF()));
        }
    }
}
