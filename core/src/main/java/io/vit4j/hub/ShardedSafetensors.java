package io.vit4j.hub;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.vit4j.base.DurableFiles;
import io.vit4j.base.InputException;
import io.vit4j.base.IoReason;
import io.vit4j.base.Json;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * Writes a model's weights into a folder as transformers does: {@code model.safetensors}, or if that would be too large,
 * {@code model-00001-of-0000N.safetensors} ... with {@code model.safetensors.index.json}.
 */
public final class ShardedSafetensors {
    /** transformers' default of {@code max_shard_size}. */
    public static final long DEFAULT_SHARD_BYTES = 50_000_000_000L;

    private static final Pattern SHARD = Pattern.compile("model-\\d{5}-of-\\d{5}\\.safetensors");

    private ShardedSafetensors() {}

    /**
     * Writes the weights, then removes earlier weights under names no longer in use. Each file is either complete or
     * absent. To get this for all of them at once, write into a new folder with {@link DurableFiles#writeFolder}.
     *
     * @param tensors in the order in which they fill the shards
     * @param maxShardBytes the most that a file's tensors may take, except for a single tensor that is larger
     */
    public static void write(
            DurableFiles files, Path folder, Collection<? extends StoredTensor> tensors, long maxShardBytes) {
        List<List<StoredTensor>> shards = split(tensors, maxShardBytes);
        Set<String> written = new HashSet<>();
        if (shards.size() <= 1) {
            Path file = folder.resolve(CheckpointFiles.SAFETENSORS);
            Safetensors.write(files, file, Safetensors.PYTORCH_FORMAT, tensors);
            written.add(CheckpointFiles.SAFETENSORS);
        } else {
            TreeMap<String, String> places = new TreeMap<>(SafetensorsHeader.byUtf8());
            for (int i = 0; i < shards.size(); i++) {
                String name = String.format(Locale.ROOT, "model-%05d-of-%05d.safetensors", i + 1, shards.size());
                Safetensors.write(files, folder.resolve(name), Safetensors.PYTORCH_FORMAT, shards.get(i));
                shards.get(i).forEach(tensor -> places.put(tensor.name(), name));
                written.add(name);
            }
            files.write(folder.resolve(CheckpointFiles.SAFETENSORS_INDEX), Json.pretty(index(tensors, places)));
            written.add(CheckpointFiles.SAFETENSORS_INDEX);
        }
        removeOthers(files, folder, written);
    }

    /** In the given order, a new shard where the next tensor would not fit, as huggingface_hub splits. */
    private static List<List<StoredTensor>> split(Collection<? extends StoredTensor> tensors, long maxShardBytes) {
        List<List<StoredTensor>> shards = new ArrayList<>();
        List<StoredTensor> shard = new ArrayList<>();
        long shardBytes = 0;
        for (StoredTensor tensor : tensors) {
            long size = tensor.byteSize();
            if (size > maxShardBytes) {
                shards.add(List.of(tensor));
                continue;
            }
            if (size > maxShardBytes - shardBytes) {
                shards.add(shard);
                shard = new ArrayList<>();
                shardBytes = 0;
            }
            shard.add(tensor);
            shardBytes += size;
        }
        if (!shard.isEmpty()) {
            shards.add(shard);
        }
        return shards;
    }

    private static ObjectNode index(Collection<? extends StoredTensor> tensors, TreeMap<String, String> places) {
        long parameters = 0;
        long bytes = 0;
        for (StoredTensor tensor : tensors) {
            bytes += tensor.byteSize();
            parameters += tensor.byteSize() * 8 / tensor.dtype().bits();
        }
        ObjectNode index = Json.object();
        index.putObject("metadata").put("total_parameters", parameters).put("total_size", bytes);
        ObjectNode map = index.putObject("weight_map");
        places.forEach(map::put);
        return index;
    }

    private static void removeOthers(DurableFiles files, Path folder, Set<String> written) {
        List<Path> entries;
        try (Stream<Path> list = Files.list(folder)) {
            entries = list.toList();
        } catch (IOException e) {
            throw InputException.in(folder, "cannot be listed (" + IoReason.of(e) + "); check its permissions", e);
        }
        for (Path entry : entries) {
            String name = entry.getFileName().toString();
            boolean weights = CheckpointFiles.WEIGHTS.contains(name)
                    || SHARD.matcher(name).matches();
            if (weights && !written.contains(name)) {
                files.delete(entry);
            }
        }
    }
}
