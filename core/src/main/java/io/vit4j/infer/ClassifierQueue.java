package io.vit4j.infer;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;

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
     * @param logits {@code [labels]}, once they are there
     */
    record Waiting(float[] pixels, long[] shape, CompletableFuture<float[]> logits) {}

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
     * The next round: the same share for every lane, or fewer pictures than lanes; none if all is done and closed. Called by
     * one thread.
     *
     * @param lanes that walk
     * @param chunkSize pictures that a lane walks at most
     * @param patience nanoseconds for which callers are waited for once one is back
     */
    synchronized List<Waiting> take(int lanes, int chunkSize, long patience) {
        while (queue.isEmpty() && !closed) {
            await(0);
        }
        long start = System.nanoTime();
        long left = patience;
        while (left > 0 && queue.size() < Math.min(callers, lanes * chunkSize) && !closed) {
            await(left / 1_000_000 + 1);
            left = patience - (System.nanoTime() - start);
        }
        int share = Math.min(queue.size() / lanes, chunkSize);
        int count = share == 0 ? queue.size() : share * lanes;
        List<Waiting> round = new ArrayList<>(count);
        while (round.size() < count) {
            round.add(queue.remove());
        }
        callers = unanswered;
        return round;
    }

    private void await(long millis) {
        try {
            wait(millis);
        } catch (InterruptedException e) {
            // nobody but close() ends the thread that takes
        }
    }

    void answer(Waiting picture, float[] logits) {
        leave();
        picture.logits().complete(logits);
    }

    /** Tells whoever has no answer yet. */
    void fail(Waiting picture, Throwable cause) {
        if (!picture.logits().isDone()) {
            leave();
            picture.logits().completeExceptionally(cause);
        }
    }

    private synchronized void leave() {
        unanswered--;
    }

    /** What waits already is still taken. */
    synchronized void close() {
        closed = true;
        notifyAll();
    }
}
