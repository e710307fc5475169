package io.vit4j.report;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.vit4j.base.Json;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.WebSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;

/** A real browser without a window, driven over its DevTools protocol, with one page in it. */
public final class HeadlessChromium implements AutoCloseable {
    /**
     * Functions for {@link #evaluate} that judge how a page looks: {@code luminance(colour)}, {@code tooPale()} and {@code tooWide()}, which
     * list what cannot be read and what does not fit.
     */
    public static final String LOOKS = """
            var rgb = color => (color.match(/[\\d.]+/g) || []).map(Number);
            var luminance = color => {
              const [r, g, b] = rgb(color).slice(0, 3).map(v => v / 255)
                .map(v => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
              return 0.2126 * r + 0.7152 * g + 0.0722 * b;
            };
            var behind = e => {
              for (; e; e = e.parentElement) {
                const color = getComputedStyle(e).backgroundColor;
                if (color.startsWith('rgb(')) return color;
                if (!color.startsWith('rgba(0, 0, 0, 0')) return null; // mixed: not judged
              }
              return 'rgb(255, 255, 255)';
            };
            var tooPale = () => Array.from(document.querySelectorAll('body *')).filter(e => {
              const own = Array.from(e.childNodes).some(n => n.nodeType === 3 && n.textContent.trim());
              const at = behind(e);
              if (!own || !at || !e.offsetParent || e.closest('.u-off')) return false;
              const a = luminance(getComputedStyle(e).color), b = luminance(at);
              return (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05) < 4.5;
            }).map(e => e.tagName + '.' + e.className + ': ' + e.textContent.slice(0, 30));
            var tooWide = () => Array.from(document.querySelectorAll('body *'))
              .filter(e => e.scrollWidth > e.clientWidth + 1 && e.clientWidth > 1
                && getComputedStyle(e).overflowX === 'visible' && getComputedStyle(e).display !== 'inline')
              .map(e => e.tagName + '.' + e.className + ' ' + e.textContent.slice(0, 40));
            """;

    private static final long SECONDS = 60;

    private final Process process;
    private final WebSocket socket;
    private final AtomicInteger lastId = new AtomicInteger();
    private final Map<Integer, CompletableFuture<JsonNode>> answers = new ConcurrentHashMap<>();
    private final List<String> complaints = new CopyOnWriteArrayList<>();
    private final List<String> requests = new CopyOnWriteArrayList<>();
    private volatile CompletableFuture<Void> loaded = new CompletableFuture<>();
    private final String session;

    /** A Chromium on the PATH; the test that asks for one is skipped, saying so, where there is none. */
    public static HeadlessChromium start(Path folder) throws Exception {
        Optional<Path> browser = onThePath();
        Assumptions.assumeTrue(
                browser.isPresent(), "skipped: no Chromium on the PATH (apt-get install chromium) to open the page in");
        return new HeadlessChromium(browser.get(), folder);
    }

    private static Optional<Path> onThePath() {
        return Stream.of(System.getenv().getOrDefault("PATH", "").split(java.io.File.pathSeparator))
                .flatMap(bin -> Stream.of("chromium", "chromium-browser", "google-chrome")
                        .map(name -> Path.of(bin, name)))
                .filter(Files::isExecutable)
                .findFirst();
    }

