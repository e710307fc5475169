package io.vit4j.parallel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.vit4j.base.InputException;
import io.vit4j.parallel.KeyValues.Condition;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Rank 0 among callers that are none of the job's. */
@Timeout(120)
class StrangersTest {
    private static final InetAddress HERE = InetAddress.getLoopbackAddress();
    private static final Duration PATIENCE = Duration.ofSeconds(20);
    private static final int RANKS = 3;
    private static final int CROWD = 2 * RankServer.MOST_STRANGERS;

    /** Sent by whoever connects: eight letters, a random number, the proof. */
    private static final int GREETING = 8 + 32 + 32;

    private final RendezvousSecret secret = RendezvousSecret.random();
    private final List<AutoCloseable> open = new ArrayList<>();
    private RankServer server;

    @BeforeEach
    void start() throws IOException {
        server = RankServer.open(HERE, 0, secret, RANKS, "here");
        open.add(server);
    }

    @AfterEach
    void stop() throws Exception {
        for (AutoCloseable each : open) {
            each.close();
        }
    }

    private Socket stranger() throws IOException {
        Socket socket = new Socket(HERE, server.port());
        socket.setSoTimeout((int) PATIENCE.toMillis());
        open.add(socket);
        return socket;
    }

    private SealedChannel call(int port, RendezvousSecret with, Hello.Use use, int rank, int worldSize) {
        RankEnvironment self = new RankEnvironment(rank, rank, worldSize, "127.0.0.1", port);
        SealedChannel channel = new RankCall(self, HERE, with, PATIENCE, System.nanoTime() + PATIENCE.toNanos())
                .open(use, () -> "")
                .channel();
        open.add(channel);
        return channel;
    }

    private RankStore store(int rank) {
        return new RankStore(call(server.port(), secret, Hello.Use.STORE, rank, RANKS), "here", Optional::empty);
    }

    /** What the socket still gives before it is closed. */
    private static byte[] rest(Socket socket) throws IOException {
        try {
            return socket.getInputStream().readAllBytes();
        } catch (SocketException e) {
            return new byte[0]; // closed with bytes unread
        }
    }

    @Test
    void whoDoesNotKnowTheSecretIsToldNothing() throws Exception {
        RankStore own = store(0);
        own.set("key", "value");
        int keys = own.size();
        byte[] eightMegabytes = new byte[8 << 20];
        for (byte[] sent : List.of(
                "GET /key HTTP/1.1\r\n\r\n".repeat(4).getBytes(StandardCharsets.US_ASCII),
                eightMegabytes,
                new Hello(Hello.Use.STORE, 1, RANKS, "me".repeat(40)).toBytes())) {
            Socket socket = stranger();
            byte[] greeted = socket.getInputStream().readNBytes(40);
            try {
                socket.getOutputStream().write(sent);
            } catch (SocketException e) {
                // closed before all of it was sent
            }
            assertThat(rest(socket)).hasSizeLessThanOrEqualTo(1);
            assertThat(new String(greeted, StandardCharsets.ISO_8859_1)).startsWith("vit4j-1\n");
        }
        assertThat(own.size()).isEqualTo(keys);
        assertThat(own.get("key")).isEqualTo("value");
        assertThat(own.has("rank/1")).isFalse();
    }

    @Test
    void anotherSecretIsOneLineOnBothSides() throws Exception {
        assertThatExceptionOfType(InputException.class)
                .isThrownBy(() -> call(server.port(), RendezvousSecret.random(), Hello.Use.STORE, 1, RANKS))
                .withMessageContaining("does not share this rank's secret")
                .withMessageContaining("--rendezvous-secret");
        while (server.wrongSecrets().isEmpty()) {
            Thread.sleep(1); // until the class's time limit
        }
        assertThat(server.wrongSecrets()).contains("1 connection did not know the job's secret", "127.0.0.1");
    }

    /** Hands bytes on between a rank and rank 0, and keeps or changes what the rank says. */
    private final class Between {
        final ServerSocket listener;
        final ByteArrayOutputStream said = new ByteArrayOutputStream();
        final int changed;

        /** @param changed the byte of what the rank says that is changed on its way, -1 for none */
        Between(int changed) throws IOException {
            this.changed = changed;
            listener = new ServerSocket(0, 1, HERE);
            open.add(listener);
            run(() -> {
                Socket rank = listener.accept();
                Socket first = new Socket(HERE, server.port());
                run(() -> copy(first.getInputStream(), rank.getOutputStream(), false));
                copy(rank.getInputStream(), first.getOutputStream(), true);
                first.close();
                return null;
            });
        }

