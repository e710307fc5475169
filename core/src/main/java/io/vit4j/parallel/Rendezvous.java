package io.vit4j.parallel;

import io.vit4j.base.InputException;
import io.vit4j.torch.Scope;
import io.vit4j.torch.TorchRuntime;
import java.io.IOException;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.NetworkInterface;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.UnknownHostException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.bytedeco.javacpp.chrono.Milliseconds;
import org.bytedeco.pytorch.PrefixStore;
import org.bytedeco.pytorch.Store;
import org.bytedeco.pytorch.StringVector;
import org.bytedeco.pytorch.TCPStore;
import org.bytedeco.pytorch.TCPStoreOptions;

/**
 * Where the ranks of a job meet: c10d's key-value store on rank 0, a heartbeat between all, and a comparison of what
 * they must have in common. Whatever goes wrong is one line within the timeout.
 */
public final class Rendezvous implements AutoCloseable {
    /** How long ranks wait for each other ({@code --rendezvous-timeout}). */
    public static final Duration DEFAULT_TIMEOUT = Duration.ofMinutes(5);

    private static final long POLL_MILLIS = 20;
    private static final Duration GOODBYE = Duration.ofSeconds(10);
    private static final Duration LINGER = Duration.ofSeconds(3);

    private final RankEnvironment self;
    private final Duration timeout;
    private final long deadline;
    private final String address;
    private final PrefixStore store;
    private Heartbeat heartbeat;
    private final int localWorldSize;
    private int comparisons;

