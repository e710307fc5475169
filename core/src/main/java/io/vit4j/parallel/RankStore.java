package io.vit4j.parallel;

import io.vit4j.torch.Scope;
import java.time.Duration;
import java.util.Optional;
import java.util.function.Supplier;
import org.bytedeco.javacpp.chrono.Milliseconds;
import org.bytedeco.pytorch.PrefixStore;
import org.bytedeco.pytorch.Store;
import org.bytedeco.pytorch.StringVector;
import org.bytedeco.pytorch.TCPStore;
import org.bytedeco.pytorch.TCPStoreOptions;

/** c10d's key-value store, which rank 0 holds. A store that is gone is a {@link RankFailedException}. */
final class RankStore implements AutoCloseable {
    /** A store that is gone is noticed before the heartbeat says why. */
    private static final Duration GOODBYE = Duration.ofSeconds(10);

    private static final long POLL_MILLIS = 20;

    private final PrefixStore store;
    private final String place;
    private final Supplier<Optional<Heartbeat>> heartbeat;

    private RankStore(PrefixStore store, String place, Supplier<Optional<Heartbeat>> heartbeat) {
        this.store = store;
        this.place = place;
        this.heartbeat = heartbeat;
    }

    /**
     * Blocks until it is connected.
     *
     * @param address numeric
     * @param host whether this rank holds it
     * @param place what it is called in messages
     * @param heartbeat once there is one
     */
    static RankStore connect(
            String address,
            int port,
            boolean host,
            Duration timeout,
            String place,
            Supplier<Optional<Heartbeat>> heartbeat) {
        try (Scope scope = new Scope()) {
            TCPStoreOptions options = new TCPStoreOptions()
                    .port((short) port)
                    .isServer(host)
                    .waitWorkers(false)
                    .timeout(new Milliseconds(Math.max(1_000, timeout.toMillis())));
            PrefixStore store =
                    scope.own(new PrefixStore("vit4j", ownedByNative(scope.own(new TCPStore(address, options)))));
            return new RankStore(store, place, heartbeat);
        }
    }

    /** The store under a name of one's own, for one group, which owns it. */
    Store under(String group) {
        try (Scope scope = new Scope()) {
            return ownedByNative(scope.own(new PrefixStore(group, store.getUnderlyingStore())));
        }
    }

    /** c10d counts references to a store that it is given; what Java made it would delete as well, which it must not. */
    private static <S extends Store> S ownedByNative(S store) {
        store.deallocate(false);
        return store;
    }

    /** Counts this rank under that name, and returns how many there are. */
    long count(String key) {
        return added(key, 1);
    }

    /** A counter's value, 0 where nobody has added to it. */
    long counted(String key) {
        return added(key, 0);
    }

    private long added(String key, long amount) {
        try {
            return store.add(key, amount);
        } catch (RuntimeException e) {
            throw lost(e);
        }
    }

    /** The value of the key, which is set to this one where it had none. */
    String compareSet(String key, String value) {
        try {
            return ((Store) store).compareSet(key, "", value);
        } catch (RuntimeException e) {
            throw lost(e);
        }
    }

    boolean has(String key) {
        try (Scope scope = new Scope()) {
            return store.check(new StringVector(key));
        } catch (RuntimeException e) {
            throw lost(e);
        }
    }

    void set(String key, String value) {
        try (Scope scope = new Scope()) {
            ((Store) store).set(key, value);
        } catch (RuntimeException e) {
            throw lost(e);
        }
    }

    String get(String key) {
        try {
            return store.get_to_str(key);
        } catch (RuntimeException e) {
            throw lost(e);
        }
    }

    /** Until somebody has set the key. */
    void await(String key) {
        while (!has(key)) {
            heartbeat.get().ifPresent(Heartbeat::check);
            sleep();
        }
    }

    /** Until so many have counted themselves under that name, this rank among them. */
    void meet(String counter, int ranks) {
        for (long there = count(counter); there < ranks; there = counted(counter)) {
            heartbeat.get().ifPresent(Heartbeat::check);
            sleep();
        }
    }

    private RuntimeException lost(RuntimeException e) {
        long until = System.nanoTime() + GOODBYE.toNanos();
        while (heartbeat.get().isPresent() && System.nanoTime() < until) {
            heartbeat.get().ifPresent(Heartbeat::check);
            sleep();
        }
        return new RankFailedException("rank 0, which runs the store at " + place + ", is gone", e);
    }

    /** Between two looks at the store. */
    static void sleep() {
        try {
            Thread.sleep(POLL_MILLIS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new RankFailedException("interrupted while waiting for other ranks", e);
        }
    }

    @Override
    public void close() {
        store.close();
    }
}
