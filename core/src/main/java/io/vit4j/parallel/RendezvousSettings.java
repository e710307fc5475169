package io.vit4j.parallel;

import java.time.Duration;
import java.util.Optional;

/**
 * How ranks meet.
 *
 * @param timeout how long they wait for each other
 * @param collectiveTimeout how long a collective or message waits for the other ranks afterwards
 * @param secret what all of them know; if empty, what {@link RendezvousSecret#VARIABLE} holds, or on the loopback address
 *     the user's own
 * @param networkInterface the name of the interface on which this rank listens for tensors, and rank 0 for the others; if
 *     empty, the one that {@code GLOO_SOCKET_IFNAME} names, or by which this rank and rank 0 reach each other
 */
public record RendezvousSettings(
        Duration timeout,
        Duration collectiveTimeout,
        Optional<RendezvousSecret> secret,
        Optional<String> networkInterface) {
    /** How long a collective waits for the other ranks ({@code --ddp-timeout}). */
    public static final Duration COLLECTIVE_TIMEOUT = Duration.ofMinutes(30);

    /** Everything else as usual. */
    public static RendezvousSettings within(Duration timeout) {
        return new RendezvousSettings(timeout, COLLECTIVE_TIMEOUT, Optional.empty(), Optional.empty());
    }

    /** The same with this secret. */
    public RendezvousSettings withSecret(RendezvousSecret secret) {
        return new RendezvousSettings(timeout, collectiveTimeout, Optional.of(secret), networkInterface);
    }
}
