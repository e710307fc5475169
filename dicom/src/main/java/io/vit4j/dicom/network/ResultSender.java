package io.vit4j.dicom.network;

import io.vit4j.base.InputException;
import io.vit4j.base.IoReason;
import io.vit4j.dicom.StoredFile;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Sends the results of a queue to the destination, many at a time, and tries again until it has them: after a second, two, up to a minute. */
final class ResultSender {
    private static final Logger LOG = LoggerFactory.getLogger(ResultSender.class);
    private static final int MOST_AT_ONCE = 64;
    private static final long SHORTEST_PAUSE = 1_000;
    private static final long LONGEST_PAUSE = 60_000;

    private final InstanceQueue queue;
    private final Destination destination;
    private final Semaphore work = new Semaphore(1); // what is left from before
    private final AtomicLong sent = new AtomicLong();
    private final AtomicLong failed = new AtomicLong();
    private long pause = SHORTEST_PAUSE;
    private boolean reachable = true;

    ResultSender(InstanceQueue queue, Destination destination) {
        this.queue = queue;
        this.destination = destination;
    }

    long sent() {
        return sent.get();
    }

    long failed() {
        return failed.get();
    }

    /** There are new results. */
    void wake() {
        work.release();
    }

    /** Runs until it is interrupted. */
    void run() {
        try {
            while (true) {
                work.acquire();
                work.drainPermits();
                while (!sendAll()) {
                    TimeUnit.MILLISECONDS.sleep(pause);
                    pause = Math.min(2 * pause, LONGEST_PAUSE);
                }
                pause = SHORTEST_PAUSE;
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** Whether nothing is left for later. */
    private boolean sendAll() {
        try {
            boolean all = true;
            List<Path> results = queue.results();
            for (int from = 0; from < results.size(); from += MOST_AT_ONCE) {
                all &= send(results.subList(from, Math.min(results.size(), from + MOST_AT_ONCE)));
            }
            return all;
        } catch (IOException e) {
            if (reachable) {
                LOG.warn("{} {}; results wait until it takes them", destination, said(e));
            }
            reachable = false;
            return false;
        } catch (InputException e) { // of the queue's folder
            LOG.error("{}; trying again", e.getMessage());
            return false;
        } catch (RuntimeException e) {
            LOG.error("results could not be sent; trying again", e);
            return false;
        }
    }

    private static String said(IOException e) {
        return e instanceof ProtocolException ? e.getMessage() : "cannot be reached (" + IoReason.of(e) + ")";
    }

    private boolean send(List<Path> results) throws IOException {
        List<StoredFile> instances = new ArrayList<>();
        for (Path result : results) {
            instances.add(StoredFile.of(queue.read(result)));
        }
        List<Destination.Outcome> outcomes = destination.send(instances);
        if (!reachable) {
            LOG.info("{} takes results again", destination);
            reachable = true;
        }
        boolean all = true;
        for (int i = 0; i < outcomes.size(); i++) {
            switch (outcomes.get(i)) {
                case STORED -> {
                    queue.remove(results.get(i));
                    sent.incrementAndGet();
                }
                case REFUSED -> {
                    LOG.error(
                            "{} refuses {}; it is kept in the folder 'failed' of the queue",
                            destination,
                            results.get(i).getFileName());
                    queue.fail(results.get(i));
                    failed.incrementAndGet();
                }
                case LATER -> all = false;
            }
        }
        return all;
    }
}
