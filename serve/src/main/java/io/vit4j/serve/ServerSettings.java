package io.vit4j.serve;

import io.vit4j.base.InputException;
import io.vit4j.infer.ImageClassifier;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * What a {@link ModelServer} serves, and how. Everything but the models has a default: this machine alone can reach it, at port 8080.
 *
 * <pre>{@code
 * ServerSettings settings = new ServerSettings().model("chest", Path.of("tuned")).port(9000);
 * }</pre>
 */
public final class ServerSettings {
    private static final Pattern NAME = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._-]{0,99}");
    private static final long MEBIBYTE = 1 << 20;
    private static final Duration DAY = Duration.ofDays(1);
    private static final Duration SHORTEST_WATCH = Duration.ofMillis(10);

    private final Map<String, Path> models = new LinkedHashMap<>();
    private final Set<String> allowedHosts = new LinkedHashSet<>();
    private String host = "127.0.0.1";
    private int port = 8080;
    private ImageClassifier.Options classifier =
            ImageClassifier.Options.defaults().withCapacity(64);
    private int maxBodyMebibytes = 32;
    private int maxConnections = 1024;
    private Duration deadline = Duration.ofSeconds(30);
    private Duration receiveWithin = Duration.ofSeconds(20);
    private Duration watchEvery = Duration.ofSeconds(5);
    private Optional<Path> tokens = Optional.empty();
    private final Map<String, PostDoor> doors = new LinkedHashMap<>();
    private final List<Meter> meters = new ArrayList<>();
    private Optional<Path> keystore = Optional.empty();
    private Optional<Path> keystorePassword = Optional.empty();

    /**
     * One more model.
     *
     * @param name in the addresses: letters, digits, dots, hyphens, underscores
     * @param folder of a tuned model, or with its versions in folders named 1, 2, ...
     */
    public ServerSettings model(String name, Path folder) {
        if (!NAME.matcher(name).matches()) {
            throw new InputException(
                    "'" + name + "' cannot be a model's name; use letters, digits, dots, hyphens and underscores");
        }
        if (models.putIfAbsent(name, folder) != null) { // Java's way to say that there was one
            throw new InputException("two models are called " + name + "; give each its own name");
        }
        return this;
    }

    /** The name or address of the interface to listen on; {@code 0.0.0.0} for all. By default 127.0.0.1. */
    public ServerSettings host(String name) {
        host = name;
        return this;
    }

    /** The port to listen on; 0: any that is free. By default 8080. */
    public ServerSettings port(int number) {
        requireFrom("port", number, 0, 65535);
        port = number;
        return this;
    }

    /** How pictures are classified; its capacity bounds the pictures of each model that wait. By default in float32 on every core, 64 waiting. */
    public ServerSettings classifier(ImageClassifier.Options options) {
        classifier = options;
        return this;
    }

    /** The longest body of a request that is taken, in MiB. By default 32. */
    public ServerSettings maxBody(int mebibytes) {
        requireFrom("the longest body in MiB", mebibytes, 1, 1024);
        maxBodyMebibytes = mebibytes;
        return this;
    }

    /** Connections that may be open at a time; more wait to be accepted. By default 1024. */
    public ServerSettings maxConnections(int count) {
        requireFrom("connections", count, 1, 100_000);
        maxConnections = count;
        return this;
    }

    /** Within which every request is answered, be it with 504. By default 30 s. */
    public ServerSettings deadline(Duration time) {
        deadline = requirePositive("deadline", time);
        return this;
    }

    /** Within which a request's header, and then its body, must have arrived. By default 20 s. */
    public ServerSettings receiveWithin(Duration time) {
        receiveWithin = requirePositive("time to receive a request", time);
        return this;
    }

    /** How often folders are checked for new versions, from 10 ms to a day; zero: never. By default 5 s. */
    public ServerSettings watchEvery(Duration time) {
        if (!time.isZero() && (time.compareTo(SHORTEST_WATCH) < 0 || time.compareTo(DAY) > 0)) {
            throw new InputException("the time between checks for a new version is " + seconds(time)
                    + " s; use 0.01 to 86400, or 0 for never");
        }
        watchEvery = time;
        return this;
    }

    /** A file with bearer tokens, one a line; without one, anyone who reaches the port may ask. */
    public ServerSettings tokens(Path file) {
        tokens = Optional.of(file);
        return this;
    }

    /**
     * Serves HTTPS.
     *
     * @param store PKCS12 or JKS, with the server's key and certificates
     * @param password a file with its password
     */
    public ServerSettings tls(Path store, Path password) {
        keystore = Optional.of(store);
        keystorePassword = Optional.of(password);
        return this;
    }

    /** A host name by which a proxy on this machine passes requests on, in addition to localhost. */
    public ServerSettings allowedHost(String name) {
        allowedHosts.add(name);
        return this;
    }

    private static void requireFrom(String what, int number, int from, int to) {
        if (number < from || number > to) {
            throw new InputException(what + " is " + number + "; use " + from + " to " + to);
        }
    }

    private static Duration requirePositive(String what, Duration time) {
        if (time.isZero() || time.isNegative() || time.compareTo(DAY) > 0) {
            throw new InputException(what + " is " + seconds(time) + " s; use more than 0, and a day at most");
        }
        return time;
    }

    private static double seconds(Duration time) {
        return time.getSeconds() + time.getNano() / 1e9;
    }

    Map<String, Path> models() {
        if (models.isEmpty()) {
            throw new InputException("there is no model to serve; name at least one");
        }
        return models;
    }

    String host() {
        return host;
    }

    int port() {
        return port;
    }

    ImageClassifier.Options classifier() {
        return classifier;
    }

    long maxBody() {
        return maxBodyMebibytes * MEBIBYTE;
    }

    int maxConnections() {
        return maxConnections;
    }

    Duration deadline() {
        return deadline;
    }

    Duration receiveWithin() {
        return receiveWithin;
    }

    Duration watchEvery() {
        return watchEvery;
    }

    Set<String> allowedHosts() {
        return allowedHosts;
    }

    Optional<Path> tokens() {
        return tokens;
    }

    /**
     * Answers POST requests at another address, too.
     *
     * @param template of the address, such as {@code /orders/{number}}; braces stand for anything without a slash or colon
     * @return this
     */
    public ServerSettings door(String template, PostDoor door) {
        doors.put(template, door);
        return this;
    }

    Map<String, PostDoor> doors() {
        return doors;
    }

    /**
     * Adds numbers to {@code /metrics}.
     *
     * @return this
     */
    public ServerSettings meter(Meter meter) {
        meters.add(meter);
        return this;
    }

    List<Meter> meters() {
        return List.copyOf(meters);
    }

    Optional<Path> keystore() {
        return keystore;
    }

    Path keystorePassword() {
        return keystorePassword.orElseThrow();
    }
}
