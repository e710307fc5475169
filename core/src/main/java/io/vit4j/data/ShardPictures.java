package io.vit4j.data;

import io.vit4j.base.InputException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;

/**
 * The pictures in a column of shards. Each has the name that the column tells; if names are missing or repeated, all pictures are
 * named by their shard and row. A row with a path and no bytes is a file in the data set's folder.
 */
final class ShardPictures implements ImageSource.ByName {
    /** Rows that are read at the same time may be in two shards. */
    private static final int OPEN = 2;

    /** A shard with its pictures' column. */
    record Part(ShardFiles.ShardFile file, Shard shard) {}

    private record Place(int part, long row) {}

    private final String description;
    private final Supplier<ImageFolder> around;
    private final String column;
    private final List<Part> parts;
    private final Map<String, Place> places = new LinkedHashMap<>();
    private final Map<String, String> pathOf = new HashMap<>(); // only of those that are named otherwise
    private final List<String> fingerprints = new ArrayList<>();
    private final Map<Integer, Shard.Files> open = new LinkedHashMap<>(4, 0.75F, true);
    private ImageFolder folder;
    private ImageNames filesInFolder;

    /**
     * @param description for messages
     * @param around gives the files beside the shards
     */
    ShardPictures(String description, Supplier<ImageFolder> around, String column, List<Part> parts) {
        this.description = description;
        this.around = around;
        this.column = column;
        this.parts = List.copyOf(parts);
        for (Part part : parts) {
            fingerprints.add(fingerprint(part.file().file()));
        }
    }

    private static String fingerprint(Path file) {
        try {
            BasicFileAttributes attributes = Files.readAttributes(file, BasicFileAttributes.class);
            return attributes.size() + "@" + attributes.lastModifiedTime().toMillis();
        } catch (IOException e) {
            throw InputException.in(file, "cannot be read: " + e.getMessage(), e);
        }
    }

    /** @param path as the column has it; empty if it has none */
    void add(String name, String path, int part, long row) {
        places.put(name, new Place(part, row));
        if (!path.isEmpty() && !path.equals(name)) {
            pathOf.put(name, path);
        }
    }

    @Override
    public String description() {
        return description;
    }

    @Override
    public List<String> names() {
        return List.copyOf(places.keySet());
    }

    @Override
    public String fingerprint(String name) {
        Place place = places.get(name);
        return place == null ? "absent" : fingerprints.get(place.part()) + "#" + place.row();
    }

    @Override
    public byte[] read(String name) {
        Place place = places.get(name);
        if (place == null) {
            throw new InputException(description + ": holds no " + name + "; check its name");
        }
        Path file = parts.get(place.part()).file().file();
        Optional<byte[]> bytes = files(place.part()).read(place.row());
        if (bytes.isEmpty()) {
            return fromFolder(pathOf.getOrDefault(name, name), file + ", row " + place.row());
        }
        if (bytes.get().length > LARGEST_FILE) {
            throw InputException.in(
                    file, "row " + place.row() + ": larger than " + (LARGEST_FILE >> 20) + " MiB; is it an image?");
        }
        return bytes.get();
    }

    private Shard.Files files(int part) {
        synchronized (open) {
            Shard.Files files = open.get(part);
            if (files == null) {
                if (open.size() >= OPEN) {
                    open.remove(open.keySet().iterator().next());
                }
                files = parts.get(part).shard().files(column);
                open.put(part, files);
            }
            return files;
        }
    }

    private byte[] fromFolder(String path, String where) {
        synchronized (open) {
            if (filesInFolder == null) {
                folder = around.get();
                filesInFolder = new ImageNames(folder.names());
            }
        }
        String found = filesInFolder
                .find(path)
                .orElseThrow(() -> new InputException(where + ": \"" + column + "\" has no bytes, and "
                        + DelimitedText.shortened(path) + " is no file in " + folder.root()
                        + "; write the data set with its pictures embedded"));
        return folder.read(found);
    }
}
