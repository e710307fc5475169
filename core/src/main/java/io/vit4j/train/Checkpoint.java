package io.vit4j.train;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.vit4j.base.DurableFiles;
import io.vit4j.base.InputException;
import io.vit4j.base.Json;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.security.DigestInputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A folder {@code checkpoint-STEP} that is whole or absent: written beside, synced, renamed, with a manifest of every
 * file's size and SHA-256 by which damage is recognised.
 *
 * @param folder where it is
 * @param step optimizer steps done when it was written
 */
public record Checkpoint(Path folder, long step) {
    /** The manifest's file. */
    public static final String MANIFEST = "manifest.json";

    private static final Logger LOG = LoggerFactory.getLogger(Checkpoint.class);
    private static final Pattern NAME = Pattern.compile("checkpoint-(\\d{1,18})");

    /** All folders named like checkpoints in an output folder, newest first, whole or not. */
    public static List<Checkpoint> in(Path outputDir) {
        if (!Files.isDirectory(outputDir)) {
            return List.of();
        }
        List<Checkpoint> found = new ArrayList<>();
        try (Stream<Path> files = Files.list(outputDir)) {
            files.filter(Files::isDirectory).forEach(folder -> of(folder).ifPresent(found::add));
        } catch (IOException | UncheckedIOException e) {
            throw InputException.in(outputDir, "cannot be listed (" + e.getMessage() + "); check its permissions", e);
        }
        found.sort(Comparator.comparingLong(Checkpoint::step).reversed());
        return found;
    }

    /** Of the checkpoint after so many steps. */
    static String name(long step) {
        return "checkpoint-" + step;
    }

    private static Optional<Checkpoint> of(Path folder) {
        Matcher name = NAME.matcher(folder.getFileName().toString());
        return name.matches() ? Optional.of(new Checkpoint(folder, Long.parseLong(name.group(1)))) : Optional.empty();
    }

    /** The newest whole checkpoint of an output folder; damaged ones are named in the log and passed over. */
    public static Optional<Checkpoint> newestWhole(Path outputDir) {
        for (Checkpoint checkpoint : in(outputDir)) {
            Optional<String> damage = checkpoint.damage();
            if (damage.isEmpty()) {
                return Optional.of(checkpoint);
            }
            LOG.warn("Passing over a damaged checkpoint: {}", damage.get());
        }
        return Optional.empty();
    }

    /** The checkpoint in that folder, after checking every byte; InputException where it is damaged. */
    public static Checkpoint open(Path folder) {
        if (!Files.isRegularFile(folder.resolve(MANIFEST))) {
            throw InputException.in(
                    folder,
                    "is not a training checkpoint (no " + MANIFEST
                            + "); name a folder checkpoint-STEP, or true for the newest");
        }
        Path file = folder.resolve(TrainerState.FILE);
        JsonNode step = Json.readObject(file).path("global_step");
        if (!step.canConvertToLong()) {
            throw InputException.in(file, "has no global_step; resume from another checkpoint");
        }
        Checkpoint checkpoint = new Checkpoint(folder, step.longValue());
        checkpoint.damage().ifPresent(damage -> {
            throw new InputException(damage + "; resume from another checkpoint");
        });
        return checkpoint;
    }

    /** Step and folder, for another rank. */
    String toText() {
        return step + " " + folder;
    }

    /** Of {@link #toText}; InputException where this machine does not have it. */
    static Checkpoint ofText(String text) {
        int space = text.indexOf(' ');
        Path folder = Path.of(text.substring(space + 1));
        if (!Files.isRegularFile(folder.resolve(MANIFEST))) {
            throw InputException.in(
                    folder,
                    "is what rank 0 resumes from, but is not here; give the ranks a folder that all of them see");
        }
        return new Checkpoint(folder, Long.parseLong(text.substring(0, space)));
    }

