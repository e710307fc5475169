package io.vit4j.dicom.network;

import io.vit4j.base.InputException;
import io.vit4j.base.IoReason;
import io.vit4j.dicom.CommitmentReport;
import io.vit4j.dicom.StoredFile;
import io.vit4j.image.DamagedImage;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Sends the results of a queue to the destination, many at a time. A result that the destination does not take now is sent again after a
 * second, then two, up to a minute, and the others do not wait for it. If the destination cannot be reached, all wait in the same way.
 */
final class ResultSender {
    private static final Logger LOG = LoggerFactory.getLogger(ResultSender.class);
    private static final int MOST_AT_ONCE = 64;
    private static final long GATHER_NANOS = TimeUnit.MILLISECONDS.toNanos(250);
    private static final long SHORTEST_PAUSE = 1_000;
    private static final long LONGEST_PAUSE = 60_000;
    private static final long COMMITMENT_MILLIS = TimeUnit.HOURS.toMillis(1);

    private final InstanceQueue queue;
    private final Destination destination;
    private final Semaphore work = new Semaphore(1); // what is left from before
    private final AtomicLong sent = new AtomicLong();
    private final AtomicLong failed = new AtomicLong();
    private final AtomicLong retried = new AtomicLong();
    private final Commitments commitments;
    private final Map<Path, Delay> delays = new HashMap<>();
    private Delay reached = Delay.NONE;
    private long lastRound = System.nanoTime() - GATHER_NANOS;

    /**
     * How long something waits for its next try.
     *
     * @param pause in milliseconds; 0 if it has not failed
     * @param until on {@link System#nanoTime}'s clock
     */
    private record Delay(long pause, long until) {
        static final Delay NONE = new Delay(0, 0);

        Delay longer() {
            long next = Math.min(Math.max(SHORTEST_PAUSE, 2 * pause), LONGEST_PAUSE);
            return new Delay(next, System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(next));
        }

        long left() {
            return pause == 0 ? 0 : Math.max(0, TimeUnit.NANOSECONDS.toMillis(until - System.nanoTime()) + 1);
        }

        boolean isOver() {
            return pause == 0 || System.nanoTime() - until >= 0;
        }
    }

    ResultSender(InstanceQueue queue, Destination destination) {
        this.queue = queue;
        this.destination = destination;
        commitments = new Commitments(queue, COMMITMENT_MILLIS);
        destination.reportTo(this::committed);
    }

    long sent() {
        return sent.get() + commitments.kept();
    }

    long failed() {
        return failed.get() + commitments.failed();
    }

    /** How often a result was put off, to be sent again. */
    long retried() {
        return retried.get() + commitments.retried();
    }

    /** The destination reports what it keeps. */
    void committed(CommitmentReport report) {
        if (commitments.reported(report)) {
            wake();
        }
        destination.reported(report);
    }

    /** After the end of {@link #run}. */
    void close() {
        destination.close();
    }

    /** There are new results. */
    void wake() {
        work.release();
    }

    /** Runs until it is interrupted, whatever goes wrong. */
    void run() {
        try {
            while (true) {
                if (reached.pause() > 0) {
                    TimeUnit.MILLISECONDS.sleep(reached.left());
                } else if (delays.isEmpty() && commitments.isEmpty()) {
                    work.acquire();
                } else {
                    work.tryAcquire(untilTheNextTry(), TimeUnit.MILLISECONDS);
                }
                gather();
                work.drainPermits();
                lastRound = System.nanoTime();
                sendAll();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** Results that come shortly after others are sent together, since an association costs as much as several of them. */
    private void gather() throws InterruptedException {
        TimeUnit.NANOSECONDS.sleep(GATHER_NANOS - (System.nanoTime() - lastRound));
    }

    private long untilTheNextTry() {
        return delays.values().stream().mapToLong(Delay::left).min().orElse(LONGEST_PAUSE);
    }

    private void sendAll() {
        try {
            commitments.expire();
            List<Path> results = withoutReplaced(queue.results());
            delays.keySet().retainAll(Set.copyOf(results));
            List<Path> due = results.stream()
                    .filter(result -> delays.getOrDefault(result, Delay.NONE).isOver())
                    .toList();
            for (int from = 0; from < due.size(); ) {
                from += send(due.subList(from, Math.min(due.size(), from + MOST_AT_ONCE)));
            }
            reached = Delay.NONE;
        } catch (IOException e) {
            if (reached.pause() == 0) {
                LOG.warn("{} {}; results wait until it takes them", destination, said(e));
            }
            reached = reached.longer();
        } catch (InputException e) { // of the queue's folder
            LOG.error("{}; trying again", e.getMessage());
            reached = reached.longer();
        } catch (RuntimeException | Error e) { // such as for want of memory; the thread must go on
            LOG.error("results could not be sent; trying again", e);
            reached = reached.longer();
        }
    }

    private static String said(IOException e) {
        return e instanceof ProtocolException ? e.getMessage() : "cannot be reached (" + IoReason.of(e) + ")";
    }

    /** Of results that were made twice only the last is sent; they are in order. */
    private List<Path> withoutReplaced(List<Path> results) {
        List<Path> last = new ArrayList<>();
        for (int i = 0; i < results.size(); i++) {
            boolean isReplaced = i + 1 < results.size()
                    && InstanceQueue.instance(results.get(i)).equals(InstanceQueue.instance(results.get(i + 1)));
            if (isReplaced) {
                queue.remove(results.get(i));
            } else {
                last.add(results.get(i));
            }
        }
        return last;
    }

    /** Returns how many were dealt with, at least one. */
    private int send(List<Path> results) throws IOException {
        List<Path> readable = new ArrayList<>();
        List<StoredFile> instances = new ArrayList<>();
        for (Path result : results) {
            try {
                instances.add(StoredFile.of(queue.read(result)));
                readable.add(result);
            } catch (DamagedImage e) {
                fail(result, "cannot be read: " + e.getMessage());
            } catch (InputException e) {
                later(result, e.getMessage());
            }
        }
        if (readable.isEmpty()) {
            return results.size();
        }
        List<Destination.Outcome> outcomes = destination.send(instances);
        if (reached.pause() > 0) {
            LOG.info("{} takes results again", destination);
            reached = Delay.NONE;
        }
        for (int i = 0; i < outcomes.size(); i++) {
            Path result = readable.get(i);
            String reason = outcomes.get(i).reason();
            switch (outcomes.get(i).kind()) {
                case STORED -> {
                    queue.remove(result);
                    delays.remove(result);
                    sent.incrementAndGet();
                }
                case AWAITED -> {
                    commitments.asked(result);
                    delays.remove(result);
                }
                case REFUSED -> fail(result, "is refused by " + destination + " (" + reason + ")");
                case LATER -> later(result, "is not taken by " + destination + " now (" + reason + ")");
            }
        }
        return outcomes.size() < readable.size() ? results.indexOf(readable.get(outcomes.size())) : results.size();
    }

    private void fail(Path result, String why) {
        queue.fail(result);
        delays.remove(result);
        failed.incrementAndGet();
        LOG.error("{} {}; it was moved to the folder 'failed' of the queue", result.getFileName(), why);
    }

    private void later(Path result, String why) {
        Delay before = delays.getOrDefault(result, Delay.NONE);
        delays.put(result, before.longer());
        retried.incrementAndGet();
        if (before.pause() == 0) {
            LOG.warn("{} {}; it is sent again until it is taken", result.getFileName(), why);
        }
    }
}
