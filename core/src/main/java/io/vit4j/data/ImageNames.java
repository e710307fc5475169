package io.vit4j.data;

import io.vit4j.base.InputException;
import io.vit4j.image.PictureNames;
import java.nio.file.Path;
import java.util.Collection;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/**
 * Finds a source's file for a label file's image name: its path; else its path below {@code images/}; else its path without
 * its first folders; else, where the name has no folder, the only file of that name anywhere; else the only one whose name
 * without its ending that is.
 */
final class ImageNames {
    /** The longest path that Linux knows; to look for the parts of much longer ones would take long. */
    private static final int LONGEST = 4096;

    /** Stands for several files, in the maps. */
    private static final String SEVERAL = "";

    private final Map<String, String> byPath = new HashMap<>();
    private final Map<String, String> byName = new HashMap<>();
    private final Map<String, String> byStem = new HashMap<>();

    ImageNames(Collection<String> paths) {
        for (String path : paths) {
            byPath.put(path, path);
            String name = path.substring(path.lastIndexOf('/') + 1);
            byName.merge(name, path, (a, b) -> SEVERAL);
            byStem.merge(stem(name), path, (a, b) -> SEVERAL);
        }
    }

    /** Whether a file of that name is taken for an image, by its ending. */
    static boolean isImage(String name) {
        return PictureNames.isPicture(name);
    }

    /** {@link #isImage} for a path, and not a hidden file, such as those that macOS puts beside each file in archives. */
    static boolean isImageFile(String path) {
        String name = name(path);
        return isImage(name) && !name.startsWith(".");
    }

    /** Whether only the file's first bytes can say what it is. */
    static boolean isOpen(String path) {
        String name = name(path);
        return PictureNames.isOpen(name) && !name.startsWith(".");
    }

    private static String name(String path) {
        return path.substring(path.lastIndexOf('/') + 1);
    }

    /** A path in an archive, or InputException if it leads out of it. */
    static String inArchive(String path, Path archive) {
        String name = normal(path);
        if (name.isEmpty()) {
            throw InputException.in(
                    archive, "names a file outside itself: " + DelimitedText.shortened(path) + "; do not use it");
        }
        return name;
    }

    static String stem(String name) {
        return isImage(name) ? name.substring(0, name.lastIndexOf('.')) : name;
    }

    /** The file's path in the source, or empty where there is none or {@link #isAmbiguous}. */
    Optional<String> find(String image) {
        if (byPath.containsKey(image)) {
            return Optional.of(image);
        }
        String name = normal(image);
        if (name.isEmpty()) {
            return Optional.empty();
        }
        for (String path : new String[] {name, "images/" + name}) {
            if (byPath.containsKey(path)) {
                return Optional.of(path);
            }
        }
        for (int slash = name.indexOf('/'); slash >= 0; slash = name.indexOf('/', slash + 1)) {
            if (byPath.containsKey(name.substring(slash + 1))) {
                return Optional.of(name.substring(slash + 1));
            }
        }
        return Optional.of(several(name)).filter(path -> !path.equals(SEVERAL) && byPath.containsKey(path));
    }

    /** Whether several files might be meant. */
    boolean isAmbiguous(String image) {
        String name = normal(image);
        return !name.isEmpty() && find(image).isEmpty() && several(name).equals(SEVERAL);
    }

    private String several(String name) {
        if (name.contains("/")) {
            return "/"; // no path starts so
        }
        String path = byName.get(name);
        return path != null ? path : byStem.getOrDefault(name, "/");
    }

    /** The name with {@code /} between its parts and without {@code ./}; empty where it leaves the folder, or is none. */
    static String normal(String image) {
        if (image.length() > LONGEST) {
            return "";
        }
        String name = image.replace('\\', '/');
        while (name.startsWith("./")) {
            name = name.substring(2);
        }
        for (String part : name.split("/", -1)) {
            if (part.isEmpty() || part.equals("..") || part.equals(".")) {
                return "";
            }
        }
        return name.indexOf('\0') >= 0 ? "" : name;
    }
}
