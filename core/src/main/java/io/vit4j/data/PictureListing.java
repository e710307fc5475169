package io.vit4j.data;

import io.vit4j.image.ImageDecoder;
import io.vit4j.image.PictureNames;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;

/** Sorts the files of a folder, wherever it is, into pictures, metadata files and those that are passed over. */
final class PictureListing {
    /** What a file is taken for. */
    enum Kind {
        PICTURE,
        METADATA,
        /** Lists the pictures beside it, as DICOMDIR does. */
        DIRECTORY,
        NOTHING
    }

    /** A file's content, read only if its name is not enough. */
    interface Content {
        /** Its first bytes, at most so many. */
        byte[] begin(int length) throws IOException;

        byte[] whole() throws IOException;

        TextSource text();
    }

    private final Map<String, String> fingerprints = new TreeMap<>();
    private final SortedMap<String, TextSource> metadata = new TreeMap<>();
    private final Map<String, Set<String>> directories = new TreeMap<>(); // by folder, the pictures they list
    private final List<String> passedOver = new ArrayList<>();

    /**
     * Takes a file.
     *
     * @param path from the folder, with {@code /} between its parts
     * @param bytes its length
     * @param modified when it was, in milliseconds since 1970
     */
    Kind add(String path, long bytes, long modified, Content content) throws IOException {
        if (PassedOver.is(path)) {
            if (ImageNames.isImage(path)) {
                passedOver.add(path);
            }
            return Kind.NOTHING;
        }
        String name = path.substring(path.lastIndexOf('/') + 1);
        if (isDirectory(path, name, content)) {
            return Kind.DIRECTORY;
        }
        if (PictureNames.isPicture(name, () -> content.begin(ImageDecoder.BEGIN))) {
            fingerprints.put(path, fingerprint(bytes, modified));
            return Kind.PICTURE;
        }
        if (Inventory.isMetadata(path)) {
            metadata.put(path, content.text());
            return Kind.METADATA;
        }
        return Kind.NOTHING;
    }

    /** What changes when a file does. */
    static String fingerprint(long bytes, long modified) {
        return bytes + "@" + modified;
    }

    private boolean isDirectory(String path, String name, Content content) {
        Optional<List<String>> listed = ImageDecoder.listed(name, () -> {
            try {
                return content.whole();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        });
        String folder = path.substring(0, path.lastIndexOf('/') + 1);
        listed.ifPresent(paths -> directories.put(folder, Set.copyOf(paths)));
        return listed.isPresent();
    }

    /** To be called when all files were added. */
    void end() {
        directories.forEach(this::keepListed);
    }

    /** Media with a directory hold other pictures too, such as those of the viewer that comes with them. */
    private void keepListed(String folder, Set<String> listed) {
        Set<String> paths = new HashSet<>();
        listed.forEach(path -> paths.add((folder + path).toLowerCase(Locale.ROOT)));
        List<String> unlisted = fingerprints.keySet().stream()
                .filter(path -> path.startsWith(folder))
                .filter(path -> !paths.contains(path.toLowerCase(Locale.ROOT)))
                .toList();
        if (unlisted.size() < fingerprints.size()) { // else the directory is one of other media
            unlisted.forEach(fingerprints::remove);
        }
    }

    /** The paths of the pictures, sorted. */
    List<String> names() {
        return List.copyOf(fingerprints.keySet());
    }

    Inventory inventory() {
        return new Inventory(names(), metadata, passedOver);
    }

    boolean contains(String path) {
        return fingerprints.containsKey(path);
    }

    String fingerprintOf(String path) {
        return fingerprints.getOrDefault(path, "absent");
    }
}
