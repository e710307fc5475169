package io.vit4j.parallel;

import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketTimeoutException;
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
 * Knows whether every rank of the job is alive. Each holds a connection to rank 0 and says a word over it every second;
 * a connection that breaks, or falls silent, without a goodbye means a death, which rank 0 tells all others.
 */
final class Heartbeat implements AutoCloseable {
    static final Duration BEAT = Duration.ofSeconds(1);

    /** Longer than any pause of a garbage collector, shorter than anybody wants to wait for a machine that is gone. */
    static final Duration SILENCE = Duration.ofSeconds(12);

    private static final int MAGIC = 0x76347262;
    private static final byte ALIVE = 'a';
    private static final byte GOODBYE = 'g';
    private static final byte FAULT = 'f';
    private static final int SMALL_STACK = 128 << 10;

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

    /** Rank 0's side: listens on a port that is free. */
    static final class Host implements AutoCloseable {
        private final ServerSocket server;

        Host() throws IOException {
            server = new ServerSocket(0);
        }

        int port() {
            return server.getLocalPort();
        }

        /** Waits for all other ranks. */
        Heartbeat accept(int worldSize, long deadlineNanos) throws IOException {
            Heartbeat heartbeat = new Heartbeat(0);
            while (heartbeat.peers.size() < worldSize - 1) {
                server.setSoTimeout(millisUntil(deadlineNanos));
                Socket socket;
                try {
                    socket = server.accept();
                } catch (SocketTimeoutException e) {
                    throw new IOException(missing(heartbeat, worldSize) + " did not connect in time", e);
                }
                heartbeat.greet(socket, worldSize);
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
            return (missing.size() == 1 ? "rank " : "ranks ")
                    + missing.toString().replaceAll("[\\[\\]]", "");
        }

        @Override
        public void close() throws IOException {
            server.close();
        }
    }

    /** Another rank's side. */
    static Heartbeat connect(String host, int port, int rank, long deadlineNanos) throws IOException {
        Heartbeat heartbeat = new Heartbeat(rank);
        Socket socket = new Socket();
        socket.connect(new InetSocketAddress(host, port), millisUntil(deadlineNanos));
        Peer peer = new Peer(socket);
        peer.out.writeInt(MAGIC);
        peer.out.writeInt(rank);
        peer.out.writeUTF(whoIAm());
        peer.out.flush();
        socket.setSoTimeout(millisUntil(deadlineNanos));
        peer.name = "rank 0 (" + peer.in.readUTF() + ")";
        heartbeat.peers.put(0, peer);
        heartbeat.start();
        return heartbeat;
    }

    /** The address by which this machine reaches rank 0, if there is a connection to it. */
    Optional<String> localAddress() {
        return rank == 0
                ? Optional.empty()
                : Optional.of(peers.get(0).socket.getLocalAddress().getHostAddress());
    }

    private static int millisUntil(long deadlineNanos) {
        return (int) Math.max(1, Math.min(Integer.MAX_VALUE, (deadlineNanos - System.nanoTime()) / 1_000_000));
    }

    private static String whoIAm() {
        return "process " + ProcessHandle.current().pid() + " on " + Rendezvous.hostName();
    }

    private void greet(Socket socket, int worldSize) throws IOException {
        socket.setSoTimeout((int) SILENCE.toMillis());
        try {
            Peer peer = new Peer(socket);
            int magic = peer.in.readInt();
            int number = peer.in.readInt();
            if (magic == MAGIC && number > 0 && number < worldSize && !peers.containsKey(number)) {
                peer.name = "rank " + number + " (" + peer.in.readUTF() + ")";
                peer.out.writeUTF(whoIAm());
                peer.out.flush();
                peers.put(number, peer);
                return;
            }
        } catch (IOException e) {
            // a stranger, or a rank that died at once: it stays among those that did not connect
        }
        socket.close();
    }

    private void start() throws IOException {
        for (Peer peer : peers.values()) {
            peer.socket.setSoTimeout((int) SILENCE.toMillis());
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
                byte word = peer.in.readByte();
                String text = peer.in.readUTF();
                if (word == GOODBYE) {
                    return;
                }
                if (word == FAULT) {
                    report(rank == 0 ? peer.name + " " + text : text);
                    return;
                }
            }
        } catch (SocketTimeoutException e) {
            report(peer.name + " has not responded for " + SILENCE.toSeconds() + " s");
        } catch (IOException e) {
            report(peer.name + " died: its connection broke");
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
        String line = why.length() > 500 ? why.substring(0, 500) : why;
        if (fault.get() != null) {
            return; // they know of an earlier one
        }
        if (rank == 0) {
            tell("rank 0 (" + whoIAm() + ") failed: " + line);
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
            try {
                peer.socket.close();
            } catch (IOException e) {
                // it is gone already
            }
        }
    }

    private static final class Peer {
        final Socket socket;
        final DataInputStream in;
        final DataOutputStream out;
        String name = "";

        Peer(Socket socket) throws IOException {
            this.socket = socket;
            socket.setTcpNoDelay(true);
            in = new DataInputStream(socket.getInputStream());
            out = new DataOutputStream(new java.io.BufferedOutputStream(socket.getOutputStream()));
        }

        synchronized void say(byte word, String text) {
            try {
                out.writeByte(word);
                out.writeUTF(text);
                out.flush();
            } catch (IOException e) {
                // whoever listens to this connection notices that it broke
            }
        }
    }
}
