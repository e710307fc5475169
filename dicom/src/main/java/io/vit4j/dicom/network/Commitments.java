package io.vit4j.dicom.network;

import io.vit4j.dicom.CommitmentReport;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Results that the destination has, and was asked to commit to (PS3.4, annex J): they stay on disk until it reports that it keeps them. A
 * result that it does not keep, or of which it reports nothing, is sent again; after the third time without a report it counts as stored,
 * and after the third failure as refused.
 */
final class Commitments {
    private static final Logger LOG = LoggerFactory.getLogger(Commitments.class);
    private static final int MOST_TRIES = 3;
    private static final int MOST_EARLY = 10_000;

    private final InstanceQueue queue;
    private final long patienceNanos;
    private final Map<Path, Long> since = new HashMap<>();
    private final Map<String, Integer> tries = new HashMap<>();
    private long kept;
    private long failed;
    private long retried;

    /** What was reported of instances before the association in which it was asked for had ended: 0, or why they are not kept. */
    private final Map<String, Integer> early = new LinkedHashMap<>() {
        private static final long serialVersionUID = 1;

        @Override
        protected boolean removeEldestEntry(Map.Entry<String, Integer> eldest) {
            return size() > MOST_EARLY;
        }
    };

    /** @param patienceMillis from the request to the report */
    Commitments(InstanceQueue queue, long patienceMillis) {
        this.queue = queue;
        patienceNanos = TimeUnit.MILLISECONDS.toNanos(patienceMillis);
        queue.awaited().forEach(queue::putBack); // what was reported while nobody listened is asked for again
    }

    synchronized long kept() {
        return kept;
    }

    synchronized long failed() {
        return failed;
    }

    synchronized long retried() {
        return retried;
    }

    synchronized boolean isEmpty() {
        return since.isEmpty();
    }

    /** The destination was asked to commit to a result, which is moved. */
    synchronized void asked(Path result) {
        Path awaited = queue.await(result);
        since.put(awaited, System.nanoTime());
        Integer reason = early.remove(InstanceQueue.instance(awaited));
        if (reason != null) {
            settle(awaited, reason);
        }
    }

    /** Takes a report; returns whether results are to be sent again. */
    synchronized boolean reported(CommitmentReport report) {
        Map<String, Integer> reasons = new HashMap<>(report.failed());
        report.kept().forEach(instance -> reasons.put(instance, Dimse.SUCCESS));
        boolean again = false;
        for (Path awaited : queue.awaited()) {
            Integer reason = reasons.remove(InstanceQueue.instance(awaited));
            if (reason != null) {
                again |= settle(awaited, reason);
            }
        }
        early.putAll(reasons);
        return again;
    }

    /** Puts back what has waited too long; returns whether results are to be sent again. */
    synchronized boolean expire() {
        boolean again = false;
        for (Path awaited : queue.awaited()) {
            long begin = since.computeIfAbsent(awaited, path -> System.nanoTime());
            if (System.nanoTime() - begin < patienceNanos) {
                continue;
            }
            if (isLastTry(awaited)) {
                LOG.warn(
                        "{} was sent {} times, and nothing was reported of it; it counts as stored",
                        awaited.getFileName(),
                        MOST_TRIES);
                keep(awaited);
            } else {
                putBack(awaited);
                again = true;
            }
        }
        return again;
    }

    /** Whether it is to be sent again. */
    private boolean settle(Path awaited, int reason) {
        if (reason == Dimse.SUCCESS) {
            keep(awaited);
            return false;
        }
        if (isLastTry(awaited)) {
            LOG.error(
                    "{} is not kept by the destination (reason {}); it was moved to the folder 'failed' of the queue",
                    awaited.getFileName(),
                    String.format(Locale.ROOT, "%04X", reason));
            queue.fail(awaited);
            forget(awaited);
            failed++;
            return false;
        }
        putBack(awaited);
        return true;
    }

    private boolean isLastTry(Path awaited) {
        return tries.merge(InstanceQueue.instance(awaited), 1, Integer::sum) >= MOST_TRIES;
    }

    private void keep(Path awaited) {
        queue.remove(awaited);
        forget(awaited);
        kept++;
    }

    private void forget(Path awaited) {
        since.remove(awaited);
        tries.remove(InstanceQueue.instance(awaited));
    }

    private void putBack(Path awaited) {
        queue.putBack(awaited);
        since.remove(awaited);
        retried++;
    }
}