    /** What is wrong with it, naming the file; empty where every byte is as it was written. */
    public Optional<String> damage() {
        Path file = folder.resolve(MANIFEST);
        try {
            ObjectNode manifest = Json.readObject(file);
            JsonNode files = manifest.path("files");
            boolean asWritten = files.isObject()
                    && Arrays.equals(
                            Files.readAllBytes(file),
                            Json.pretty(sealed((ObjectNode) files)).getBytes(StandardCharsets.UTF_8));
            if (!asWritten) {
                return Optional.of(file + ": its bytes have changed since it was written");
            }
            if (!files.isObject() || files.isEmpty()) {
                return Optional.of(file + ": lists no files");
            }
            for (Map.Entry<String, JsonNode> entry : files.properties()) {
                Path listed = folder.resolve(entry.getKey()).normalize();
                if (!listed.startsWith(folder.normalize())) {
                    return Optional.of(file + ": names a file outside the checkpoint, " + entry.getKey());
                }
                Optional<String> damage = damage(listed, entry.getValue());
                if (damage.isPresent()) {
                    return damage;
                }
            }
            return Optional.empty();
        } catch (InputException e) {
            return Optional.of(e.getMessage());
        } catch (IOException | InvalidPathException e) {
            return Optional.of(file + ": cannot be read (" + e.getMessage() + ")");
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
                        file + ": holds " + size + " bytes, not the " + listed.path("size") + " that were written");
            }
            if (!sha256(file).equals(listed.path("sha256").asText())) {
                return Optional.of(file + ": its bytes have changed since it was written");
            }
            return Optional.empty();
        } catch (IOException e) {
            return Optional.of(file + ": cannot be read (" + e.getMessage() + ")");
        }
    }

    /** Writes a checkpoint into an output folder: whatever {@code content} puts there, and its manifest. */
    static Checkpoint write(DurableFiles files, Path outputDir, long step, DurableFiles.FolderContent content) {
        Path folder = outputDir.resolve(name(step));
        files.replaceFolder(folder, draft -> {
            content.writeInto(draft);
            files.write(draft.resolve(MANIFEST), Json.pretty(manifest(draft)));
        });
        return new Checkpoint(folder, step);
    }

    private static ObjectNode manifest(Path folder) {
        Map<String, ObjectNode> entries = new TreeMap<>();
        try (Stream<Path> paths = Files.walk(folder)) {
            for (Path file : paths.filter(Files::isRegularFile).toList()) {
                ObjectNode entry = Json.object();
                entry.put("size", Files.size(file));
                entry.put("sha256", sha256(file));
                entries.put(folder.relativize(file).toString().replace('\\', '/'), entry);
            }
        } catch (IOException | UncheckedIOException e) {
            throw InputException.in(folder, "cannot be read back (" + e.getMessage() + "); check the disk", e);
        }
        ObjectNode listed = Json.object();
        listed.setAll(entries);
        return sealed(listed);
    }

    /** A manifest of these files, which bears its own SHA-256 too. */
    private static ObjectNode sealed(ObjectNode files) {
        ObjectNode manifest = Json.object();
        manifest.set("files", files);
        byte[] listed = Json.line(files).getBytes(StandardCharsets.UTF_8);
        manifest.put("sha256", HexFormat.of().formatHex(sha256().digest(listed)));
        return manifest;
    }

    /** Removes old checkpoints beyond the limit, never the one just written nor the one to keep. */
    static void rotate(DurableFiles files, Path outputDir, int limit, Checkpoint written, Optional<String> keep) {
        List<Checkpoint> all = in(outputDir);
        List<Checkpoint> removable = all.stream()
                .filter(checkpoint -> checkpoint.step() != written.step())
                .filter(checkpoint -> keep.isEmpty()
                        || !checkpoint.folder().getFileName().toString().equals(keep.get()))
                .toList();
        int excess = all.size() - Math.max(1, limit);
        for (int i = removable.size() - 1; i >= 0 && excess > 0; i--, excess--) {
            files.delete(removable.get(i).folder());
        }
    }

    private static String sha256(Path file) throws IOException {
        MessageDigest digest = sha256();
        try (InputStream in = new DigestInputStream(Files.newInputStream(file), digest)) {
            byte[] chunk = new byte[1 << 20];
            while (in.read(chunk) >= 0) {
                // the stream digests what passes
            }
        }
        return HexFormat.of().formatHex(digest.digest());
    }

    private static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e); // every Java platform has SHA-256
        }
    }
}
