package io.vit4j.serve;

import java.time.Duration;
import java.util.List;
import java.util.Optional;

/**
 * A request that has come in whole.
 *
 * @param id the caller's own, or one that was made here
 * @param path of its address
 * @param parts of the path that the route leaves open, decoded
 * @param headers for what else the caller says
 * @param body empty if the route takes none
 * @param deadline by {@link System#nanoTime}
 */
record Call(String id, String path, List<String> parts, Headers headers, byte[] body, long deadline) {
    /** The request's headers, by names in any case. */
    interface Headers {
        /** The first value of that name. */
        Optional<String> first(String name);
    }

    /** {@return how long the answer is still worth something; not negative} */
    Duration left() {
        return Duration.ofNanos(Math.max(0, deadline - System.nanoTime()));
    }

    /** {@return the content's type without its parameters, in small letters; empty if none is given} */
    String mediaType() {
        return headers.first("Content-Type")
                .map(type -> type.split(";", 2)[0].strip().toLowerCase(java.util.Locale.ROOT))
                .orElse("");
    }

    /** The same that must be answered sooner. */
    Call within(Duration other) {
        long sooner = Math.min(deadline, System.nanoTime() + other.toNanos());
        return new Call(id, path, parts, headers, body, sooner);
    }
}
