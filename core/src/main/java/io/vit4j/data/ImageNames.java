package io.vit4j.data;

import io.vit4j.base.InputException;
import io.vit4j.image.PictureNames;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Collection;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Pattern;

/**
 * Finds a source's file for a label file's image name: its path; else its path below {@code images/}; else its path without
 * its first folders; else the only file whose path ends so; each also without the name's ending. Absolute paths, those of
 * Windows, doubled slashes, {@code .} and {@code ..} are seen through, and names that look alike are alike ({@link CleanText}).
 * Only files of the source are ever found.
 */
final class ImageNames {
    /** The longest path that Linux knows; to look for the parts of much longer ones would take long. */
    private static final int LONGEST = 4096;

    /** Stands for several files, in the maps. */
    private static final String SEVERAL = "";

    private static final Pattern NOT_NORMAL = Pattern.compile("[\\\\:]|^[./]|//|/\\.|/$");
    private static final Pattern DRIVE = Pattern.compile("(?i)^(?:file:|[a-z]:)/");

    private final Set<String> exact;
    private final Map<String, String> byPath = new HashMap<>();
    private final Map<String, String> byStem = new HashMap<>();

    /** The same by the path's parts backwards, so that paths which end alike stand side by side; with and without ending. */
    private NavigableMap<String, String> backwards;

    ImageNames(Collection<String> paths) {
        exact = new HashSet<>(paths);
        for (String path : paths) {
            String key = normal(path);
            if (key.isEmpty()) {
                continue;
            }
            byPath.merge(key, path, ImageNames::one);
            String stem = stem(key);
            if (!stem.equals(key)) {
                byStem.merge(stem, path, ImageNames::one);
            }
        }
    }

    /** Made when it is first needed: most label files name their images as the folder does. */
    private NavigableMap<String, String> backwards() {
        if (backwards == null) {
            backwards = new TreeMap<>();
            byPath.forEach((key, path) -> backwards.merge(backwards(key), path, ImageNames::one));
            byStem.forEach((key, path) -> backwards.merge(backwards(key), path, ImageNames::one));
        }
        return backwards;
    }

    private static String one(String a, String b) {
        return a.equals(b) ? a : SEVERAL;
    }

    private static String backwards(String path) {
        String[] parts = path.split("/");
        StringBuilder turned = new StringBuilder(path.length() + 1);
        for (int i = parts.length - 1; i >= 0; i--) {
            turned.append(parts[i]).append('/');
        }
        return turned.toString();
    }

    /** {@link #isImage} for a path that is not {@link PassedOver#is passed over}. */
    static boolean isImageFile(String path) {
        return isImage(path.substring(path.lastIndexOf('/') + 1)) && !PassedOver.is(path);
    }

    /** Whether a file of that name is taken for an image, by its ending. */
    static boolean isImage(String name) {
        return PictureNames.isPicture(name);
    }

    /** A path in an archive, or InputException if it leads out of it. */
    static String inArchive(String path, Path archive) {
        String name = path.replace('\\', '/');
        while (name.startsWith("./")) {
            name = name.substring(2);
        }
        boolean leaves = name.indexOf('\0') >= 0 || name.length() > LONGEST;
        for (String part : name.split("/", -1)) {
            leaves |= part.isEmpty() || part.equals("..") || part.equals(".");
        }
        if (leaves) {
            throw InputException.in(
                    archive, "names a file outside itself: " + DelimitedText.shortened(path) + "; do not use it");
        }
        return name;
    }

    static String stem(String name) {
        return isImage(name) ? name.substring(0, name.lastIndexOf('.')) : name;
    }

    /** The file's path in the source, or empty if there is none or {@link #isAmbiguous}. */
    Optional<String> find(String image) {
        return Optional.ofNullable(look(image)).filter(path -> !path.equals(SEVERAL));
    }

    /** Whether several files might be meant. */
    boolean isAmbiguous(String image) {
        return SEVERAL.equals(look(image));
    }

    /** The path, {@link #SEVERAL}, or null. */
    private String look(String image) {
        if (exact.contains(image)) {
            return image;
        }
        String name = normal(image);
        if (name.isEmpty()) {
            return null;
        }
        for (String path : new String[] {name, "images/" + name}) {
            if (at(path) != null) {
                return at(path);
            }
        }
        for (int slash = name.indexOf('/'); slash >= 0; slash = name.indexOf('/', slash + 1)) {
            String path = at(name.substring(slash + 1));
            if (path != null) {
                return path;
            }
        }
        // a folder's own parts may stand in front on either side: photos/cat/0.jpg is found for D:/anna/cat/0.jpg
        for (int slash = -1; ; slash = name.indexOf('/', slash + 1)) {
            String shorter = name.substring(slash + 1);
            boolean last = shorter.indexOf('/') < 0;
            if (last && slash >= 0) {
                return null; // the bare file name of a path is too little to go by
            }
            String path = endingIn(backwards(shorter));
            if (path != null || last) {
                return path;
            }
        }
    }

    private String at(String name) {
        String path = byPath.get(name);
        return path != null ? path : byStem.get(name);
    }

    private String endingIn(String turned) {
        String found = null;
        for (Map.Entry<String, String> entry : backwards().tailMap(turned, true).entrySet()) {
            if (!entry.getKey().startsWith(turned)) {
                break;
            }
            if (found != null && !found.equals(entry.getValue())) {
                return SEVERAL;
            }
            found = entry.getValue();
        }
        return found;
    }

    /**
     * The name with {@code /} between its parts, as a path from a folder: without drive, {@code .}, {@code ..} and empty parts;
     * empty if it is no name of a file.
     */
    static String normal(String image) {
        if (image.length() > LONGEST || image.indexOf('\0') >= 0) {
            return "";
        }
        String clean = CleanText.of(image);
        if (!NOT_NORMAL.matcher(clean).find()) {
            return clean;
        }
        String name = DRIVE.matcher(clean.replace('\\', '/')).replaceFirst("");
        if (name.endsWith("/")) {
            return "";
        }
        Deque<String> parts = new ArrayDeque<>();
        for (String part : name.split("/")) {
            if (part.equals("..")) {
                parts.pollLast();
            } else if (!part.isEmpty() && !part.equals(".")) {
                parts.addLast(part);
            }
        }
        return String.join("/", parts);
    }
}
