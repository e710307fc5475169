package io.vit4j.parallel;

import io.vit4j.parallel.KeyValues.RefusedException;
import java.io.Closeable;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/**
 * Rank 0's side of every connection: the one port on which it listens, the store behind it, and the numbers that ranks
 * have claimed. Nothing is done for a caller who has not proved to know the secret. The number of those who have
 * not yet is bounded, and so is their time, so that silent callers hold nobody else.
 */
final class RankServer implements Closeable {
    /** The key that has a value once the job cannot begin: why. */
    static final String REFUSED = "refused";

    static final int MOST_STRANGERS = 512;
    private static final Duration GREETING = Duration.ofSeconds(5);
    private static final int BACKLOG = 1024;
    private static final long PAUSE_MILLIS = 50;
    private static final int SMALL_STACK = 256 << 10;

    /** A rank's heartbeat connection. */
    record Arrival(int rank, String who, SealedChannel channel) {}

    private final ServerSocket server;
    private final RendezvousSecret secret;
    private final int worldSize;
    private final String place;
    private final KeyValues values;
    private final BlockingQueue<Arrival> heartbeats = new LinkedBlockingQueue<>();
    private final Set<Socket> strangers = new LinkedHashSet<>();
    private final Set<Socket> ranks = new HashSet<>();
    private final Set<String> claims = new HashSet<>();
    private int wrongSecrets;
    private String lastWrong = "";
    private volatile boolean closed;

    private RankServer(ServerSocket server, RendezvousSecret secret, int worldSize, String place) {
        this.server = server;
        this.secret = secret;
        this.worldSize = worldSize;
        this.place = place;
        values = new KeyValues(worldSize);
        daemon("vit4j-accept", this::accept);
    }

    /**
     * Listens at this address.
     *
     * @param place what it is called in messages
     */
    static RankServer open(InetAddress address, int port, RendezvousSecret secret, int worldSize, String place)
            throws IOException {
        ServerSocket server = new ServerSocket();
        try {
            server.setReuseAddress(true);
            server.bind(new InetSocketAddress(address, port), BACKLOG);
            return new RankServer(server, secret, worldSize, place);
        } catch (IOException e) {
            server.close();
            throw e;
        }
    }

    /** Bytes of the longest message in a job of so many ranks. */
    static int longestMessage(int worldSize) {
        return 2 * KeyValues.longestValue(worldSize) + StoreRequest.ENVELOPE;
    }

    int port() {
        return server.getLocalPort();
    }

    /** Waits for the next rank's heartbeat connection; empty if none comes in time. */
    Optional<Arrival> nextHeartbeat(long deadlineNanos) {
        try {
            return Optional.ofNullable(heartbeats.poll(deadlineNanos - System.nanoTime(), TimeUnit.NANOSECONDS));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new RankFailedException("interrupted while waiting for other ranks", e);
        }
    }

    /** Tells all ranks why the job cannot begin, unless they know another reason. */
    void refuse(String why) {
        try {
            values.compareSet(REFUSED, new byte[0], PeerText.clean(why).getBytes(StandardCharsets.UTF_8));
        } catch (RefusedException e) {
            throw new IllegalStateException(e); // it is short, and the first of its key
        }
    }

    /** How many connections of ranks are open, those among them that are being refused; the heartbeat's do not count. */
    synchronized int connections() {
        return ranks.size();
    }

    /** How many connections are open that have not proved to know the secret. */
    synchronized int strangers() {
        return strangers.size();
    }

    /** What is to be known of callers with another secret: nothing if there were none. */
    synchronized String wrongSecrets() {
        return wrongSecrets == 0
                ? ""
                : "; " + wrongSecrets + (wrongSecrets == 1 ? " connection" : " connections")
                        + " did not know the job's secret, the last from " + lastWrong;
    }

    private void accept() {
        while (!closed) {
            try {
                Socket socket = server.accept();
                admit(socket);
                daemon("vit4j-rank", () -> serve(socket));
            } catch (IOException | OutOfMemoryError e) { // no file handle or thread is left, until others end
                if (!closed) {
                    pause();
                }
            }
        }
    }

