package io.vit4j.data;

import java.util.List;
import java.util.SortedMap;

/**
 * What a folder or archives hold, by path.
 *
 * @param images the names of the image files, sorted
 * @param metadata the {@code metadata.jsonl} and {@code metadata.csv} files
 * @param passedOver image files that are hidden or lie in folders which are not meant as data ({@link PassedOver})
 */
record Inventory(List<String> images, SortedMap<String, TextSource> metadata, List<String> passedOver) {
    /** Can tell what it holds; reads through a compressed archive for it. */
    interface Holder {
        Inventory inventory();
    }

    /** Whether a path is that of a metadata file. */
    static boolean isMetadata(String path) {
        String name = path.substring(path.lastIndexOf('/') + 1).replaceAll("\\.gz$", "");
        return (name.equals("metadata.jsonl") || name.equals("metadata.csv")) && !PassedOver.is(path);
    }
}
