package io.vit4j.parallel;

import java.io.IOException;
import java.net.SocketTimeoutException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;

/**
 * Knows whether every rank of the job is alive. Each has a connection to rank 0 and says a word over it every second;
 * a connection that breaks, or falls silent, without a goodbye means a death, which rank 0 tells all others.
 */
final class Heartbeat implements AutoCloseable {
    static final Duration BEAT = Duration.ofSeconds(1);

    /** Longer than any pause of a garbage collector, shorter than anybody wants to wait for a machine that is gone. */
    static final Duration SILENCE = Duration.ofSeconds(12);

    /** A fault's text, whose letters take up to four bytes each, and who has it. */
    private static final int LONGEST_WORD = 8 * PeerText.LONGEST;

    private static final byte ALIVE = 'a';
    private static final byte GOODBYE = 'g';
    private static final byte FAULT = 'f';
    private static final int SMALL_STACK = 256 << 10;

    private final int rank;
    private final Map<Integer, Peer> peers = new ConcurrentHashMap<>();
    private final AtomicBoolean reported = new AtomicBoolean();
    private final AtomicReference<String> fault = new AtomicReference<>();
    private final List<Runnable> listeners = new CopyOnWriteArrayList<>();
    private volatile boolean leaving;
    private volatile boolean failed;

    private Heartbeat(int rank) {
        this.rank = rank;
    }

    /** For a job of one rank. */
    static Heartbeat alone() {
        return new Heartbeat(0);
    }

    /**
     * Rank 0's side: waits for all other ranks.
     *
     * @param server to which they connect
     */
    static Heartbeat host(RankServer server, int worldSize, long deadlineNanos) throws IOException {
        Heartbeat heartbeat = new Heartbeat(0);
        while (heartbeat.peers.size() < worldSize - 1) {
            RankServer.Arrival arrival = server.nextHeartbeat(deadlineNanos)
                    .orElseThrow(() -> new IOException(missing(heartbeat, worldSize) + " did not connect in time"));
            heartbeat.peers.put(
                    arrival.rank(), new Peer(arrival.channel(), "rank " + arrival.rank() + " (" + arrival.who() + ")"));
        }
        heartbeat.start();
        return heartbeat;
    }

    private static String missing(Heartbeat heartbeat, int worldSize) {
        List<Integer> missing = new ArrayList<>();
        for (int r = 1; r < worldSize; r++) {
            if (!heartbeat.peers.containsKey(r)) {
                missing.add(r);
            }
        }
        return (missing.size() == 1 ? "rank " : "ranks ") + missing.toString().replaceAll("[\\[\\]]", "");
    }

    /** Another rank's side, over its connection to rank 0. */
    static Heartbeat connected(RankCall.Connection first, int rank) throws IOException {
        Heartbeat heartbeat = new Heartbeat(rank);
        heartbeat.peers.put(0, new Peer(first.channel(), "rank 0 (" + first.who() + ")"));
        heartbeat.start();
        return heartbeat;
    }

    private void start() throws IOException {
        for (Peer peer : peers.values()) {
            peer.channel.lookEvery((int) BEAT.toMillis());
            daemon("vit4j-listen-" + rank, () -> listen(peer));
        }
        daemon("vit4j-heartbeat-" + rank, this::beat);
    }

    private static void daemon(String name, Runnable work) {
        Thread thread = new Thread(null, work, name, SMALL_STACK);
        thread.setDaemon(true);
        thread.start();
    }

    private void beat() {
        while (!leaving) {
            peers.values().forEach(peer -> peer.say(ALIVE, ""));
            try {
                Thread.sleep(BEAT.toMillis());
            } catch (InterruptedException e) {
                return;
            }
        }
    }

    private void listen(Peer peer) {
        try {
            while (true) {
                long silentAt = System.nanoTime() + SILENCE.toNanos();
                Word word = Word.ofBytes(peer.channel.receive(() -> requireSoundBy(silentAt)));
                if (word.kind() == GOODBYE) {
                    return;
                }
                if (word.kind() == FAULT) {
                    report(rank == 0 ? peer.name + " " + word.text() : word.text());
                    return;
                }
            }
        } catch (SocketTimeoutException e) {
            report(peer.name + " has not responded for " + SILENCE.toSeconds() + " s");
        } catch (IOException e) {
            report(peer.name + " died: its connection broke");
        }
    }

    private static void requireSoundBy(long silentAt) throws SocketTimeoutException {
        if (System.nanoTime() - silentAt > 0) {
            throw new SocketTimeoutException();
        }
    }

    private void report(String what) {
        if (leaving || !reported.compareAndSet(false, true)) {
            return; // ranks that hear of the first failure end too; their end is a consequence, not a cause
        }
        tell(what); // before this rank knows: it may end at once, and the others would take its end for the cause
        fault.set(what);
        listeners.forEach(Runnable::run);
    }

    private void tell(String what) {
        if (rank == 0) {
            peers.values().forEach(peer -> peer.say(FAULT, what));
        }
    }

    /** Tells the others that this rank cannot go on. */
    void fail(String why) {
        String line = PeerText.clean(why);
        if (fault.get() != null) {
            return; // they know of an earlier one
        }
        if (rank == 0) {
            tell("rank 0 (" + Hello.whoIAm() + ") failed: " + line);
        } else {
            peers.values().forEach(peer -> peer.say(FAULT, "failed: " + line));
        }
        failed = true;
    }

    /** One line on the first rank known to have died, failed or fallen silent. */
    Optional<String> fault() {
        return Optional.ofNullable(fault.get());
    }

    /** Throws if a rank is known to be gone. */
    void check() {
        String what = fault.get();
        if (what != null) {
            throw new RankFailedException(what);
        }
    }

    /** Runs on a thread of its own as soon as a fault is known. */
    void onFault(Runnable listener) {
        listeners.add(listener);
        if (fault.get() != null) {
            listener.run();
        }
    }

    @Override
    public void close() {
        leaving = true;
        for (Peer peer : peers.values()) {
            if (!failed && fault.get() == null) {
                peer.say(GOODBYE, "");
            }
            peer.channel.close();
        }
    }

    /**
     * One word over a connection.
     *
     * @param text of a fault, cleaned of what does not belong into a line
     */
    record Word(byte kind, String text) {
        byte[] toBytes() {
            byte[] utf8 = text.getBytes(StandardCharsets.UTF_8);
            return ByteBuffer.allocate(1 + utf8.length).put(kind).put(utf8).array();
        }

        static Word ofBytes(byte[] bytes) throws IOException {
            if (bytes.length == 0 || bytes.length > LONGEST_WORD) {
                throw new IOException("a word of " + bytes.length + " bytes");
            }
            return new Word(bytes[0], PeerText.clean(new String(bytes, 1, bytes.length - 1, StandardCharsets.UTF_8)));
        }
    }

    private record Peer(SealedChannel channel, String name) {
        void say(byte kind, String text) {
            try {
                channel.send(new Word(kind, text).toBytes());
            } catch (IOException e) {
                // whoever listens to this connection notices that it broke
            }
        }
    }
}
