package io.vit4j.serve;

import io.vit4j.serve.HttpFault.Kind;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Finds the door of a request. */
final class Router {
    private final List<Route> routes = new ArrayList<>();

    /**
     * Requests of one kind.
     *
     * @param template of its addresses, as OpenAPI writes it: what metrics and the log call it
     * @param open whether it needs no token, because it says nothing about the models
     * @param probe whether it is a health check, which comes too often to be logged
     */
    record Route(String method, String template, Pattern pattern, boolean open, boolean probe, Door door) {
        boolean takesBody() {
            return method.equals("POST");
        }

        Route open(boolean asProbe) {
            return new Route(method, template, pattern, true, asProbe, door);
        }
    }

    /** A route and what the address has in the places that it leaves open. */
    record Match(Route route, List<String> parts) {}

    /** What is answered, as methods and templates. */
    List<String> doors() {
        return routes.stream()
                .map(route -> route.method() + " " + route.template())
                .toList();
    }

    /** Adds one; {@code {name}} in its template stands for anything without a slash or colon. */
    void add(String method, String template, Door door) {
        routes.add(route(method, template, door));
    }

    /** Adds one that needs no token. */
    void addOpen(String method, String template, boolean probe, Door door) {
        routes.add(route(method, template, door).open(probe));
    }

    private static Route route(String method, String template, Door door) {
        String pattern = Pattern.quote(template).replaceAll("\\{[^}]*}", "\\\\E([^/:]+)\\\\Q");
        return new Route(method, template, Pattern.compile(pattern), false, false, door);
    }

    Match match(String method, String path) {
        TreeSet<String> allowed = new TreeSet<>();
        String plain = path.length() > 1 && path.endsWith("/") ? path.substring(0, path.length() - 1) : path;
        for (Route route : routes) {
            Matcher matcher = route.pattern().matcher(plain);
            if (matcher.matches()) {
                boolean asked = method.equals(route.method()) || method.equals("HEAD") && !route.takesBody();
                if (asked) {
                    List<String> parts = new ArrayList<>();
                    for (int i = 1; i <= matcher.groupCount(); i++) {
                        parts.add(matcher.group(i));
                    }
                    return new Match(route, parts);
                }
                allowed.add(route.method());
            }
        }
        throw allowed.isEmpty()
                ? new HttpFault(
                        Kind.NOT_FOUND, "there is nothing at this address; GET /openapi.yaml lists all addresses")
                : new HttpFault(Kind.METHOD_NOT_ALLOWED, "this address only takes " + String.join(", ", allowed));
    }
}
