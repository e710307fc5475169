package io.vit4j.hub;

import io.vit4j.base.InputException;
import io.vit4j.base.PercentEncoding;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.Authenticator;
import java.net.ProxySelector;
import java.net.URI;
import java.net.URISyntaxException;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.Flow;
import java.util.stream.Collectors;

/**
 * Speaks HTTP with the hub: what a file is, and its bytes from a position on. Goes through the JVM's proxy
 * ({@code https.proxyHost}) and trusts what the JVM trusts ({@code javax.net.ssl.trustStore}). Redirects are followed here,
 * not by the JDK: the token goes to the hub's own address only, and no redirect leads from https to http.
 */
final class HubClient {
    private static final int MOST_REDIRECTS = 5;
    private static final Duration CONNECT = Duration.ofSeconds(10);
    private static final Duration LONGEST_WAIT = Duration.ofSeconds(60);

    private final HubSettings settings;
    private final HttpClient http;

    HubClient(HubSettings settings) {
        this.settings = settings;
        HttpClient.Builder builder = HttpClient.newBuilder()
                .version(HttpClient.Version.HTTP_1_1)
                .followRedirects(HttpClient.Redirect.NEVER)
                .connectTimeout(settings.patience().compareTo(CONNECT) < 0 ? settings.patience() : CONNECT);
        if (ProxySelector.getDefault() != null) {
            builder.proxy(ProxySelector.getDefault());
        }
        if (Authenticator.getDefault() != null) {
            builder.authenticator(Authenticator.getDefault());
        }
        http = builder.build();
    }

    /** The metadata of a file at a revision; empty if the model has no file with that name. */
    Optional<HubFile> describe(HubName name, String revision, String file) throws HubUnreachable {
        String commit = "";
        URI at = address(name, revision, file);
        for (int hop = 0; hop <= MOST_REDIRECTS; hop++) {
            HttpResponse<Void> response = send("HEAD", at, 0, HttpResponse.BodyHandlers.discarding());
            if (response.statusCode() >= 400) {
                if (isAbsent(response.statusCode(), response.headers().firstValue("X-Error-Code"), file)) {
                    return Optional.empty();
                }
                throw refusal(
                        name,
                        response.statusCode(),
                        response.headers().firstValue("X-Error-Code"),
                        retryAfter(response));
            }
            commit = response.headers().firstValue("X-Repo-Commit").orElse(commit);
            Optional<String> linked = response.headers().firstValue("X-Linked-Etag");
            boolean redirect = response.statusCode() >= 300;
            if (redirect && linked.isEmpty()) {
                URI next = target(at, response.headers().firstValue("Location"));
                if (isHub(next)) {
                    at = next;
                    continue;
                }
            }
            return Optional.of(hubFile(response, commit, file, linked, redirect));
        }
        throw redirectedTooOften();
    }

    private HubFile hubFile(
            HttpResponse<Void> response, String commit, String file, Optional<String> linked, boolean redirect) {
        Optional<String> etag =
                linked.or(() -> response.headers().firstValue("ETag")).flatMap(HubFile::etag);
        Optional<String> size = response.headers()
                .firstValue("X-Linked-Size")
                .or(() -> redirect ? Optional.empty() : response.headers().firstValue("Content-Length"));
        if (!HubName.isCommit(commit)
                || etag.isEmpty()
                || size.isEmpty()
                || !size.get().matches("\\d{1,18}")) {
            throw new InputException(
                    settings.endpoint() + ": its answer for " + file
                            + " lacks the headers that the hub sends for a file; is a proxy or a login page answering instead?");
        }
        return new HubFile(file, commit, etag.get(), Long.parseLong(size.get()));
    }

