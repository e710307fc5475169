package io.vit4j.hub;

import java.io.Closeable;
import java.net.URI;
import java.net.http.HttpHeaders;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.Flow;
import java.util.concurrent.TimeUnit;

/**
 * An answer whose body is taken piece by piece, and given up if the next piece does not come in time or all come too slowly:
 * the JDK's own timeout ends with the headers.
 */
final class HubResponse implements Closeable {
    /** Bytes a second, the least that counts as a download. */
    static final int LEAST_SPEED = 4096;

    private static final List<ByteBuffer> END = List.of();
    private static final double NANOS_PER_SECOND = 1e9;

    private final URI from;
    private final int status;
    private final HttpHeaders headers;
    private final Duration patience;
    private final Pieces pieces = new Pieces();
    private long measuredFrom = System.nanoTime();
    private long sinceThen;

    HubResponse(URI from, int status, HttpHeaders headers, Flow.Publisher<List<ByteBuffer>> body, Duration patience) {
        this.from = from;
        this.status = status;
        this.headers = headers;
        this.patience = patience;
        body.subscribe(pieces);
    }

    /** The address that answered, the last of all redirects. */
    URI from() {
        return from;
    }

    int status() {
        return status;
    }

    Optional<String> header(String name) {
        return headers.firstValue(name);
    }

    /** Data comes, but so slowly that somebody may want it never to end. */
    static final class TooSlow extends HubUnreachable {
        private static final long serialVersionUID = 1;

        private TooSlow(double speed) {
            super("only " + Math.round(speed) + " bytes a second, less than " + LEAST_SPEED);
        }
    }

    /** The next piece of the body; empty at its end. */
    List<ByteBuffer> next() throws HubUnreachable, InterruptedException {
        List<ByteBuffer> piece = pieces.queue.poll(patience.toMillis(), TimeUnit.MILLISECONDS);
        if (piece == null) {
            throw new HubUnreachable("no data for " + patience.toSeconds() + " s");
        }
        if (piece == END) {
            if (pieces.fault != null) {
                throw new HubUnreachable("the connection broke: " + pieces.fault.getMessage(), pieces.fault);
            }
            return END;
        }
        pieces.subscription.request(1);
        measure(piece);
        return piece;
    }

    /** Over stretches as long as the patience. */
    private void measure(List<ByteBuffer> piece) throws TooSlow {
        for (ByteBuffer bytes : piece) {
            sinceThen += bytes.remaining();
        }
        long now = System.nanoTime();
        double seconds = (now - measuredFrom) / NANOS_PER_SECOND;
        if (seconds * NANOS_PER_SECOND < patience.toNanos()) {
            return;
        }
        if (sinceThen < LEAST_SPEED * seconds) {
            throw new TooSlow(sinceThen / seconds);
        }
        measuredFrom = now;
        sinceThen = 0;
    }

    @Override
    public void close() {
        pieces.cancel();
    }

    /** Holds at most one piece that was not taken yet: the next is asked for when one is taken. */
    private static final class Pieces implements Flow.Subscriber<List<ByteBuffer>> {
        private final BlockingQueue<List<ByteBuffer>> queue = new ArrayBlockingQueue<>(3);
        private volatile Flow.Subscription subscription;
        private volatile Throwable fault;
        private boolean cancelled;

        @Override
        public synchronized void onSubscribe(Flow.Subscription given) {
            subscription = given;
            if (cancelled) {
                given.cancel();
            } else {
                given.request(1);
            }
        }

        synchronized void cancel() {
            cancelled = true;
            if (subscription != null) { // it may be given later, by another thread
                subscription.cancel();
            }
        }

        @Override
        public void onNext(List<ByteBuffer> piece) {
            if (!piece.isEmpty()) {
                queue.add(piece);
            } else {
                subscription.request(1);
            }
        }

        @Override
        public void onError(Throwable thrown) {
            fault = thrown;
            queue.add(END);
        }

        @Override
        public void onComplete() {
            queue.add(END);
        }
    }
}
