package io.vit4j.serve;

import io.vit4j.base.RandomKey;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * Requests that nobody should send: bodies cut short, chunks of the wrong length, huge headers, deep JSON, forms without an end, pictures
 * that are none. The same seed gives the same ones. Every hundredth is a good one, which must be answered.
 */
final class HostileRequests {
    private static final int GOOD_EVERY = 100;
    private static final int LONGEST_ANSWER = 1 << 20;

    private final int port;
    private final RandomKey.Stream random;
    private final byte[] png = TestModels.png(1, 40);
    private final List<byte[]> seeds = new ArrayList<>();
    private final SortedMap<String, Integer> statuses = new TreeMap<>();

    HostileRequests(int port, long seed) throws IOException {
        this.port = port;
        random = RandomKey.of(seed).stream();
        String picture = Base64.getEncoder().encodeToString(png);
        String inputs =
                "{\"id\":\"1\",\"inputs\":[{\"name\":\"image\",\"shape\":[1],\"datatype\":\"BYTES\",\"data\":[\""
                        + picture + "\"]}]}";
        seeds.add(request("POST /models/chest", "image/png", png));
        seeds.add(request(
                "POST /models/chest",
                "application/json",
                bytes("{\"inputs\":\"" + picture + "\",\"parameters\":{\"top_k\":2}}")));
        seeds.add(request("POST /v2/models/chest/infer", "application/json", bytes(inputs)));
        seeds.add(request(
                "POST /v1/models/chest:predict",
                "multipart/form-data; boundary=XyZ",
                Client.formBody(Client.picture("a.png", png))));
        seeds.add(request("GET /v2/models/chest/versions/1", "text/plain", new byte[0]));
        seeds.add(request("GET /metrics", "text/plain", new byte[0]));
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.ISO_8859_1);
    }

    private static byte[] request(String line, String type, byte[] body) {
        byte[] head = bytes(line + " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Type: " + type
                + "\r\nContent-Length: " + body.length + "\r\n\r\n");
        byte[] all = Arrays.copyOf(head, head.length + body.length);
        System.arraycopy(body, 0, all, head.length, body.length);
        return all;
    }

    /** Sends so many; throws if one is answered with 500 or a good one is not answered. */
    SortedMap<String, Integer> send(int count) throws IOException {
        for (int i = 0; i < count; i++) {
            boolean good = i % GOOD_EVERY == GOOD_EVERY - 1;
            byte[] request = good ? seeds.get(0) : hostile();
            String status = status(request);
            statuses.merge(status, 1, Integer::sum);
            if (status.equals("500") || good && !status.equals("200")) {
                throw new IllegalStateException("request " + i + " was answered with '" + status + "': "
                        + new String(request, 0, Math.min(2000, request.length), StandardCharsets.ISO_8859_1));
            }
        }
        return statuses;
    }

    private byte[] hostile() {
        byte[] seed = seeds.get(random.nextInt(seeds.size()));
        return switch (random.nextInt(8)) {
            case 0 -> Arrays.copyOf(seed, random.nextInt(seed.length));
            case 1 -> chunked(seed);
            case 2 -> withHeader(seed, "X-" + random.nextInt(9) + ": " + "x".repeat(random.nextInt(40_000)));
            case 3 -> request("POST /v2/models/chest/infer", "application/json", deep());
            case 4 -> request("POST /models/chest", "image/png", flipped(png, 1 + random.nextInt(20)));
            case 5 -> withHeader(seed, "Content-Length: " + random.nextInt(3000));
            case 6 -> withHeader(seed, "Inference-Header-Content-Length: " + (random.nextInt(3000) - 5));
            default -> flipped(seed, 1 + random.nextInt(10));
        };
    }

    private byte[] flipped(byte[] bytes, int times) {
        byte[] changed = bytes.clone();
        for (int i = 0; i < times; i++) {
            changed[random.nextInt(changed.length)] = (byte) random.nextInt(256);
        }
        return changed;
    }

    private byte[] withHeader(byte[] seed, String header) {
        String text = new String(seed, StandardCharsets.ISO_8859_1);
        return bytes(text.replaceFirst("\r\n", "\r\n" + header + "\r\n"));
    }

    private byte[] chunked(byte[] seed) {
        String text = new String(seed, StandardCharsets.ISO_8859_1);
        int body = text.indexOf("\r\n\r\n") + 4;
        String wrong = Integer.toHexString(Math.max(0, text.length() - body + random.nextInt(9) - 4));
        return bytes(text.substring(0, body).replaceFirst("Content-Length: \\d+", "Transfer-Encoding: chunked") + wrong
                + "\r\n" + text.substring(body) + "\r\n0\r\n\r\n");
    }

    private byte[] deep() {
        int depth = random.nextInt(5000);
        String open = random.nextInt(2) == 0 ? "[" : "{\"inputs\":";
        return bytes("{\"inputs\":[{\"data\":" + open.repeat(depth) + "1");
    }

    /** @return the status, or what became of the connection */
    private String status(byte[] request) throws IOException {
        try (Socket socket = new Socket()) {
            socket.connect(new InetSocketAddress("127.0.0.1", port), 20_000);
            socket.setSoTimeout(20_000);
            InputStream in = socket.getInputStream();
            ByteArrayOutputStream answer = new ByteArrayOutputStream();
            try {
                socket.getOutputStream().write(request);
                socket.shutdownOutput();
                byte[] part = new byte[4096];
                for (int read = in.read(part); read >= 0 && answer.size() < LONGEST_ANSWER; read = in.read(part)) {
                    answer.write(part, 0, read);
                }
            } catch (IOException e) {
                if (e instanceof java.net.SocketTimeoutException) {
                    return "no answer";
                }
            }
            String text = answer.toString(StandardCharsets.ISO_8859_1);
            return text.startsWith("HTTP/1.1 ") ? text.substring(9, 12) : "closed";
        }
    }

    private static long usedBytes() {
        System.gc();
        return Runtime.getRuntime().totalMemory() - Runtime.getRuntime().freeMemory();
    }

    /** {@code HostileRequests COUNT SEED}; run by {@code bench/serve-fuzz}. */
    public static void main(String[] args) throws Exception {
        int count = Integer.parseInt(args[0]);
        Path folder = Files.createTempDirectory("vit4j-hostile");
        ServerSettings settings = TestModels.settings()
                .model("chest", TestModels.save(folder.resolve("tuned")))
                .receiveWithin(Duration.ofSeconds(2));
        try (ModelServer server = ModelServer.start(settings)) {
            HostileRequests requests = new HostileRequests(server.port(), Long.parseLong(args[1]));
            requests.send(count / 10);
            long before = usedBytes();
            int threads = Thread.activeCount();
            SortedMap<String, Integer> statuses = requests.send(count - count / 10);
            System.out.println("answers by status: " + statuses);
            System.out.printf(
                    "heap after %d requests %.1f MB, after all %.1f MB; threads %d, then %d%n",
                    count / 10, before / 1e6, usedBytes() / 1e6, threads, Thread.activeCount());
        }
    }
}
