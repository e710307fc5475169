package io.vit4j.parallel;

import io.vit4j.base.InputException;
import io.vit4j.base.OpenFiles;
import io.vit4j.parallel.KeyValues.Condition;
import java.io.IOException;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.bytedeco.pytorch.Store;

/**
 * Connects the ranks of a job: through a key-value store on rank 0 ({@link RankServer}), which knows them by their secret and
 * gives each its number, and from then on by a heartbeat between all. Every fault is reported as one line within the timeout.
 */
public final class Rendezvous implements AutoCloseable {
    /** How long ranks wait for each other ({@code --rendezvous-timeout}). */
    public static final Duration DEFAULT_TIMEOUT = Duration.ofMinutes(5);

    private static final Duration GOODBYE = Duration.ofSeconds(10);
    private static final Duration LINGER = Duration.ofSeconds(3);

    private final RankEnvironment self;
    private final RendezvousSettings settings;
    private final RankNetwork network;
    private final long deadline;
    private final RankCall call;
    private final Optional<RankServer> server;
    private final RankStore store;
    private final InetAddress ownAddress;
    private final int localWorldSize;
    private final Agreement agreement;
    private Heartbeat heartbeat;
    private C10dStore c10d;

    private Rendezvous(RankEnvironment self, RendezvousSettings settings) {
        this.self = self;
        this.settings = settings;
        deadline = System.nanoTime() + settings.timeout().toNanos();
        network = RankNetwork.of(self, settings.networkInterface(), System.getenv());
        RendezvousSecret secret = secret();
        call = new RankCall(self, network.first(), secret, settings.timeout(), deadline);
        server = self.rank() == 0 ? Optional.of(listen(secret)) : Optional.empty();
        try {
            SealedChannel channel = call.open(Hello.Use.STORE, network::hint).channel();
            ownAddress = network.own(channel.localAddress());
            store = store(channel);
            try {
                store.count("host/" + hostName());
                store.count("joined");
                waitForAll();
                localWorldSize = (int) store.counted("host/" + hostName());
                heartbeat = startHeartbeat();
                agreement = new Agreement(self, store);
            } catch (RuntimeException | Error e) {
                store.close();
                throw e;
            }
        } catch (RuntimeException | Error e) {
            server.ifPresent(host -> linger(host, e));
            throw e;
        }
    }

    private RendezvousSecret secret() {
        Optional<RendezvousSecret> given = settings.secret().or(() -> RendezvousSecret.ofEnvironment(System.getenv()));
        if (given.isEmpty() && !network.isLocal()) {
            throw new InputException("the ranks at " + place() + " meet over a network, so they need a secret that"
                    + " strangers do not know; write one into a file (openssl rand -hex 32), and give every rank"
                    + " --rendezvous-secret FILE, or what is in it in " + RendezvousSecret.VARIABLE);
        }
        return given.orElseGet(RendezvousSecret::ofUser);
    }

    private RankServer listen(RendezvousSecret secret) {
        try {
            return RankServer.open(network.first(), self.masterPort(), secret, self.worldSize(), place());
        } catch (IOException e) {
            throw new InputException(
                    "port " + self.masterPort() + " of this machine cannot be opened (" + e.getMessage()
                            + "); give another port with --master-port or MASTER_PORT" + torchrunsStore(),
                    e);
        }
    }

    /** Rank 0 has the store, so when it gives up it lets those that have come read why. */
    private static void linger(RankServer host, Throwable why) {
        if (!(why instanceof RankFailedException)) {
            host.refuse(String.valueOf(why.getMessage()));
            long until = System.nanoTime() + LINGER.toNanos();
            while (host.connections() > 0 && System.nanoTime() < until) {
                RankStore.sleep();
            }
        }
        host.close();
    }

    /**
     * Connects to the other ranks.
     *
     * @throws InputException if a port is taken, a rank does not connect, or two claim the same number
     */
    public static Rendezvous join(RankEnvironment self, Duration timeout) {
        return join(self, RendezvousSettings.within(timeout));
    }

    /**
     * Connects to the other ranks.
     *
     * @throws InputException if a port is taken, a rank does not connect or has another secret, or two claim the same number
     */
    public static Rendezvous join(RankEnvironment self, RendezvousSettings settings) {
        return new Rendezvous(self, settings);
    }

    /** {@return who this rank is} */
    public RankEnvironment self() {
        return self;
    }

    /** Ranks on this machine, which share its cores. */
    public int localWorldSize() {
        return localWorldSize;
    }

    /**
     * Compares what every rank must have in common.
     *
     * @param digests what is compared, such as "arguments", and its digest
     * @throws InputException naming what differs, on every rank
     */
    public void agree(Map<String, String> digests) {
        agreement.agree(digests);
    }

    Duration timeout() {
        return settings.timeout();
    }

    Duration collectiveTimeout() {
        return settings.collectiveTimeout();
    }

