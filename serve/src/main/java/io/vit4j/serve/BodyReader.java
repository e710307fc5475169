package io.vit4j.serve;

import io.vit4j.base.ByteBudget;
import io.vit4j.serve.HttpFault.Kind;
import java.util.Arrays;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.eclipse.jetty.io.Content;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.util.thread.Scheduler;

/** Receives a request's body without a thread that waits for it: in bounded memory, in bounded time. */
final class BodyReader {
    private static final int FIRST = 16 << 10;

    private final Request request;
    private final long longest;
    private final ByteBudget budget;
    private final CompletableFuture<byte[]> whole = new CompletableFuture<>();
    private byte[] bytes = new byte[0];
    private int length;
    private long taken;
    private boolean ended;

    private BodyReader(Request request, long longest, ByteBudget budget) {
        this.request = request;
        this.longest = longest;
        this.budget = budget;
    }

    /**
     * Starts to receive.
     *
     * @param longest bytes that are taken
     * @param budget of which the body's bytes are taken; the caller gives them back by {@link #giveBack}
     * @param nanos within which the body must be there
     * @param tooLate what is said if it is not
     */
    static BodyReader start(
            Request request, long longest, ByteBudget budget, Scheduler scheduler, long nanos, HttpFault tooLate) {
        BodyReader reader = new BodyReader(request, longest, budget);
        Scheduler.Task late = scheduler.schedule(() -> reader.fail(tooLate), Math.max(1, nanos), TimeUnit.NANOSECONDS);
        reader.whole.whenComplete((body, failure) -> late.cancel());
        if (request.getLength() > longest) {
            reader.fail(reader.tooLarge());
        } else {
            reader.read();
        }
        return reader;
    }

    CompletableFuture<byte[]> whole() {
        return whole;
    }

    /** The body is no longer needed. Once. */
    synchronized void giveBack() {
        ended = true;
        budget.giveBack(taken);
        taken = 0;
        bytes = new byte[0];
    }

    private void read() {
        while (true) {
            Content.Chunk chunk = request.read();
            if (chunk == null) { // Jetty's way to say that more is to come
                request.demand(this::read);
                return;
            }
            if (Content.Chunk.isFailure(chunk)) {
                fail(HttpFault.badRequest(
                        "the body could not be received (" + chunk.getFailure().getMessage() + ")"));
                return;
            }
            boolean last = chunk.isLast();
            Optional<HttpFault> fault = append(chunk);
            chunk.release();
            if (fault.isPresent()) {
                fail(fault.get());
                return;
            }
            if (last) {
                whole.complete(body());
                return;
            }
        }
    }

    private synchronized byte[] body() {
        byte[] all = length == bytes.length ? bytes : Arrays.copyOf(bytes, length);
        bytes = new byte[0];
        return all;
    }

    /** {@return what is wrong with it} */
    private synchronized Optional<HttpFault> append(Content.Chunk chunk) {
        int more = chunk.remaining();
        if (ended) {
            return Optional.of(HttpFault.badRequest("nobody waits for this body any more"));
        }
        if ((long) length + more > longest) {
            return Optional.of(tooLarge());
        }
        if (length + more > bytes.length) {
            long announced = Math.max(request.getLength(), FIRST);
            int room = (int) Math.min(longest, Math.max(length + (long) more, Math.max(2L * bytes.length, announced)));
            if (!budget.take(room - taken)) {
                return Optional.of(
                        new HttpFault(Kind.QUEUE_FULL, "the memory for requests is used up; try again in a moment"));
            }
            taken = room;
            bytes = Arrays.copyOf(bytes, room);
        }
        chunk.getByteBuffer().get(bytes, length, more);
        length += more;
        return Optional.empty();
    }

    private HttpFault tooLarge() {
        return new HttpFault(
                Kind.TOO_LARGE,
                "the body is longer than the " + (longest >> 20) + " MiB that are taken; send less at a time");
    }

    private void fail(HttpFault fault) {
        whole.completeExceptionally(fault);
    }
}
