package io.vit4j.serve;

import io.vit4j.serve.HttpFault.Kind;
import java.util.HashSet;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;

/**
 * Keeps other people's web pages out. A browser lets any page send requests to a server on the same machine. Such requests say where the
 * page came from ({@code Origin}) or, if the page's host name was made to resolve to this machine, have that name as their {@code Host}.
 */
final class Origins {
    private static final Set<String> LOOPBACK = Set.of("localhost", "127.0.0.1", "[::1]", "::1");

    private final Optional<Set<String>> hosts;

    /**
     * @param loopback whether only programs on this machine reach the server, so that requests must name it
     * @param own the name or address that the server listens on
     * @param more host names that are accepted as well
     */
    Origins(boolean loopback, String own, Set<String> more) {
        Set<String> all = new HashSet<>(LOOPBACK);
        all.add(own.toLowerCase(Locale.ROOT));
        all.add("[" + own.toLowerCase(Locale.ROOT) + "]"); // an IPv6 address
        more.forEach(name -> all.add(name.toLowerCase(Locale.ROOT)));
        hosts = loopback ? Optional.of(all) : Optional.empty();
    }

    /** Throws if the request comes from another site's page. */
    void check(Call.Headers headers) {
        String host = headers.first("Host").orElse("").toLowerCase(Locale.ROOT);
        if (hosts.isPresent() && !hosts.get().contains(withoutPort(host))) {
            throw new HttpFault(
                    Kind.MISDIRECTED,
                    "this server only answers requests addressed to localhost; behind a proxy, start it with --allowed-host NAME");
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