    /** The address on which this rank listens for tensors. */
    InetAddress ownAddress() {
        return ownAddress;
    }

    /** The store under a name of one's own, for one of c10d's groups, which owns it. */
    synchronized Store storeFor(String group) {
        if (c10d == null) {
            SealedChannel channel = call.until(System.nanoTime() + timeout().toNanos())
                    .open(Hello.Use.C10D, () -> "")
                    .channel();
            try {
                c10d = new C10dStore(store(channel), self.worldSize(), timeout());
            } catch (IOException e) {
                channel.close();
                throw new InputException(
                        "this process cannot open a connection to itself (" + e.getMessage()
                                + "); check the machine's limits",
                        e);
            }
        }
        return c10d.under(group);
    }

    private RankStore store(SealedChannel channel) {
        return new RankStore(channel, place(), () -> Optional.ofNullable(heartbeat));
    }

    Heartbeat heartbeat() {
        return heartbeat;
    }

    /** Throws {@link RankFailedException} if a rank is known to have failed; this costs nothing, so call it often. */
    public void checkAlive() {
        if (heartbeat != null) {
            heartbeat.check();
        }
    }

    /** Tells the other ranks, in one line, why this one cannot continue. */
    public void fail(String why) {
        heartbeat.fail(why);
    }

    private String place() {
        return self.masterAddress() + ":" + self.masterPort();
    }

    private boolean isLate() {
        return System.nanoTime() - deadline > 0;
    }

    /** torchrun may keep a store of its own at MASTER_PORT, for ranks that are Python's. */
    private static String torchrunsStore() {
        return "True".equalsIgnoreCase(System.getenv("TORCHELASTIC_USE_AGENT_STORE"))
                ? ", or start torchrun with TORCH_DISABLE_SHARE_RDZV_TCP_STORE=1"
                : "";
    }

    /** Until every rank has counted itself. */
    private void waitForAll() {
        Condition all = new Condition("joined", self.worldSize());
        Condition refused = new Condition(RankServer.REFUSED, KeyValues.ANY);
        while (true) {
            Duration left = Duration.ofNanos(Math.max(0, deadline - System.nanoTime()));
            int met = store.await(left, all, refused);
            if (met == 0) {
                return;
            }
            if (met < 0 && isLate()) {
                String why = missing() + " of " + self.worldSize() + " did not connect to " + place() + " within "
                        + timeout().toSeconds() + " s; start as many ranks as WORLD_SIZE requires"
                        + server.map(host -> network.hint() + host.wrongSecrets())
                                .orElse("");
                store.compareSet(RankServer.REFUSED, new byte[0], why.getBytes(StandardCharsets.UTF_8));
                throw new InputException(why);
            }
            if (met == 1) {
                throw new InputException(PeerText.clean(store.get(RankServer.REFUSED)));
            }
        }
    }

    private String missing() {
        List<String> missing = new ArrayList<>();
        for (int rank = 0; rank < self.worldSize(); rank++) {
            if (!store.has("rank/" + rank)) {
                missing.add(Integer.toString(rank));
            }
        }
        return (missing.size() == 1 ? "rank " : "ranks ") + String.join(", ", missing);
    }

    private Heartbeat startHeartbeat() {
        if (self.worldSize() == 1) {
            return Heartbeat.alone();
        }
        try {
            return server.isPresent()
                    ? Heartbeat.host(server.get(), self.worldSize(), deadline)
                    : Heartbeat.connected(call.open(Hello.Use.HEARTBEAT, () -> ""), self.rank());
        } catch (IOException e) {
            throw new InputException(
                    "the ranks at " + place() + " cannot keep in touch (" + e.getMessage()
                            + "); can all of them reach MASTER_ADDR, and is none of them failing?",
                    e);
        }
    }

    /** libtorch's messages carry a stack trace from the second line on. */
    static String firstLine(Throwable e) {
        String message = String.valueOf(e.getMessage());
        int end = message.indexOf('\n');
        return end < 0 ? message : message.substring(0, end);
    }

    /** This machine's name, without asking a name server, which may take seconds. */
    static String hostName() {
        try {
            return OpenFiles.text(Path.of("/proc/sys/kernel/hostname")).strip();
        } catch (IOException notLinux) {
            try {
                return InetAddress.getLocalHost().getHostName();
            } catch (UnknownHostException e) {
                return "localhost";
            }
        }
    }

    /** Leaves together with the others; rank 0 leaves last, because it runs the store. */
    @Override
    public void close() {
        try {
            if (heartbeat.fault().isEmpty()) {
                store.leave("left");
                if (self.rank() == 0) {
                    store.await(GOODBYE, new Condition("left", self.worldSize()));
                }
            }
        } catch (RankFailedException e) {
            // the others have left already
        } finally {
            heartbeat.close();
            closeStores();
        }
    }

    private synchronized void closeStores() {
        if (c10d != null) {
            c10d.close();
        }
        store.close();
        server.ifPresent(RankServer::close);
    }
}
