package io.vit4j.serve;

import com.fasterxml.jackson.databind.JsonNode;
import io.vit4j.base.Json;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * What is answered.
 *
 * @param headers beside the content's type and length
 */
record Reply(int status, String type, byte[] body, Map<String, String> headers) {
    static final String JSON = "application/json";

    static Reply json(JsonNode value) {
        return json(200, value);
    }

    static Reply json(int status, JsonNode value) {
        return new Reply(status, JSON, Json.line(value).getBytes(StandardCharsets.UTF_8), Map.of());
    }

    static Reply of(String type, byte[] body) {
        return new Reply(200, type, body, Map.of());
    }

    /** As all doors tell it: {@code {"error": "..."}}. */
    static Reply of(HttpFault fault) {
        Reply reply = json(fault.kind().status(), Json.object().put("error", fault.getMessage()));
        return switch (fault.kind()) {
            case QUEUE_FULL, NOT_READY -> reply.with("Retry-After", "1");
            case UNAUTHORIZED -> reply.with("WWW-Authenticate", "Bearer");
            default -> reply;
        };
    }

    Reply with(String header, String value) {
        Map<String, String> more = new LinkedHashMap<>(headers);
        more.put(header, value);
        return new Reply(status, type, body, more);
    }
}
