package io.vit4j.serve;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;

/** What is the same for everybody: the description for programs. */
final class StaticDoor {
    /** The page loads nothing from anywhere else, and nobody else's page may frame it. */
    private static final String POLICY =
            "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:;"
                    + " connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

    private StaticDoor() {}

    static void addTo(Router router) {
        add(router, "/openapi.yaml", "openapi.yaml", "application/yaml");
    }

    private static void add(Router router, String path, String resource, String type) {
        Reply reply = Reply.of(type, read(resource))
                .with("Content-Security-Policy", POLICY)
                .with("Referrer-Policy", "no-referrer");
        router.addOpen("GET", path, false, Door.at(call -> reply));
    }

    private static byte[] read(String resource) {
        try (InputStream in = StaticDoor.class.getResourceAsStream(resource)) {
            if (in == null) { // Java's way to say that there is none
                throw new IllegalStateException("not in the jar: " + resource);
            }
            return in.readAllBytes();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