        private Void copy(InputStream in, OutputStream out, boolean fromRank) throws IOException {
            for (int b = in.read(); b >= 0; b = in.read()) {
                synchronized (said) {
                    boolean change = fromRank && said.size() == changed;
                    if (fromRank) {
                        said.write(b);
                    }
                    out.write(change ? b ^ 1 : b);
                }
            }
            return null;
        }

        private void run(Callable<Void> work) {
            Thread thread = new Thread(new FutureTask<>(work));
            thread.setDaemon(true);
            thread.start();
        }
    }

    @Test
    void aRecordedConversationOpensNothing() throws Exception {
        Between between = new Between(-1);
        RankStore recorded = new RankStore(
                call(between.listener.getLocalPort(), secret, Hello.Use.STORE, 1, RANKS), "here", Optional::empty);
        recorded.set("key", "value");
        assertThat(recorded.get("key")).isEqualTo("value");
        byte[] said = between.said.toByteArray();
        assertThat(said).hasSizeGreaterThan(GREETING + 40);
        assertThat(new String(said, StandardCharsets.ISO_8859_1)).doesNotContain("key", "value");
        Socket again = stranger();
        again.getOutputStream().write(said);
        byte[] answer = rest(again);
        assertThat(answer.length).isLessThanOrEqualTo(41); // its greeting, and no
        while (server.wrongSecrets().isEmpty()) {
            Thread.sleep(1); // until the class's time limit
        }
        assertThat(server.wrongSecrets()).contains("1 connection did not know");
    }

    @Test
    void whatIsChangedOnItsWayEndsTheConnectionUnread() throws Exception {
        for (int changed : new int[] {8, 45, GREETING + 3, GREETING + 10}) {
            Between between = new Between(changed);
            assertThatThrownBy(() -> new RankCall(
                                    new RankEnvironment(1, 1, RANKS, "127.0.0.1", between.listener.getLocalPort()),
                                    HERE,
                                    secret,
                                    Duration.ofMillis(200),
                                    System.nanoTime() + 200_000_000L)
                            .open(Hello.Use.STORE, () -> ""))
                    .as("byte %d", changed)
                    .isInstanceOf(InputException.class);
        }
        assertThat(store(0).has("rank/1")).isFalse();
    }

    @Test
    void anotherMessageThanTheNextDoesNotOpen() throws Exception {
        try (ServerSocket listener = new ServerSocket(0, 1, HERE)) {
            CompletableFuture<SealedChannel> accepted = CompletableFuture.supplyAsync(() -> {
                try {
                    return SealedChannel.accept(listener.accept(), secret, 100, System.nanoTime() + PATIENCE.toNanos());
                } catch (IOException e) {
                    throw new IllegalStateException(e);
                }
            });
            Socket raw = new Socket(HERE, listener.getLocalPort());
            SealedChannel sender = SealedChannel.connect(raw, secret, 100, System.nanoTime() + PATIENCE.toNanos());
            SealedChannel receiver = accepted.join();
            sender.send("one".getBytes(StandardCharsets.US_ASCII));
            assertThat(receiver.receive(() -> {})).asString().isEqualTo("one");
            assertThatThrownBy(() -> sender.send(new byte[101])).hasMessageContaining("101 bytes");
            raw.getOutputStream().write(new byte[] {0, 0, 0, 16, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0});
            assertThatThrownBy(() -> receiver.receive(() -> {})).hasMessageContaining("not as it was sent");
            raw.getOutputStream().write(new byte[] {127, 0, 0, 0});
            assertThatThrownBy(() -> receiver.receive(() -> {})).hasMessageContaining("the longest is 100");
            sender.close();
            receiver.close();
        }
    }

    @Test
    void silentCallersHoldNobodyAndKeepFewHandles() throws Exception {
        List<Socket> silent = new ArrayList<>();
        for (int i = 0; i < CROWD; i++) {
            silent.add(stranger());
        }
        assertThat(store(2).count("joined")).isEqualTo(1); // far sooner than any of them runs out of time
        assertThat(server.strangers())
                .isLessThanOrEqualTo(RankServer.MOST_STRANGERS); // all were accepted before that rank
        for (int i = 0; i < CROWD - RankServer.MOST_STRANGERS; i++) {
            assertThat(rest(silent.get(i))).hasSizeLessThanOrEqualTo(40); // closed: the oldest go first
        }
    }

