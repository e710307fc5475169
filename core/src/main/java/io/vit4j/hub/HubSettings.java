package io.vit4j.hub;

import io.vit4j.base.InputException;
import io.vit4j.base.IoReason;
import io.vit4j.base.OpenFiles;
import java.io.IOException;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.file.InvalidPathException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Where models come from and where they are kept, from the environment variables of huggingface_hub.
 *
 * @param cache the folder of all models ({@code HF_HUB_CACHE}, {@code HF_HOME})
 * @param endpoint the hub's address ({@code HF_ENDPOINT}), without a slash at its end
 * @param token the access token ({@code HF_TOKEN}, or the file that {@code huggingface-cli login} wrote)
 * @param offline whether only the cache is used ({@code HF_HUB_OFFLINE})
 * @param symlinks whether the cache links its snapshots to its blobs ({@code HF_HUB_DISABLE_SYMLINKS} not set)
 * @param patience how long the hub may take to answer or to send the next bytes, and may send too slowly
 * @param firstPause before a failed request is repeated; it doubles each time
 */
public record HubSettings(
        Path cache,
        URI endpoint,
        Optional<HubToken> token,
        boolean offline,
        boolean symlinks,
        Duration patience,
        Duration firstPause) {
    /** Where Hugging Face's models are. */
    public static final String DEFAULT_ENDPOINT = "https://huggingface.co";

    private static final Set<String> TRUE = Set.of("1", "ON", "YES", "TRUE");
    private static final Duration PATIENCE = Duration.ofSeconds(30);
    private static final Duration FIRST_PAUSE = Duration.ofSeconds(1);

    /** As this process's environment says. */
    public static HubSettings fromEnvironment() {
        return from(System.getenv());
    }

    /** As these environment variables say. */
    public static HubSettings from(Map<String, String> environment) {
        Path home = home(environment);
        Path cache = first(environment, "HF_HUB_CACHE", "HUGGINGFACE_HUB_CACHE")
                .map(folder -> path(folder, "HF_HUB_CACHE"))
                .orElse(home.resolve("hub"));
        boolean offline = isTrue(environment, "HF_HUB_OFFLINE") || isTrue(environment, "TRANSFORMERS_OFFLINE");
        return new HubSettings(
                cache,
                endpoint(first(environment, "HF_ENDPOINT").orElse(DEFAULT_ENDPOINT)),
                token(environment, home),
                offline,
                !isTrue(environment, "HF_HUB_DISABLE_SYMLINKS"),
                PATIENCE,
                FIRST_PAUSE);
    }

    private static Path home(Map<String, String> environment) {
        return first(environment, "HF_HOME")
                .map(folder -> path(folder, "HF_HOME"))
                .orElseGet(() -> first(environment, "XDG_CACHE_HOME")
                        .map(folder -> path(folder, "XDG_CACHE_HOME"))
                        .orElse(Path.of(System.getProperty("user.home"), ".cache"))
                        .resolve("huggingface"));
    }

    private static URI endpoint(String address) {
        try {
            URI uri = new URI(address.replaceAll("/+$", ""));
            boolean web = "https".equals(uri.getScheme()) || "http".equals(uri.getScheme());
            if (web
                    && uri.getHost() != null
                    && uri.getUserInfo() == null
                    && uri.getQuery() == null
                    && uri.getFragment() == null) {
                return uri;
            }
        } catch (URISyntaxException notAnAddress) {
            // said below
        }
        boolean mayHoldSecrets = address.contains("@") || address.contains("?");
        throw new InputException("HF_ENDPOINT: "
                + (mayHoldSecrets ? "an address with a user, a password or a query" : address)
                + " is not an address such as " + DEFAULT_ENDPOINT + "; correct it or unset it");
    }

    private static Optional<HubToken> token(Map<String, String> environment, Path home) {
        if (isTrue(environment, "HF_HUB_DISABLE_IMPLICIT_TOKEN")) {
            return Optional.empty();
        }
        Optional<String> named = first(environment, "HF_TOKEN", "HUGGING_FACE_HUB_TOKEN");
        if (named.isPresent()) {
            return HubToken.clean(named.get(), "HF_TOKEN");
        }
        Path file = first(environment, "HF_TOKEN_PATH")
                .map(path -> path(path, "HF_TOKEN_PATH"))
                .orElse(home.resolve("token"));
        try {
            return HubToken.clean(OpenFiles.text(file), file.toString());
        } catch (NoSuchFileException none) {
            return Optional.empty();
        } catch (IOException e) {
            throw InputException.in(
                    file, "cannot be read (" + IoReason.of(e) + "); check its permissions or set HF_TOKEN", e);
        }
    }

    private static boolean isTrue(Map<String, String> environment, String name) {
        return TRUE.contains(environment.getOrDefault(name, "").toUpperCase(Locale.ROOT));
    }

    private static Optional<String> first(Map<String, String> environment, String... names) {
        for (String name : names) {
            String value = environment.getOrDefault(name, "").strip();
            if (!value.isEmpty()) {
                return Optional.of(value);
            }
        }
        return Optional.empty();
    }

    private static Path path(String text, String variable) {
        try {
            boolean fromHome = text.equals("~") || text.startsWith("~/");
            return fromHome
                    ? Path.of(System.getProperty("user.home"), text.substring(1))
                    : Path.of(text).toAbsolutePath();
        } catch (InvalidPathException e) {
            throw new InputException(variable + ": " + text + " is not a valid path; correct it or unset it", e);
        }
    }
}
