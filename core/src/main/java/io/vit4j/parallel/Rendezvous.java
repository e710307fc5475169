package io.vit4j.parallel;

import io.vit4j.base.InputException;
import io.vit4j.base.OpenFiles;
import io.vit4j.torch.TorchRuntime;
import java.io.IOException;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.NetworkInterface;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.UnknownHostException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.bytedeco.pytorch.Store;

/**
 * Connects the ranks of a job: through a key-value store on rank 0 ({@link RankStore}), in which each claims its number,
 * and from then on by a heartbeat between all. Every fault is reported as one line within the timeout.
 */
public final class Rendezvous implements AutoCloseable {
    /** How long ranks wait for each other ({@code --rendezvous-timeout}). */
    public static final Duration DEFAULT_TIMEOUT = Duration.ofMinutes(5);

    /** How long a collective waits for the other ranks ({@code --ddp-timeout}). */
    public static final Duration COLLECTIVE_TIMEOUT = Duration.ofMinutes(30);

    private static final Duration GOODBYE = Duration.ofSeconds(10);
    private static final Duration LINGER = Duration.ofSeconds(3);

    private final RankEnvironment self;
    private final Duration timeout;
    private final Duration collectiveTimeout;
    private final long deadline;
    private final String address;
    private final RankStore store;
    private Heartbeat heartbeat;
    private final int localWorldSize;
    private final Agreement agreement;

    private Rendezvous(RankEnvironment self, Duration timeout, Duration collectiveTimeout) {
        this.self = self;
        this.timeout = timeout;
        this.collectiveTimeout = collectiveTimeout;
        this.deadline = System.nanoTime() + timeout.toNanos();
        TorchRuntime.load();
        address = numericAddress();
        if (self.rank() == 0) {
            requireFreePort();
        } else {
            waitForListener();
        }
        store = openStore();
        try {
            claimRank();
            waitForAll("joined", "did not connect");
            localWorldSize = (int) store.counted("host/" + hostName());
            heartbeat = startHeartbeat();
            agreement = new Agreement(self, store);
        } catch (RuntimeException | Error e) {
            linger(e);
            store.close();
            throw e;
        }
    }

    /** Rank 0 holds the store, so when it gives up it lets those that have come read why. */
    private void linger(Throwable why) {
        if (self.rank() == 0 && !(why instanceof RankFailedException)) {
            if (!store.has("refused")) {
                store.set("refused", String.valueOf(why.getMessage()));
            }
            long until = System.nanoTime() + LINGER.toNanos();
            while (store.counted("read") < store.counted("arrived") - 1 && System.nanoTime() < until) {
                RankStore.sleep();
            }
        }
    }

    /**
     * Connects to the other ranks.
     *
     * @throws InputException if a port is taken, a rank does not connect, or two claim the same number
     */
    public static Rendezvous join(RankEnvironment self, Duration timeout) {
        return join(self, timeout, COLLECTIVE_TIMEOUT);
    }

    /**
     * Meets the other ranks.
     *
     * @param collectiveTimeout how long a collective or message waits for the other ranks
     * @throws InputException if a port is taken, a rank does not come, or two claim the same number
     */
    public static Rendezvous join(RankEnvironment self, Duration timeout, Duration collectiveTimeout) {
        return new Rendezvous(self, timeout, collectiveTimeout);
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
        return timeout;
    }

    Duration collectiveTimeout() {
        return collectiveTimeout;
    }

    /** The store under a name of one's own, for one group, which owns it. */
    Store storeFor(String group) {
        return store.under(group);
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
        return System.nanoTime() > deadline;
    }

    private void requireFreePort() {
        try (ServerSocket probe = new ServerSocket()) {
            probe.setReuseAddress(true);
            probe.bind(new InetSocketAddress(self.masterPort()));
        } catch (IOException e) {
            throw new InputException(
                    "port " + self.masterPort() + " of this machine cannot be opened (" + e.getMessage()
                            + "); give another port with --master-port or MASTER_PORT" + torchrunsStore(),
                    e);
        }
    }

    /** torchrun may keep a store of its own at MASTER_PORT, for ranks that are Python's. */
    private static String torchrunsStore() {
        return "True".equalsIgnoreCase(System.getenv("TORCHELASTIC_USE_AGENT_STORE"))
                ? ", or start torchrun with TORCH_DISABLE_SHARE_RDZV_TCP_STORE=1"
                : "";
    }

