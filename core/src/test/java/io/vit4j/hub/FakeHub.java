package io.vit4j.hub;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Deque;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.stream.Collectors;

/**
 * The hub's HTTP, on loopback: {@code /ORG/NAME/resolve/REVISION/FILE}, for data sets with {@code /datasets} in front, answers small files itself and sends to another
 * address for large ones (Git LFS), as the real one does. Faults are lined up and happen one a request to the large files'
 * address.
 */
final class FakeHub implements AutoCloseable {
    static final String COMMIT = "0123456789abcdef0123456789abcdef01234567";

    /** What the next download of a large file suffers. */
    enum Fault {
        BREAK_HALFWAY,
        BREAK_AT_ONCE,
        STALL,
        DRIP,
        IGNORE_RANGE,
        OTHER_RANGE,
        RANGE_NOT_SATISFIABLE,
        WRONG_BYTES,
        TOO_MANY_BYTES,
        EXPIRED,
        BUSY,
    }

    /** A request that came: the address's own name ({@code hub} or {@code store}) and what was asked. */
    record Request(String host, String method, String path, String authorization, String range) {}

    final Map<String, byte[]> small = new TreeMap<>();
    final Map<String, byte[]> large = new TreeMap<>();
    final List<Request> requests = Collections.synchronizedList(new ArrayList<>());
    final Deque<Fault> faults = new ArrayDeque<>();
    final Map<String, String> overrides = new ConcurrentHashMap<>(); // header to value, on every answer of the hub
    volatile String repository = "org/vit";
    volatile String commit = COMMIT;
    volatile String requiredToken = "";
    volatile int refusals; // how many requests to the hub fail first
    volatile int refusalStatus = 503;
    volatile String refusalCode = "";
    volatile String storeAddress;
    volatile boolean relativeRedirectFirst;

    private final HttpServer hub;
    private final HttpServer store;
    private final ExecutorService threads = Executors.newCachedThreadPool();

    FakeHub() throws IOException {
        hub = server("hub", this::answerHub);
        store = server("store", this::answerStore);
        storeAddress = "http://127.0.0.1:" + store.getAddress().getPort();
    }

    URI endpoint() {
        return URI.create("http://127.0.0.1:" + hub.getAddress().getPort());
    }

    private interface Answer {
        void to(HttpExchange exchange) throws IOException;
    }

    private HttpServer server(String name, Answer answer) throws IOException {
        HttpServer server = HttpServer.create(new InetSocketAddress(InetAddress.getByName("127.0.0.1"), 0), 0);
        server.setExecutor(threads);
        server.createContext("/", exchange -> {
            requests.add(new Request(
                    name,
                    exchange.getRequestMethod(),
                    exchange.getRequestURI().getRawPath(),
                    header(exchange, "Authorization"),
                    header(exchange, "Range")));
            try {
                answer.to(exchange);
            } finally {
                exchange.close();
            }
        });
        server.start();
        return server;
    }

    private static String header(HttpExchange exchange, String name) {
        String value = exchange.getRequestHeaders().getFirst(name);
        return value == null ? "" : value;
    }

    private void answerHub(HttpExchange exchange) throws IOException {
        if (refusals > 0) {
            refusals--;
            refuse(exchange, refusalStatus, refusalCode);
            return;
        }
        if (!requiredToken.isEmpty() && !header(exchange, "Authorization").equals("Bearer " + requiredToken)) {
            refuse(exchange, 401, "RepoNotFound");
            return;
        }
        String path = exchange.getRequestURI().getRawPath();
        if (path.startsWith("/moved/")) {
            path = path.substring("/moved".length());
        } else if (relativeRedirectFirst) {
            exchange.getResponseHeaders().set("Location", "/moved" + path);
            exchange.sendResponseHeaders(307, -1);
            return;
        }
        if (path.startsWith("/api/datasets/" + repository + "/revision/")) {
            answerListing(exchange, path.substring(path.lastIndexOf('/') + 1));
            return;
        }
        String prefix = (path.startsWith("/datasets/") ? "/datasets/" : "/") + repository + "/resolve/";
        if (!path.startsWith(prefix)) {
            refuse(exchange, 401, "RepoNotFound");
            return;
        }
        String[] rest = path.substring(prefix.length()).split("/", 2);
        if (!isRevision(rest[0])) {
            refuse(exchange, 404, "RevisionNotFound");
            return;
        }
        answerFile(exchange, URLDecoder.decode(rest[1], StandardCharsets.UTF_8));
    }

    private boolean isRevision(String encoded) {
        return List.of("main", "refs%2Fpr%2F1", "refs%2Fconvert%2Fparquet", commit)
                .contains(encoded);
    }

    private void answerListing(HttpExchange exchange, String revision) throws IOException {
        if (!isRevision(revision)) {
            refuse(exchange, 404, "RevisionNotFound");
            return;
        }
        SortedSet<String> names = new TreeSet<>(small.keySet());
        names.addAll(large.keySet());
        String files =
                names.stream().map(name -> "{\"rfilename\": \"" + name + "\"}").collect(Collectors.joining(", "));
        String json = "{\"id\": \"" + repository + "\", \"sha\": \"" + commit + "\", \"siblings\": [" + files + "]}";
        send(exchange, 200, json.getBytes(StandardCharsets.UTF_8));
    }