    private HeadlessChromium(Path browser, Path folder) throws Exception {
        Path profile = Files.createDirectories(folder.resolve("profile"));
        process = new ProcessBuilder(
                        browser.toString(),
                        "--headless=new",
                        "--no-sandbox", // tests may run as root, in a container
                        "--disable-gpu",
                        "--disable-dev-shm-usage",
                        "--disable-background-networking",
                        "--hide-scrollbars",
                        "--remote-debugging-port=0",
                        "--user-data-dir=" + profile,
                        "about:blank")
                .redirectErrorStream(true)
                .redirectOutput(folder.resolve("browser.log").toFile())
                .start();
        try {
            socket = HttpClient.newHttpClient()
                    .newWebSocketBuilder()
                    .buildAsync(address(profile.resolve("DevToolsActivePort")), new Listener())
                    .get(SECONDS, TimeUnit.SECONDS);
            String target = call("", "Target.createTarget", Json.object().put("url", "about:blank"))
                    .path("targetId")
                    .textValue();
            session = call(
                            "",
                            "Target.attachToTarget",
                            Json.object().put("targetId", target).put("flatten", true))
                    .path("sessionId")
                    .textValue();
            for (String domain : List.of("Page", "Runtime", "Log", "Network")) {
                call(domain + ".enable", Json.object());
            }
        } catch (Exception | Error e) {
            process.destroyForcibly();
            throw e;
        }
    }

    /** The browser writes where it listens: a line with the port, and one with the path. */
    private URI address(Path file) throws Exception {
        for (long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(SECONDS); System.nanoTime() < end; ) {
            if (Files.exists(file)) {
                List<String> lines = Files.readAllLines(file);
                if (lines.size() >= 2) {
                    return URI.create("ws://127.0.0.1:" + lines.get(0) + lines.get(1));
                }
            }
            if (!process.isAlive()) {
                break;
            }
            Thread.sleep(20);
        }
        throw new IOException("the browser did not start to listen");
    }

    private final class Listener implements WebSocket.Listener {
        private final StringBuilder text = new StringBuilder();

        @Override
        public CompletionStage<?> onText(WebSocket from, CharSequence part, boolean last) {
            text.append(part);
            if (last) {
                JsonNode message = Json.parse(text.toString(), "the browser");
                text.setLength(0);
                received(message);
            }
            from.request(1);
            return null;
        }
    }

    private void received(JsonNode message) {
        if (message.has("id")) {
            answers.remove(message.get("id").intValue()).complete(message);
            return;
        }
        JsonNode params = message.path("params");
        switch (message.path("method").asText()) {
            case "Page.loadEventFired" -> loaded.complete(null);
            case "Runtime.exceptionThrown" -> complaints.add(params.toString());
            case "Log.entryAdded" -> complaints.add(params.path("entry").toString());
            case "Runtime.consoleAPICalled" ->
                complaints.add(params.path("args").toString());
            case "Network.requestWillBeSent" ->
                requests.add(params.path("request").path("url").asText());
            default -> {}
        }
    }

    private JsonNode call(String method, ObjectNode params) throws Exception {
        return call(session, method, params);
    }

    private JsonNode call(String to, String method, ObjectNode params) throws Exception {
        int id = lastId.incrementAndGet();
        CompletableFuture<JsonNode> answer = new CompletableFuture<>();
        answers.put(id, answer);
        ObjectNode message = Json.object().put("id", id).put("method", method);
        message.set("params", params);
        if (!to.isEmpty()) {
            message.put("sessionId", to);
        }
        socket.sendText(Json.line(message), true).get(SECONDS, TimeUnit.SECONDS);
        JsonNode answered = answer.get(SECONDS, TimeUnit.SECONDS);
        if (answered.has("error")) {
            throw new IOException(method + ": " + answered.get("error"));
        }
        return answered.path("result");
    }

    /** A window of that width, and the reader's wish for light or dark. */
    public void window(int width, int height, String scheme) throws Exception {
        call(
                "Emulation.setDeviceMetricsOverride",
                Json.object()
                        .put("width", width)
                        .put("height", height)
                        .put("deviceScaleFactor", 1)
                        .put("mobile", width < 600));
        call("Emulation.setTouchEmulationEnabled", Json.object().put("enabled", width < 600));
        ObjectNode media = Json.object();
        media.putArray("features")
                .addObject()
                .put("name", "prefers-color-scheme")
                .put("value", scheme);
        call("Emulation.setEmulatedMedia", media);
    }

    /** The page as if on paper, or on the screen again. */
    public void print(boolean paper) throws Exception {
        call("Emulation.setEmulatedMedia", Json.object().put("media", paper ? "print" : "screen"));
    }