    /** In Java first, as libtorch's own waiting prints stack traces. */
    private void waitForListener() {
        while (true) {
            try (Socket probe = new Socket()) {
                probe.connect(new InetSocketAddress(address, self.masterPort()), 2_000);
                return;
            } catch (IOException e) {
                if (isLate()) {
                    throw new InputException(
                            "rank 0 did not appear at " + place() + " within " + timeout.toSeconds() + " s ("
                                    + (e instanceof ConnectException ? "nothing listens there" : e.getMessage())
                                    + "); start it, or correct MASTER_ADDR and MASTER_PORT",
                            e);
                }
            }
            RankStore.sleep();
        }
    }

    /** As a number, since libtorch's own look-ups by name may take seconds, each time. */
    private String numericAddress() {
        try {
            InetAddress found = InetAddress.getByName(self.masterAddress());
            boolean own =
                    self.rank() == 0 && (found.isLoopbackAddress() || NetworkInterface.getByInetAddress(found) != null);
            return own ? "127.0.0.1" : found.getHostAddress();
        } catch (IOException e) {
            throw new InputException(
                    "MASTER_ADDR " + self.masterAddress() + " is not a host known to this machine; correct it", e);
        }
    }

    private RankStore openStore() {
        return Backends.within(
                this,
                deadline,
                () -> RankStore.connect(
                        address,
                        self.masterPort(),
                        self.rank() == 0,
                        Duration.ofNanos(deadline - System.nanoTime()),
                        place(),
                        () -> Optional.ofNullable(heartbeat)),
                "the ranks' store at " + place());
    }

    private void claimRank() {
        store.count("arrived");
        String world = Integer.toString(self.worldSize());
        String agreed = store.compareSet("world", world);
        if (!agreed.equals(world)) {
            refuseAll("the ranks at " + place() + " do not agree on WORLD_SIZE: rank " + self.rank() + " has " + world
                    + ", others " + agreed + "; give all ranks the same");
        }
        if (store.count("rank/" + self.rank()) > 1) {
            refuseAll("two processes claim to be rank " + self.rank() + " of the job at " + place()
                    + "; give each its own RANK, or use another MASTER_PORT");
        }
        store.count("host/" + hostName());
        store.count("joined");
    }

    /** Lets those that wait for this rank know, too. */
    private void refuseAll(String why) {
        store.set("refused", why);
        acknowledge();
        throw new InputException(why);
    }

    /** Lets rank 0 go, which lingers until all others know. */
    private void acknowledge() {
        if (self.rank() != 0) {
            store.count("read");
        }
    }

    /** Until every rank has counted itself under that name. */
    private void waitForAll(String counter, String fault) {
        while (store.counted(counter) < self.worldSize()) {
            if (store.has("refused")) {
                String why = store.get("refused");
                acknowledge();
                throw new InputException(why);
            }
            if (isLate()) {
                refuseAll(missing() + " of " + self.worldSize() + " " + fault + " to " + place() + " within "
                        + timeout.toSeconds() + " s; start as many ranks as WORLD_SIZE requires");
            }
            RankStore.sleep();
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
            if (self.rank() == 0) {
                try (Heartbeat.Host host = new Heartbeat.Host()) {
                    store.set("heartbeat", Integer.toString(host.port()));
                    return host.accept(self.worldSize(), deadline);
                }
            }
            while (!store.has("heartbeat")) {
                if (isLate()) {
                    throw new IOException("rank 0 stopped responding");
                }
                RankStore.sleep();
            }
            return Heartbeat.connect(
                    self.masterAddress(), Integer.parseInt(store.get("heartbeat")), self.rank(), deadline);
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
                store.count("left");
                long until = System.nanoTime() + GOODBYE.toNanos();
                while (self.rank() == 0
                        && store.counted("left") < self.worldSize()
                        && heartbeat.fault().isEmpty()
                        && System.nanoTime() < until) {
                    RankStore.sleep();
                }
            }
        } catch (RankFailedException e) {
            // the others have left already
        } finally {
            heartbeat.close();
            store.close();
        }
    }
}