    /** A file's bytes from a position on, from wherever the hub keeps them; the status is 200, 206 or 416. */
    HubResponse open(HubName name, HubFile file, long from) throws HubUnreachable {
        URI at = address(name, file.commit(), file.name());
        for (int hop = 0; hop <= MOST_REDIRECTS; hop++) {
            HttpResponse<Flow.Publisher<List<ByteBuffer>>> response =
                    send("GET", at, from, HttpResponse.BodyHandlers.ofPublisher());
            HubResponse body = new HubResponse(
                    at, response.statusCode(), response.headers(), response.body(), settings.patience());
            int status = response.statusCode();
            if (status == 200 || status == 206 || status == 416) {
                return body;
            }
            body.close();
            if (status >= 400) {
                if (!isHub(at)) { // such as a signed address that has expired
                    throw new HubUnreachable(at.getHost() + " answered " + status, retryAfter(response), null);
                }
                throw refusal(name, status, response.headers().firstValue("X-Error-Code"), retryAfter(response));
            }
            at = target(at, response.headers().firstValue("Location"));
        }
        throw redirectedTooOften();
    }

    private InputException redirectedTooOften() {
        return new InputException(settings.endpoint() + ": redirected over " + MOST_REDIRECTS
                + " times; check HF_ENDPOINT and the proxy");
    }

    private URI address(HubName name, String revision, String file) {
        String path = Arrays.stream(file.split("/")).map(PercentEncoding::of).collect(Collectors.joining("/"));
        return URI.create(
                settings.endpoint() + "/" + name.address() + "/resolve/" + PercentEncoding.of(revision) + "/" + path);
    }

    /** The commit that a revision is at, and the names of all its files. */
    HubListing list(HubName name, String revision) throws HubUnreachable {
        URI at = URI.create(
                settings.endpoint() + "/api/" + name.address() + "/revision/" + PercentEncoding.of(revision));
        for (int hop = 0; hop <= MOST_REDIRECTS; hop++) {
            HttpResponse<Flow.Publisher<List<ByteBuffer>>> response =
                    send("GET", at, 0, HttpResponse.BodyHandlers.ofPublisher());
            int status = response.statusCode();
            try (HubResponse body =
                    new HubResponse(at, status, response.headers(), response.body(), settings.patience())) {
                if (status == 200) {
                    return HubListing.parse(all(body), at.toString());
                }
            }
            if (status >= 400) {
                throw refusal(name, status, response.headers().firstValue("X-Error-Code"), retryAfter(response));
            }
            at = target(at, response.headers().firstValue("Location"));
            if (!isHub(at)) {
                throw new InputException(settings.endpoint() + ": redirects its list of files to " + at.getHost()
                        + "; check HF_ENDPOINT and the proxy");
            }
        }
        throw redirectedTooOften();
    }

    private static byte[] all(HubResponse body) throws HubUnreachable {
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        List<ByteBuffer> piece;
        try {
            while (!(piece = body.next()).isEmpty()) {
                for (ByteBuffer bytes : piece) {
                    if (all.size() + bytes.remaining() > HubListing.LARGEST) {
                        throw new InputException(body.from() + ": sends a list of more than "
                                + (HubListing.LARGEST >> 20) + " MiB; is it the hub?");
                    }
                    byte[] copy = new byte[bytes.remaining()];
                    bytes.get(copy);
                    all.writeBytes(copy);
                }
            }
        } catch (InterruptedException e) {
            throw interrupted(e);
        }
        return all.toByteArray();
    }

    private <T> HttpResponse<T> send(String method, URI at, long from, HttpResponse.BodyHandler<T> handler)
            throws HubUnreachable {
        HttpRequest.Builder request = HttpRequest.newBuilder(at)
                .method(method, HttpRequest.BodyPublishers.noBody())
                .timeout(settings.patience())
                .header("Accept-Encoding", "identity")
                .header("User-Agent", "vit4j");
        if (from > 0) {
            request.header("Range", "bytes=" + from + "-");
        }
        if (isHub(at)) {
            settings.token().ifPresent(token -> request.header("Authorization", token.authorization()));
        }
        try {
            return http.send(request.build(), handler);
        } catch (IOException e) {
            String reason = e.getMessage() == null ? e.getClass().getSimpleName() : e.getMessage();
            throw new HubUnreachable(at.getHost() + ": " + reason, e);
        } catch (InterruptedException e) {
            throw interrupted(e);
        }
    }

