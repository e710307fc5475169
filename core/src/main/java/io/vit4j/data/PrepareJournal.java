package io.vit4j.data;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.vit4j.base.DurableFiles;
import io.vit4j.base.InputException;
import io.vit4j.base.Json;
import io.vit4j.base.OpenFiles;
import io.vit4j.base.Privacy;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What an unfinished {@code prepare} has done so far, a JSON object a line: first the settings' digest and the channels,
 * then each record batch that was written. A torn last line does not count.
 */
final class PrepareJournal {
    static final String FILE = "data.arrow.journal";

    /**
     * One record batch.
     *
     * @param startRow first row of the label file that it covers
     * @param endRow row after its last
     * @param rowsDigest of those rows and their image files, as they were
     * @param skipped rows left out, and why
     * @param pixelHashes of the kept rows, in order
     */
    record JournalEntry(
            int startRow,
            int endRow,
            String rowsDigest,
            Map<Integer, String> skipped,
            long[] pixelHashes,
            ArrowFormat.StoredBatch batch) {}

    /** A journal read back. */
    record JournalContent(String settingsDigest, int channels, List<JournalEntry> entries) {}

    private PrepareJournal() {}

    /** Starts a journal, instead of an older one. */
    static void start(Path file, String settingsDigest, int channels) throws IOException {
        ObjectNode first = Json.object().put("settings", settingsDigest).put("channels", channels);
        try (FileChannel channel = OpenFiles.replace(file, Privacy.ofFile(file))) {
            write(channel, first);
        }
    }

    static void append(Path file, JournalEntry entry) throws IOException {
        ObjectNode line = Json.object();
        line.putArray("rows").add(entry.startRow()).add(entry.endRow());
        line.put("digest", entry.rowsDigest());
        ObjectNode skipped = line.putObject("skipped");
        entry.skipped().forEach((row, why) -> skipped.put(Integer.toString(row), why));
        ByteBuffer hashes = ByteBuffer.allocate(8 * entry.pixelHashes().length);
        for (long hash : entry.pixelHashes()) {
            hashes.putLong(hash);
        }
        line.put("pixels", HexFormat.of().formatHex(hashes.array()));
        ArrowFormat.StoredBatch batch = entry.batch();
        ArrayNode place = line.putArray("batch");
        place.add(batch.rows()).add(batch.offset()).add(batch.metadataLength()).add(batch.prefixLength());
        place.add(batch.length()).add(batch.prefixCrc()).add(batch.pixelsCrc());
        try (FileChannel channel = OpenFiles.append(file, Privacy.ofFile(file))) {
            write(channel, line);
        }
    }

    private static void write(FileChannel channel, ObjectNode line) throws IOException {
        DurableFiles.writeFully(channel, ByteBuffer.wrap((Json.line(line) + "\n").getBytes(StandardCharsets.UTF_8)));
    }

    /** The journal, up to its first torn or damaged line; empty if there is none. */
    static Optional<JournalContent> read(Path file) throws IOException {
        if (!Files.isRegularFile(file)) {
            return Optional.empty();
        }
        try (BufferedReader lines = new BufferedReader(
                new InputStreamReader(OpenFiles.stream(file), StandardCharsets.UTF_8.newDecoder()))) {
            String first = lines.readLine();
            if (first == null) {
                return Optional.empty();
            }
            ObjectNode head = Json.parseObject(first, file.toString());
            List<JournalEntry> entries = new ArrayList<>();
            JournalContent content = new JournalContent(
                    head.path("settings").asText(), head.path("channels").asInt(), entries);
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                Optional<JournalEntry> entry = entry(line, file);
                int expectedStart =
                        entries.isEmpty() ? 0 : entries.get(entries.size() - 1).endRow();
                if (entry.isEmpty() || entry.get().startRow() != expectedStart) {
                    break;
                }
                entries.add(entry.get());
            }
            return Optional.of(content);
        } catch (InputException e) {
            return Optional.empty(); // a torn first line: nothing was done yet
        } catch (java.nio.charset.CharacterCodingException e) {
            return Optional.empty();
        }
    }

    private static Optional<JournalEntry> entry(String line, Path file) {
        ObjectNode node;
        try {
            node = Json.parseObject(line, file.toString());
        } catch (InputException e) {
            return Optional.empty();
        }
        JsonNode place = node.path("batch");
        int start = node.path("rows").path(0).asInt(-1);
        int end = node.path("rows").path(1).asInt(-1);
        Map<Integer, String> skipped = new LinkedHashMap<>();
        ByteBuffer hashes;
        try {
            node.path("skipped")
                    .properties()
                    .forEach(e -> skipped.put(
                            Integer.parseInt(e.getKey()), e.getValue().asText()));
            hashes = ByteBuffer.wrap(HexFormat.of().parseHex(node.path("pixels").asText()));
        } catch (IllegalArgumentException e) {
            return Optional.empty();
        }
        long[] pixelHashes = new long[hashes.remaining() / 8];
        hashes.asLongBuffer().get(pixelHashes);
        ArrowFormat.StoredBatch batch = new ArrowFormat.StoredBatch(
                place.path(0).asInt(-1),
                place.path(1).asLong(-1),
                place.path(2).asInt(-1),
                place.path(3).asLong(-1),
                place.path(4).asLong(-1),
                place.path(5).asInt(),
                place.path(6).asInt());
        boolean sound = start >= 0
                && end > start
                && batch.rows() == pixelHashes.length
                && batch.rows() + skipped.size() == end - start
                && skipped.keySet().stream().allMatch(row -> row >= start && row < end)
                && batch.offset() > 0
                && batch.prefixLength() > batch.metadataLength()
                && batch.length() >= batch.prefixLength();
        return sound
                ? Optional.of(new JournalEntry(start, end, node.path("digest").asText(), skipped, pixelHashes, batch))
                : Optional.empty();
    }
}
