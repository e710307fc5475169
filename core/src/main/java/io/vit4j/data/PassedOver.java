package io.vit4j.data;

import java.util.Locale;
import java.util.Set;

/**
 * Files and folders that are not meant as data: hidden ones (a name with a leading dot), folders with two leading underscores
 * ({@code __MACOSX}), as Hugging Face {@code datasets} passes them over, and the service folders of network storage and of
 * operating systems.
 */
final class PassedOver {
    private static final Set<String> SERVICE_FOLDERS = Set.of(
            "@eadir",
            "@tmp",
            "@sharebin",
            "@recycle",
            "@recently-snapshot",
            "@synoresource",
            "@synoeastream",
            "#recycle",
            "#snapshot",
            "~snapshot",
            "$recycle.bin",
            "recycler",
            "recycled",
            "system volume information",
            "lost+found",
            "network trash folder",
            "temporary items");

    private PassedOver() {}

    /** @param path of a file, with {@code /} between its parts, relative to the folder or archive that was named */
    static boolean is(String path) {
        int start = 0;
        for (int slash = path.indexOf('/'); slash >= 0; slash = path.indexOf('/', start)) {
            if (isFolder(path.substring(start, slash))) {
                return true;
            }
            start = slash + 1;
        }
        return path.startsWith(".", start);
    }

    /** @param name of a folder */
    static boolean isFolder(String name) {
        boolean here = name.equals(".") || name.equals("..");
        return !here
                && (name.startsWith(".")
                        || name.startsWith("__")
                        || SERVICE_FOLDERS.contains(name.toLowerCase(Locale.ROOT)));
    }
}
