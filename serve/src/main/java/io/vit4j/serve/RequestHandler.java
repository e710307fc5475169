package io.vit4j.serve;

import io.vit4j.base.ByteBudget;
import io.vit4j.base.InputException;
import io.vit4j.serve.HttpFault.Kind;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.regex.Pattern;
import org.eclipse.jetty.http.HttpHeader;
import org.eclipse.jetty.server.Handler;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.util.Callback;

/** What happens to every request: who asks, for what; its body received; its answer within its deadline, counted and logged. */
final class RequestHandler extends Handler.Abstract {
    private static final Pattern ID = Pattern.compile("[A-Za-z0-9._:-]{1,128}");
    private static final Pattern SECONDS = Pattern.compile("\\d{1,6}(\\.\\d{1,6})?");

    private static final String NO_ANSWER = "there was no answer before the request's deadline";

    private final ServerSettings settings;
    private final Router router;
    private final ModelRepository models;
    private final ServerMetrics metrics;
    private final ConnectionWatch watch;
    private final Access access;
    private final ByteBudget budget;
    private final AtomicInteger running = new AtomicInteger();
    private final AtomicLong lastBegin = new AtomicLong(System.nanoTime());
    private volatile boolean draining;

    RequestHandler(
            ServerSettings settings,
            Access access,
            Router router,
            ModelRepository models,
            ServerMetrics metrics,
            ConnectionWatch watch) {
        this.settings = settings;
        this.router = router;
        this.models = models;
        this.metrics = metrics;
        this.watch = watch;
        this.access = access;
        budget = new ByteBudget(
                Math.max(2 * settings.maxBody(), Runtime.getRuntime().maxMemory() / 4));
    }

    /** A request on its way. */
    private final class Exchange {
        final Request request;
        final Response response;
        final Callback callback;
        final Call.Headers headers;
        final String id;
        final long start = System.nanoTime();
        String route = "";
        String model = "";
        boolean probe;
        Optional<BodyReader> body = Optional.empty();
        long bodyBytes;

        Exchange(Request request, Response response, Callback callback) {
            this.request = request;
            this.response = response;
            this.callback = callback;
            headers = name -> Optional.ofNullable(request.getHeaders().get(name));
            id = headers.first("X-Request-Id")
                    .filter(own -> ID.matcher(own).matches())
                    .orElseGet(() -> UUID.randomUUID().toString());
        }
    }

    @Override
    public boolean handle(Request request, Response response, Callback callback) {
        Exchange exchange = new Exchange(request, response, callback);
        running.incrementAndGet();
        lastBegin.set(exchange.start);
        watch.begins(request.getConnectionMetaData().getConnection());
        CompletableFuture<Reply> answer;
        try {
            answer = answer(exchange);
        } catch (RuntimeException | Error e) {
            answer = CompletableFuture.failedFuture(e);
        }
        answer.whenComplete((reply, failure) -> {
            exchange.body.ifPresent(BodyReader::giveBack);
            send(exchange, failure == null ? reply : Reply.of(fault(exchange, failure)));
        });
        return true;
    }

    private CompletableFuture<Reply> answer(Exchange exchange) {
        access.origins().check(exchange.headers);
        Router.Match match = router.match(exchange.request.getMethod(), Request.getPathInContext(exchange.request));
        exchange.route = match.route().template();
        exchange.probe = match.route().probe();
        if (!match.route().open()) {
            access.tokens().check(exchange.headers.first("Authorization"));
        }
        match.parts().stream().findFirst().flatMap(models::find).ifPresent(model -> exchange.model = model.name());
        Duration allowed = allowed(exchange);
        long deadline = exchange.start + allowed.toNanos();
        CompletableFuture<byte[]> body =
                match.route().takesBody() ? receive(exchange, allowed) : CompletableFuture.completedFuture(new byte[0]);
        return body.thenCompose(bytes -> match.route()
                        .door()
                        .answer(new Call(
                                exchange.id, exchange.route, match.parts(), exchange.headers, bytes, deadline)))
                .orTimeout(Math.max(1, deadline - System.nanoTime()), TimeUnit.NANOSECONDS);
    }

