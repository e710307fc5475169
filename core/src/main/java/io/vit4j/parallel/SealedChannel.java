package io.vit4j.parallel;

import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.util.Arrays;
import javax.crypto.Cipher;
import javax.crypto.spec.GCMParameterSpec;
import javax.crypto.spec.SecretKeySpec;

/**
 * A connection between two ranks that both have proved to know the job's secret. Both sides send a random number, and
 * then HMAC-SHA-256 of both numbers under the secret, the one that connects first; so far everything has a fixed size.
 * From both numbers and the secret come two keys of AES-GCM, one a direction, under which every message is sealed
 * together with its number in the order. A message that was recorded, repeated, left out or changed does not open.
 */
final class SealedChannel implements Closeable {
    /** Called now and then while nothing arrives; what it throws ends the waiting. */
    interface Waiting {
        void check() throws IOException;
    }

    /** The other side does not know the secret, or says that this one does not. */
    static final class WrongSecretException extends IOException {
        private static final long serialVersionUID = 1;

        WrongSecretException(String message) {
            super(message);
        }
    }

    private static final byte[] MAGIC = "vit4j-1\n".getBytes(StandardCharsets.US_ASCII);
    private static final int NONCE = 32;
    private static final int PROOF = 32;
    private static final int TAG = 16;
    private static final byte WELCOME = 1;
    private static final byte REFUSED = 0;
    private static final int TICK_MILLIS = 100;
    private static final SecureRandom RANDOM = new SecureRandom();

    private final Socket socket;
    private final InputStream in;
    private final OutputStream out;
    private final int longestMessage;
    private Seal sending;
    private Seal opening;

    private SealedChannel(Socket socket, int longestMessage) throws IOException {
        this.socket = socket;
        this.longestMessage = longestMessage;
        socket.setTcpNoDelay(true);
        socket.setKeepAlive(true);
        socket.setSoTimeout(TICK_MILLIS);
        in = socket.getInputStream();
        out = socket.getOutputStream();
    }

    /**
     * The side that listens.
     *
     * @param longestMessage bytes; a longer one ends the connection
     * @param deadlineNanos of the whole greeting
     */
    static SealedChannel accept(Socket socket, RendezvousSecret secret, int longestMessage, long deadlineNanos)
            throws IOException {
        SealedChannel channel = new SealedChannel(socket, longestMessage);
        byte[] mine = nonce();
        channel.write(MAGIC, mine);
        Waiting patience = until(deadlineNanos);
        channel.expectMagic(patience);
        byte[] theirs = channel.read(NONCE, patience);
        byte[] proof = channel.read(PROOF, patience);
        if (!MessageDigest.isEqual(proof, secret.mac(label("connects"), mine, theirs))) {
            channel.write(new byte[] {REFUSED});
            throw new WrongSecretException("it does not know the secret");
        }
        channel.write(new byte[] {WELCOME}, secret.mac(label("listens"), mine, theirs));
        channel.opening = new Seal(secret.mac(label("to the one that listens"), mine, theirs));
        channel.sending = new Seal(secret.mac(label("to the one that connects"), mine, theirs));
        return channel;
    }

    /** The side that connects. */
    static SealedChannel connect(Socket socket, RendezvousSecret secret, int longestMessage, long deadlineNanos)
            throws IOException {
        SealedChannel channel = new SealedChannel(socket, longestMessage);
        Waiting patience = until(deadlineNanos);
        channel.expectMagic(patience);
        byte[] theirs = channel.read(NONCE, patience);
        byte[] mine = nonce();
        channel.write(MAGIC, mine, secret.mac(label("connects"), theirs, mine));
        if (channel.read(1, patience)[0] != WELCOME) {
            throw new WrongSecretException("it has another secret");
        }
        byte[] proof = channel.read(PROOF, patience);
        if (!MessageDigest.isEqual(proof, secret.mac(label("listens"), theirs, mine))) {
            throw new WrongSecretException("it does not know the secret");
        }
        channel.sending = new Seal(secret.mac(label("to the one that listens"), theirs, mine));
        channel.opening = new Seal(secret.mac(label("to the one that connects"), theirs, mine));
        return channel;
    }

