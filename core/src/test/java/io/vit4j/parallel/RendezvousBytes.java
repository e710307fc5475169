package io.vit4j.parallel;

import io.vit4j.base.InputException;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

/**
 * What rank 0 and its callers say, as bytes: the first byte of an input chooses which part of the protocol reads the
 * others.
 */
public final class RendezvousBytes {
    private static final int RANKS = 2;
    private static final int AWAIT = StoreRequest.Kind.AWAIT.ordinal();
    private static final RendezvousSecret SECRET = RendezvousSecret.ofEnvironment(
                    Map.of(RendezvousSecret.VARIABLE, "a secret of a test"))
            .orElseThrow();

    private RendezvousBytes() {}

    /** Sound inputs. */
    public static List<byte[]> seeds() throws IOException {
        return List.of(
                input(0, requests()),
                input(1, new Hello(Hello.Use.STORE, 1, 2, "process 1 on host").toBytes()),
                input(2, new Hello.Answer(true, "process 0 on host").toBytes()),
                input(3, new Heartbeat.Word((byte) 'f', "failed: the disk is full").toBytes()),
                input(4, "vit4j-1\nand sixty-four bytes that would be a random number and a proof".getBytes()),
                input(5, "vit4j-1\nand thirty-two bytes of a random number\1and a proof of 32 bytes".getBytes()),
                input(6, ByteBuffer.allocate(40).putInt(36).array()));
    }

    private static byte[] input(int part, byte[] rest) {
        byte[] input = new byte[1 + rest.length];
        input[0] = (byte) part;
        System.arraycopy(rest, 0, input, 1, rest.length);
        return input;
    }

    /** Each with its length in front. */
    private static byte[] requests() throws IOException {
        byte[] value = "7".getBytes(StandardCharsets.US_ASCII);
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        DataOutputStream out = new DataOutputStream(all);
        for (StoreRequest.Kind kind : StoreRequest.Kind.values()) {
            byte[] request = StoreRequest.of(kind, parts -> {
                switch (kind) {
                    case SET, APPEND -> {
                        parts.writeUTF("key");
                        StoreRequest.writeValue(parts, value);
                    }
                    case GET, DELETE -> parts.writeUTF("key");
                    case ADD -> {
                        parts.writeUTF("key");
                        parts.writeLong(1);
                    }
                    case COMPARE_SET -> {
                        parts.writeUTF("key");
                        StoreRequest.writeValue(parts, value);
                        StoreRequest.writeValue(parts, value);
                    }
                    case HAS -> StoreRequest.writeKeys(parts, List.of("key", "other"));
                    case AWAIT -> {
                        parts.writeLong(0);
                        parts.writeInt(1);
                        parts.writeUTF("key");
                        parts.writeLong(1);
                    }
                    case SIZE -> {}
                }
            });
            out.writeShort(request.length);
            out.write(request);
        }
        return all.toByteArray();
    }

    /** Reads it; an InputException if it is not sound. */
    public static void read(byte[] input) {
        if (input.length == 0) {
            return;
        }
        byte[] rest = Arrays.copyOfRange(input, 1, input.length);
        try {
            switch (input[0] & 7) {
                case 0 -> answerAll(ByteBuffer.wrap(rest));
                case 1 -> requireShown(Hello.ofBytes(rest).who());
                case 2 -> requireShown(Hello.Answer.ofBytes(rest).text());
                case 3 -> requireShown(Heartbeat.Word.ofBytes(rest).text());
                case 4 -> SealedChannel.accept(new Caller(rest, false), SECRET, 1000, Long.MAX_VALUE);
                case 5 -> SealedChannel.connect(new Caller(rest, false), SECRET, 1000, Long.MAX_VALUE);
                default -> {
                    SealedChannel channel = SealedChannel.accept(new Caller(rest, true), SECRET, 1000, Long.MAX_VALUE);
                    throw new IllegalStateException("opened: " + channel.receive(() -> {}).length);
                }
            }
        } catch (IOException e) {
            throw new InputException("refused: " + e.getMessage(), e);
        }
    }

    /** What is shown moves no terminal, and is not long. */
    private static void requireShown(String text) {
        if (text.length() > 6 * PeerText.LONGEST || text.chars().anyMatch(c -> Character.isISOControl(c))) {
            throw new IllegalStateException("shown as it came: " + text.length());
        }
    }

    private static void answerAll(ByteBuffer requests) throws IOException {
        KeyValues values = new KeyValues(RANKS);
        while (requests.remaining() > 2) {
            byte[] request = new byte[Math.min(Short.toUnsignedInt(requests.getShort()), requests.remaining())];
            requests.get(request);
            if (request.length > 9 && request[0] == AWAIT) {
                Arrays.fill(request, 1, 9, (byte) 0); // nobody else is there to be waited for
            }
            StoreRequest.answer(values, request);
        }
    }

    /** A connection whose other side says these bytes, after a sound greeting if it knows the secret. */
    private static final class Caller extends Socket {
        private final ByteArrayOutputStream heard = new ByteArrayOutputStream();
        private final byte[] said;
        private final boolean knows;

        Caller(byte[] said, boolean knows) {
            this.said = said;
            this.knows = knows;
        }

        @Override
        public InputStream getInputStream() {
            return new InputStream() {
                private InputStream in;

                @Override
                public int read() throws IOException {
                    byte[] one = new byte[1];
                    return read(one, 0, 1) < 0 ? -1 : one[0] & 0xFF;
                }

                @Override
                public int read(byte[] bytes, int from, int count) throws IOException {
                    if (in == null) {
                        in = new ByteArrayInputStream(knows ? greeted() : said);
                    }
                    return in.read(bytes, from, count);
                }
            };
        }

        /** As SealedChannel's connecting side does it. */
        private byte[] greeted() {
            byte[] greeting = heard.toByteArray();
            byte[] magic = Arrays.copyOf(greeting, 8);
            byte[] theirs = Arrays.copyOfRange(greeting, 8, 40);
            byte[] mine = new byte[32];
            byte[] label = "vit4j rendezvous: connects\n".getBytes(StandardCharsets.US_ASCII);
            byte[] proof = SECRET.mac(label, theirs, mine);
            return ByteBuffer.allocate(8 + 64 + said.length)
                    .put(magic)
                    .put(mine)
                    .put(proof)
                    .put(said)
                    .array();
        }

        @Override
        public OutputStream getOutputStream() {
            return heard;
        }

        @Override
        public void setTcpNoDelay(boolean on) {
            // there is no connection
        }

        @Override
        public void setKeepAlive(boolean on) {
            // there is no connection
        }

        @Override
        public void setSoTimeout(int millis) {
            // there is no connection
        }
    }
}