    static InputException interrupted(InterruptedException e) {
        Thread.currentThread().interrupt();
        return new InputException("interrupted while downloading; the next download continues from here", e);
    }

    /** The token's one address: same scheme, host and port. */
    private boolean isHub(URI at) {
        URI hub = settings.endpoint();
        return hub.getScheme().equalsIgnoreCase(at.getScheme())
                && hub.getHost().equalsIgnoreCase(at.getHost())
                && port(hub) == port(at);
    }

    private static int port(URI at) {
        return at.getPort() >= 0 ? at.getPort() : "https".equalsIgnoreCase(at.getScheme()) ? 443 : 80;
    }

    private URI target(URI at, Optional<String> location) throws HubUnreachable {
        try {
            URI next = at.resolve(
                    new URI(location.orElseThrow(() -> new HubUnreachable("redirected without an address"))));
            String scheme = next.getScheme() == null ? "" : next.getScheme().toLowerCase(Locale.ROOT);
            boolean secure = scheme.equals("https");
            boolean asSecureAsBefore = scheme.equals("http") && "http".equalsIgnoreCase(at.getScheme());
            if (next.getHost() == null || !(secure || asSecureAsBefore)) {
                throw new InputException(settings.endpoint() + ": redirects from " + at.getScheme() + " to " + scheme
                        + ", which is refused; check HF_ENDPOINT and the proxy");
            }
            return next;
        } catch (URISyntaxException e) { // not a cause: its message is the address, with all that signs it
            throw new HubUnreachable("redirected to an invalid address");
        }
    }

    private static boolean isAbsent(int status, Optional<String> code, String file) {
        return status == 404
                && code.map(said -> said.equals("EntryNotFound")).orElse(!file.equals(CheckpointFiles.CONFIG));
    }

    /** What a refused request means for the user; or, returned, that asking again may help. */
    private HubUnreachable refusal(HubName name, int status, Optional<String> code, Optional<Duration> retryAfter) {
        String repository = name.repository();
        String kind = name.kind().toString();
        if (code.equals(Optional.of("GatedRepo"))) {
            throw new InputException(repository + ": its authors require consent; accept their conditions at "
                    + settings.endpoint() + "/" + name.address() + " and set HF_TOKEN to a token that may read it");
        }
        if (code.equals(Optional.of("RevisionNotFound"))) {
            throw new InputException(repository + ": has no branch, tag or commit " + name.revision()
                    + "; leave out @... to use the newest");
        }
        if (status == 401 || status == 403) {
            throw new InputException(repository + ": " + settings.endpoint() + " refuses it (" + status + "): "
                    + (settings.token().isPresent()
                            ? "the token may not read it, or there is no such " + kind + "; check the name and HF_TOKEN"
                            : "there is no such " + kind + ", or it is private; check the name, or set HF_TOKEN"));
        }
        if (status == 404) {
            throw new InputException(repository + ": no such " + kind + " at " + settings.endpoint()
                    + (name.kind() == HubName.Kind.MODEL ? ", and no folder of that name here" : "")
                    + "; check the name");
        }
        if (status < 500 && status != 408 && status != 429) {
            throw new InputException(repository + ": " + settings.endpoint() + " answered " + status
                    + "; check HF_ENDPOINT and the proxy");
        }
        return new HubUnreachable(settings.endpoint() + " answered " + status, retryAfter, null);
    }

    private static Optional<Duration> retryAfter(HttpResponse<?> response) {
        return response.headers()
                .firstValue("Retry-After")
                .filter(seconds -> seconds.matches("\\d{1,9}"))
                .map(seconds -> Duration.ofSeconds(Math.min(Long.parseLong(seconds), LONGEST_WAIT.toSeconds())));
    }
}