    private static void pause() {
        try {
            Thread.sleep(PAUSE_MILLIS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private static void daemon(String name, Runnable work) {
        Thread thread = new Thread(null, work, name, SMALL_STACK);
        thread.setDaemon(true);
        thread.start();
    }

    /** If there are too many, the oldest of the address with the most goes: one machine's do not crowd out another's. */
    private synchronized void admit(Socket socket) {
        strangers.add(socket);
        if (strangers.size() > MOST_STRANGERS) {
            Map<InetAddress, List<Socket>> byAddress = new HashMap<>();
            strangers.forEach(stranger -> byAddress
                    .computeIfAbsent(stranger.getInetAddress(), address -> new ArrayList<>())
                    .add(stranger));
            Socket oldest = Collections.max(byAddress.values(), Comparator.comparingInt(List::size))
                    .get(0);
            strangers.remove(oldest);
            close(oldest);
        }
    }

    private static void close(Socket socket) {
        try {
            socket.close();
        } catch (IOException e) {
            // it is gone already
        }
    }

    private void serve(Socket socket) {
        boolean keep = false;
        try {
            long deadline = System.nanoTime() + GREETING.toNanos();
            SealedChannel channel = SealedChannel.accept(socket, secret, longestMessage(worldSize), deadline);
            Hello hello = Hello.ofBytes(channel.receive(() -> requireTime(deadline)));
            synchronized (this) {
                strangers.remove(socket);
                ranks.add(socket);
            }
            keep = converse(channel, hello);
        } catch (SealedChannel.WrongSecretException e) {
            wrong(socket);
        } catch (IOException e) {
            // a stranger, or a rank that has left or died: the heartbeat tells
        } finally {
            synchronized (this) {
                strangers.remove(socket);
                ranks.remove(socket);
            }
            if (!keep) {
                close(socket);
            }
        }
    }

    private static void requireTime(long deadlineNanos) throws IOException {
        if (System.nanoTime() - deadlineNanos > 0) {
            throw new IOException("it is silent");
        }
    }

    private synchronized void wrong(Socket socket) {
        wrongSecrets++;
        lastWrong = socket.getInetAddress().getHostAddress();
    }

    /** Until the rank leaves; true if the connection has gone to the heartbeat instead. */
    private boolean converse(SealedChannel channel, Hello hello) throws IOException {
        Optional<String> refusal = claim(hello);
        channel.send(new Hello.Answer(refusal.isEmpty(), refusal.orElseGet(Hello::whoIAm)).toBytes());
        if (refusal.isPresent()) {
            return false;
        }
        if (hello.use() == Hello.Use.HEARTBEAT) {
            heartbeats.add(new Arrival(hello.rank(), hello.who(), channel));
            return true;
        }
        channel.lookEvery(0);
        while (!closed) {
            channel.send(StoreRequest.answer(values, channel.receive(() -> {})));
        }
        return false;
    }

    /** Why the caller is not let in, which ends the job for all if it is a mistake in how the ranks were started. */
    private synchronized Optional<String> claim(Hello hello) {
        Optional<String> why = Optional.empty();
        if (hello.worldSize() != worldSize) {
            why = Optional.of("the ranks at " + place + " do not agree on WORLD_SIZE: rank " + hello.rank() + " has "
                    + hello.worldSize() + ", others " + worldSize + "; give all ranks the same");
        } else if (hello.rank() < 0 || hello.rank() >= worldSize) {
            why = Optional.of("there is no rank " + hello.rank() + " of " + worldSize + " at " + place
                    + "; give each a RANK from 0");
        } else if (!claims.add(hello.use() + "/" + hello.rank())) {
            why = Optional.of("two processes claim to be rank " + hello.rank() + " of the job at " + place
                    + "; give each its own RANK, or use another MASTER_PORT");
        }
        why.ifPresent(this::refuse);
        try {
            if (why.isEmpty() && hello.use() == Hello.Use.STORE) {
                values.add("rank/" + hello.rank(), 1);
            }
        } catch (RefusedException e) {
            return Optional.of(e.getMessage());
        }
        return why;
    }

    /** Ends every connection but those of the heartbeat, which are its own. */
    @Override
    public void close() {
        closed = true;
        try {
            server.close();
        } catch (IOException e) {
            // it listens no more
        }
        synchronized (this) {
            strangers.forEach(RankServer::close);
            ranks.forEach(RankServer::close);
        }
        heartbeats.forEach(arrival -> arrival.channel().close());
    }
}
