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
 * @param headers all of them
 * @param body empty if the route takes none
 * @param deadline by {@link System#nanoTime}
 */
record Call(String id, String path, List<String> parts, Headers headers, byte[] body, long deadline) {
    /** The request's headers, by names in any case. */
    interface Headers {
        /** The first value of that name. */
        Optional<String> first(String name);
    }

    /** {@return the time until its deadline; zero if that has passed} */
    Duration left() {
        return Duration.ofNanos(Math.max(0, deadline - System.nanoTime()));
    }

    /** {@return the content's type without its parameters, in small letters; empty if none is given} */
    String mediaType() {
        return headers.first("Content-Type")
                .map(type -> type.split(";", 2)[0].strip().toLowerCase(java.util.Locale.ROOT))
                .orElse("");
    }

    /** The same, to be answered within that time too. */
    Call within(Duration other) {
        return other.compareTo(left()) < 0
                ? new Call(id, path, parts, headers, body, System.nanoTime() + other.toNanos())
                : this;
    }
}
