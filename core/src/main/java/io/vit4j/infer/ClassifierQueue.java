package io.vit4j.infer;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * Pictures that wait for a round. Who calls from several threads comes back at once with the next picture: were the first
 * one back walked alone, all others would wait for it, and be walked in two rounds of unlike length from then on. So as many
 * as lately waited for an answer are waited for, a little.
 */
final class ClassifierQueue {
    private final ArrayDeque<Waiting> queue = new ArrayDeque<>();
    private int unanswered;
    private int callers; // the most unanswered at a time since the last round was taken
    private boolean closed;

    /**
     * @param pixels {@code [channels, height, width]}, normalised
     * @param logits {@code [labels]}, once they are there; done before if the caller has given up
     * @param since when it came, by {@link System#nanoTime}
     * @param left whether it no longer counts as unanswered
     */
    record Waiting(float[] pixels, long[] shape, CompletableFuture<float[]> logits, long since, AtomicBoolean left) {
        /** One that waits from now on. */
        Waiting(float[] pixels, long[] shape, CompletableFuture<float[]> logits) {
            this(pixels, shape, logits, System.nanoTime(), new AtomicBoolean());
        }
    }

    /** @throws IllegalStateException after {@link #close} */
    synchronized void add(Waiting picture) {
        if (closed) {
            throw new IllegalStateException("this ImageClassifier is closed");
        }
        queue.add(picture);
        unanswered++;
        callers = Math.max(callers, unanswered);
        notifyAll();
    }

    /**
     * The next round: the same share for every lane, or fewer pictures than lanes; none if all is done and closed. Pictures whose
     * callers have given up are left out. Called by one thread.
     *
     * @param lanes that walk
     * @param chunkSize pictures that a lane walks at most
     * @param patience nanoseconds for which callers are waited for once one is back
     */
    synchronized List<Waiting> take(int lanes, int chunkSize, long patience) {
        do {
            awaitSome();
            awaitCallers(Math.min(callers, lanes * chunkSize), patience);
            dropThoseGivenUp();
        } while (queue.isEmpty() && !closed);
        int share = Math.min(queue.size() / lanes, chunkSize);
        int count = share == 0 ? queue.size() : share * lanes;
        List<Waiting> round = new ArrayList<>(count);
        while (round.size() < count) {
            round.add(queue.remove());
        }
        callers = unanswered;
        return round;
    }

    private void awaitSome() {
        dropThoseGivenUp();
        while (queue.isEmpty() && !closed) {
            await(0);
        }
    }

    private void awaitCallers(int expected, long patience) {
        long start = System.nanoTime();
        long left = patience;
        while (left > 0 && queue.size() < expected && !closed) {
            await(left / 1_000_000 + 1);
            left = patience - (System.nanoTime() - start);
        }
    }

    private void dropThoseGivenUp() {
        queue.removeIf(waiting -> {
            if (waiting.logits().isDone()) {
                leave(waiting);
                return true;
            }
            return false;
        });
    }

    private void await(long millis) {
        try {
            wait(millis);
        } catch (InterruptedException e) {
            // nobody but close() ends the thread that takes
        }
    }

    void answer(Waiting picture, float[] logits) {
        leave(picture);
        picture.logits().complete(logits);
    }

    /** Tells whoever has no answer yet. */
    void fail(Waiting picture, Throwable cause) {
        leave(picture);
        picture.logits().completeExceptionally(cause); // nothing if it is answered
    }

    private synchronized void leave(Waiting picture) {
        if (picture.left().compareAndSet(false, true)) {
            unanswered--;
        }
    }

    /** What waits already is still taken. */
    synchronized void close() {
        closed = true;
        notifyAll();
    }
}
