package io.vit4j.serve;

import io.vit4j.base.InputException;
import io.vit4j.base.IoReason;
import io.vit4j.base.OpenFiles;
import io.vit4j.base.Sha256;
import io.vit4j.serve.HttpFault.Kind;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** Who may ask: anyone who knows a token of the file, or anyone at all if there is no file. Only digests are kept. */
final class Tokens {
    private static final int SHORTEST = 16;
    private static final String BEARER = "bearer ";

    private final Optional<List<byte[]>> digests;

    private Tokens(Optional<List<byte[]>> digests) {
        this.digests = digests;
    }

    static Tokens none() {
        return new Tokens(Optional.empty());
    }

    /** One token a line; empty lines and those that start with # are skipped. */
    static Tokens read(Path file) {
        List<String> tokens;
        try {
            tokens = OpenFiles.lines(file).stream()
                    .map(String::strip)
                    .filter(line -> !line.isEmpty() && !line.startsWith("#"))
                    .toList();
        } catch (IOException e) {
            throw InputException.in(file, "cannot be read (" + IoReason.of(e) + "); check the path", e);
        }
        if (tokens.isEmpty()) {
            throw InputException.in(file, "contains no token; write one a line, for example from openssl rand -hex 32");
        }
        if (tokens.stream().anyMatch(token -> token.length() < SHORTEST)) {
            throw InputException.in(
                    file,
                    "contains a token of fewer than " + SHORTEST
                            + " characters, which can be guessed; use longer ones");
        }
        return new Tokens(Optional.of(tokens.stream().map(Tokens::digest).toList()));
    }

    boolean areNeeded() {
        return digests.isPresent();
    }

    /** Throws if a token is needed and this is none. */
    void check(Optional<String> authorization) {
        if (digests.isEmpty()) {
            return;
        }
        String value = authorization.orElse("");
        boolean known = false;
        if (value.toLowerCase(Locale.ROOT).startsWith(BEARER)) {
            byte[] digest = digest(value.substring(BEARER.length()).strip());
            for (byte[] each : digests.get()) { // all of them, so that the time tells nothing
                known |= MessageDigest.isEqual(each, digest);
            }
        }
        if (!known) {
            throw new HttpFault(
                    Kind.UNAUTHORIZED, "this needs the header Authorization: Bearer TOKEN, with a token of the server");
        }
    }

    private static byte[] digest(String token) {
        return Sha256.digest().digest(token.getBytes(StandardCharsets.UTF_8));
    }
}
