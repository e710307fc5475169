package io.vit4j.data;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.vit4j.base.DurableFiles;
import io.vit4j.base.InputException;
import io.vit4j.base.Json;
import io.vit4j.base.OpenFiles;
import java.io.IOException;
import java.io.Serializable;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * The index of a data set in shards. It is written last, so a folder without it holds no complete data set in shards.
 *
 * @param digest of the data set, which each shard holds, too
 * @param columns names of the label file's other columns
 * @param shards in the order of the rows
 */
record ShardIndex(String digest, List<String> columns, List<Entry> shards) {
    static final String FILE = ArrowDataset.FILE + ".index.json";

    private static final int FORMAT = 1;
    private static final int MOST_SHARDS = 100_000;
    private static final Pattern SHARD = Pattern.compile("data-\\d{5}-of-\\d{5}\\.arrow");

    /**
     * One shard.
     *
     * @param bytes the file's length
     * @param sum CRC-32C of what follows its batches: the footer, in which the sums of all batches stand
     */
    record Entry(int rows, int batches, long bytes, int sum) implements Serializable {}

    /** A shard's name: {@code data-00000-of-00064.arrow}. */
    static String name(int shard, int count) {
        return String.format(Locale.ROOT, "data-%05d-of-%05d.arrow", shard, count);
    }

    /** The shards in a folder, whether or not they belong together, by name. */
    static List<Path> shardsIn(Path folder) throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            return files.filter(
                            file -> SHARD.matcher(file.getFileName().toString()).matches())
                    .sorted()
                    .toList();
        }
    }

    /** The number in a shard's name. */
    static int numberOf(Path shard) {
        return Integer.parseInt(shard.getFileName().toString().substring(5, 10));
    }

    String name(int shard) {
        return name(shard, shards.size());
    }

    void write(Path folder) {
        ObjectNode index = Json.object().put("format", FORMAT).put("digest", digest);
        index.put("rows", shards.stream().mapToInt(Entry::rows).sum());
        index.set("columns", DatasetInfo.strings(columns));
        ArrayNode list = index.putArray("shards");
        for (int i = 0; i < shards.size(); i++) {
            Entry shard = shards.get(i);
            list.addObject()
                    .put("file", name(i))
                    .put("rows", shard.rows())
                    .put("batches", shard.batches())
                    .put("bytes", shard.bytes())
                    .put("footer_crc32c", ArrowFormat.hex(shard.sum()));
        }
        DurableFiles.SYSTEM.ofPatients().write(folder.resolve(FILE), Json.pretty(index));
    }

    /** Reads the index of a folder. InputException if it is damaged. */
    static ShardIndex read(Path folder) {
        Path file = folder.resolve(FILE);
        ObjectNode index = Json.parseObject(text(file), file.toString());
        if (index.path("format").asInt() != FORMAT) {
            throw InputException.in(
                    file,
                    "written in format " + index.path("format").asText() + ", but this version reads " + FORMAT
                            + "; prepare it again");
        }
        JsonNode list = index.path("shards");
        if (list.isEmpty() || list.size() > MOST_SHARDS) {
            throw ArrowFooter.damaged(file, "it names " + list.size() + " shards", null);
        }
        List<Entry> shards = new ArrayList<>();
        long rows = 0;
        for (JsonNode shard : list) {
            Entry entry = entry(file, shards.size(), list.size(), shard);
            rows += entry.rows();
            shards.add(entry);
        }
        if (rows > Integer.MAX_VALUE || rows != index.path("rows").asLong()) {
            throw ArrowFooter.damaged(file, "its shards have " + rows + " rows, not " + index.path("rows"), null);
        }
        List<String> columns = new ArrayList<>();
        index.path("columns").forEach(column -> columns.add(column.asText()));
        return new ShardIndex(index.path("digest").asText(), columns, shards);
    }

    private static Entry entry(Path file, int number, int count, JsonNode shard) {
        String name = name(number, count);
        String sum = shard.path("footer_crc32c").asText();
        Entry entry = new Entry(
                shard.path("rows").asInt(),
                shard.path("batches").asInt(),
                shard.path("bytes").asLong(),
                sum.matches("[0-9a-f]{8}") ? Integer.parseUnsignedInt(sum, 16) : 0);
        if (!shard.path("file").asText().equals(name)
                || !sum.matches("[0-9a-f]{8}")
                || entry.rows() < 1
                || entry.batches() < 1
                || entry.batches() > entry.rows()
                || entry.bytes() < 1) {
            throw ArrowFooter.damaged(file, "what it says of " + name + " is incomplete or out of order", null);
        }
        return entry;
    }

    private static String text(Path file) {
        try {
            return OpenFiles.text(file);
        } catch (IOException e) {
            throw InputException.in(file, "cannot be read: " + e.getMessage(), e);
        }
    }
}
