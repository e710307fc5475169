package io.vit4j.parallel;

import io.vit4j.parallel.KeyValues.Condition;
import io.vit4j.torch.Scope;
import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.Closeable;
import java.io.DataInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicReference;
import org.bytedeco.javacpp.chrono.Milliseconds;
import org.bytedeco.pytorch.PrefixStore;
import org.bytedeco.pytorch.Store;
import org.bytedeco.pytorch.TCPStore;
import org.bytedeco.pytorch.TCPStoreOptions;

/**
 * The ranks' store as c10d's process groups want it. c10d's own store listens on all interfaces and believes anyone. So
 * c10d's client is given a server within its own process instead: it listens on the loopback address until that client has
 * named itself by a random word, then no longer, and passes on what is asked for over this rank's sealed connection.
 */
final class C10dStore implements Closeable {
    private static final int MOST_CALLERS = 16;
    private static final Duration SLICE = Duration.ofSeconds(1);
    private static final String PREFIX = "c10d/";
    private static final String CLIENT = "vit4j";

    private final RankStore store;
    private final int longestValue;
    private final String word = RendezvousSecret.random().text();
    private final ServerSocket server;
    private final Set<Socket> callers = ConcurrentHashMap.newKeySet();
    private final AtomicReference<Socket> own = new AtomicReference<>();

    /** Keeps c10d's client for the groups to come. */
    private final PrefixStore client;