    /** Opens a page and waits until it is loaded and its script has run to its end. */
    public void open(URI page) throws Exception {
        loaded = new CompletableFuture<>();
        call("Page.navigate", Json.object().put("url", page.toString()));
        loaded.get(SECONDS, TimeUnit.SECONDS);
    }

    /** The value of an expression in the page, which may be a promise. */
    public JsonNode evaluate(String expression) throws Exception {
        JsonNode result = call(
                "Runtime.evaluate",
                Json.object()
                        .put("expression", expression)
                        .put("returnByValue", true)
                        .put("awaitPromise", true));
        if (result.has("exceptionDetails")) {
            throw new IOException(expression + ": " + result.get("exceptionDetails"));
        }
        return result.path("result").path("value");
    }

    /** {@code mousePressed}, {@code mouseMoved} or {@code mouseReleased} at a place of the window. */
    public void mouse(String type, double x, double y, boolean pressed) throws Exception {
        call(
                "Input.dispatchMouseEvent",
                Json.object()
                        .put("type", type)
                        .put("x", x)
                        .put("y", y)
                        .put("button", pressed ? "left" : "none")
                        .put("buttons", pressed && !type.equals("mouseReleased") ? 1 : 0)
                        .put("clickCount", type.equals("mouseMoved") ? 0 : 1));
    }

    /** Forgets complaints and addresses until now. */
    public void forget() {
        complaints.clear();
        requests.clear();
    }

    /** The whole page as a PNG, not only what the window shows. */
    public void screenshot(Path png) throws Exception {
        JsonNode shot = call("Page.captureScreenshot", Json.object().put("captureBeyondViewport", true));
        Files.write(png, Base64.getDecoder().decode(shot.path("data").textValue()));
    }

    /** The page as it is printed. */
    public byte[] pdf() throws Exception {
        JsonNode printed = call("Page.printToPDF", Json.object().put("printBackground", true));
        return Base64.getDecoder().decode(printed.path("data").textValue());
    }

    /** Errors, warnings and whatever else the page wrote to its console. */
    public List<String> complaints() {
        return List.copyOf(complaints);
    }

    /** Addresses that were asked for. */
    public List<String> requests() {
        return List.copyOf(requests);
    }

    /** Presses and releases a key, such as {@code Tab} or {@code ArrowDown}. */
    public void key(String name) throws Exception {
        for (String type : List.of("rawKeyDown", "keyUp")) {
            call(
                    "Input.dispatchKeyEvent",
                    Json.object()
                            .put("type", type)
                            .put("key", name.equals("Space") ? " " : name)
                            .put("code", name)
                            .put("windowsVirtualKeyCode", code(name)));
        }
    }

    private static int code(String name) {
        return switch (name) {
            case "Tab" -> 9;
            case "Escape" -> 27;
            case "Space" -> 32;
            case "End" -> 35;
            case "Home" -> 36;
            case "ArrowUp" -> 38;
            case "ArrowDown" -> 40;
            case "Delete" -> 46;
            default -> throw new IllegalArgumentException(name);
        };
    }

    /** Gives files to an input for files, as its dialog does. */
    public void choose(String selector, List<Path> files) throws Exception {
        String object = call(
                        "Runtime.evaluate",
                        Json.object().put("expression", "document.querySelector('" + selector + "')"))
                .path("result")
                .path("objectId")
                .textValue();
        ObjectNode chosen = Json.object().put("objectId", object);
        ArrayNode list = chosen.putArray("files");
        files.forEach(file -> list.add(file.toString()));
        call("DOM.setFileInputFiles", chosen);
    }

    @Override
    public void close() throws Exception {
        call("", "Browser.close", Json.object());
        socket.abort();
        if (!process.waitFor(10, TimeUnit.SECONDS)) {
            process.destroyForcibly().waitFor();
        }
    }
}
