package io.vit4j.serve;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.List;

/** What is the same for everybody: the description for programs, and the page for people. */
final class StaticDoor {
    /** The page loads nothing from anywhere else, makes no markup of text, and no other page may frame it. */
    private static final String POLICY =
            "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:;"
                    + " connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none';"
                    + " require-trusted-types-for 'script'; trusted-types 'none'";

    private static final List<String> SCRIPTS = List.of(
            "page.js", "server.js", "intake.js", "scores.js", "viewer.js", "card.js", "evaluation.js", "elements.js");

    private StaticDoor() {}

    static void addTo(Router router) {
        add(router, "/openapi.yaml", "openapi.yaml", "application/yaml");
        add(router, "/", "page/page.html", "text/html; charset=utf-8");
        add(router, "/page.css", "page/page.css", "text/css; charset=utf-8");
        add(router, "/palette.css", "/io/vit4j/report/palette.css", "text/css; charset=utf-8"); // the reports' colours
        for (String script : SCRIPTS) {
            add(router, "/" + script, "page/" + script, "text/javascript; charset=utf-8");
        }
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
