package io.vit4j.hub;

import io.vit4j.base.InputException;
import io.vit4j.base.Sha256;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * What the hub says of a file before it is downloaded.
 *
 * @param name within the repository
 * @param commit the commit asked about
 * @param etag the content's name: its SHA-256 (large files, in Git LFS), or its Git blob id (small ones)
 * @param size in bytes
 */
record HubFile(String name, String commit, String etag, long size) {
    private static final Pattern ETAG = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._-]{0,127}");
    private static final Pattern SHA256 = Pattern.compile("[0-9a-f]{64}");
    private static final Pattern SHA1 = Pattern.compile("[0-9a-f]{40}");

    /** The etag in a header's value, {@code "..."} or {@code W/"..."}, where it can be a file's name. */
    static Optional<String> etag(String header) {
        String bare = header.strip();
        if (bare.startsWith("W/")) {
            bare = bare.substring(2);
        }
        if (bare.length() >= 2 && bare.startsWith("\"") && bare.endsWith("\"")) {
            bare = bare.substring(1, bare.length() - 1);
        }
        return ETAG.matcher(bare).matches() && !bare.contains("..") ? Optional.of(bare) : Optional.empty();
    }

    /**
     * The content's name among the blobs: the etag, extended if that is not a hash and could also belong to another file.
     */
    String blobName() {
        return digest().isPresent() ? etag : name.replace("/", "--") + "." + size + "." + etag;
    }

    /** The digest to feed the content to, for {@link #matches}; empty if the etag is not a known kind of hash. */
    Optional<MessageDigest> digest() {
        try {
            if (SHA256.matcher(etag).matches()) {
                return Optional.of(Sha256.digest());
            }
            if (SHA1.matcher(etag).matches()) {
                MessageDigest sha1 = MessageDigest.getInstance("SHA-1");
                sha1.update(("blob " + size + "\0").getBytes(StandardCharsets.US_ASCII));
                return Optional.of(sha1);
            }
            return Optional.empty();
        } catch (NoSuchAlgorithmException e) {
            throw new InputException("this Java lacks SHA-1; use another JDK", e);
        }
    }

    boolean matches(MessageDigest fed) {
        return HexFormat.of().formatHex(fed.digest()).equals(etag);
    }
}
