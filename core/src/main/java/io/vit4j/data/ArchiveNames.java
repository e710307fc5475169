package io.vit4j.data;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;

/** How archives of pictures are named. */
final class ArchiveNames {
    private static final List<String> ENDINGS = List.of(".tar.gz", ".tgz", ".tar", ".zip");

    private ArchiveNames() {}

    static boolean isArchive(Path file) {
        String name = name(file);
        return Files.isRegularFile(file)
                && !name.startsWith(".")
                && ENDINGS.stream().anyMatch(name::endsWith);
    }

    static boolean isZip(Path file) {
        return name(file).endsWith(".zip");
    }

    /** {@code train} for {@code train.tar.gz}. */
    static String stem(Path archive) {
        String name = String.valueOf(archive.getFileName());
        for (String ending : ENDINGS) {
            if (name.toLowerCase(Locale.ROOT).endsWith(ending)) {
                return name.substring(0, name.length() - ending.length());
            }
        }
        return name;
    }

    private static String name(Path file) {
        return String.valueOf(file.getFileName()).toLowerCase(Locale.ROOT);
    }
}
