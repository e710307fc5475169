package io.vit4j.parallel;

import io.vit4j.parallel.KeyValues.Condition;
import io.vit4j.parallel.StoreRequest.Kind;
import java.io.ByteArrayInputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;

/**
 * A rank's connection to the key-value store on rank 0. Waiting is rank 0's: nobody asks again and again. A store that is
 * gone is a {@link RankFailedException}.
 */
final class RankStore implements AutoCloseable {
    /** A store that is gone is noticed before the heartbeat says why. */
    private static final Duration GOODBYE = Duration.ofSeconds(10);

    private static final long PAUSE_MILLIS = 20;

    private final SealedChannel channel;
    private final String place;
    private final Supplier<Optional<Heartbeat>> heartbeat;

    /**
     * Takes a connection that rank 0 has accepted.
     *
     * @param place what the store is called in messages
     * @param heartbeat once there is one
     */
    RankStore(SealedChannel channel, String place, Supplier<Optional<Heartbeat>> heartbeat) {
        this.channel = channel;
        this.place = place;
        this.heartbeat = heartbeat;
    }

    /** Reads one kind of answer. */
    private interface Answer<T> {
        T read(DataInputStream in) throws IOException;
    }

    private synchronized <T> T ask(Kind kind, StoreRequest.Parts parts, Answer<T> answer) {
        try {
            return exchange(kind, parts, answer);
        } catch (IOException e) {
            throw lost(e);
        } catch (RankFailedException e) {
            channel.close(); // the answer may come yet, and is not the next question's
            throw e;
        }
    }

    private <T> T exchange(Kind kind, StoreRequest.Parts parts, Answer<T> answer) throws IOException {
        channel.send(StoreRequest.of(kind, parts));
        DataInputStream in = new DataInputStream(new ByteArrayInputStream(channel.receive(this::checkAlive)));
        if (in.readByte() != StoreRequest.DONE) {
            throw new RankFailedException("the store at " + place + " refused " + PeerText.clean(in.readUTF()));
        }
        return answer.read(in);
    }

    private void checkAlive() {
        heartbeat.get().ifPresent(Heartbeat::check);
    }

    /** Counts this rank under that name, and returns how many there are. */
    long count(String key) {
        return add(key, 1);
    }

    /** A counter's value, 0 if nobody has added to it. */
    long counted(String key) {
        return add(key, 0);
    }

    long add(String key, long amount) {
        return ask(Kind.ADD, addition(key, amount), DataInputStream::readLong);
    }

    private static StoreRequest.Parts addition(String key, long amount) {
        return out -> {
            out.writeUTF(key);
            out.writeLong(amount);
        };
    }

    /** Counts this rank as the last that it does. Rank 0 leaves once all are counted, perhaps before it has answered all of them. */
    synchronized void leave(String counter) {
        try {
            exchange(Kind.ADD, addition(counter, 1), DataInputStream::readLong);
        } catch (IOException e) {
            // rank 0 has left too
        }
    }

    byte[] compareSet(String key, byte[] expected, byte[] desired) {
        return ask(
                Kind.COMPARE_SET,
                out -> {
                    out.writeUTF(key);
                    StoreRequest.writeValue(out, expected);
                    StoreRequest.writeValue(out, desired);
                },
                StoreRequest::readValue);
    }

    boolean has(String... keys) {
        return ask(Kind.HAS, out -> StoreRequest.writeKeys(out, List.of(keys)), DataInputStream::readBoolean);
    }

    void set(String key, String value) {
        set(key, value.getBytes(StandardCharsets.UTF_8));
    }

    void set(String key, byte[] value) {
        ask(
                Kind.SET,
                out -> {
                    out.writeUTF(key);
                    StoreRequest.writeValue(out, value);
                },
                in -> true);
    }

    void append(String key, byte[] value) {
        ask(
                Kind.APPEND,
                out -> {
                    out.writeUTF(key);
                    StoreRequest.writeValue(out, value);
                },
                in -> true);
    }

    /** The key's value as text, empty if it has none. */
    String get(String key) {
        return new String(find(key).orElse(new byte[0]), StandardCharsets.UTF_8);
    }

    Optional<byte[]> find(String key) {
        return ask(Kind.GET, out -> out.writeUTF(key), in -> {
            boolean there = in.readBoolean();
            byte[] value = StoreRequest.readValue(in);
            return there ? Optional.of(value) : Optional.empty();
        });
    }

    boolean delete(String key) {
        return ask(Kind.DELETE, out -> out.writeUTF(key), DataInputStream::readBoolean);
    }

    int size() {
        return ask(Kind.SIZE, out -> {}, DataInputStream::readInt);
    }

    /**
     * Blocks until one of these is so, and returns which; -1 if none is after this time. Rank 0 may answer that sooner.
     */
    int await(Duration timeout, Condition... conditions) {
        return ask(
                Kind.AWAIT,
                out -> {
                    out.writeLong(timeout.toMillis());
                    out.writeInt(conditions.length);
                    for (Condition condition : conditions) {
                        out.writeUTF(condition.key());
                        out.writeLong(condition.least());
                    }
                },
                DataInputStream::readInt);
    }

    /** Until somebody has set the key. */
    void await(String key) {
        awaitAlive(new Condition(key, KeyValues.ANY));
    }

    /** Until so many have counted themselves under that name, this rank among them. */
    void meet(String counter, int ranks) {
        if (count(counter) < ranks) {
            awaitAlive(new Condition(counter, ranks));
        }
    }

    private void awaitAlive(Condition condition) {
        do {
            checkAlive();
        } while (await(StoreRequest.LONGEST_WAIT, condition) < 0);
    }

    private RuntimeException lost(IOException e) {
        long until = System.nanoTime() + GOODBYE.toNanos();
        while (heartbeat.get().isPresent() && System.nanoTime() < until) {
            checkAlive();
            sleep();
        }
        return new RankFailedException("rank 0, which runs the store at " + place + ", is gone", e);
    }

    /** Between two looks at something that does not wake this thread. */
    static void sleep() {
        try {
            Thread.sleep(PAUSE_MILLIS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new RankFailedException("interrupted while waiting for other ranks", e);
        }
    }

    @Override
    public void close() {
        channel.close();
    }
}