    /** The server's own deadline, or a sooner one that the request names. */
    private Duration allowed(Exchange exchange) {
        Optional<String> asked = exchange.headers.first("Request-Timeout");
        if (asked.isEmpty()) {
            return settings.deadline();
        }
        if (!SECONDS.matcher(asked.get()).matches()) {
            throw HttpFault.badRequest("Request-Timeout is not a number of seconds");
        }
        Duration own = Duration.ofNanos((long) (Double.parseDouble(asked.get()) * 1e9));
        return own.compareTo(settings.deadline()) < 0 ? own : settings.deadline();
    }

    private CompletableFuture<byte[]> receive(Exchange exchange, Duration allowed) {
        if (exchange.request.getHeaders().contains(HttpHeader.CONTENT_ENCODING)) {
            throw new HttpFault(
                    Kind.UNSUPPORTED_TYPE, "this server takes no Content-Encoding; pictures are compressed already");
        }
        boolean slow = settings.receiveWithin().compareTo(allowed) < 0;
        Duration within = slow ? settings.receiveWithin() : allowed;
        HttpFault tooLate = slow
                ? new HttpFault(Kind.SLOW_CLIENT, "the body did not arrive within " + within.toMillis() / 1000.0 + " s")
                : new HttpFault(Kind.DEADLINE, NO_ANSWER);
        BodyReader reader = BodyReader.start(
                exchange.request, settings.maxBody(), budget, getServer().getScheduler(), within.toNanos(), tooLate);
        exchange.body = Optional.of(reader);
        return reader.whole().whenComplete((bytes, failure) -> {
            if (failure == null) {
                exchange.bodyBytes = bytes.length;
                metrics.phase("receive", System.nanoTime() - exchange.start);
            }
        });
    }

    /** What a failure's answer says. */
    private HttpFault fault(Exchange exchange, Throwable failure) {
        Throwable cause = failure;
        while (cause instanceof CompletionException && cause.getCause() != null) {
            cause = cause.getCause();
        }
        HttpFault fault = cause instanceof HttpFault known
                ? known
                : cause instanceof InputException input
                        ? HttpFault.badRequest(input.getMessage())
                        : cause instanceof RejectedExecutionException full
                                ? new HttpFault(Kind.QUEUE_FULL, full.getMessage())
                                : cause instanceof TimeoutException
                                        ? new HttpFault(Kind.DEADLINE, NO_ANSWER)
                                        : internal(exchange, cause);
        if (fault.kind() != Kind.BAD_PICTURE) { // which is counted where pictures are decoded
            metrics.fault(fault.kind());
        }
        return fault;
    }

    private static HttpFault internal(Exchange exchange, Throwable cause) {
        RequestLog.fault(exchange.id, cause);
        return new HttpFault(
                Kind.INTERNAL, "internal error; the server's log has the details under the id " + exchange.id);
    }

    private void send(Exchange exchange, Reply reply) {
        Response response = exchange.response;
        response.setStatus(reply.status());
        response.getHeaders().put(HttpHeader.CONTENT_TYPE, reply.type());
        response.getHeaders().put("X-Request-Id", exchange.id);
        response.getHeaders().put("X-Content-Type-Options", "nosniff");
        response.getHeaders().put(HttpHeader.CACHE_CONTROL, "no-store");
        reply.headers().forEach(response.getHeaders()::put);
        response.getHeaders().put(HttpHeader.CONTENT_LENGTH, reply.body().length);
        if (draining || reply.status() == Kind.SLOW_CLIENT.status() || reply.status() == Kind.TOO_LARGE.status()) {
            response.getHeaders().put(HttpHeader.CONNECTION, "close");
        }
        response.write(
                true, ByteBuffer.wrap(reply.body()), Callback.from(() -> ended(exchange, reply), exchange.callback));
    }

    private void ended(Exchange exchange, Reply reply) {
        long nanos = System.nanoTime() - exchange.start;
        watch.ends(exchange.request.getConnectionMetaData().getConnection());
        metrics.answered(exchange.route, exchange.model, reply.status(), nanos);
        RequestLog.line(
                exchange.probe,
                exchange.id,
                exchange.request.getMethod(),
                exchange.route,
                exchange.model,
                reply.status(),
                exchange.bodyBytes,
                nanos);
        running.decrementAndGet();
    }

    boolean isDraining() {
        return draining;
    }

    /** From now on every answer asks its caller to close the connection. */
    void drain() {
        draining = true;
    }

    /** {@return requests that have begun and are not answered} */
    int running() {
        return running.get();
    }

    /** {@return nanoseconds since a request last began} */
    long quietNanos() {
        return System.nanoTime() - lastBegin.get();
    }
}
