package io.vit4j.serve;

import io.vit4j.base.Json;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import org.eclipse.jetty.http.HttpFields;
import org.eclipse.jetty.http.HttpHeader;
import org.eclipse.jetty.http.HttpStatus;
import org.eclipse.jetty.io.Content;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.server.handler.ErrorHandler;
import org.eclipse.jetty.util.Callback;

/** What Jetty itself refuses, such as a header that is none, answered as everything else is: {@code {"error": "..."}}. */
final class JsonErrors extends ErrorHandler {
    private final ServerMetrics metrics;

    JsonErrors(ServerMetrics metrics) {
        this.metrics = metrics;
    }

    @Override
    public boolean handle(Request request, Response response, Callback callback) {
        int status = response.getStatus();
        metrics.fault(status == 500 ? HttpFault.Kind.INTERNAL : HttpFault.Kind.BAD_REQUEST);
        response.getHeaders().put(HttpHeader.CONTENT_TYPE, Reply.JSON);
        response.getHeaders().put("X-Content-Type-Options", "nosniff");
        Content.Sink.write(response, true, text(status, HttpStatus.getMessage(status)), callback);
        return true;
    }

    @Override
    public ByteBuffer badMessageError(int status, String reason, HttpFields.Mutable fields) {
        metrics.fault(HttpFault.Kind.BAD_REQUEST);
        fields.put(HttpHeader.CONTENT_TYPE, Reply.JSON);
        return ByteBuffer.wrap(text(status, reason == null ? HttpStatus.getMessage(status) : reason)
                .getBytes(StandardCharsets.UTF_8));
    }

    private static String text(int status, String reason) {
        return Json.line(Json.object().put("error", status + " " + reason));
    }
}