    private Rendezvous(RankEnvironment self, Duration timeout) {
        this.self = self;
        this.timeout = timeout;
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
            waitForAll("joined", "did not come");
            localWorldSize = (int) add("host/" + hostName(), 0);
            heartbeat = startHeartbeat();
        } catch (RuntimeException | Error e) {
            linger(e);
            store.close();
            throw e;
        }
    }

    /** Rank 0 holds the store, so when it gives up it lets those that have come read why. */
    private void linger(Throwable why) {
        if (self.rank() == 0 && !(why instanceof RankFailedException)) {
            if (!has("refused")) {
                set("refused", String.valueOf(why.getMessage()));
            }
            long until = System.nanoTime() + LINGER.toNanos();
            while (add("read", 0) < add("arrived", 0) - 1 && System.nanoTime() < until) {
                sleep();
            }
        }
    }

    /**
     * Meets the other ranks.
     *
     * @throws InputException where a port is taken, a rank does not come, or two claim the same number
     */
    public static Rendezvous join(RankEnvironment self, Duration timeout) {
        return new Rendezvous(self, timeout);
    }

    /** {@return who this rank is} */
    public RankEnvironment self() {
        return self;
    }

    /** Ranks on this machine, among whom its cores are shared out. */
    public int localWorldSize() {
        return localWorldSize;
    }

    Duration timeout() {
        return timeout;
    }

    Heartbeat heartbeat() {
        return heartbeat;
    }

    /** Throws {@link RankFailedException} where a rank is known to be gone; costs nothing, so ask it often. */
    public void checkAlive() {
        if (heartbeat != null) {
            heartbeat.check();
        }
    }

    /** Tells the other ranks, in one line, why this one cannot go on. */
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
                            + "); give another with --master-port or MASTER_PORT" + torchrunsStore(),
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
                            "rank 0 did not come to " + place() + " within " + timeout.toSeconds() + " s ("
                                    + (e instanceof ConnectException ? "nobody listens there" : e.getMessage())
                                    + "); start it, or correct MASTER_ADDR and MASTER_PORT",
                            e);
                }
            }
            sleep();
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
                    "MASTER_ADDR " + self.masterAddress() + " is not a host that this machine knows; correct it", e);
        }
    }

    private PrefixStore openStore() {
        return Backends.within(this, deadline, this::connectStore, "the ranks' store at " + place());
    }

    private PrefixStore connectStore() {
        try (Scope scope = new Scope()) {
            TCPStoreOptions options = new TCPStoreOptions()
                    .port((short) self.masterPort())
                    .isServer(self.rank() == 0)
                    .waitWorkers(false)
                    .timeout(new Milliseconds(Math.max(1_000, (deadline - System.nanoTime()) / 1_000_000)));
            return scope.own(new PrefixStore("vit4j", ownedByNative(scope.own(new TCPStore(address, options)))));
        }
    }

    private void claimRank() {
        add("arrived", 1);
        String world = Integer.toString(self.worldSize());
        String agreed = compareSet("world", world);
        if (!agreed.equals(world)) {
            refuseAll("the ranks at " + place() + " do not agree on WORLD_SIZE: rank " + self.rank() + " has " + world
                    + ", others " + agreed + "; give all the same");
        }
        if (add("rank/" + self.rank(), 1) > 1) {
            refuseAll("two processes say that they are rank " + self.rank() + " of the job at " + place()
                    + "; give each its own RANK, or use another MASTER_PORT");
        }
        add("host/" + hostName(), 1);
        add("joined", 1);
    }

    /** Lets those that wait for this rank know, too. */
    private void refuseAll(String why) {
        set("refused", why);
        acknowledge();
        throw new InputException(why);
    }

    /** Lets rank 0 go, which lingers until all others know. */
    private void acknowledge() {
        if (self.rank() != 0) {
            add("read", 1);
        }
    }

    /** Until every rank has counted itself under that name. */
    private void waitForAll(String counter, String fault) {
        while (add(counter, 0) < self.worldSize()) {
            if (has("refused")) {
                String why = get("refused");
                acknowledge();
                throw new InputException(why);
            }
            if (isLate()) {
                refuseAll(missing() + " of " + self.worldSize() + " " + fault + " to " + place() + " within "
                        + timeout.toSeconds() + " s; start as many ranks as WORLD_SIZE says");
            }
            sleep();
        }
    }

    private String missing() {
        List<String> missing = new ArrayList<>();
        for (int rank = 0; rank < self.worldSize(); rank++) {
            if (!has("rank/" + rank)) {
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
                    set("heartbeat", Integer.toString(host.port()));
                    return host.accept(self.worldSize(), deadline);
                }
            }
            while (!has("heartbeat")) {
                if (isLate()) {
                    throw new IOException("rank 0 fell silent");
                }
                sleep();
            }
            return Heartbeat.connect(self.masterAddress(), Integer.parseInt(get("heartbeat")), self.rank(), deadline);
        } catch (IOException e) {
            throw new InputException(
                    "the ranks at " + place() + " cannot keep in touch (" + e.getMessage()
                            + "); do all reach MASTER_ADDR, and is none of them failing?",
                    e);
        }
    }

    /**
     * Compares what every rank must have in common. Different shapes or plans inside a collective would end the process
     * without a word, so this comes before any.
     *
     * @param digests what is compared, such as "arguments", and its digest
     * @throws InputException naming what differs, on every rank
     */
    public void agree(Map<String, String> digests) {
        String round = "agree/" + comparisons++ + "/";
        Map<String, String> sorted = new TreeMap<>(digests);
        if (self.rank() == 0) {
            sorted.forEach((name, digest) -> set(round + name, digest));
            set(round, String.join("\n", sorted.keySet()));
        } else {
            await(round);
            String names = get(round);
            List<String> different = new ArrayList<>();
            if (names.equals(String.join("\n", sorted.keySet()))) {
                sorted.forEach((name, digest) -> {
                    if (!get(round + name).equals(digest)) {
                        different.add(name);
                    }
                });
            } else {
                different.add("what is compared (the program's version?)");
            }
            if (!different.isEmpty()) {
                set(
                        round + "/different",
                        "rank " + self.rank() + " differs from rank 0 in " + String.join(", ", different));
            }
        }
        meet(round + "done");
        if (has(round + "/different")) {
            String different = get(round + "/different");
            add(round + "seen", 1);
            long until = System.nanoTime() + LINGER.toNanos();
            while (self.rank() == 0 && add(round + "seen", 0) < self.worldSize() && System.nanoTime() < until) {
                sleep(); // rank 0 holds the store: it must not end before all have read why
            }
            throw new InputException(different + "; start every rank with the same arguments and data");
        }
    }

    private void meet(String counter) {
        add(counter, 1);
        while (add(counter, 0) < self.worldSize()) {
            heartbeat.check();
            sleep();
        }
    }

    private void await(String key) {
        while (!has(key)) {
            heartbeat.check();
            sleep();
        }
    }

    /** The store under a name of one's own, for one group, which owns it. */
    Store storeFor(String group) {
        try (Scope scope = new Scope()) {
            return ownedByNative(scope.own(new PrefixStore(group, store.getUnderlyingStore())));
        }
    }

    /** c10d counts references to a store that it is given; what Java made it would delete as well, which it must not. */
    private static <S extends Store> S ownedByNative(S store) {
        store.deallocate(false);
        return store;
    }

    private long add(String key, long amount) {
        try {
            return store.add(key, amount);
        } catch (RuntimeException e) {
            throw lost(e);
        }
    }

    /** The value of the key, which is set to this one where it had none. */
    private String compareSet(String key, String value) {
        try {
            return ((Store) store).compareSet(key, "", value);
        } catch (RuntimeException e) {
            throw lost(e);
        }
    }

    private boolean has(String key) {
        try (Scope scope = new Scope()) {
            return store.check(new StringVector(key));
        } catch (RuntimeException e) {
            throw lost(e);
        }
    }

    private void set(String key, String value) {
        try (Scope scope = new Scope()) {
            ((Store) store).set(key, value);
        } catch (RuntimeException e) {
            throw lost(e);
        }
    }

    private String get(String key) {
        try {
            return store.get_to_str(key);
        } catch (RuntimeException e) {
            throw lost(e);
        }
    }

    /** A store that is gone is noticed before the heartbeat says why. */
    private RuntimeException lost(RuntimeException e) {
        for (long until = System.nanoTime() + GOODBYE.toNanos(); heartbeat != null && System.nanoTime() < until; ) {
            heartbeat.check();
            sleep();
        }
        return new RankFailedException("rank 0, which holds the store at " + place() + ", is gone", e);
    }

    private static void sleep() {
        try {
            Thread.sleep(POLL_MILLIS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new RankFailedException("interrupted while waiting for other ranks", e);
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
            return Files.readString(Path.of("/proc/sys/kernel/hostname")).strip();
        } catch (IOException notLinux) {
            try {
                return InetAddress.getLocalHost().getHostName();
            } catch (UnknownHostException e) {
                return "localhost";
            }
        }
    }

    /** Leaves together with the others: rank 0 last, as it holds the store. */
    @Override
    public void close() {
        try {
            if (heartbeat.fault().isEmpty()) {
                add("left", 1);
                long until = System.nanoTime() + GOODBYE.toNanos();
                while (self.rank() == 0
                        && add("left", 0) < self.worldSize()
                        && heartbeat.fault().isEmpty()
                        && System.nanoTime() < until) {
                    sleep();
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
