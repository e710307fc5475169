package io.vit4j.hub;

import java.io.IOException;
import java.time.Duration;
import java.util.Optional;

/** The hub did not answer, or not with what was asked for; asking again may help. */
class HubUnreachable extends IOException {
    private final transient Optional<Duration> retryAfter;

    HubUnreachable(String reason) {
        this(reason, Optional.empty(), null);
    }

    HubUnreachable(String reason, Throwable cause) {
        this(reason, Optional.empty(), cause);
    }

    HubUnreachable(String reason, Optional<Duration> retryAfter, Throwable cause) {
        super(reason, cause);
        this.retryAfter = retryAfter;
    }

    /** How long the server asked to be left alone. */
    Optional<Duration> retryAfter() {
        return retryAfter;
    }
}
