package io.vit4j.parallel;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * The ranks' key-value store in rank 0's memory. Its size is bounded by the number of ranks: each needs room for the
 * addresses at which all others reach it, several times. A counter is a number in decimal digits, as in c10d.
 */
final class KeyValues {
    /** What is waited for: that the key has a value, and if {@code least} is not {@link #ANY}, a number so large. */
    record Condition(String key, long least) {}

    /** Any value at all. */
    static final long ANY = Long.MIN_VALUE;

    static final int LONGEST_KEY = 1024;

    /** Something that a rank asked for and may not have. */
    static final class RefusedException extends Exception {
        private static final long serialVersionUID = 1;

        RefusedException(String message) {
            super(message);
        }
    }

    private record Waiter(List<Condition> conditions, CompletableFuture<Integer> met) {}

    private final Map<String, byte[]> values = new HashMap<>();
    private final Map<String, List<Waiter>> waiters = new HashMap<>();
    private final int longestValue;
    private final int mostKeys;
    private final long mostBytes;
    private long bytes;

    KeyValues(int worldSize) {
        longestValue = longestValue(worldSize);
        mostKeys = 10_000 + 1_000 * worldSize;
        mostBytes = (64L << 20) + ((long) worldSize << 20);
    }

    /** Bytes of the longest value in a job of so many ranks. */
    static int longestValue(int worldSize) {
        return (64 << 10) + (worldSize << 10);
    }

    synchronized void set(String key, byte[] value) throws RefusedException {
        if (key.length() > LONGEST_KEY) {
            throw new RefusedException("a key of " + key.length() + " characters; the longest is " + LONGEST_KEY);
        }
        if (value.length > longestValue) {
            throw new RefusedException("a value of " + value.length + " bytes; the longest is " + longestValue);
        }
        byte[] before = values.get(key);
        long after = bytes + value.length + (before == null ? key.length() : -before.length);
        if (before == null && values.size() >= mostKeys) {
            throw new RefusedException("more than " + mostKeys + " keys");
        }
        if (after > mostBytes) {
            throw new RefusedException("more than " + mostBytes + " bytes");
        }
        bytes = after;
        values.put(key, value.clone());
        tell(key);
    }

    /** The value, null if there is none. */
    synchronized byte[] get(String key) {
        byte[] value = values.get(key);
        return value == null ? null : value.clone();
    }

    synchronized boolean has(List<String> keys) {
        return values.keySet().containsAll(keys);
    }

    synchronized int size() {
        return values.size();
    }

    synchronized boolean delete(String key) {
        byte[] value = values.remove(key);
        if (value != null) {
            bytes -= key.length() + value.length;
        }
        return value != null;
    }

    synchronized long add(String key, long amount) throws RefusedException {
        byte[] before = values.get(key);
        long sum = (before == null ? 0 : number(key, before)) + amount;
        if (before != null || amount != 0) {
            set(key, Long.toString(sum).getBytes(StandardCharsets.US_ASCII));
        }
        return sum;
    }

    synchronized void append(String key, byte[] more) throws RefusedException {
        byte[] before = values.getOrDefault(key, new byte[0]);
        byte[] all = Arrays.copyOf(before, Math.addExact(before.length, more.length));
        System.arraycopy(more, 0, all, before.length, more.length);
        set(key, all);
    }

    /** Sets the key if it has this value, or none and that is what is expected; returns what it has then. */
    synchronized byte[] compareSet(String key, byte[] expected, byte[] desired) throws RefusedException {
        byte[] before = values.get(key);
        if (before == null ? expected.length == 0 : Arrays.equals(before, expected)) {
            set(key, desired);
            return desired;
        }
        return before == null ? expected : before.clone();
    }

    private static long number(String key, byte[] value) throws RefusedException {
        try {
            return Long.parseLong(new String(value, StandardCharsets.US_ASCII));
        } catch (NumberFormatException e) {
            throw new RefusedException("what " + PeerText.clean(key) + " has is no number");
        }
    }

    /** Blocks until one of these is so, and returns which; -1 if none is after this time. */
    int await(List<Condition> conditions, Duration timeout) {
        Waiter waiter = new Waiter(conditions, new CompletableFuture<>());
        synchronized (this) {
            int met = met(conditions);
            if (met >= 0) {
                return met;
            }
            conditions.forEach(condition -> waiters.computeIfAbsent(condition.key(), key -> new ArrayList<>())
                    .add(waiter));
        }
        try {
            return waiter.met().get(timeout.toNanos(), TimeUnit.NANOSECONDS);
        } catch (TimeoutException e) {
            return -1;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return -1;
        } catch (ExecutionException e) {
            throw new IllegalStateException(e); // nobody completes it so
        } finally {
            synchronized (this) {
                forget(waiter);
            }
        }
    }

    private int met(List<Condition> conditions) {
        for (int i = 0; i < conditions.size(); i++) {
            if (isMet(conditions.get(i))) {
                return i;
            }
        }
        return -1;
    }

    private boolean isMet(Condition condition) {
        byte[] value = values.get(condition.key());
        try {
            return value != null && (condition.least() == ANY || number(condition.key(), value) >= condition.least());
        } catch (RefusedException e) {
            return false;
        }
    }

    /** Only those that wait for this key look again: a hundred ranks that join do not wake each other. */
    private void tell(String key) {
        for (Waiter waiter : waiters.getOrDefault(key, List.of())) {
            int met = met(waiter.conditions());
            if (met >= 0) {
                waiter.met().complete(met);
            }
        }
    }

    private void forget(Waiter waiter) {
        for (Condition condition : waiter.conditions()) {
            List<Waiter> others = waiters.get(condition.key());
            if (others != null && others.remove(waiter) && others.isEmpty()) {
                waiters.remove(condition.key());
            }
        }
    }
}
