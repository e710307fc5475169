package io.vit4j.serve;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.event.Level;

/** One line a request, with keys for programs. No picture, no name of one, no address that a caller made up is in it. */
final class RequestLog {
    private static final Logger LOG = LoggerFactory.getLogger(RequestLog.class);

    private RequestLog() {}

    /**
     * @param route the address as OpenAPI writes it; empty if there is none
     * @param model empty if the request is to none that is served
     */
    static void line(
            boolean probe, String id, String method, String route, String model, int status, long bytes, long nanos) {
        Level level = status >= 500 ? Level.WARN : probe ? Level.DEBUG : Level.INFO;
        double millis = nanos / 10_000 / 100.0;
        LOG.atLevel(level)
                .addKeyValue("request_id", id)
                .addKeyValue("method", method)
                .addKeyValue("route", route)
                .addKeyValue("model", model)
                .addKeyValue("status", status)
                .addKeyValue("body_bytes", bytes)
                .addKeyValue("milliseconds", millis)
                .log(() -> method + " " + (route.isEmpty() ? "(no such address)" : route.replace("{model}", model))
                        + " " + status + " in " + millis + " ms, request " + id);
    }

    /** Something that is this program's fault; its trace says where. */
    static void fault(String id, Throwable failure) {
        LOG.atError()
                .addKeyValue("request_id", id)
                .setCause(failure)
                .log(() -> "request " + id + " failed: " + failure.getClass().getName());
    }
}