    private static byte[] nonce() {
        byte[] nonce = new byte[NONCE];
        RANDOM.nextBytes(nonce);
        return nonce;
    }

    private static byte[] label(String use) {
        return ("vit4j rendezvous: " + use + "\n").getBytes(StandardCharsets.US_ASCII);
    }

    private static Waiting until(long deadlineNanos) {
        return () -> {
            if (System.nanoTime() - deadlineNanos > 0) {
                throw new SocketTimeoutException("it is silent");
            }
        };
    }

    private void expectMagic(Waiting waiting) throws IOException {
        if (!Arrays.equals(read(MAGIC.length, waiting), MAGIC)) {
            throw new IOException("it is no rank of this version of vit4j");
        }
    }

    /** How often {@link #receive} looks after the waiting; 0: never. */
    void lookEvery(int millis) throws IOException {
        socket.setSoTimeout(millis);
    }

    /** Sends one message. Several threads may. */
    synchronized void send(byte[] message) throws IOException {
        if (message.length > longestMessage) {
            throw new IOException("a message of " + message.length + " bytes; the longest is " + longestMessage);
        }
        byte[] sealed = sending.seal(message);
        write(ByteBuffer.allocate(4).putInt(sealed.length).array(), sealed);
    }

    /** The next message. One thread at a time. */
    byte[] receive(Waiting waiting) throws IOException {
        int length = ByteBuffer.wrap(read(4, waiting)).getInt();
        if (length < TAG || length > longestMessage + TAG) {
            throw new IOException("a message of " + length + " bytes; the longest is " + longestMessage);
        }
        return opening.open(read(length, waiting));
    }

    private byte[] read(int count, Waiting waiting) throws IOException {
        byte[] bytes = new byte[count];
        int there = 0;
        while (there < count) {
            try {
                int n = in.read(bytes, there, count - there);
                if (n < 0) {
                    throw new IOException("it closed the connection");
                }
                there += n;
            } catch (SocketTimeoutException e) {
                // checked below
            }
            if (there < count) {
                waiting.check(); // after every piece: one that comes byte by byte is no faster than one that is silent
            }
        }
        return bytes;
    }

    private void write(byte[]... parts) throws IOException {
        int length = Arrays.stream(parts).mapToInt(part -> part.length).sum();
        ByteBuffer whole = ByteBuffer.allocate(length);
        for (byte[] part : parts) {
            whole.put(part);
        }
        out.write(whole.array());
    }

    /** This side's address. */
    InetAddress localAddress() {
        return socket.getLocalAddress();
    }

    @Override
    public void close() {
        try {
            socket.close();
        } catch (IOException e) {
            // it is gone already
        }
    }

    /** One direction's key, and the number of its next message. */
    private static final class Seal {
        private final SecretKeySpec key;
        private final Cipher cipher;
        private long number;

        Seal(byte[] key) {
            this.key = new SecretKeySpec(key, "AES");
            try {
                cipher = Cipher.getInstance("AES/GCM/NoPadding");
            } catch (GeneralSecurityException e) {
                throw new IllegalStateException(e); // every Java platform has it
            }
        }

        byte[] seal(byte[] message) throws IOException {
            return apply(Cipher.ENCRYPT_MODE, message);
        }

        byte[] open(byte[] sealed) throws IOException {
            return apply(Cipher.DECRYPT_MODE, sealed);
        }

        private byte[] apply(int mode, byte[] bytes) throws IOException {
            try {
                byte[] nonce = ByteBuffer.allocate(12).putLong(4, number++).array();
                cipher.init(mode, key, new GCMParameterSpec(8 * TAG, nonce));
                return cipher.doFinal(bytes);
            } catch (GeneralSecurityException e) {
                throw new IOException("a message is not as it was sent", e);
            }
        }
    }
}