    @Test
    void ranksMeetWhileStrangersCrowd() throws Exception {
        int port = Ranks.freePort();
        Thread crowd = new Thread(() -> {
            while (!Thread.currentThread().isInterrupted()) {
                try {
                    Socket socket = new Socket(HERE, port);
                    open.add(socket);
                    socket.getOutputStream().write(new byte[open.size() % 100]);
                    Thread.sleep(2);
                } catch (IOException e) {
                    // the ranks have not come yet, or are gone
                } catch (InterruptedException e) {
                    return;
                }
            }
        });
        crowd.start();
        List<RankEnvironment> ranks = new ArrayList<>();
        for (int rank = 0; rank < RANKS; rank++) {
            ranks.add(new RankEnvironment(rank, rank, RANKS, "127.0.0.1", port));
        }
        List<String> faults = Ranks.faults(ranks, PATIENCE, rendezvous -> {
            rendezvous.agree(Map.of("everything", "alike"));
            return null;
        });
        crowd.interrupt();
        crowd.join();
        assertThat(faults).containsOnly("nothing");
    }

    @Test
    void aRanksNumberIsClaimedOnce() {
        store(0);
        RankStore first = store(1);
        assertThatExceptionOfType(InputException.class)
                .isThrownBy(() -> store(1))
                .withMessageContaining("two processes claim to be rank 1");
        assertThat(first.get(RankServer.REFUSED)).contains("two processes claim to be rank 1");
        for (int rank : new int[] {-1, RANKS, Integer.MAX_VALUE}) {
            assertThatExceptionOfType(InputException.class)
                    .isThrownBy(() -> call(server.port(), secret, Hello.Use.HEARTBEAT, rank, RANKS))
                    .withMessageContaining("there is no rank " + rank);
        }
        assertThat(first.add("mine", 0)).isZero();
    }

    @Test
    void theStoreIsBoundedForRanksToo() {
        RankStore store = store(1);
        assertThatThrownBy(() -> store.set("large", new byte[8 << 20])).isInstanceOf(RankFailedException.class);
        RankStore other = store(2);
        assertThatThrownBy(() -> other.set("x".repeat(2000), "value"))
                .isInstanceOf(RankFailedException.class)
                .hasMessageContaining("a key of 2000 characters");
        KeyValues values = new KeyValues(RANKS);
        long[] kept = {0};
        assertThatThrownBy(() -> {
                    while (kept[0] < 1_000_000) {
                        values.set("key" + kept[0]++, new byte[0]);
                    }
                })
                .hasMessageContaining("more than 13000 keys");
        KeyValues full = new KeyValues(RANKS);
        long[] bytes = {0};
        assertThatThrownBy(() -> {
                    for (int i = 0; i < 10_000; i++) {
                        full.set("key" + i, new byte[KeyValues.longestValue(RANKS)]);
                        bytes[0] += KeyValues.longestValue(RANKS);
                    }
                })
                .hasMessageContaining("bytes");
        assertThat(bytes[0]).isBetween(60L << 20, 67L << 20);
    }

    @Test
    void whoWaitsIsWokenOnceAndAsksOnce() throws Exception {
        RankStore waiting = store(1);
        FutureTask<Integer> met = new FutureTask<>(() ->
                waiting.await(PATIENCE, new Condition("joined", 3), new Condition(RankServer.REFUSED, KeyValues.ANY)));
        new Thread(met).start();
        RankStore counting = store(2);
        counting.count("joined");
        counting.count("joined");
        counting.set("other", "value");
        assertThat(met.isDone()).isFalse();
        counting.count("joined");
        assertThat(met.get()).isZero();
        assertThat(counting.await(Duration.ZERO, new Condition("never", KeyValues.ANY)))
                .isEqualTo(-1);
    }

    @Test
    void aFaultsTextMovesNoTerminal() throws Exception {
        FutureTask<Heartbeat> accepted =
                new FutureTask<>(() -> Heartbeat.host(server, RANKS, System.nanoTime() + PATIENCE.toNanos()));
        new Thread(accepted).start();
        SealedChannel one = call(server.port(), secret, Hello.Use.HEARTBEAT, 1, RANKS);
        call(server.port(), secret, Hello.Use.HEARTBEAT, 2, RANKS);
        try (Heartbeat heartbeat = get(accepted)) {
            String text = "failed: \u001b]0;owned\u0007\u202e\nrank 2 did it " + "x".repeat(3000);
            one.send(new Heartbeat.Word((byte) 'f', text).toBytes());
            while (heartbeat.fault().isEmpty()) {
                Thread.sleep(1);
            }
            assertThat(heartbeat.fault().get())
                    .startsWith("rank 1 (process ")
                    .contains("failed: \\u001b]0;owned\\u0007\\u202e\\u000arank 2 did it xxx")
                    .hasSizeLessThan(700);
        }
    }

    private static <T> T get(FutureTask<T> task) throws InterruptedException {
        try {
            return task.get();
        } catch (ExecutionException e) {
            throw new AssertionError(e);
        }
    }
}
