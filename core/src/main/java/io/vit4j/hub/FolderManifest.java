package io.vit4j.hub;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.vit4j.base.DurableFiles;
import io.vit4j.base.InputException;
import io.vit4j.base.IoReason;
import io.vit4j.base.Json;
import io.vit4j.base.JsonObject;
import io.vit4j.base.OpenFiles;
import io.vit4j.base.Sha256;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Stream;

/**
 * The {@code manifest.json} of a folder, which records the content of its files when they were written: size, SHA-256, and
 * a CRC-32C that takes a tenth of the time. Training checkpoints and tuned models have one. Folders written by other
 * programs, and so most folders, do not.
 * It lists {@code {"config.json": {"size": 1234, "sha256": "...", "crc32c": "..."}, ...}}.
 */
public final class FolderManifest {
    /** Its name. */
    public static final String FILE = "manifest.json";

    private static final String CHANGED = ": its bytes have changed since it was written";

    private final Path folder;
    private final ObjectNode files;

    private FolderManifest(Path folder, ObjectNode files) {
        this.folder = folder;
        this.files = files;
    }

    /** Writes one of all files in a folder, and in those below it. */
    public static void writeOfAll(DurableFiles durable, Path folder) {
        try (Stream<Path> paths = Files.walk(folder)) {
            write(durable, folder, paths.filter(Files::isRegularFile).toList());
        } catch (IOException | UncheckedIOException e) {
            throw cannotBeReadBack(folder, e);
        }
    }

    /** Writes one of these files of a folder, which lists no others. */
    public static void write(DurableFiles durable, Path folder, List<Path> files) {
        Map<String, ObjectNode> entries = new TreeMap<>();
        try {
            for (Path file : files) {
                FileSums sums = FileSums.of(file);
                ObjectNode entry = Json.object();
                entry.put("size", sums.size());
                entry.put("sha256", sums.sha256());
                entry.put("crc32c", sums.crc32c());
                entries.put(folder.relativize(file).toString().replace('\\', '/'), entry);
            }
        } catch (IOException e) {
            throw cannotBeReadBack(folder, e);
        }
        ObjectNode listed = Json.object();
        listed.setAll(entries);
        durable.write(folder.resolve(FILE), Json.pretty(sealed(listed)));
    }

    private static InputException cannotBeReadBack(Path folder, Exception e) {
        return InputException.in(folder, "cannot be read back (" + e.getMessage() + "); check the disk", e);
    }

    /** A manifest of these files, which bears its own SHA-256 too. */
    private static ObjectNode sealed(ObjectNode files) {
        ObjectNode manifest = Json.object();
        manifest.set("files", files);
        manifest.put("sha256", Sha256.hex(Json.line(files)));
        return manifest;
    }

    /**
     * That of a folder, if it has one; InputException if it is not as it was written itself. Other programs' files of that
     * name, which have neither of its two keys, are none.
     */
    public static Optional<FolderManifest> of(Path folder) {
        Path file = folder.resolve(FILE);
        if (!Files.isRegularFile(file)) {
            return Optional.empty();
        }
        ObjectNode manifest = Json.readObject(file);
        if (!manifest.has("files") && !manifest.has("sha256")) {
            return Optional.empty();
        }
        JsonNode files = manifest.path("files");
        try {
            boolean asWritten = files.isObject()
                    && Arrays.equals(
                            OpenFiles.bytes(file),
                            Json.pretty(sealed((ObjectNode) files)).getBytes(StandardCharsets.UTF_8));
            if (!asWritten) {
                throw new InputException(file + CHANGED);
            }
        } catch (IOException e) {
            throw InputException.in(file, "cannot be read (" + IoReason.of(e) + "); check the disk", e);
        }
        return Optional.of(new FolderManifest(folder, (ObjectNode) files));
    }

    /** {@return what it lists, by the files' names} */
    public JsonObject files() {
        return Json.typed(files, folder.resolve(FILE).toString());
    }

    /** Whether it records this file. */
    public boolean lists(String name) {
        return files.has(name);
    }

    /** What is wrong with the files, naming the first one; empty if every byte is unchanged. */
    public Optional<String> damage() {
        Path file = folder.resolve(FILE);
        if (files.isEmpty()) {
            return Optional.of(file + ": lists no files");
        }
        for (Map.Entry<String, JsonNode> entry : files.properties()) {
            Optional<String> damage = damage(file, entry.getKey(), entry.getValue());
            if (damage.isPresent()) {
                return damage;
            }
        }
        return Optional.empty();
    }

    private Optional<String> damage(Path manifest, String name, JsonNode listed) {
        try {
            Path file = folder.resolve(name).normalize();
            return file.startsWith(folder.normalize())
                    ? damage(file, listed)
                    : Optional.of(manifest + ": names a file outside its folder, " + name);
        } catch (InvalidPathException e) {
            return Optional.of(manifest + ": names an impossible file, " + e.getMessage());
        }
    }

    private static Optional<String> damage(Path file, JsonNode listed) {
        try {
            if (!Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS)) {
                return Optional.of(file + ": is missing");
            }
            long size = Files.size(file);
            if (size != listed.path("size").asLong(-1)) {
                return Optional.of(
                        file + ": has " + size + " bytes instead of the " + listed.path("size") + " that were written");
            }
            return FileSums.of(file).sha256().equals(listed.path("sha256").asText())
                    ? Optional.empty()
                    : Optional.of(file + CHANGED);
        } catch (IOException e) {
            return Optional.of(file + ": cannot be read (" + IoReason.of(e) + ")");
        }
    }

    /**
     * InputException if the file's folder has a manifest that names it, and the file has changed. This compares the
     * CRC-32C, which detects every flipped bit and every burst of up to 32 bits, so opening a model takes no longer.
     */
    static void refuseChanged(Path file) {
        Optional<JsonNode> written = of(file.toAbsolutePath().getParent())
                .map(manifest -> manifest.files.path(file.getFileName().toString()))
                .filter(entry -> !entry.isMissingNode());
        if (written.isPresent() && !isAsWritten(file, written.get())) {
            throw InputException.in(
                    file,
                    "its bytes have changed since it was written; take another checkpoint, or remove the " + FILE
                            + " next to it if you changed it yourself");
        }
    }

    private static boolean isAsWritten(Path file, JsonNode written) {
        try {
            if (Files.size(file) != written.path("size").asLong(-1)) {
                return false;
            }
            return written.has("crc32c")
                    ? FileSums.crc32cOf(file).equals(written.path("crc32c").asText())
                    : FileSums.of(file).sha256().equals(written.path("sha256").asText());
        } catch (IOException e) {
            throw InputException.in(file, "cannot be read (" + IoReason.of(e) + "); check the disk", e);
        }
    }
}
