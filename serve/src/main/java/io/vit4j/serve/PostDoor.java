package io.vit4j.serve;

import java.util.List;
import java.util.Optional;

/**
 * Answers POST requests at an address of one's own, beside those of the models: within the server's limits of size and time, and for callers
 * with a token if the server asks for one. From several threads at once.
 */
@FunctionalInterface
public interface PostDoor {
    /**
     * A request that has come in whole.
     *
     * @param parts of the address where its template has braces
     * @param contentType with its parameters; empty if none was given
     */
    record Request(List<String> parts, Optional<String> contentType, byte[] body) {}

    /**
     * An answer.
     *
     * @param status of HTTP
     * @param contentType of the body
     */
    record Answer(int status, String contentType, byte[] body) {}

    /** Answers a request. */
    Answer answer(Request request);
}
