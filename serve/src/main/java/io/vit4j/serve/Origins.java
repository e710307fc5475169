package io.vit4j.serve;

import io.vit4j.serve.HttpFault.Kind;
import java.util.HashSet;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;

/**
 * Keeps other people's web pages out. A browser lets any page send requests to a server on the same machine: such requests tell where the
 * page came from ({@code Origin}), or, if the page's host name was made to lead here, name that host.
 */
final class Origins {
    private static final Set<String> LOOPBACK = Set.of("localhost", "127.0.0.1", "[::1]", "::1");

    private final Optional<Set<String>> hosts;

    /**
     * @param loopback whether the server listens for this machine alone, so that requests must name it
     * @param more names that requests may have beside it
     */
    Origins(boolean loopback, Set<String> more) {
        Set<String> all = new HashSet<>(LOOPBACK);
        more.forEach(name -> all.add(name.toLowerCase(Locale.ROOT)));
        hosts = loopback ? Optional.of(all) : Optional.empty();
    }

    /** Throws if the request comes from another site's page. */
    void check(Call.Headers headers) {
        String host = headers.first("Host").orElse("").toLowerCase(Locale.ROOT);
        if (hosts.isPresent() && !hosts.get().contains(withoutPort(host))) {
            throw new HttpFault(
                    Kind.MISDIRECTED,
                    "this server answers requests to localhost alone; if a proxy passes them on, start it with --allowed-host");
        }
        Optional<String> origin = headers.first("Origin").map(value -> value.toLowerCase(Locale.ROOT));
        if (origin.isPresent() && !origin.get().replaceFirst("^https?://", "").equals(host)) {
            throw new HttpFault(Kind.FORBIDDEN, "this request comes from a page of another site");
        }
    }

    private static String withoutPort(String host) {
        return host.replaceFirst(":\\d*$", "");
    }
}
