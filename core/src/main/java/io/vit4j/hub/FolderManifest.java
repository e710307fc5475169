package io.vit4j.hub;

import com.fasterxml.jackson.databind.JsonNode;
import io.vit4j.base.InputException;
import io.vit4j.base.IoReason;
import io.vit4j.base.Json;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/**
 * The {@code manifest.json} of a folder, which says what each of its files held when it was written. Checkpoints of training
 * have one; what other programs write, and so most folders, has none.
 */
final class FolderManifest {
    private static final String FILE = "manifest.json";
    private static final int CHUNK = 1 << 20;

    private FolderManifest() {}

    /** InputException where the file's folder has a manifest that names it, and it is not as it was written. */
    static void refuseChanged(Path file) {
        Path manifest = file.resolveSibling(FILE);
        if (!Files.exists(manifest)) {
            return;
        }
        JsonNode written =
                Json.readObject(manifest).path("files").path(file.getFileName().toString());
        if (written.isMissingNode()) {
            return;
        }
        try {
            boolean same = Files.size(file) == written.path("size").asLong(-1)
                    && sha256(file).equals(written.path("sha256").asText());
            if (!same) {
                throw InputException.in(
                        file,
                        "its bytes have changed since it was written; take another checkpoint, or remove the " + FILE
                                + " beside it if you changed it yourself");
            }
        } catch (IOException e) {
            throw InputException.in(file, "cannot be read (" + IoReason.of(e) + "); check the disk", e);
        }
    }

    private static String sha256(Path file) throws IOException {
        try (InputStream in = Files.newInputStream(file)) {
            MessageDigest digest = MessageDigest.getInstance("SHA-256");
            byte[] chunk = new byte[CHUNK];
            for (int count = in.read(chunk); count >= 0; count = in.read(chunk)) {
                digest.update(chunk, 0, count);
            }
            return HexFormat.of().formatHex(digest.digest());
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java has SHA-256", e);
        }
    }
}
