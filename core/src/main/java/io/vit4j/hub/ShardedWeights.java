package io.vit4j.hub;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.vit4j.base.DeviceNames;
import io.vit4j.base.InputException;
import io.vit4j.base.Json;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;

/** Weights over several files with an index that says which tensor lies in which ({@code weight_map}). */
final class ShardedWeights extends NamedTensors {
    /** A plain file name: no folder, no drive, no hidden file. */
    private static final Pattern SHARD_NAME = Pattern.compile("[A-Za-z0-9_][A-Za-z0-9_.+-]{0,200}");

    private final Path index;
    private final Map<String, WeightSource> shards = new LinkedHashMap<>();

    private ShardedWeights(Path index) {
        super(index.toString());
        this.index = index;
    }

    static ShardedWeights open(Path folder, String indexName, ObjectNode json) {
        ShardedWeights weights = new ShardedWeights(folder.resolve(indexName));
        try {
            weights.openShards(folder, json);
            return weights;
        } catch (RuntimeException | Error e) {
            weights.close();
            throw e;
        }
    }

    private void openShards(Path folder, ObjectNode json) {
        places(index, json).forEach((tensor, name) -> {
            WeightSource shard = shards.computeIfAbsent(name, shardName -> openShard(folder, shardName));
            add(
                    tensor,
                    shard.tensor(tensor)
                            .orElseThrow(
                                    () -> InputException.in(
                                            folder.resolve(name),
                                            "contains no tensor " + tensor + ", although " + index.getFileName()
                                                    + " lists it; the index and the shards belong to different models, download them again")));
        });
    }

    /** The names of all files that an index names. */
    static Set<String> shardNames(Path index, ObjectNode json) {
        return new LinkedHashSet<>(places(index, json).values());
    }

    /** In which file each tensor lies; every one is a plain name of the index's own folder. */
    private static Map<String, String> places(Path index, ObjectNode json) {
        JsonNode map = json.path("weight_map");
        if (!map.isObject() || map.isEmpty()) {
            throw InputException.in(index, "weight_map is not an object of tensor names; download the file again");
        }
        String ending =
                index.getFileName().toString().startsWith(CheckpointFiles.SAFETENSORS) ? ".safetensors" : ".bin";
        Map<String, String> places = new LinkedHashMap<>();
        map.properties().forEach(place -> {
            String name = place.getValue().asText();
            if (!place.getValue().isTextual()
                    || !SHARD_NAME.matcher(name).matches()
                    || !name.endsWith(ending)
                    || DeviceNames.is(name)) {
                throw InputException.in(
                        index,
                        "weight_map: " + place.getKey() + " is in " + shorten(place.getValue())
                                + ", which is not the name of a *" + ending
                                + " file in the same folder; download the index again");
            }
            places.put(place.getKey(), name);
        });
        return places;
    }

    private WeightSource openShard(Path folder, String name) {
        Path file = folder.resolve(name);
        if (!Files.exists(file)) {
            throw InputException.in(
                    file, "is missing, although " + index.getFileName() + " names it; download it or copy it there");
        }
        return CheckpointFiles.openFile(file);
    }

    private static String shorten(JsonNode value) {
        String text = value.isContainerNode() ? Json.describe(value) : value.toString();
        return text.length() <= 100 ? text : text.substring(0, 100) + "...";
    }

    @Override
    public void close() {
        shards.values().forEach(WeightSource::close);
    }
}