    /**
     * Connects c10d's client.
     *
     * @param store a connection of its own
     * @param timeout how long c10d waits for a key
     */
    C10dStore(RankStore store, int worldSize, Duration timeout) throws IOException {
        this.store = store;
        longestValue = KeyValues.longestValue(worldSize);
        server = new ServerSocket();
        server.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), MOST_CALLERS);
        daemon(this::accept);
        try (Scope scope = new Scope()) {
            TCPStoreOptions options = new TCPStoreOptions()
                    .port((short) server.getLocalPort())
                    .isServer(false)
                    .waitWorkers(false)
                    .timeout(new Milliseconds(Math.max(1_000, timeout.toMillis())));
            TCPStore connected =
                    ownedByNative(scope.own(new TCPStore(server.getInetAddress().getHostAddress(), options)));
            client = scope.own(new PrefixStore(CLIENT, connected));
            client.add(word, 0);
        } catch (RuntimeException | Error e) {
            close(server);
            callers.forEach(C10dStore::close);
            throw e;
        }
    }

    /** The store under a name of one's own, for one group, which owns it. */
    Store under(String group) {
        try (Scope scope = new Scope()) {
            return ownedByNative(scope.own(new PrefixStore(group, client.getUnderlyingStore())));
        }
    }

    /** c10d counts references to a store that it is given; what Java made it would delete as well, which it must not. */
    private static <S extends Store> S ownedByNative(S store) {
        store.deallocate(false);
        return store;
    }

    private static void daemon(Runnable work) {
        Thread thread = new Thread(work, "vit4j-c10d");
        thread.setDaemon(true);
        thread.start();
    }

    private void accept() {
        try {
            while (own.get() == null) {
                Socket socket = server.accept();
                if (callers.size() < MOST_CALLERS) {
                    callers.add(socket);
                    daemon(() -> serve(socket));
                } else {
                    socket.close();
                }
            }
        } catch (IOException e) {
            // the client has come, or the job is over
        }
    }

    private void serve(Socket socket) {
        try (socket) {
            socket.setTcpNoDelay(true);
            new Queries(socket.getInputStream(), socket.getOutputStream(), () -> come(socket)).answerAll();
        } catch (IOException | RankFailedException e) {
            // c10d notices that its connection broke
        } finally {
            callers.remove(socket);
        }
    }

    /** The client has come: nobody else may. */
    private void come(Socket socket) {
        own.compareAndSet(null, socket);
        close(server);
        callers.stream().filter(other -> other != socket).forEach(C10dStore::close);
    }

    private static void close(Closeable socket) {
        try {
            socket.close();
        } catch (IOException e) {
            // it is gone already
        }
    }

    @Override
    public void close() {
        close(server);
        callers.forEach(C10dStore::close);
        store.close();
        client.close();
    }

    /** The protocol of c10d's TCPStore, as its client speaks it: numbers in the machine's byte order. */
    private final class Queries {
        private static final int MAGIC = 0x3C85F7CE;
        private static final int VALIDATE = 0;
        private static final int SET = 1;
        private static final int COMPARE_SET = 2;
        private static final int GET = 3;
        private static final int ADD = 4;
        private static final int CHECK = 5;
        private static final int WAIT = 6;
        private static final int SIZE = 7;
        private static final int DELETE = 8;
        private static final int APPEND = 9;
        private static final int MULTI_GET = 10;
        private static final int MULTI_SET = 11;
        private static final int CANCEL_WAIT = 12;
        private static final int PING = 13;
        private static final byte READY = 0;
        private static final byte NOT_READY = 1;
        private static final byte STOP_WAITING = 0;
        private static final byte WAIT_CANCELED = 1;

        private final DataInputStream in;
        private final OutputStream out;
        private final Runnable ownHasCome;
        private boolean isOwn;

        Queries(InputStream in, OutputStream out, Runnable ownHasCome) {
            this.in = new DataInputStream(new BufferedInputStream(in));
            this.out = new BufferedOutputStream(out);
            this.ownHasCome = ownHasCome;
        }

        void answerAll() throws IOException {
            for (int query = in.read(); query >= 0; query = in.read()) {
                if (isOwn) {
                    answer(query);
                } else {
                    greet(query);
                }
                out.flush();
            }
        }

        /** Before the word is known: what the client does when it connects, and then the word. */
        private void greet(int query) throws IOException {
            switch (query) {
                case VALIDATE -> validate();
                case PING -> ping();
                case ADD -> {
                    if (!isWord(key())) {
                        throw new IOException("not this process");
                    }
                    isOwn = true;
                    ownHasCome.run();
                    putLong(readLong());
                }
                default -> throw new IOException("not this process");
            }
        }

        /** c10d's client puts a slash in front of every key. */
        private boolean isWord(String key) {
            return MessageDigest.isEqual(
                    key.getBytes(StandardCharsets.ISO_8859_1),
                    (PREFIX + "/" + CLIENT + "/" + word).getBytes(StandardCharsets.ISO_8859_1));
        }

        private void answer(int query) throws IOException {
            switch (query) {
                case VALIDATE -> validate();
                case PING -> ping();
                case SET -> store.set(key(), value());
                case COMPARE_SET -> putValue(store.compareSet(key(), value(), value()));
                case GET -> putValue(store.find(key()).orElse(new byte[0]));
                case ADD -> putLong(store.add(key(), readLong()));
                case CHECK -> out.write(store.has(keys()) ? READY : NOT_READY);
                case WAIT -> await(keys());
                case SIZE -> putLong(store.size());
                case DELETE -> putLong(store.delete(key()) ? 1 : 0);
                case APPEND -> store.append(key(), value());
                case MULTI_GET -> {
                    for (String key : keys()) {
                        putValue(store.find(key).orElse(new byte[0]));
                    }
                }
                case MULTI_SET -> {
                    for (long left = count(); left > 0; left--) {
                        store.set(key(), value());
                    }
                }
                case CANCEL_WAIT -> out.write(WAIT_CANCELED); // it came too late
                default -> throw new IOException("c10d asks for what is unknown here: " + query);
            }
        }

        private void validate() throws IOException {
            if (readInt() != MAGIC) {
                throw new IOException("not c10d");
            }
        }

        private void ping() throws IOException {
            out.write(in.readNBytes(4));
        }

        private void await(String[] keys) throws IOException {
            for (String key : keys) {
                while (store.await(SLICE, new Condition(key, KeyValues.ANY)) < 0) {
                    if (in.available() > 0) {
                        if (in.read() != CANCEL_WAIT) {
                            throw new IOException("c10d asks while it waits");
                        }
                        out.write(WAIT_CANCELED);
                        return;
                    }
                }
            }
            out.write(STOP_WAITING);
        }

        private String key() throws IOException {
            return PREFIX + new String(bytes(KeyValues.LONGEST_KEY), StandardCharsets.ISO_8859_1);
        }

        private String[] keys() throws IOException {
            List<String> keys = new ArrayList<>();
            for (long left = count(); left > 0; left--) {
                keys.add(key());
            }
            return keys.toArray(String[]::new);
        }

        private long count() throws IOException {
            long count = readLong();
            if (count < 0 || count > 1 << 16) {
                throw new IOException(count + " keys at once");
            }
            return count;
        }

        private byte[] value() throws IOException {
            return bytes(longestValue);
        }

        private byte[] bytes(int most) throws IOException {
            long length = readLong();
            if (length < 0 || length > most) {
                throw new IOException(length + " bytes; the most are " + most);
            }
            byte[] bytes = in.readNBytes((int) length);
            if (bytes.length < length) {
                throw new IOException("cut off");
            }
            return bytes;
        }

        private long readLong() throws IOException {
            return order(8).getLong();
        }

        private int readInt() throws IOException {
            return order(4).getInt();
        }

        private ByteBuffer order(int length) throws IOException {
            byte[] bytes = new byte[length];
            in.readFully(bytes);
            return ByteBuffer.wrap(bytes).order(ByteOrder.nativeOrder());
        }

        private void putLong(long number) throws IOException {
            out.write(ByteBuffer.allocate(8)
                    .order(ByteOrder.nativeOrder())
                    .putLong(number)
                    .array());
        }

        private void putValue(byte[] value) throws IOException {
            putLong(value.length);
            out.write(value);
        }
    }
}