    private void answerFile(HttpExchange exchange, String file) throws IOException {
        exchange.getResponseHeaders().set("X-Repo-Commit", commit);
        if (small.containsKey(file)) {
            byte[] bytes = small.get(file);
            exchange.getResponseHeaders().set("ETag", '"' + gitBlobId(bytes) + '"');
            overrides.forEach(exchange.getResponseHeaders()::set);
            send(exchange, 200, bytes);
        } else if (large.containsKey(file)) {
            byte[] bytes = large.get(file);
            exchange.getResponseHeaders().set("ETag", "\"something else\"");
            exchange.getResponseHeaders().set("X-Linked-Etag", '"' + hash("SHA-256", bytes) + '"');
            exchange.getResponseHeaders().set("X-Linked-Size", "" + bytes.length);
            exchange.getResponseHeaders().set("Location", storeAddress + "/signed/" + file.replace(" ", "%20"));
            overrides.forEach(exchange.getResponseHeaders()::set);
            exchange.sendResponseHeaders(302, -1);
        } else {
            refuse(exchange, 404, "EntryNotFound");
        }
    }

    private void answerStore(HttpExchange exchange) throws IOException {
        byte[] bytes = large.get(exchange.getRequestURI().getPath().replace("/signed/", ""));
        Fault fault;
        synchronized (faults) {
            fault = faults.poll();
        }
        String range = header(exchange, "Range");
        int from = range.isEmpty() ? 0 : Integer.parseInt(range.replaceAll("bytes=(\\d+)-", "$1"));
        if (fault == null) {
            sendRange(exchange, bytes, from);
            return;
        }
        switch (fault) {
            case BREAK_HALFWAY -> {
                int half = (bytes.length - from) / 2;
                startRange(exchange, bytes, from);
                exchange.getResponseBody().write(bytes, from, half);
                exchange.getResponseBody().flush();
            }
            case BREAK_AT_ONCE -> startRange(exchange, bytes, from);
            case STALL -> {
                startRange(exchange, bytes, from);
                exchange.getResponseBody().write(bytes, from, 10);
                exchange.getResponseBody().flush();
                pause(3000);
            }
            case DRIP -> {
                startRange(exchange, bytes, from);
                for (int i = from; i < bytes.length; i++) { // until the client closes the connection
                    exchange.getResponseBody().write(bytes[i]);
                    exchange.getResponseBody().flush();
                    pause(20);
                }
            }
            case IGNORE_RANGE -> send(exchange, 200, bytes);
            case OTHER_RANGE -> {
                exchange.getResponseHeaders()
                        .set("Content-Range", "bytes 1-" + (bytes.length - 1) + "/" + bytes.length);
                send(exchange, 206, bytes);
            }
            case RANGE_NOT_SATISFIABLE -> exchange.sendResponseHeaders(416, -1);
            case WRONG_BYTES -> {
                byte[] wrong = bytes.clone();
                wrong[wrong.length - 1] ^= 1;
                sendRange(exchange, wrong, from);
            }
            case TOO_MANY_BYTES -> send(exchange, 200, new byte[bytes.length + 1]);
            case EXPIRED -> exchange.sendResponseHeaders(403, -1);
            case BUSY -> {
                exchange.getResponseHeaders().set("Retry-After", "0");
                exchange.sendResponseHeaders(429, -1);
            }
        }
    }

    private static void startRange(HttpExchange exchange, byte[] bytes, int from) throws IOException {
        if (from > 0) {
            exchange.getResponseHeaders()
                    .set("Content-Range", "bytes " + from + "-" + (bytes.length - 1) + "/" + bytes.length);
        }
        exchange.sendResponseHeaders(from > 0 ? 206 : 200, bytes.length - from);
    }

    private static void sendRange(HttpExchange exchange, byte[] bytes, int from) throws IOException {
        startRange(exchange, bytes, from);
        exchange.getResponseBody().write(bytes, from, bytes.length - from);
    }

    private static void send(HttpExchange exchange, int status, byte[] bytes) throws IOException {
        if (exchange.getRequestMethod().equals("HEAD")) {
            exchange.getResponseHeaders().set("Content-Length", "" + bytes.length);
            exchange.sendResponseHeaders(status, -1);
        } else {
            exchange.sendResponseHeaders(status, bytes.length);
            exchange.getResponseBody().write(bytes);
        }
    }

    private static void refuse(HttpExchange exchange, int status, String code) throws IOException {
        if (!code.isEmpty()) {
            exchange.getResponseHeaders().set("X-Error-Code", code);
        }
        exchange.sendResponseHeaders(status, -1);
    }

    private static void pause(long milliseconds) {
        try {
            Thread.sleep(milliseconds);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    static String gitBlobId(byte[] bytes) {
        byte[] head = ("blob " + bytes.length + "\0").getBytes(StandardCharsets.US_ASCII);
        byte[] all = new byte[head.length + bytes.length];
        System.arraycopy(head, 0, all, 0, head.length);
        System.arraycopy(bytes, 0, all, head.length, bytes.length);
        return hash("SHA-1", all);
    }

    static String hash(String algorithm, byte[] bytes) {
        try {
            return HexFormat.of().formatHex(MessageDigest.getInstance(algorithm).digest(bytes));
        } catch (NoSuchAlgorithmException e) {
            throw new UncheckedIOException(new IOException(e));
        }
    }

    @Override
    public void close() {
        hub.stop(0);
        store.stop(0);
        threads.shutdownNow();
    }
}
